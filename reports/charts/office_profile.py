"""The charts of the Office profile page."""

from datetime import date

import altair as alt
import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import Line, bars, over_days, part_axis, period, stacked, tooltip
from reports.charts.theme import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PALE,
    VERMILION,
    Specification,
    themed,
)
from reports.facts.days import day_of_month, short_day, short_weekdays
from reports.facts.office_profile import OfficeProfile, office_profile
from reports.wording import counted, number, spoken


def drawn_profile(
    publication: Publication, scope: Scope, today: date, timezone: str
) -> tuple[OfficeProfile, dict[str, Figure]]:
    """One office, and the charts of it by name: `due`, `deferred`, `uncollected`, `arrivals`,
    `queue`, `waits`, `staffing`, `intake`, `calendar`."""
    facts = office_profile(publication, scope, today, timezone)
    makers = (due, deferred, uncollected, arrivals, queue, waits, staffing, intake, calendar)
    return facts, {figure.name: figure for figure in (make(facts) for make in makers)}


def headline(facts: OfficeProfile) -> str:
    """What the office has to do today."""
    return say(
        "{today} to be ready today, {tomorrow} tomorrow, {late} late already; {ready} wait to be "
        "collected",
        today=counted(_due(facts, "today"), say("case"), say("cases")),
        tomorrow=number(_due(facts, "tomorrow")),
        late=number(_due(facts, "late")),
        ready=number(facts.uncollected["cases"].sum()),
    )


def standing(facts: OfficeProfile) -> str:
    """The office, its kind, counters and state now, in one line."""
    place = facts.place.iloc[0]
    return say(
        "{name} · {kind} in {city}, zone {zone} · {counters} · {state} now, {waiting} waiting · "
        "times in {timezone}",
        name=place["name"],
        kind=spoken(place["kind"]),
        city=place["city"] or say("an unknown city"),
        zone=place["zone"],
        counters=counted(place["counters"], say("counter"), say("counters")),
        state=place["state"],
        waiting=number(place["waiting"]),
        timezone=place["timezone"],
    )


def equipment_title(facts: OfficeProfile) -> str:
    """How many machines and links do not work."""
    frame = facts.equipment
    if frame.empty:
        return say("No machine and no link reports from here")
    bad = frame[~frame["state"].isin(["running", "idle", "up"])]
    if bad.empty:
        return say("All {n} machines and links work", n=len(frame))
    return say(
        "{bad} of {n} machines and links do not work as they should", bad=len(bad), n=len(frame)
    )


def _due(facts: OfficeProfile, when: str) -> float:
    return float(facts.due.loc[facts.due["due"] == when, "cases"].sum())


def due(facts: OfficeProfile) -> Figure:
    """Cases late, due today and due tomorrow, by the stage they stand in."""
    names = {
        "late": say("Late already"),
        "today": say("Due today"),
        "tomorrow": say("Due tomorrow"),
    }
    frame = facts.due.assign(stage=facts.due["stage_code"].map(spoken))
    wide = (
        frame.pivot_table(index="stage", columns="due", values="cases", aggfunc="sum")
        .reindex(columns=list(names))
        .fillna(0.0)
        .reset_index()
        if len(frame)
        else pd.DataFrame(columns=["stage", *names])
    )
    wide = wide.assign(total=wide[list(names)].sum(axis=1)).sort_values(
        ["total", "stage"], ascending=[False, True], ignore_index=True
    )
    title = say("Nothing falls due by tomorrow, and nothing is late")
    if len(wide):
        title = say(
            "{n} to be made ready by tomorrow, most of them in {stage}",
            n=counted(wide["total"].sum(), say("case"), say("cases")),
            stage=wide["stage"].iloc[0],
        )
    return Figure(
        "due",
        title,
        say("Open cases submitted here that are not ready, by stage and promise, as of now"),
        say("Stacked bars of open cases by stage: late, due today, due tomorrow. {t}.", t=title),
        facts.due[["due", "stage_code", "holder", "cases"]],
        stacked(wide, "stage", names, [VERMILION, ORANGE, BLUE]) if len(wide) else None,
        ("promise_due",),
    )


def deferred(facts: OfficeProfile) -> Figure:
    """Cases put off, by reason."""
    frame = facts.deferred.assign(reason=facts.deferred["reason_code"].map(spoken))
    title = say("No open case is deferred")
    if len(frame):
        title = say(
            "Waiting for the applicant: {n}, most often because of: {reason}",
            n=counted(frame["cases"].sum(), say("case"), say("cases")),
            reason=frame["reason"].iloc[0],
        )
    return Figure(
        "deferred",
        title,
        say("Open cases whose newest event is a deferral, by reason, as of now"),
        say("A bar a reason of deferred cases. {t}.", t=title),
        facts.deferred,
        bars(frame, "reason", "cases") if len(frame) else None,
        ("deferred",),
    )


