"""The charts of the Process page."""

import altair as alt
import pandas as pd

from language import say
from reports.broker import Publication, Scope
from reports.charts.figure import Figure
from reports.charts.shapes import bars, colours, tooltip
from reports.charts.theme import BLUE, INK, ORANGE, PALE, SKY, Specification, themed
from reports.facts.process import ARROW, Process, process, stage_order
from reports.wording import counted, number, spoken

SHOWN_VARIANTS = 12
# Moves of fewer of a hundred cases than this are in the table, not in the picture.
SHOWN_SHARE = 0.001


def drawn_process(publication: Publication, scope: Scope) -> tuple[Process, dict[str, Figure]]:
    """The ways of a scope's cases, and their charts by name: `map`, `variants`, `waits`."""
    facts = process(publication, scope)
    figures = [make(facts) for make in (flow_map, variants, waits)]
    return facts, {figure.name: figure for figure in figures}


def headline(facts: Process) -> str:
    """How many ways there are, and how many cases went a way that is meant."""
    return say(
        "{ways} of {cases}; {share} of the cases went a way that is meant to be gone",
        ways=counted(len(facts.variants), say("way"), say("ways")),
        cases=counted(facts.variants["cases"].sum(), say("case"), say("cases")),
        share=number(facts.conforming_pct, "pct"),
    )


def flow_map(facts: Process) -> Figure:
    """Stages in order, and the moves between them."""
    order = {stage: place for place, stage in enumerate(stage_order(facts.variants))}
    known = facts.moves["from_stage_code"].isin(order) & facts.moves["to_stage_code"].isin(order)
    frame = facts.moves[known].assign(
        x1=lambda rows: rows["from_stage_code"].map(order),
        x2=lambda rows: rows["to_stage_code"].map(order),
    )
    back = frame[frame["x2"] <= frame["x1"]] if len(frame) else frame
    title = say("No moves between stages are published for this place")
    if len(frame):
        share = 100.0 * back["moves"].sum() / frame["moves"].sum()
        title = say(
            "{n} moves went back to an earlier stage ({share} of all)",
            n=number(back["moves"].sum()),
            share=number(share, "pct"),
        )
    return Figure(
        "map",
        title,
        say(
            "Moves from a completed stage to the next: width is how many, the number is the median "
            "time; arcs above skip a stage, below they go back. Moves of fewer than 1 in 1,000 "
            "are in the table only"
        ),
        say("A map of stages and moves between them. {t}.", t=title),
        facts.moves,
        _map(frame, order) if len(frame) else None,
        ("moves",),
    )


def _map(frame: pd.DataFrame, order: dict[str, int]) -> Specification:
    most = frame["moves"].max()
    shown = frame[frame["moves"] >= SHOWN_SHARE * most]
    on, skips, back = say("To the next stage"), say("Skips a stage"), say("Goes back")
    points = []
    for number_, move in enumerate(shown.itertuples()):
        step = move.x2 - move.x1
        kind = on if step == 1 else skips if step > 1 else back
        lift = 0.0 if step == 1 else (0.6 + abs(step) ** 0.5) * (1 if step > 1 else -1)
        width = max(1.0, 12.0 * (move.moves / most) ** 0.5)
        for place, (x, y) in enumerate(
            ((move.x1, 0.0), ((move.x1 + move.x2) / 2, lift), (move.x2, 0.0))
        ):
            # A stage that follows itself is a loop below it.
            loop = (place - 1) * 0.25 if step == 0 else 0.0
            points.append((number_, place, x + loop, y, kind, width, move))
    drawn = pd.DataFrame(
        {
            "move": [point[0] for point in points],
            "place": [point[1] for point in points],
            "x": [point[2] for point in points],
            "y": [point[3] for point in points],
            "kind": [point[4] for point in points],
            "width": [point[5] for point in points],
            "way": [
                f"{spoken(point[6].from_stage_code)} {ARROW} {spoken(point[6].to_stage_code)}"
                for point in points
            ],
            "moves": [point[6].moves for point in points],
            "hours": [point[6].p50_hours for point in points],
        }
    )
    low, high = min(-1.0, float(drawn["y"].min())), max(1.0, float(drawn["y"].max()))
    upright = alt.Scale(domain=[low - 0.3, high + 0.3])
    across = alt.Scale(domain=[-0.6, max(order.values()) + 0.6])
    x = alt.X("x:Q", axis=None, scale=across)
    y = alt.Y("y:Q", axis=None, scale=upright)
    lines = (
        alt.Chart(drawn)
        .mark_line(interpolate="monotone", opacity=0.75, strokeCap="round")
        .encode(
            x=x,
            y=y,
            detail=alt.Detail("move:N"),
            order=alt.Order("place:O"),
            color=colours({on: BLUE, skips: SKY, back: ORANGE}, "kind"),
            strokeWidth=alt.StrokeWidth("width:N", scale=None, legend=None),
            tooltip=tooltip(way="way:N", moves="moves:Q", median_hours="hours:Q"),
        )
    )
    middle = drawn[drawn["place"] == 1].assign(
        words=lambda rows: [_time(hours) for hours in rows["hours"]],
        above=0.35,
    )
    # Arcs are drawn below their control point's height; the label sits beside the straight moves.
    near = middle[middle["y"] == 0]
    times = (
        alt.Chart(near)
        .mark_text(fontSize=10, color=INK)
        .encode(
            x=x,
            y=alt.Y("above:Q", axis=None, scale=upright),
            text=alt.Text("words:N"),
        )
    )
    nodes = pd.DataFrame(
        {"x": list(order.values()), "y": 0.0, "name": [spoken(stage) for stage in order]}
    )
    base = alt.Chart(nodes)
    dots = base.mark_point(filled=True, size=150, color=INK, opacity=1).encode(x=x, y=y)
    names = [
        base.mark_text(fontSize=11, fontWeight="bold", dy=22, limit=100, **ink).encode(
            x=x, y=y, text=alt.Text("name:N")
        )
        # White behind each name, so that an arc that goes back does not cross it out.
        for ink in ({"color": "white", "stroke": "white", "strokeWidth": 5}, {"color": INK})
    ]
    return themed(alt.layer(lines, dots, *names, times), 320)


