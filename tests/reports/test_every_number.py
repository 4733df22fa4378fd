"""Every number of every briefing is one of its publication: asked here by SQL of its own, with the
words that stand around it. What is left over has no digit but in dates, clock times and headings.
"""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby, pairwise
from statistics import fmean
from typing import Any

import pdf_text
import pytest

from config import Settings
from reports.briefings.bulletin import open_data
from reports.broker import Publication, run_sql

DAY, WEEK, MONTH = "2026-11-19", ("2026-11-09", "2026-11-15"), ("2026-10-01", "2026-10-31")
TIERS = ("normal", "urgent", "fast_track")

Ask = Callable[[str], list[tuple[Any, ...]]]
Made = Callable[..., bytes]

MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|Nov|Oct"
)
DATES = re.compile(
    rf"\b(\d{{1,2}} )?({MONTHS})( \d{{4}})?\b|\b\d\d:\d\d( PKT)?\b|\(PS-|\b[A-Z]{{3}}-\d\b"
)
# What numbers of the wording itself mean: spans and limits by which a figure is defined.
DEFINED = (
    "Promise kept, 7 days",
    "Kept,28 days",
    "Open cases that fall due in the next 7 days",
    "Stock that lasts less than 14 days",
    "Open cases a day; the band holds 8 of 10 likely courses",
    "flows of 7 days",
    "in the 7 days to ",
    "below 20 cases not judged",
    "below 20 due left out",
    "days with fewer than 20 cases due are left out.",
    "kept is told from 20 resolved on",
    "Counts from 1 to 9 are hidden",
)


@pytest.fixture(scope="module")
def ask(publication: Publication) -> Ask:
    return lambda sql: run_sql(publication, sql).rows


@pytest.fixture(scope="module")
def names(ask: Ask) -> list[str]:
    """Of places, which have numbers of their own."""
    return [name for row in ask("select name, office_code from rpt_places") for name in row]


def signed(value: float, digits: int = 0) -> str:
    written = f"{value:+,.{digits}f}"
    return written if float(written.replace(",", "")) else f"±{written[1:]}"


def share(now: float, before: float) -> str:
    return signed(100 * (now / before - 1), 1)


def limits(
    values: list[float], low: float = float("-inf"), high: float = float("inf")
) -> tuple[float, float, float, int]:
    """Wheeler's: centre, natural limits, and how many points are signals (beyond a limit, or from
    the eighth in a row on one side)."""
    centre = fmean(values)
    moving = fmean(abs(one - other) for one, other in pairwise(values))
    lower, upper = max(low, centre - 2.66 * moving), min(high, centre + 2.66 * moving)
    signals = run = 0
    side_before = 0
    for value in values:
        side = (value > centre) - (value < centre)
        run = run + 1 if side and side == side_before else 1
        side_before = side
        signals += not lower <= value <= upper or (bool(side) and run >= 8)
    return centre, lower, upper, signals


def left(told: list[str], explained: list[str], names: list[str]) -> list[str]:
    """The lines that have a digit once all that is explained, names and dates are taken out. What
    was to be told and is not fails here."""
    text = "\n".join(told)
    for fragment in sorted(set(explained), key=len, reverse=True):
        assert fragment in text, f"not told: {fragment}\n{text}"
        text = text.replace(fragment, "·")
    for words in (*DEFINED, *names):
        text = text.replace(words, "·")
    return [line for line in DATES.sub("·", text).splitlines() if re.search(r"\d", line)]


# ---------------------------------------------------------------- what the kinds share


def state_of_the_data(ask: Ask) -> list[str]:
    [(batches, rows)] = ask("select count(*), sum(rows_held) from rpt_load where verdict = 'held'")
    [(late,)] = ask(
        "select count(*) from rpt_freshness where office_code = 'all' and state = 'late'"
    )
    return [
        f"{batches} batch with {rows:,} rows held at the gate",
        f"{late} record not up to date",
    ]


def backlogs(ask: Ask, until: str, places: str) -> list[str]:
    """Both backlogs at the end of a day, and how a week moved them."""
    rows = ask(
        f"""
        select day, sum(opening), sum(closing), sum(beyond_promise), max(oldest_days)
        from rpt_backlog_daily inner join rpt_places using (office_code)
        where {places} and day between date '{until}' - 6 and '{until}' group by day order by day
        """
    )
    opening, (closing, beyond, oldest) = rows[0][1], rows[-1][2:]
    return [
        f"Over 7 days work in progress went from {opening:,} to {closing:,} "
        f"({signed(closing - opening)}); beyond the promise {signed(beyond - rows[0][3])}. "
        f"The oldest case has been open for {oldest} days.",
        f"{closing:,} in progress, {beyond:,} of them beyond the promise "
        f"({100 * beyond / closing:.1f} %)",
    ]