def uncollected(facts: OfficeProfile) -> Figure:
    """Ready passports that nobody has collected, by how long they lie."""
    frame = facts.uncollected
    title = say("Every ready passport was collected")
    if len(frame):
        title = say(
            "{n} lie ready, the oldest for {days}",
            n=counted(frame["cases"].sum(), say("passport"), say("passports")),
            days=counted(frame["oldest_days"].max(), say("day"), say("days")),
        )
    return Figure(
        "uncollected",
        title,
        say("Passports ready and not collected, by days since they were ready, as of now"),
        say("A bar a span of days of uncollected passports. {t}.", t=title),
        frame,
        bars(frame, "waited", "cases", width=90) if len(frame) else None,
        ("deliveries_uncollected",),
    )


def arrivals(facts: OfficeProfile) -> Figure:
    """Arrivals of today's half-hours against the expected band; without one, says why."""
    frame = facts.arrivals
    subtitle = say("Arrivals by half-hour of today and their usual band, local time")
    if frame["expected"].isna().all():
        title = say("What to expect by half-hour is not known yet: no expectation is published")
        return Figure("arrivals", title, subtitle, "", frame, None, ("arrivals_expected",))
    known = frame.dropna(subset=["arrivals", "expected"])
    ahead = frame[frame["arrivals"].isna() | (frame["slot_at"] > known["slot_at"].max())]
    title = say(
        "{n} came so far where {expected} were expected; {ahead} more are expected today",
        n=number(known["arrivals"].sum()),
        expected=number(known["expected"].sum()),
        ahead=number(ahead["expected"].sum()),
    )
    drawn = frame.rename(columns={"slot_at": "day"})
    return Figure(
        "arrivals",
        title,
        subtitle,
        say("Arrivals by half-hour over a band of what is usual. {t}.", t=title),
        frame,
        _clock(
            drawn,
            "arrivals",
            {"expected": Line(say("Expected"), ORANGE, (4, 3))},
            say("Arrivals"),
            ("expected_low", "expected_high"),
        ),
        ("arrivals", "arrivals_expected"),
    )


def queue(facts: OfficeProfile) -> Figure:
    """Numbers drawn and served today by half-hour."""
    frame = facts.slots
    title = say("Nobody has drawn a number today")
    if frame["issued"].sum():
        title = say(
            "{issued} drew a number today, {served} were served, {left} left",
            issued=number(frame["issued"].sum()),
            served=number(frame["served"].sum()),
            left=number(frame["gave_up"].sum()),
        )
    drawn = frame.rename(columns={"slot_at": "day"})
    return Figure(
        "queue",
        title,
        say("Queue numbers by half-hour of today, all services, local time"),
        say("Bars of numbers drawn and a line of numbers served. {t}.", t=title),
        frame,
        _clock(drawn, "issued", {"served": Line(say("Served"), BLUE)}, say("Drawn"))
        if frame["issued"].sum()
        else None,
        ("queue_issued",),
    )


def waits(facts: OfficeProfile) -> Figure:
    """Waiting before being called, by day."""
    frame = facts.waits
    title = say("No queue is known of in these weeks")
    if len(frame):
        last = frame.iloc[-1]
        title = say(
            "Half of {n} waited up to {p50} minutes on the last open day, 90 % up to {p90}",
            n=number(last["issued"]),
            p50=number(last["p50_minutes"]),
            p90=number(last["p90_minutes"]),
        )
    lines = {
        "p50_minutes": Line(say("Median"), BLUE),
        "p90_minutes": Line(say("90 % within"), ORANGE, (4, 3)),
    }
    return Figure(
        "waits",
        title,
        say("Minutes from drawing a number to being called, {period}", period=period(frame)),
        say("Two lines of waiting by day, the median and the 90th percentile. {t}.", t=title),
        frame,
        over_days(frame, lines) if len(frame) else None,
        ("queue_day_wait_all_p50_seconds",),
    )