def _time(hours: float) -> str:
    if hours != hours:
        return "?"
    if hours >= 48:
        return say("{n} d", n=f"{hours / 24:.1f}")
    return say("{n} h", n=f"{hours:.1f}") if hours >= 1 else say("{n} min", n=f"{60 * hours:.0f}")


def variants(facts: Process) -> Figure:
    """The most gone ways, and whether they are meant."""
    meant, other = say("Meant to be gone"), say("Not meant")
    frame = facts.variants.head(SHOWN_VARIANTS).assign(
        way=lambda rows: [
            f"{place + 1}. {short_way(text)}" for place, text in enumerate(rows["stages_text"])
        ],
        kind=lambda rows: rows["is_conforming"].map({True: meant, False: other}),
    )
    title = say("No way of a case is published for this place")
    if len(frame):
        title = say(
            "The most gone way holds {share} of the cases and takes {days}, at the median",
            share=number(frame["share_pct"].iloc[0], "pct"),
            days=number(frame["p50_days"].iloc[0], "days"),
        )
    return Figure(
        "variants",
        title,
        say(
            "Share of cases by the way they went, per cent; the {n} most gone of {all} ways",
            n=len(frame),
            all=len(facts.variants),
        ),
        say("A bar a way of the share of cases. {t}.", t=title),
        facts.variants.drop(columns="variant_key"),
        bars(
            frame,
            "way",
            "share_pct",
            number_format=".0f",
            shades=("kind", {meant: BLUE, other: ORANGE}),
            width=330,
        )
        if len(frame)
        else None,
        ("variant_share",),
    )


def short_way(stages_text: str) -> str:
    """A way by its first and last stage, and how many there are."""
    stages = [spoken(stage) for stage in stages_text.split(ARROW)]
    if len(stages) <= 2:
        return f" {ARROW} ".join(stages)
    return f"{stages[0]} {ARROW} {stages[-1]} ({len(stages)})"


def waits(facts: Process) -> Figure:
    """Which move takes most time of all cases together."""
    by_design, ours = say("Waits for the applicant"), say("Waits for us")
    frame = (
        facts.moves.assign(
            way=[
                f"{spoken(row['from_stage_code'])} {ARROW} {spoken(row['to_stage_code'])}"
                for row in facts.moves.to_dict("records")
            ],
            owner=facts.moves["is_waiting_by_design"].map({True: by_design, False: ours}),
        )
        .sort_values(["sum_days", "way"], ascending=[False, True])
        .head(SHOWN_VARIANTS)
    )
    title = say("No moves between stages are published for this place")
    if len(frame):
        first = frame.iloc[0]
        title = say(
            "{way} takes most time: {days} days of cases, {p50} at the median",
            way=first["way"].capitalize(),
            days=number(first["sum_days"]),
            p50=_time(first["p50_hours"]),
        )
    return Figure(
        "waits",
        title,
        say("Days of all cases together between two completed stages"),
        say("A bar a move of the days it takes. {t}.", t=title),
        frame[["way", "moves", "p50_hours", "mean_hours", "sum_days"]],
        bars(
            frame,
            "way",
            "sum_days",
            number_format="~s",
            shades=("owner", {ours: BLUE, by_design: PALE}),
        )
        if len(frame)
        else None,
        ("moves",),
    )