def turnaround(ask: Ask, scope: str) -> list[str]:
    [(n, half, most, half_working, most_working)] = ask(
        f"""
        select completed, p50_days, p80_days, p50_working_days, p80_working_days
        from rpt_turnaround where period_kind = 'week' and place_scope = '{scope}'
        and tier = 'all' and period_start = '2026-11-09'
        """
    )
    working = f"({half_working:.1f} and {most_working:.1f} working days)"
    return [
        f"half of {n:,} completed cases took up to {half:.1f} days and 80 % up to {most:.1f} days "
        f"{working}.",
        f"Half of {n:,} took up to {half:.1f} days, 80 % up to {most:.1f} days {working}",
    ]


def promise_by_day(ask: Ask, since: str, until: str, places: str) -> list[str]:
    """The chart of the share kept by day: its mean, limits and signals."""
    rows = ask(
        f"""
        select 100.0 * count(*) filter (where promise_state = 'kept') / count(*)
        from rpt_applications inner join rpt_places using (office_code)
        where {places} and promise_state <> 'cancelled'
            and promise_due_on between '{since}' and '{until}'
        group by promise_due_on having count(*) >= 20 order by promise_due_on
        """
    )
    mean, low, high, signals = limits([kept for (kept,) in rows], 0.0, 100.0)
    return [
        f"The mean is {mean:.1f} %, the natural limits are {low:.1f} and {high:.1f} %; "
        f"{signals} {'day' if signals == 1 else 'days'} outside the usual noise."
    ]


def kept_in(ask: Ask, since: str, until: str, places: str) -> tuple[float, int, int]:
    """Per cent kept of what fell due in the days, how many that were, and how many not kept."""
    [(kept, due)] = ask(
        f"""
        select count(*) filter (where promise_state = 'kept'), count(*)
        from rpt_applications inner join rpt_places using (office_code)
        where {places} and promise_state <> 'cancelled'
            and promise_due_on between '{since}' and '{until}'
        """
    )
    return 100 * kept / due, due, due - kept


def period(ask: Ask, days: tuple[str, str], before: tuple[str, str], scope: str) -> list[str]:
    """Headline and tiles of whole days against those before them."""
    places = "true" if scope == "country" else f"office_code = '{scope.partition(':')[2]}'"

    def flows(span: tuple[str, str]) -> tuple[int, ...]:
        [found] = ask(
            "select sum(submitted), sum(printed), sum(ready) from rpt_volumes where tier = 'all'"
            f" and place_scope = '{scope}' and day between '{span[0]}' and '{span[1]}'"
        )
        [stock] = ask(
            "select sum(closing), sum(beyond_promise) from rpt_backlog_daily"
            f" where day = '{span[1]}' and {places}"
        )
        return (*found, *stock)

    now, then = flows(days), flows(before)
    pct, due, broken = kept_in(ask, *days, places)
    pct_before, *_ = kept_in(ask, *before, places)
    labels = (
        "Applications received", "Passports printed", "Ready for the applicant",
        "Work in progress", "Beyond the promise",
    )  # fmt: skip
    return [
        f"{now[0]:,} applications came in, {now[2]:,} passports made ready",
        f"{now[4]:,} cases beyond the promise",
        *(
            f"{label}\n{value:,}\n{share(value, was)} % on {was:,} in the period before"
            for label, value, was in zip(labels, now, then, strict=True)
        ),
        f"Promise kept\n{pct:.1f} %\n{signed(round(pct, 1) - round(pct_before, 1), 1)} points on "
        f"{pct_before:.1f} % in the period before",
        f"{due:,} cases fell due: {broken:,} were not ready in time ({100 * broken / due:.1f} %).",
    ]


def missions(ask: Ask, since: str, until: str, month: str) -> Iterator[str]:
    for name, received, stock, beyond, due, kept, days in ask(
        f"""
        with flows as (
            select office_code, sum(submitted) as received from rpt_volumes
            where tier = 'all' and office_code is not null and day between '{since}' and '{until}'
            group by all
        ), stock as (
            select office_code, sum(closing) as closing, sum(beyond_promise) as beyond
            from rpt_backlog_daily where day = '{until}' group by all
        ), promised as (
            select office_code, count(*) as due,
                100.0 * count(*) filter (where promise_state = 'kept') / count(*) as kept
            from rpt_applications where promise_state <> 'cancelled'
                and promise_due_on between '{since}' and '{until}' group by all
        ), took as (
            select office_code, p50_days from rpt_turnaround
            where period_kind = 'month' and period_start = '{month}' and not is_small_number
        )
        select name, received, closing, beyond, coalesce(due, 0), kept, p50_days
        from rpt_places inner join flows using (office_code) inner join stock using (office_code)
        left join promised using (office_code) left join took using (office_code)
        where kind = 'mission'
        """
    ):
        told = f"{kept:.1f} %" if due >= 20 else "< 20 due"
        half = "–" if days is None else f"{days:.1f}"
        yield f"{name} | {received:,} | {stock:,} | {beyond:,} | {due} | {told} | {half}"


# ---------------------------------------------------------------- daily


