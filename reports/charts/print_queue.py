"""When the print queue clears: the charts of what machines, shifts and intake do to it."""

from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import Line, bullets, over_days
from reports.charts.theme import BLUE, GREEN, VERMILION
from reports.facts.clearance import Clearance
from reports.facts.days import plain_day
from reports.facts.print_queue import AS_PLANNED, PrintQueue, WhatIf, print_queue
from reports.wording import decimal, number, short_name, signed

# How far the courses are drawn: on to the last date, between two weeks and a quarter.
_SHOWN_DAYS = (14, 91)


def drawn_print_queue(
    publication: Publication, scope: Scope, day: date, timezone: str, change: WhatIf
) -> tuple[PrintQueue, dict[str, Figure]]:
    """The print queue of a scope, and its charts by name: `print_courses`, `print_sites`; none
    where no print site lies in the scope."""
    facts = print_queue(publication, scope, day, timezone)
    figures = [courses(facts, change), sites(facts)] if len(facts.sites) else []
    return facts, {figure.name: figure for figure in figures}


def cleared(found: Clearance | None) -> str:
    """When what waits to be printed is printed, in a sentence."""
    if found is None:
        return say("unknown: less than a week of the queue, or no rate of its machines, is known")
    if found.days == 0:
        return say("nothing waits")
    if found.clears_on is None:
        return say(
            "{n} wait to be printed and do not clear within a year: {come} come a day, {go} are "
            "printed",
            n=number(found.waiting),
            come=number(found.in_per_day),
            go=number(found.out_per_day),
        )
    return say(
        "{n} wait to be printed and clear by {day}: {come} come a day, {go} are printed",
        n=number(found.waiting),
        day=plain_day(found.clears_on),
        come=number(found.in_per_day),
        go=number(found.out_per_day),
    )


def headline(facts: PrintQueue) -> str:
    """When the print queue clears as it is going."""
    return say("At the present rate: {s}", s=cleared(facts.at_present_rate()))


def told(facts: PrintQueue, change: WhatIf) -> list[str]:
    """The dates: at the present rate, at planned capacity, and with the change."""
    return [f"{name}: {cleared(found)}" for name, found in _courses(facts, change).items()]


def assumptions(facts: PrintQueue) -> str:
    """What the dates rest on, so that they can be worked out again."""
    sites = facts.sites
    planned, capacity = (sites[name].sum() for name in ("planned_per_day", "capacity_per_day"))
    return say(
        "Means a day of the last {days} days. Planned: the {machines} machines are rated for "
        "{planned} in the opening hours and gave {given} of it (availability × speed × good), so "
        "{capacity}. A shift is as long as the opening hours; a machine more gives the mean of "
        "one. Any site may print what waits; holidays to come are not known.",
        days=facts.days,
        machines=number(sites["machines"].sum()),
        planned=number(planned),
        given=number(100.0 * capacity / planned if planned else None, "pct"),
        capacity=number(capacity),
    )


def courses(facts: PrintQueue, change: WhatIf) -> Figure:
    """What waits over the days to come, on each of the courses."""
    found = _courses(facts, change)
    known = {name: course for name, course in found.items() if course}
    lines = [Line(name, *look) for name, look in zip(found, _LOOKS, strict=False) if name in known]
    asked = list(found.values())[-1]
    title = say("What can be printed a day is unknown")
    if asked:
        title = say(
            "{out} can be printed a day where {come} come",
            out=number(asked.out_per_day),
            come=number(asked.in_per_day),
        )
    spans = [course.days for course in known.values() if course.days is not None]
    shown = int(min(max([*spans, _SHOWN_DAYS[0]]) + 2, _SHOWN_DAYS[1]))
    drawn = pd.DataFrame(
        {
            "day": [pd.Timestamp(facts.day + timedelta(days=n)) for n in range(shown + 1)],
            **{
                line.label: [known[line.label].left_after(n) for n in range(shown + 1)]
                for line in lines
            },
        }
    )
    return Figure(
        "print_courses",
        title,
        say(
            "Passports that wait to be printed from {day} on, if each day were the mean of the "
            "last {n}; clears = waiting ÷ (out a day − in a day)",
            day=plain_day(facts.day),
            n=facts.days,
        ),
        say("A line a course of what waits to be printed. {t}.", t=title),
        pd.DataFrame(
            [
                {
                    "course": name,
                    "waiting": course.waiting,
                    "in_per_day": course.in_per_day,
                    "out_per_day": course.out_per_day,
                    "days_to_clear": course.days,
                }
                for name, course in known.items()
            ],
            columns=["course", "waiting", "in_per_day", "out_per_day", "days_to_clear"],
        ).assign(clears_on=_moments(known.values())),
        over_days(drawn, {line.label: line for line in lines}) if lines else None,
        ("print_queue_waiting", "print_queue_planned"),
    )


def sites(facts: PrintQueue) -> Figure:
    """What each site prints, and could; when each would clear by itself."""
    alone = [facts.of_site(code) for code in facts.sites["office_code"]]
    frame = facts.sites.assign(
        part=facts.sites["office"],
        clears_on=_moments(site.at_present_rate() for site in alone),
        clears_at_capacity_on=_moments(site.under() for site in alone),
    )
    stays = [
        row["part"]
        for row, site in zip(frame.to_dict("records"), alone, strict=True)
        if (found := site.under()) and found.clears_on is None
    ]
    last = frame.dropna(subset=["clears_at_capacity_on"])
    title = say("When the sites clear at planned capacity is unknown")
    if stays:
        title = say("{site} does not clear even at planned capacity", site=short_name(stays[0]))
    elif len(last):
        slowest = last.nlargest(1, "clears_at_capacity_on").iloc[0]
        title = say(
            "At planned capacity {site} is the last to clear by itself, by {day}",
            site=short_name(slowest["part"]),
            day=plain_day(slowest["clears_at_capacity_on"]),
        )
    return Figure(
        "print_sites",
        title,
        say(
            "Passports printed a day (bar) and capacity as planned (tick), by site, mean of the "
            "last {n} days",
            n=facts.days,
        ),
        say("A bar a print site with a tick at its capacity. {t}.", t=title),
        frame[
            [
                "part",
                "waiting",
                "come_per_day",
                "printed_per_day",
                "machines",
                "planned_per_day",
                "oee_pct",
                "capacity_per_day",
                "clears_on",
                "clears_at_capacity_on",
            ]
        ],
        bullets(frame, "printed_per_day", "capacity_per_day"),
        ("print_queue_waiting", "print_queue_planned", "machine_oee_pct"),
    )


# Colour and dash of each course, in their order.
_LOOKS = ((VERMILION, (2, 2)), (BLUE, (1, 0)), (GREEN, (6, 3)))


def _courses(facts: PrintQueue, change: WhatIf) -> dict[str, Clearance | None]:
    """Each course by its name: the present rate, planned capacity, and the change where it is
    one."""
    found = {
        say("At the present rate"): facts.at_present_rate(),
        say("At planned capacity"): facts.under(),
    }
    if change != AS_PLANNED:
        asked = say(
            "If machines {machines}, shifts a day {shifts}, intake {intake} %",
            machines=signed(change.machines),
            shifts=decimal(change.shifts, 0 if change.shifts == round(change.shifts) else 1),
            intake=decimal(change.intake_pct),
        )
        found[asked] = facts.under(change)
    return found


def _moments(courses: Iterable[Clearance | None]) -> "pd.Series[pd.Timestamp]":
    """When each clears, NaT where it does not or nobody knows."""
    days = [course.clears_on if course else None for course in courses]
    return pd.to_datetime(pd.Series(days))