def staffing(facts: OfficeProfile) -> Figure:
    """Staff planned, present and needed today, and desks open."""
    frame = facts.staffing
    columns = {
        "planned_staff": Line(say("Staff planned"), GREY, (4, 3)),
        "present_staff": Line(say("Staff present"), BLUE),
        "required_staff": Line(say("Staff needed"), ORANGE, (2, 2)),
    }
    known = frame[["present_staff", "desks_open"]].notna().any(axis=1)
    title = (
        say("The office is not open today") if frame.empty else say("Who is present is not known")
    )
    if known.any():
        last = frame[known].iloc[-1]
        title = say(
            "{open} of {counters} desks open and {present} of {planned} staff present at {at}",
            open=number(last["desks_open"]),
            counters=number(last["counters"]),
            present=number(last["present_staff"]),
            planned=number(last["planned_staff"]),
            at=f"{last['slot_at']:%H:%M}",
        )
    drawn = frame.rename(columns={"slot_at": "day"})
    return Figure(
        "staffing",
        title,
        say("Desks and staff by half-hour of today, local time; needed: to serve who is expected"),
        say("Bars of open desks and lines of staff planned, present and needed. {t}.", t=title),
        frame,
        _clock(drawn, "desks_open", columns, say("Desks open")) if len(frame) else None,
        ("desks_open",),
    )


def intake(facts: OfficeProfile) -> Figure:
    """Applications received by day against the expected."""
    frame = facts.volumes
    title = say("No application was received in these weeks")
    known = frame[frame["expected_submitted"] > 0]
    if frame["submitted"].sum():
        title = say(
            "{n} applications in {days} days", n=number(frame["submitted"].sum()), days=len(frame)
        )
    if len(known):
        last = known.iloc[-1]
        title = say(
            "{n} applications on {day}, {expected} were expected",
            n=number(last["submitted"]),
            day=day_of_month(last["day"]),
            expected=number(last["expected_submitted"]),
        )
    lines = {
        "expected_submitted": Line(say("Expected"), ORANGE, (4, 3)),
        "ready": Line(say("Made ready"), BLUE),
    }
    return Figure(
        "intake",
        title,
        say("Applications and passports a day, {period}", period=period(frame)),
        say("Bars of applications received, lines of expected and made ready. {t}.", t=title),
        frame,
        over_days(frame, lines, bars=("submitted", say("Received"))) if len(frame) else None,
        ("submitted", "expected_submitted"),
    )


def calendar(facts: OfficeProfile) -> Figure:
    """Open and closed days of the last weeks, with what was received."""
    days = pd.DataFrame({"day": pd.date_range(facts.today - pd.Timedelta(days=28), periods=29)})
    frame = days.merge(facts.volumes[["day", "submitted"]], on="day", how="left")
    is_open = frame["day"].isin(facts.open_days["day"])
    frame = frame.assign(state=is_open.map({True: say("Open"), False: say("Closed")}))
    opened = int(is_open.sum())
    title = say("Open on {n} of the last {days} days", n=opened, days=len(frame))
    return Figure(
        "calendar",
        title,
        say("Days with opening hours, and applications received on them; today is framed"),
        say("A calendar of open and closed days. {t}.", t=title),
        frame,
        _weeks(frame, facts.today) if len(facts.open_days) else None,
        ("submitted",),
    )


def _weeks(frame: pd.DataFrame, today: date) -> Specification:
    weekdays = short_weekdays()
    drawn = frame.assign(
        week=(frame["day"] - pd.to_timedelta(frame["day"].dt.weekday, unit="D")).map(short_day),
        weekday=[weekdays[number] for number in frame["day"].dt.weekday],
        words=[
            f"{day.day}" if pd.isna(count) else f"{day.day}: {count:,.0f}"
            for day, count in zip(frame["day"], frame["submitted"], strict=True)
        ],
        is_today=frame["day"] == pd.Timestamp(today),
    )
    weeks = list(dict.fromkeys(drawn["week"]))
    x = alt.X(
        "weekday:O",
        title=None,
        sort=weekdays,
        axis=alt.Axis(labelAngle=0, orient="top", domain=False, ticks=False),
    )
    y = part_axis(weeks, "week")
    cells = (
        alt.Chart(drawn)
        .mark_rect(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "state:N",
                title=None,
                scale=alt.Scale(domain=[say("Open"), say("Closed")], range=["#CFE6F5", PALE]),
            ),
            stroke=alt.condition("datum.is_today", alt.value(INK), alt.value("white")),
            tooltip=tooltip(day="day:T", state="state:N", received="submitted:Q"),
        )
    )
    words = alt.Chart(drawn).mark_text(color=INK).encode(x=x, y=y, text=alt.Text("words:N"))
    return themed(alt.layer(cells, words), 40 + 30 * len(weeks))


def _clock(
    frame: pd.DataFrame,
    bar: str,
    lines: dict[str, Line],
    name: str,
    band: tuple[str, str] | None = None,
) -> Specification:
    """As `over_days`, by the time of the day."""
    drawn = over_days(frame, lines, bars=(bar, name), band=band)
    text = drawn
    for layer in text["layer"]:
        layer["encoding"]["x"]["axis"] = {"format": "%H:%M", "tickCount": 8, "labelOverlap": True}
    return text