def day_tiles(ask: Ask, scope: str, places: str) -> list[str]:
    [(received, expected)] = ask(
        "select submitted, expected_submitted from rpt_volumes"
        f" where day = '{DAY}' and tier = 'all' and place_scope = '{scope}'"
    )
    [(printed, ready, usually_printed, usually_ready)] = ask(
        f"""
        select
            max(printed) filter (where day = '{DAY}'), max(ready) filter (where day = '{DAY}'),
            median(printed) filter (where day < '{DAY}'), median(ready) filter (where day < '{DAY}')
        from rpt_volumes
        where tier = 'all' and place_scope = '{scope}'
            and day in (select date '{DAY}' - 7 * n::integer from range(5) as weeks(n))
        """
    )
    [(stock, beyond), (stock_before, beyond_before)] = ask(
        f"""
        select sum(closing), sum(beyond_promise)
        from rpt_backlog_daily inner join rpt_places using (office_code)
        where {places} and day between date '{DAY}' - 1 and '{DAY}' group by day order by day desc
        """
    )
    kept, *_ = kept_in(ask, "2026-11-13", DAY, places)
    before, *_ = kept_in(ask, "2026-11-06", "2026-11-12", places)
    _, due, broken = kept_in(ask, DAY, DAY, places)
    usual = "usual Thursday"
    return [
        f"{received:,} applications came in, {ready:,} passports made ready, "
        f"{beyond:,} cases beyond the promise",
        f"{received:,} applications came in, {100 * (received / expected - 1):.1f} % above the "
        f"expected {expected:,.0f}",
        f"Applications received\n{received:,}\n{share(received, expected)} % on expected "
        f"{expected:,.0f}",
        f"Passports printed\n{printed:,}\n{share(printed, usually_printed)} % on {usual} "
        f"{usually_printed:,.0f}",
        f"Ready for the applicant\n{ready:,}\n{share(ready, usually_ready)} % on {usual} "
        f"{usually_ready:,.0f}",
        f"Work in progress\n{stock:,}\n{share(stock, stock_before)} % on the day before "
        f"{stock_before:,}",
        f"Beyond the promise\n{beyond:,}\n{share(beyond, beyond_before)} % on the day before "
        f"{beyond_before:,}",
        f"Promise kept, 7 days\n{kept:.1f} %\n{signed(round(kept, 1) - round(before, 1), 1)} "
        f"points on the 7 days before {before:.1f} %",
        f"Applications received: {received:,}, {share(received, expected)} % on expected "
        f"{expected:,.0f} ({usually(ask, scope)}).",
        f"{due} cases fell due on Thursday: {due - broken} ready in time, {broken} not.",
        f"{kept:.1f} % of the cases due in 7 days were ready in time",
    ]


def usually(ask: Ask, scope: str) -> str:
    """Where what comes in lies as a rule: how far it missed what was expected in the four weeks
    before, and never less than chance."""
    misses = ask(
        f"""
        select submitted - expected_submitted from rpt_volumes
        where place_scope = '{scope}' and tier = 'all'
            and day between date '{DAY}' - 28 and date '{DAY}' - 1 order by day
        """
    )
    [(expected,)] = ask(
        "select expected_submitted from rpt_volumes"
        f" where day = '{DAY}' and tier = 'all' and place_scope = '{scope}'"
    )
    _, low, high, _ = limits([miss for (miss,) in misses])
    chance = 3 * expected**0.5
    return f"usually {expected + min(low, -chance):,.0f} to {expected + max(high, chance):,.0f}"


def ahead(ask: Ask, scope: str, zones: str) -> list[str]:
    rows = ask(
        f"""
        select zone, count(*), sum(probability_late)
        from rpt_promise_risk inner join rpt_applications using (application_id)
        inner join rpt_places using (office_code)
        where {zones} and promise_due_on between '2026-11-20' and '2026-11-26'
        group by zone order by 3 desc
        """
    )
    cases, late = sum(row[1] for row in rows), sum(row[2] for row in rows)
    [(likely,)] = ask(
        "select sum(p50) from rpt_forecast where measure = 'arrivals' and day <= '2026-11-26'"
        f" and place_scope = '{scope}'"
    )
    [(before,)] = ask(
        "select sum(submitted) from rpt_volumes where tier = 'all' and day > '2026-11-12'"
        f" and place_scope = '{scope}'"
    )
    [week, fortnight] = ask(
        "select p10, p50, p90 from rpt_forecast where measure = 'backlog'"
        f" and day in ('2026-11-26', '2026-12-03') and place_scope = '{scope}' order by day"
    )
    worst = f", most of one place in {rows[0][0]} ({rows[0][2]:.0f} of {rows[0][1]})"
    told = [
        f"{cases} cases open fall due in the 7 days from 20 November; {late:.0f} of them are "
        f"expected to be late{worst if len(rows) > 1 else ''}.",
        f"{likely:,.0f} applications are forecast for the 7 days from 20 November, "
        f"{share(likely, before)} % on the {before:,} of the 7 days before.",
        f"On 26 November {week[1]:,.0f} cases are forecast to be open ({week[0]:,.0f} to "
        f"{week[2]:,.0f} in 8 of 10 cases).",
    ]
    if len(rows) > 1:
        low, middle, high = fortnight
        told.append(
            f"Work in progress of {middle:,.0f} is likely by 3 December, between {low:,.0f} and "
            f"{high:,.0f}"
        )
        told += [f"{zone} | {n} | {late:.0f} | Machines are down" for zone, n, late in rows]
    return told


