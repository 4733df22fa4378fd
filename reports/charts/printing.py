"""The charts of the page Printing and machines."""

from datetime import date

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import Line, bars, matrix, over_days, period
from reports.charts.theme import BLUE, ORANGE, PALE, SKY, VERMILION
from reports.facts.days import plain_day
from reports.facts.printing import SCARCE_DAYS, Printing, printing
from reports.wording import counted, number, spoken

SHOWN_MACHINES = 24


def drawn_printing(
    publication: Publication, scope: Scope, since: date, day: date
) -> tuple[Printing, dict[str, Figure]]:
    """The machines of a scope, and their charts by name: `matrix`, `effect`, `output`, `reasons`,
    `queue`, `stock`."""
    facts = printing(publication, scope, since, day)
    makers = (state_matrix, effect, output, reasons, queue, stock)
    return facts, {figure.name: figure for figure in (make(facts) for make in makers)}


def headline(facts: Printing) -> str:
    """Machines stopped now, and what waits for them."""
    stopped = facts.machines["state"].isin(["down", "maintenance"]).sum()
    unknown = (facts.machines["state"] == "unknown").sum()
    return say(
        "{stopped} of {machines} stopped now, {unknown} unknown; {waiting} wait to be printed",
        stopped=number(stopped),
        machines=counted(len(facts.machines), say("machine"), say("machines")),
        unknown=number(unknown),
        waiting=counted(facts.queue["waiting"].sum(), say("passport"), say("passports")),
    )


def machines_title(facts: Printing) -> str:
    """Which machine was down longest."""
    frame = facts.machines[facts.machines["down_hours"] > 0]
    if frame.empty:
        return say("No machine was down in the period")
    first = frame.iloc[0]
    return say(
        "{machine} was down longest: {hours} in {n}",
        machine=first["machine_id"],
        hours=counted(first["down_hours"], say("hour"), say("hours")),
        n=counted(first["failures"], say("failure"), say("failures")),
    )


def state_matrix(facts: Printing) -> Figure:
    """A cell a machine and day: what the day was."""
    states = {
        "running": (say("Ran"), "#CFE6F5", "●"),
        "idle": (say("Idle"), "#EEF2F5", "○"),
        "maintenance": (say("Maintenance"), SKY, "◆"),
        "down": (say("Down"), VERMILION, "■"),
        "unknown": (say("Unknown"), PALE, "?"),
    }
    frame = facts.daily
    stopped = frame[frame["state"] == "down"]
    title = say("No machine reports its state")
    if len(frame):
        title = say("No machine was down in {n} days", n=frame["day"].nunique())
    if len(stopped):
        title = say(
            "{machines} stood down, on {days} machine days",
            machines=counted(stopped["machine_id"].nunique(), say("machine"), say("machines")),
            days=number(len(stopped)),
        )
    weight = frame.assign(bad=frame["state"].isin(["down", "maintenance", "unknown"]))
    worst = weight.groupby("machine_id")["bad"].sum().sort_values(ascending=False, kind="stable")
    shown = frame[frame["machine_id"].isin(worst.head(SHOWN_MACHINES).index)]
    return Figure(
        "matrix",
        title,
        say(
            "What stopped a machine's day longest, last 28 days; the {n} most stopped machines, "
            "unknown where half of the day or more was not reported",
            n=SHOWN_MACHINES,
        ),
        say("A matrix of machines and days by state. {t}.", t=title),
        frame,
        matrix(
            shown.assign(state=shown["state"].map({k: v[0] for k, v in states.items()})),
            "machine_id",
            {word: (colour, glyph) for word, colour, glyph in states.values()},
        )
        if len(shown)
        else None,
        ("machine_availability_pct",),
    )


