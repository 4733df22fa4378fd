"""The charts of the Deliveries page."""

from datetime import date

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import Line, bars, over_days, period, quantiles
from reports.charts.theme import BLUE, ORANGE
from reports.facts.days import day_of_month, plain_day
from reports.facts.deliveries import Deliveries, deliveries
from reports.wording import counted, number, signed


def drawn_deliveries(
    publication: Publication, scope: Scope, since: date, day: date
) -> tuple[Deliveries, dict[str, Figure]]:
    """The deliveries of a scope, and their charts by name: `transit`, `times`, `carriers`,
    `stock`, `uncollected`."""
    facts = deliveries(publication, scope, since, day)
    makers = (transit, times, carriers, stock, uncollected)
    return facts, {figure.name: figure for figure in (make(facts) for make in makers)}


def headline(facts: Deliveries) -> str:
    """What is on its way, what is overdue, what lies uncollected."""
    if facts.daily.empty:
        return say("No delivery is known in the period")
    last = facts.daily.iloc[-1]
    return say(
        "{transit} on their way, {uncollected} ready and not collected, {lost} lost in the period",
        transit=counted(last["in_transit"], say("passport"), say("passports")),
        uncollected=number(last["uncollected"]),
        lost=number(facts.daily["lost"].sum()),
    )


def boxes_title(facts: Deliveries) -> str:
    """How many boxes are overdue."""
    if facts.boxes.empty:
        return say("No box is on its way")
    first = facts.boxes.iloc[0]
    return say(
        "{late} of {all} on their way are overdue, with {passports} as far as is known",
        late=number(first["boxes_late"]),
        all=counted(first["boxes_all"], say("box"), say("boxes")),
        passports=counted(first["passports_late"], say("passport"), say("passports")),
    )


def transit(facts: Deliveries) -> Figure:
    """Sent, received, and what is between."""
    frame = facts.daily
    title = say("Nothing was sent in the period")
    if frame["dispatched"].sum():
        title = say(
            "{sent} were sent and {received} arrived; {between} are on their way",
            sent=number(frame["dispatched"].sum()),
            received=number(frame["received"].sum()),
            between=number(frame["in_transit"].iloc[-1]),
        )
    lines = {
        "received": Line(say("Arrived"), BLUE),
        "in_transit": Line(say("On their way"), ORANGE, (4, 3)),
    }
    return Figure(
        "transit",
        title,
        say("Passports a day, {period}", period=period(frame)),
        say("Bars of passports sent, lines of arrived and on their way. {t}.", t=title),
        frame[["day", "dispatched", "received", "in_transit", "lost"]],
        over_days(frame, lines, bars=("dispatched", say("Sent"))) if len(frame) else None,
        ("deliveries_in_transit", "deliveries_dispatched"),
    )


def times(facts: Deliveries) -> Figure:
    """Days in transit by day of arrival."""
    frame = facts.daily
    known = frame.dropna(subset=["transit_p50_days"])
    title = say("No passport arrived in the period")
    if len(known):
        last = known.iloc[-1]
        title = say(
            "Half of what arrived on {day} took up to {p50}, 90 % up to {p90}",
            day=day_of_month(last["day"]),
            p50=number(last["transit_p50_days"], "days"),
            p90=number(last["transit_p90_days"], "days"),
        )
    lines = {
        "transit_p50_days": Line(say("Median"), BLUE),
        "transit_p90_days": Line(say("90 % within"), ORANGE, (4, 3)),
    }
    return Figure(
        "times",
        title,
        say("Days from sent to arrived, by day of arrival, {period}", period=period(frame)),
        say("Two lines of days in transit. {t}.", t=title),
        frame[["day", "received", "transit_p50_days", "transit_p90_days"]],
        over_days(frame, lines, number_format=".1~f") if len(known) > 1 else None,
        ("deliveries_transit_p50_days",),
    )


def carriers(facts: Deliveries) -> Figure:
    """Days in transit by carrier."""
    frame = facts.carriers
    ranked = frame.dropna(subset=["late_pct"]).sort_values("late_pct", ascending=False)
    title = say("No carrier brought enough boxes to be compared")
    if len(ranked):
        first = ranked.iloc[0]
        title = say(
            "{carrier} is late most often: {late} of {n}",
            carrier=first["carrier"],
            late=number(first["late_pct"], "pct"),
            n=counted(first["boxes"], say("box"), say("boxes")),
        )
    return Figure(
        "carriers",
        title,
        say("Days from sent to arrived by carrier, boxes that arrived in the period"),
        say("A row a carrier: median, 80 % and 90 % of the days. {t}.", t=title),
        frame,
        quantiles(frame, "carrier", ("p50_days", "p80_days", "p90_days")) if len(frame) else None,
        ("deliveries_transit_p50_days",),
    )


def stock(facts: Deliveries) -> Figure:
    """Ready and not collected, by day."""
    frame = facts.daily
    title = say("Nothing lies uncollected")
    if len(frame):
        first, last = frame.iloc[0], frame.iloc[-1]
        title = say(
            "{n} lie uncollected, {change} in {days} days; the oldest for {oldest}",
            n=number(last["uncollected"]),
            change=signed(last["uncollected"] - first["uncollected"]),
            days=len(frame),
            oldest=counted(last["uncollected_oldest_days"], say("day"), say("days")),
        )
    lines = {"uncollected": Line(say("Uncollected"), BLUE)}
    return Figure(
        "stock",
        title,
        say("Passports ready and not collected at the end of the day, {p}", p=period(frame)),
        say("A line of uncollected passports. {t}.", t=title),
        frame[["day", "ready", "collected", "uncollected", "uncollected_oldest_days"]],
        over_days(frame, lines) if len(frame) else None,
        ("deliveries_uncollected",),
    )


def uncollected(facts: Deliveries) -> Figure:
    """Where passports lie uncollected."""
    frame = facts.uncollected
    title = say("Nothing lies uncollected")
    if frame["uncollected"].sum():
        first = frame.iloc[0]
        title = say(
            "{part} has most: {n}, the oldest for {oldest}",
            part=first["part"],
            n=number(first["uncollected"]),
            oldest=counted(first["uncollected_oldest_days"], say("day"), say("days")),
        )
    return Figure(
        "uncollected",
        title,
        say(
            "Passports ready and not collected at the end of {day}, by {kind}",
            day=plain_day(facts.day),
            kind=say(facts.part_kind),
        ),
        say("A bar a place of uncollected passports. {t}.", t=title),
        frame,
        bars(frame, "part", "uncollected") if frame["uncollected"].sum() else None,
        ("deliveries_uncollected",),
    )