def asked(ask: Ask, proposals: str, incidents: str) -> list[str]:
    [(n, late, minutes)] = ask(
        "select count(*), sum(expected_late_avoided), sum(expected_waiting_minutes_avoided)"
        f" from rpt_redistribution where state = 'proposed' and {proposals}"
    )
    gains = [f"{late:.0f} fewer late passports"] if late else []
    gains += [f"visitors wait {minutes / 60:.0f} hours less"]
    told = [f"{n} {'proposal' if n == 1 else 'proposals'} to decide on: {', '.join(gains)}."]
    [(is_open, critical)] = ask(
        "select count(*), count(*) filter (where severity = 'critical')"
        f" from rpt_incidents where resolved_at is null and {incidents}"
    )
    noun = "incident" if is_open == 1 else "incidents"
    told.append(f"{is_open} {noun} open, {critical} of them critical; the gravest:")
    told += [
        f"{title} | {moment} PKT | {role} | {behind}"
        for title, moment, role, behind in ask(
            f"""
            select
                replace(replace(replace(replace(title, '{{item}}', 'Ribbon'),
                    '{{place}}', coalesce(name, '')), '{{command}}', 'run hourly'), '  ', ' '),
                strftime(since_at at time zone 'Asia/Karachi', '%-d %b %H:%M'),
                replace(coalesce(assigned_to, owner_role), '_', ' '),
                (select count(*) from rpt_incidents as parts
                    where parts.parent_incident_id = found.incident_id)
            from rpt_incidents as found
            left join rpt_places on place_scope = 'office:' || office_code
            where resolved_at is null and {incidents}
            """
        )
    ]
    return told


def moved(ask: Ask, giver: str) -> list[str]:
    """Proposals and decisions, whose numbers are of their rows."""
    found = []
    for kind, quantity, late, minutes, cost, seen in ask(
        "select kind, quantity, expected_late_avoided, expected_waiting_minutes_avoided, cost,"
        " seen_effect from rpt_redistribution"
    ):
        costs = [float(number) for number in re.findall(r"=([\d.]+)", cost)]
        if kind == "staff":
            found += [
                f"Move {quantity:.0f} desks from {giver} to Karachi office 1, 21 November to 29 "
                f"November | visitors wait {minutes / 60:.0f} hours less in all | Visitors of the "
                f"giving place wait {costs[0]:.0f} minutes more a day, Staff travel "
                f"{costs[1]:.0f} minutes a day"
            ]
        elif kind == "print":
            found += [
                f"Print {quantity:.1f} jobs a day of Karachi office 3 at Lahore office 3, 21 "
                f"November to 29 November | {late:.0f} fewer late passports | Normal passports of "
                f"the receiving site wait up to {costs[0]:.0f} days longer"
            ]
        else:
            came_to = float(seen.partition("=")[2])
            found += [
                f"Open Quetta office 1 longer by {quantity:.0f} hours, 7 November to 15 November | "
                f"Accepted by management | visitors wait {minutes / 60:.0f} hours less in all | "
                f"visitors waited {came_to / 60:.0f} hours less in all"
            ]
    return found


def zones(ask: Ask) -> list[str]:
    rows = ask(
        f"""
        with stock as (
            select zone, sum(closing) as closing, sum(beyond_promise) as beyond,
                max(oldest_days) as oldest,
                sum(age_22_60_days + age_over_60_days) as old
            from rpt_backlog_daily join rpt_places using (office_code)
            where day = '{DAY}' group by zone
        ), due as (
            select zone, count(*) as due,
                100.0 * count(*) filter (where promise_state = 'kept') / count(*) as kept
            from rpt_applications join rpt_places using (office_code)
            where promise_state <> 'cancelled' and promise_due_on between '2026-10-23' and '{DAY}'
            group by zone
        ), week as (
            select place_scope, sum(ready) < sum(submitted) as is_short from rpt_volumes
            where tier = 'all' and day between '2026-11-13' and '{DAY}' group by all
        )
        select zone, submitted, expected_submitted, ready, closing, beyond, oldest,
            case when due >= 20 then kept end, old, is_short
        from rpt_volumes
        inner join week using (place_scope)
        inner join stock on place_scope = 'zone:' || zone
        left join due using (zone)
        where day = '{DAY}' and tier = 'all'
        """
    )
    old, stock = sum(row[8] for row in rows), sum(row[4] for row in rows)
    return [
        f"{old:,} open cases ({100 * old / stock:.1f} %) are older than 21 days",
        f"{sum(row[9] for row in rows)} of {len(rows)} zones made fewer passports ready",
        *(
            " | ".join(
                [
                    zone,
                    *(f"{count:,.0f}" for count in counts),
                    "< 20 due" if kept is None else f"{kept:.1f} %",
                ]
            )
            for zone, *counts, kept, _, _ in rows
        ),
    ]


