"""The charts of the Staff page."""

from datetime import date

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import bars, funnel
from reports.charts.theme import BLUE, GREEN, ORANGE
from reports.facts.days import month_of_year
from reports.facts.promise import SMALL_NUMBER
from reports.facts.staffing import Staff, staff
from reports.wording import counted, number


def drawn_staff(
    publication: Publication, scope: Scope, day: date
) -> tuple[Staff, dict[str, Figure]]:
    """The people of a scope, and their charts by name: `mix`, `short`, `rework`."""
    facts = staff(publication, scope, day)
    return facts, {figure.name: figure for figure in (mix(facts), short(facts), rework(facts))}


def _month(facts: Staff) -> str:
    return month_of_year(facts.month) if facts.month else say("no month")


def _kinds(facts: Staff) -> tuple[str, str]:
    if facts.by_person:
        return say("person"), say("people")
    return say("office"), say("offices")


def headline(facts: Staff) -> str:
    """How much was done by how many in the month."""
    if facts.work.empty:
        return say("No work of staff is known of this place")
    people = len(facts.work) if facts.by_person else facts.work["people"].sum()
    return say(
        "{people} did {cases} in {month}, at {hours} hours of desk",
        people=counted(people, say("person"), say("people")),
        cases=counted(facts.work["cases"].sum(), say("step"), say("steps")),
        month=_month(facts),
        hours=number(facts.work["hours_at_desk"].sum()),
    )


def mix(facts: Staff) -> Figure:
    """Work done against what the same mix of work takes elsewhere."""
    states = {
        "usual": (say("Within the usual spread"), BLUE, "circle"),
        "above": (say("More than its mix explains"), GREEN, "triangle-up"),
        "below": (say("Less than its mix explains"), ORANGE, "triangle-down"),
    }
    one, many = _kinds(facts)
    shown = facts.work[facts.work["state"] != "few"]
    below = shown[shown["state"] == "below"]
    title = say("Nobody did {n} cases, so nobody is compared", n=SMALL_NUMBER)
    if len(shown):
        title = say(
            "{n} of {all} did less than their mix of work explains",
            n=number(len(below)),
            all=counted(len(shown), one, many),
        )
    drawn = shown.assign(
        state=shown["state"].map({state: word for state, (word, _, _) in states.items()}),
        done=shown["cases"],
        cases=shown["expected_cases"],
    )
    return Figure(
        "mix",
        title,
        say(
            "Steps done against steps expected of the same mix of work and hours, per cent, by "
            "{kind}, {month}; limits of chance and the usual spread; below {n} cases not judged",
            kind=one,
            month=_month(facts),
            n=SMALL_NUMBER,
        ),
        say("A funnel plot of work done against expected. {t}.", t=title),
        facts.work.drop(columns=["lower_pct", "upper_pct"]),
        funnel(
            drawn,
            100.0,
            {word: (colour, shape) for word, colour, shape in states.values()},
            (say("steps expected"), say("% of expected")),
        )
        if len(shown)
        else None,
        ("staff_ratio_to_expected",),
    )


def short(facts: Staff) -> Figure:
    """Where desks were missing."""
    frame = facts.desks[facts.desks["short_pct"] > 0]
    title = say("It is not known where desks were missing: presence or need is not published")
    if len(facts.desks):
        title = say(
            "{n} of {all} had fewer desks open than they needed, at some time",
            n=number(len(frame)),
            all=counted(len(facts.desks), say("office"), say("offices")),
        )
    return Figure(
        "short",
        title,
        say("Share of half-hours with fewer desks open than needed, per cent, the last 7 days"),
        say("A bar an office of half-hours short of desks. {t}.", t=title),
        facts.desks.drop(columns="office_code"),
        bars(frame, "part", "short_pct", number_format=".0f") if len(frame) else None,
        ("required_staff",),
    )


def rework(facts: Staff) -> Figure:
    """Where work had to be done again."""
    known = facts.work[(facts.work["state"] != "few") & (facts.work["rework_pct"] > 0)]
    frame = known.sort_values(["rework_pct", "part"], ascending=[False, True])
    title = say("Nothing had to be done again, where enough was done to tell")
    if len(frame):
        first = frame.iloc[0]
        title = say(
            "{part}: {share} of {n} done again, the most",
            part=first["part"],
            share=number(first["rework_pct"], "pct"),
            n=counted(first["cases"], say("step"), say("steps")),
        )
    one, _ = _kinds(facts)
    return Figure(
        "rework",
        title,
        say("Share of steps done again, per cent, by {kind}, {m}", kind=one, m=_month(facts)),
        say("A bar of the share done again. {t}.", t=title),
        frame[["part", "cases", "rework_pct"]],
        bars(frame, "part", "rework_pct", number_format=".2~f") if len(frame) else None,
        ("staff_rework",),
    )
