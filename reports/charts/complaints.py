"""The charts of the Complaints page."""

from datetime import date

import altair as alt
import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import SHOWN_PARTS, months, part_axis, stacked, tooltip
from reports.charts.theme import BLUE, BLUES, INK, ORANGE, VERMILION, Specification, themed
from reports.facts.complaints import Complaints, complaints
from reports.facts.days import month_of_year
from reports.facts.promise import SMALL_NUMBER
from reports.wording import counted, number, short_name, spoken

# Of open complaints, by days since they were opened, as `facts.complaints` tells them.
SPANS = {
    "up to 7": "up to 7",
    "8 to 30": "8 to 30",
    "31 to 90": "31 to 90",
    "over 90": "over 90",
}


def drawn_complaints(
    publication: Publication, scope: Scope, since: date, day: date
) -> tuple[Complaints, dict[str, Figure]]:
    """The complaints of a scope, and their charts by name: `categories`, `places`, `months`,
    `ages`."""
    facts = complaints(publication, scope, since, day)
    figures = [make(facts) for make in (categories, places, by_month, ages)]
    return facts, {figure.name: figure for figure in figures}


def headline(facts: Complaints) -> str:
    """How many came, how many are open, how many of them late."""
    if not facts.monthly["opened"].sum():
        return say(
            "No complaint was opened in the period; {open} open, {late} of them beyond their "
            "promise",
            open=number(facts.ages["cases"].sum()),
            late=number(facts.ages["late"].sum()),
        )
    return say(
        "{opened} in {months}; {open} open, {late} of them beyond their promise",
        opened=counted(facts.monthly["opened"].sum(), say("complaint"), say("complaints")),
        months=counted(len(facts.monthly), say("month"), say("months")),
        open=number(facts.ages["cases"].sum()),
        late=number(facts.ages["late"].sum()),
    )


def categories(facts: Complaints) -> Figure:
    """What people complain of, still open and resolved."""
    frame = facts.categories.assign(
        what=facts.categories["category"].map(spoken),
        closed=facts.categories["opened"] - facts.categories["open_now"],
    )
    title = say("Nobody complained in the period")
    if frame["opened"].sum():
        title = say(
            "{what} leads: {share} of {n}",
            what=frame["what"].iloc[0].capitalize(),
            share=number(100.0 * frame["opened"].iloc[0] / frame["opened"].sum(), "pct"),
            n=counted(frame["opened"].sum(), say("complaint"), say("complaints")),
        )
    names = {"closed": say("Closed"), "open_now": say("Still open")}
    return Figure(
        "categories",
        title,
        say("Complaints by category, {months}", months=months(facts.since, facts.day)),
        say("A bar a category, closed and still open. {t}.", t=title),
        facts.categories,
        stacked(frame, "what", names, [BLUE, ORANGE]) if len(frame) else None,
        ("complaints_opened",),
    )


def places(facts: Complaints) -> Figure:
    """Complaints per 10,000 applications by category and place."""
    frame = facts.places.assign(
        place=facts.places["part"].map(short_name), what=facts.places["category"].map(spoken)
    )
    known = frame.dropna(subset=["per_10000"])
    title = say("No place had {n} complaints, so none is compared", n=SMALL_NUMBER)
    if len(known):
        first = known.iloc[known["per_10000"].argmax()]
        title = say(
            "{part} complains most of {what}: {n} per 10,000 applications",
            part=first["part"],
            what=first["what"],
            n=f"{first['per_10000']:.1f}",
        )
    return Figure(
        "places",
        title,
        say(
            "Complaints per 10,000 applications received, by {kind} of the case and category; "
            "places with fewer than {n} complaints are left out, {months}",
            kind=say(facts.part_kind),
            n=SMALL_NUMBER,
            months=months(facts.since, facts.day),
        ),
        say("A matrix of categories and places. {t}.", t=title),
        facts.places,
        _heat(known) if len(known) else None,
        ("complaints_rate",),
    )


def _heat(known: pd.DataFrame) -> Specification:
    frame = known[known["place"].isin(list(dict.fromkeys(known["place"]))[:SHOWN_PARTS])]
    top = float(frame["per_10000"].max())
    x = alt.X(
        "what:N",
        title=None,
        axis=alt.Axis(labelAngle=-35, labelLimit=130, domain=False, ticks=False),
    )
    y = part_axis(list(dict.fromkeys(frame["place"])), "place")
    cells = (
        alt.Chart(frame)
        .mark_rect(stroke="white")
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "per_10000:Q",
                scale=alt.Scale(domain=[0, top], range=BLUES),
                legend=alt.Legend(title=None, gradientLength=140),
            ),
            tooltip=tooltip(
                place="part:N", category="what:N", opened="opened:Q", per_10000="per_10000:Q"
            ),
        )
    )
    light = alt.condition(f"datum.per_10000 > {0.55 * top}", alt.value("white"), alt.value(INK))
    text = alt.Text("per_10000:Q", format=".1f")
    words = alt.Chart(frame).mark_text(fontSize=10).encode(x=x, y=y, text=text, color=light)
    return themed(alt.layer(cells, words), 110 + 24 * frame["place"].nunique())


def by_month(facts: Complaints) -> Figure:
    """Complaints opened and closed by month."""
    frame = facts.monthly.assign(
        when=[month_of_year(month) for month in facts.monthly["month"]],
        unresolved=facts.monthly["opened"] - facts.monthly["resolved"],
    )
    title = say("Nobody complained in the period")
    if len(frame):
        last = frame.iloc[-1]
        title = say(
            "{opened} were opened in {month}, {resolved} of them are resolved",
            opened=number(last["opened"]),
            month=last["when"],
            resolved=number(last["resolved"]),
        )
    names = {"resolved": say("Resolved"), "unresolved": say("Not resolved")}
    return Figure(
        "months",
        title,
        say("Complaints by month of opening; the last month is not over"),
        say("A bar a month, resolved and not. {t}.", t=title),
        facts.monthly,
        stacked(frame, "when", names, [BLUE, ORANGE]) if len(frame) else None,
        ("complaints_opened", "complaints_resolved"),
    )


def ages(facts: Complaints) -> Figure:
    """Open complaints by age, and which are late."""
    frame = facts.ages.assign(
        timely=facts.ages["cases"] - facts.ages["late"],
        span=[say(SPANS[span]) for span in facts.ages["span"]],
    )
    title = say("No complaint is open")
    if len(frame):
        title = say(
            "{late} of {n} open complaints are beyond their promise",
            late=number(frame["late"].sum()),
            n=number(frame["cases"].sum()),
        )
    names = {"timely": say("Within the promise"), "late": say("Beyond the promise")}
    return Figure(
        "ages",
        title,
        say("Open complaints by days since they were opened, as of now"),
        say("A bar a span of days, within and beyond the promise. {t}.", t=title),
        facts.ages,
        stacked(frame, "span", names, [BLUE, VERMILION]) if len(frame) else None,
        ("complaints_open_now",),
    )