def rushes(ask: Ask) -> list[str]:
    return [
        f"{name}: {f'{arrivals} have' if arrivals else 'nobody has'} come since {began}, "
        f"{expected:.0f} were expected."
        for name, arrivals, began, expected in ask(
            """
            select name, arrivals, strftime(started_at at time zone 'Asia/Karachi', '%H:%M'),
                expected
            from rpt_rush inner join rpt_places using (office_code) where ended_at is null
            """
        )
    ]


def stock(ask: Ask) -> list[str]:
    rows = ask(
        f"""
        select item, name, quantity, unit, days_left, on_order
        from rpt_consumables inner join rpt_places using (office_code)
        where day = '{DAY}' and days_left < 14 order by days_left
        """
    )
    return [
        f"{len(rows)} stocks at less than 14 days; first {rows[0][0]} at {rows[0][1]}, "
        f"{rows[0][4]:.1f} days left.",
        *(
            f"{item} | {place} | {quantity:,.0f} | {unit} | {days:.1f} | {order:,.0f}"
            for item, place, quantity, unit, days, order in rows
        ),
    ]


def quality(ask: Ask) -> list[str]:
    [(fresh, records, absent)] = ask(
        "select count(*) filter (where state = 'fresh'), count(*),"
        " count(*) filter (where state = 'absent') from rpt_freshness where office_code = 'all'"
    )
    [(read, admitted, aside, held)] = ask(
        "select sum(rows_read), sum(rows_admitted), sum(rows_quarantined), sum(rows_held)"
        " from rpt_load"
    )
    [(waiting, most)] = ask('select sum("rows"), max("rows") from rpt_quarantine')
    [(apart, counted, rows)] = ask(
        "select count(*) filter (where difference <> 0), count(*), sum(abs(difference)) from"
        " (select record, sum(difference) as difference from rpt_reconciliation group by record)"
    )
    [(passed, checks)] = ask(
        "select count(*) filter (where outcome = 'passed'), count(*) from rpt_checks"
    )
    return [
        f"{fresh} of {records} records are fresh; {absent} without a source.",
        f"{read:,} rows read: {100 * admitted / read:.2f} % admitted, {aside} set aside, {held} "
        "held.",
        f"{waiting} rows in quarantine, most of them by applications.required_fee_pkr ({most}).",
        f"{apart} of {counted} records differ from their source, by {rows} rows over 7 days.",
        f"{passed} of {checks} checks passed.",
        "1 batch held at the gate.",
    ]


def test_daily_of_all(made: Made, ask: Ask, names: list[str]) -> None:
    told = pdf_text.told(made("daily", "all"))
    [(received, expected)] = ask(
        "select submitted, expected_submitted from rpt_volumes"
        f" where day = '{DAY}' and tier = 'all' and place_scope = 'zone:Karachi'"
    )
    explained = [
        *state_of_the_data(ask),
        *day_tiles(ask, "country", "true"),
        f"Karachi: {received:,} applications received, {100 * (received / expected - 1):.1f} % "
        f"above the expected {expected:,.0f} ({usually(ask, 'zone:Karachi')}).",
        *backlogs(ask, DAY, "true"),
        *turnaround(ask, "country")[:1],
        *promise_by_day(ask, "2026-10-09", DAY, "true"),
        *ahead(ask, "country", "true"),
        *asked(ask, "true", "parent_incident_id is null"),
        *moved(ask, "Karachi office 2"),
        *zones(ask),
        *rushes(ask),
        *stock(ask),
        *quality(ask),
    ]
    assert left(told, explained, names) == []


def test_daily_of_a_place(made: Made, ask: Ask, names: list[str]) -> None:
    told = pdf_text.told(made("daily", "office:KAR-1"))
    here = "office_code = 'KAR-1'"
    due = ask(
        f"""
        select current_stage_code, count(*) from rpt_applications
        where {here} and is_open and promise_due_on < '2026-11-20' group by 1
        """
    )
    explained = [
        *state_of_the_data(ask),
        *day_tiles(ask, "office:KAR-1", here),
        *backlogs(ask, DAY, here),
        *turnaround(ask, "office:KAR-1")[:1],
        *promise_by_day(ask, "2026-10-09", DAY, here),
        *ahead(ask, "office:KAR-1", here),
        *asked(ask, "'KAR-1' in (from_place, to_place)", "place_scope = 'office:KAR-1'"),
        *moved(ask, "KAR-2")[:1],
        *(f"late | {stage.replace('_', ' ')} | Karachi office 1 | {cases}" for stage, cases in due),
    ]
    assert left(told, explained, names) == []


# ---------------------------------------------------------------- weekly