def effect(facts: Printing) -> Figure:
    """Availability × performance × quality by place."""
    frame = facts.effect
    title = say("No machine of this place ran in the period")
    if len(frame):
        first = frame.iloc[0]
        title = say(
            "{place} gives least: {oee} (mean of days; {a} available, {p} speed, {q} good)",
            place=first["office"],
            oee=number(first["oee_pct"], "pct"),
            a=number(first["availability_pct"], "pct"),
            p=number(first["performance_pct"], "pct"),
            q=number(first["quality_pct"], "pct"),
        )
    return Figure(
        "effect",
        title,
        say(
            "Overall effectiveness (availability × performance × quality), per cent, mean of "
            "machine days that printed, by place"
        ),
        say("A bar a place of overall effectiveness. {t}.", t=title),
        facts.effect,
        bars(frame, "office", "oee_pct", number_format=".0f") if len(frame) else None,
        (
            "machine_oee_pct",
            "machine_availability_pct",
            "machine_performance_pct",
            "machine_quality_pct",
        ),
    )


def output(facts: Printing) -> Figure:
    """Good and spoiled passports a day."""
    frame = facts.output
    title = say("Nothing was printed in the period")
    if frame["good"].sum():
        made = frame["good"].sum() + frame["spoiled"].sum()
        title = say(
            "{spoiled} of {made} printed were spoiled",
            spoiled=number(100.0 * frame["spoiled"].sum() / made, "pct"),
            made=number(made),
        )
    return Figure(
        "output",
        title,
        say("Passports printed a day (UTC), good and spoiled, {period}", period=period(frame)),
        say("Bars of good passports and a line of spoiled ones. {t}.", t=title),
        frame,
        over_days(frame, {"spoiled": Line(say("Spoiled"), ORANGE)}, bars=("good", say("Good")))
        if frame["good"].sum()
        else None,
        ("print_good", "print_spoiled"),
    )


def reasons(facts: Printing) -> Figure:
    """What spoils passports."""
    frame = facts.reasons.assign(reason=facts.reasons["reason_code"].map(spoken))
    title = say("Nothing was spoiled in the period")
    if len(frame):
        title = say(
            "{reason} leads: {share} of the spoiled passports",
            reason=frame["reason"].iloc[0].capitalize(),
            share=number(100.0 * frame["spoiled"].iloc[0] / frame["spoiled"].sum(), "pct"),
        )
    return Figure(
        "reasons",
        title,
        say("Passports spoiled, by the reason that led in the hour of the machine"),
        say("A bar a reason of spoiled passports. {t}.", t=title),
        facts.reasons,
        bars(frame, "reason", "spoiled") if len(frame) else None,
        ("print_spoiled",),
    )


def queue(facts: Printing) -> Figure:
    """What waits at each print site, in days of its work."""
    frame = facts.queue
    title = say("Nothing waits to be printed")
    if frame["waiting"].sum():
        first = frame.iloc[0]
        title = say(
            "{site} has the most to do: {n} wait, {days} of its work",
            site=first["office"],
            n=number(first["waiting"]),
            days=number(first["days_of_work"], "days"),
        )
    return Figure(
        "queue",
        title,
        say(
            "Passports that wait to be printed at the end of {day}, by site; days of work at its "
            "own mean output",
            day=plain_day(facts.day),
        ),
        say("A bar a site of passports that wait. {t}.", t=title),
        facts.queue,
        bars(frame, "office", "waiting") if frame["waiting"].sum() else None,
        ("print_queue_waiting",),
    )


def stock(facts: Printing) -> Figure:
    """How long each stock lasts."""
    names = (say("Order now"), say("Lasts"))
    frame = facts.stock.dropna(subset=["days_left"]).assign(
        stock=lambda rows: [
            f"{row['office_code']} · {spoken(row['item'])}" for row in rows.to_dict("records")
        ],
        state=lambda rows: [
            names[0] if days < SCARCE_DAYS else names[1] for days in rows["days_left"]
        ],
    )
    title = say("No stock is counted at this place")
    if len(frame):
        first = frame.iloc[0]
        title = say(
            "{stock} runs out first, in {days}",
            stock=first["stock"],
            days=number(first["days_left"], "days"),
        )
    return Figure(
        "stock",
        title,
        say(
            "Days that stock lasts at its use, newest count; below {n} days an order is due",
            n=f"{SCARCE_DAYS:.0f}",
        ),
        say("A bar a stock of the days that it lasts. {t}.", t=title),
        facts.stock,
        bars(
            frame,
            "stock",
            "days_left",
            shades=("state", {names[1]: BLUE, names[0]: VERMILION}),
            width=150,
        )
        if len(frame)
        else None,
        ("consumable_days_left",),
    )