def tier_by_day(ask: Ask, since: str, places: str) -> list[str]:
    """The titles of the charts of each tier, where enough fell due on a day."""
    told = []
    for tier in TIERS:
        rows = ask(
            f"""
            select 100.0 * count(*) filter (where promise_state = 'kept') / count(*),
                max(promise_target_pct)
            from rpt_applications where {places} and tier = '{tier}'
                and promise_state <> 'cancelled'
                and promise_due_on between '{since}' and '{WEEK[1]}'
            group by promise_due_on having count(*) >= 20 order by promise_due_on
            """
        )
        name = tier.capitalize().replace("_", " ")
        if len(rows) >= 8:
            _, low, high, signals = limits([row[0] for row in rows], 0.0, 100.0)
            assert low < rows[-1][1] <= high
            points = "point" if signals == 1 else "points"
            told.append(
                f"{name}: {signals} {points} beyond usual noise, may miss its target of "
                f"{rows[-1][1]:.1f} %"
            )
            told.append(f"natural limits (dotted) and target {rows[-1][1]:.1f} %;")
    return told


def days_of_the_week(ask: Ask, scope: str, places: str) -> list[str]:
    rows = ask(
        f"""
        with stock as (
            select day, sum(closing) as closing, sum(beyond_promise) as beyond
            from rpt_backlog_daily where {places} group by day
        )
        select strftime(day, '%A'), submitted, expected_submitted, printed, ready, collected,
            closing, beyond
        from rpt_volumes inner join stock using (day)
        where tier = 'all' and place_scope = '{scope}'
            and day between '{WEEK[0]}' and '{WEEK[1]}' order by day
        """
    )
    [rates] = ask(
        f"""
        select avg(submitted), avg(printed), avg(collected) from rpt_volumes
        where tier = 'all' and place_scope = '{scope}'
            and day between date '{WEEK[1]}' - 27 and '{WEEK[1]}'
        """
    )
    come, printed, gone = (f"{rate:,.0f}" for rate in rates)
    return [
        *(" | ".join([day, *(f"{count:,.0f}" for count in counts)]) for day, *counts in rows),
        f"A day: {come} came in, {printed} were printed, {gone} handed over, over 28 days",
    ]


def offices(ask: Ask) -> Iterator[str]:
    for name, zone, received, ready, stock, beyond, due, kept in ask(
        f"""
        with flows as (
            select office_code, sum(submitted) as received, sum(ready) as ready from rpt_volumes
            where tier = 'all' and day between '{WEEK[0]}' and '{WEEK[1]}' group by all
        ), stock as (
            select office_code, sum(closing) as closing, sum(beyond_promise) as beyond
            from rpt_backlog_daily where day = '{WEEK[1]}' group by all
        ), promised as (
            select office_code, count(*) as due,
                100.0 * count(*) filter (where promise_state = 'kept') / count(*) as kept
            from rpt_applications where promise_state <> 'cancelled'
                and promise_due_on between date '{WEEK[1]}' - 27 and '{WEEK[1]}' group by all
        )
        select name, zone, received, ready, closing, beyond, due, kept
        from rpt_places inner join flows using (office_code) inner join stock using (office_code)
        left join promised using (office_code)
        where kind <> 'mission'
        """
    ):
        told = f"{round(kept, 1):.1f} %" if due >= 20 else "< 20 due"
        flows = f"{received:,} | {ready:,} | {stock:,} | {beyond:,}"
        yield f"{name} | {zone} | {flows} | {round(100 * beyond / stock, 1):.1f} % | {told}"


@pytest.mark.parametrize("scope", ["all", "office:KAR-1"])
def test_weekly(made: Made, ask: Ask, names: list[str], scope: str) -> None:
    told = pdf_text.told(made("weekly", scope))
    of, places = ("country", "true") if scope == "all" else (scope, "office_code = 'KAR-1'")
    pct, *_ = kept_in(ask, *WEEK, places)
    explained = [
        *state_of_the_data(ask),
        *period(ask, WEEK, ("2026-11-02", "2026-11-08"), of),
        *days_of_the_week(ask, of, places),
        *backlogs(ask, WEEK[1], places),
        *turnaround(ask, of),
        *promise_by_day(ask, "2026-10-05", WEEK[1], places),
        *tier_by_day(ask, "2026-09-21", places),
        f"{pct:.1f} % of the cases due in 7 days were ready in time",
    ]
    if scope == "all":
        [(name, cases, usual, growth, saved)] = ask(
            "select name, cases, usual_cases, growth_per_day, days_saved"
            " from rpt_bottlenecks inner join rpt_places using (office_code)"
        )
        explained += [
            f"Print queue at {name} holds {cases:,} cases, {usual:,.0f} are usual "
            f"({signed(growth)} a day over a week); back to usual, a passport would come "
            f"{saved:.1f} days sooner. Machines down: M1.",
            *offices(ask),
            *missions(ask, *WEEK, "2026-11-01"),
        ]
    assert left(told, explained, names) == []


# ---------------------------------------------------------------- monthly


def kept_by_tier(ask: Ask, places: str) -> list[str]:
    """What each tier kept, by weeks of half a year in which enough fell due."""
    shares, told = {}, []
    for tier in TIERS:
        rows = ask(
            f"""
            select count(*) filter (where promise_state = 'kept'), count(*),
                max(promise_target_pct)
            from rpt_applications where {places} and tier = '{tier}'
                and promise_state <> 'cancelled'
                and date_trunc('week', promise_due_on) between '2026-05-03' and '2026-10-25'
            group by date_trunc('week', promise_due_on) having count(*) >= 20
            """
        )
        if rows:
            kept, due = sum(row[0] for row in rows), sum(row[1] for row in rows)
            shares[tier.replace("_", " ")] = 100 * kept / due
            told.append(f"natural limits (dotted) and target {rows[0][2]:.1f} %;")
    worst_first = sorted(shares.items(), key=lambda one: one[1])
    listed = ", ".join(f"{tier} {pct:.1f} %" for tier, pct in worst_first)
    told += [f"{tier.capitalize()}: {pct:.1f} % kept so far" for tier, pct in shares.items()]
    return [*told, f"Promise kept, the least first: {listed}."]


def of_the_month(ask: Ask, scope: str, places: str) -> list[str]:
    """Deliveries, complaints, the longest stage and staff."""
    [(transit, uncollected, lost)] = ask(
        f"""
        select max(in_transit) filter (where day = '{MONTH[1]}'),
            max(uncollected) filter (where day = '{MONTH[1]}'), sum(lost)
        from rpt_deliveries where place_scope = '{scope}'
            and day between '{MONTH[0]}' and '{MONTH[1]}'
        """
    )
    [(is_open, late)] = ask(
        "select count(*), count(*) filter (where is_late)"
        f" from rpt_complaint_cases where is_open and {places}"
    )
    [(longest,)] = ask(
        "select max(share_of_turnaround_pct) from rpt_stage_times"
        f" where month = '{MONTH[0]}' and place_scope = '{scope}'"
    )
    [(people, steps, hours, of_offices)] = ask(
        "select count(distinct staff_id), sum(cases), sum(hours_at_desk),"
        " count(distinct office_code) from rpt_staff"
        f" where period_kind = 'month' and period_start = '{MONTH[0]}' and {places}"
    )
    [(judged,)] = ask(
        "select count(*) from rpt_staff where period_kind = 'month' and not is_small_number"
        f" and period_start = '{MONTH[0]}' and {places}"
    )
    parts = f"{of_offices} offices" if scope == "country" else f"{judged} people"
    return [
        f"{transit} passports on their way, {uncollected} ready and not collected, {lost} lost",
        f"No complaint was opened in the period; {is_open} open, {late} of them beyond their "
        "promise.",
        f"Print queue takes {longest:.1f} % of all the time",
        f"{people} people did {steps:,} steps in October 2026, at {hours:,.0f} hours of desk.",
        f"0 of {parts} did less than their mix of work explains",
    ]


def machines(ask: Ask) -> list[str]:
    rows = ask(
        f"""
        select machine_id, name, avg(availability_pct), avg(performance_pct), avg(quality_pct),
            avg(oee_pct), sum(failures), sum(down_minutes) / 60
        from rpt_machines inner join rpt_places using (office_code)
        where day between '{MONTH[0]}' and '{MONTH[1]}' group by 1, 2 order by 6
        """
    )
    _, place, able, speed, good, whole, *_ = rows[0]
    [(printed, spoiled)] = ask(
        "select sum(good + spoiled), sum(spoiled) from rpt_print"
        f" where hour >= '{MONTH[0]}' and hour < date '{MONTH[1]}' + 1"
    )
    [(stopped, unknown, there_are)] = ask(
        "select count(*) filter (where state = 'down'), count(*) filter (where state = 'unknown'),"
        " count(*) from rpt_machine_now"
    )
    [(waiting,)] = ask(
        f"select coalesce(sum(waiting), 0) from rpt_print_queue where day = '{MONTH[1]}'"
    )
    return [
        f"{stopped} of {there_are} machines stopped now, {unknown} unknown; {waiting:,} passports "
        "wait to be printed.",
        f"{100 * spoiled / printed:.1f} % of {printed:,} printed were spoiled",
        f"{place} gives least: {whole:.1f} % (mean of days; {able:.1f} % available, "
        f"{speed:.1f} % speed, {good:.1f} % good)",
        *(
            f"{machine} | {office} | {able:.1f} % | {whole:.1f} % | {failures} | {down:.0f}"
            for machine, office, able, _, _, whole, failures, down in rows
        ),
    ]


def funnel(ask: Ask) -> list[str]:
    [(judged, few, kept, due)] = ask(
        f"""
        select count(*) filter (where due >= 20), count(*) filter (where due < 20), sum(kept),
            sum(due)
        from (
            select count(*) as due, count(*) filter (where promise_state = 'kept') as kept
            from rpt_applications where promise_state <> 'cancelled'
                and promise_due_on between '2026-05-03' and '{MONTH[1]}' group by office_code
        )
        """
    )
    return [
        f"No office of {judged} keeps less than the usual spread",
        f"mean {100 * kept / due:.1f} %, limits of chance and the usual spread; {few} offices "
        "below 20 due are not judged",
    ]


@pytest.mark.parametrize("scope", ["all", "office:KAR-1"])
def test_monthly(made: Made, ask: Ask, names: list[str], scope: str) -> None:
    told = pdf_text.told(made("monthly", scope))
    of, places = ("country", "true") if scope == "all" else (scope, "office_code = 'KAR-1'")
    explained = [
        *state_of_the_data(ask),
        *period(ask, MONTH, ("2026-09-01", "2026-09-30"), of),
        *kept_by_tier(ask, places),
        *of_the_month(ask, of, places),
    ]
    if scope == "all":
        explained += [*machines(ask), *funnel(ask), *missions(ask, *MONTH, "2026-10-01")]
    assert left(told, explained, names) == []


# ---------------------------------------------------------------- incident and bulletin


def test_incident(made: Made, ask: Ask, names: list[str]) -> None:
    [(measured, expected, taken, over, again)] = ask(
        "select measured, expected, acknowledge_minutes, resolve_minutes, reopened_count"
        " from rpt_incidents where incident_id = '1'"
    )
    sent = ask(
        "select coalesce(strftime(sent_at at time zone 'Asia/Karachi', '%-d %b %H:%M PKT'),"
        " 'given up'), attempts from rpt_incident_messages where incident_id = '1'"
    )
    explained = [
        "Incident report #1",
        "Incident #1.",
        f"Measured | {measured:.0f} minutes",
        f"Against | {expected:.0f} minutes",
        f"Taken note of after | {taken:.0f} minutes",
        f"Over after | {over:.0f} minutes",
        f"Opened again | {again} times",
        *(f"{moment} | {attempts}\n" for moment, attempts in sent),
    ]
    assert left([*pdf_text.told(made("incident")), ""], explained, names) == []


def test_bulletin(made: Made, settings: Settings, ask: Ask, names: list[str]) -> None:
    told = pdf_text.told(made("bulletin", "all"))
    explained = []
    sums = {}
    for measure in ("submitted", "ready"):
        of_tiers = ", ".join(f"sum({measure}) filter (where tier = '{tier}')" for tier in TIERS)
        rows = ask(
            f"""
            select coalesce(zone, 'Total'), {of_tiers}
            from rpt_volumes inner join rpt_places using (office_code)
            where day between '{MONTH[0]}' and '{MONTH[1]}' and tier <> 'all'
            group by rollup (zone)
            """
        )
        sums[measure] = next(sum(row[1:]) for row in rows if row[0] == "Total")
        explained += [
            " | ".join([name, *(f"{count:,}" for count in (*counts, sum(counts)))])
            for name, *counts in rows
        ]
    for zone, kept, due in ask(
        f"""
        select coalesce(zone, 'Total'), count(*) filter (where promise_state = 'kept'), count(*)
        from rpt_applications inner join rpt_places using (office_code)
        where promise_state <> 'cancelled'
            and promise_due_on between '{MONTH[0]}' and '{MONTH[1]}'
        group by rollup (zone)
        """
    ):
        hides = 0 < due - kept < 10 or 0 < kept < 10
        counts = "* | *" if hides else f"{kept:,} | {due - kept:,}"
        explained.append(f"{zone} | {counts} | {due:,}")
    hidden = sum(line.count("*") for line in explained)
    explained += [
        f"{sums['submitted']:,} applications came in, {sums['ready']:,} passports made ready",
        f"{hidden} counts are hidden.",
    ]
    assert left(told, explained, names) == []
    assert sorted(open_lines(settings)) == sorted(
        line for line in told if line.count(" | ") and re.search(r"\d", line)
    )


def open_lines(settings: Settings) -> Iterator[str]:
    """The open data of the month as the bulletin has them: a line a row, no table without one."""
    written = open_data(settings, date(2026, 11, 20)).decode("utf-8-sig").splitlines()
    cells = csv.DictReader(line for line in written if not line.startswith("#"))
    for _, of_table in groupby(cells, lambda cell: cell["table"]):
        lines = [
            [name, *(f"{int(one['count']):,}" if one["count"] else "*" for one in of_row)]
            for name, of_row in groupby(of_table, lambda cell: cell["row"])
        ]
        if len(lines) > 1:
            yield from (" | ".join([line[0].capitalize(), *line[1:]]) for line in lines)


# ---------------------------------------------------------------- the other language

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ("daily", "all"),
        ("daily", "office:KAR-1"),
        ("weekly", "all"),
        ("monthly", "all"),
        ("incident", "all"),
        ("bulletin", "all"),
    ],
)
def test_urdu_tells_the_same_numbers_line_by_line(made: Made, kind: str, scope: str) -> None:
    english, urdu = (
        [sorted(NUMBER.findall(line)) for line in pdf_text.told(made(kind, scope, language), " ")]
        for language in ("en", "ur")
    )
    assert urdu == english
