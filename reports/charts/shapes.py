"""The shapes that charts are made of: bars, lines, matrices, limits, and what their axes say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from language import say
from reports.charts.theme import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    VERMILION,
    Drawing,
    Specification,
    day_axis,
    month_axis,
    themed,
)
from reports.facts.days import day_of_month, month_of_year, plain_day, short_day
from reports.facts.xmr import Xmr

# Of the signs of a name, as a rule.
_POINTS_PER_SIGN = 6
# Two names of that length stand side by side above half a page.
_SIGNS_OF_HALF_A_LEGEND = 24
# A reader takes in so many parts at once; the table behind the chart has them all.
SHOWN_PARTS = 16


@dataclass(frozen=True)
class Line:
    """How one column of a frame is drawn over days: its name, colour and dash."""

    label: str
    colour: str
    dash: tuple[int, int] = (1, 0)


def _whole(number_format: str) -> dict[str, Any]:
    """Counts are marked at whole numbers only: few of them are no 0, 0, 1, 1."""
    return {"tickMinStep": 1} if number_format == ",d" else {}


def tooltip(**fields: str) -> list[alt.Tooltip]:
    """What a pointer shows: `name="column:Q"`; `T` is a day, `N` text."""
    formats = {"Q": ",.1~f", "T": "%a %-d %b %Y", "N": ""}
    return [
        alt.Tooltip(code, title=say(name.replace("_", " ")), format=formats[code[-1]])
        for name, code in fields.items()
    ]


def colours(
    shades: Mapping[str, str], column: str = "series", legend: alt.Legend | None = None
) -> alt.Color:
    """One colour a value, in this order."""
    scale = alt.Scale(domain=list(shades), range=list(shades.values()))
    return alt.Color(f"{column}:N", scale=scale, title=None, legend=legend or alt.Legend())


def dashes(dash: Mapping[str, Sequence[int]]) -> alt.StrokeDash:
    """One dash a series, so that colour is not the only sign."""
    scale = alt.Scale(domain=list(dash), range=[list(steps) for steps in dash.values()])
    return alt.StrokeDash("series:N", scale=scale, title=None)


def long_by_day(frame: pd.DataFrame, names: Mapping[str, str], day: str = "day") -> pd.DataFrame:
    """One row a day and series: day, series (its name), count."""
    long = frame.melt(day, list(names), "series", "count").dropna()
    return long.assign(series=long["series"].map(names))


def period(frame: pd.DataFrame, day: str = "day") -> str:
    """`1 October to 31 October 2026`, from the first row to the last."""
    if frame.empty:
        return say("no day")
    first, last = frame[day].iloc[0], frame[day].iloc[-1]
    return say("{first} to {last}", first=day_of_month(first), last=plain_day(last))


def months(since: date, day: date) -> str:
    """`October 2026`, or `August 2026 to October 2026`."""
    first, last = month_of_year(since), month_of_year(day)
    return last if first == last else say("{first} to {last}", first=first, last=last)


def rules(values: Sequence[float], dash: Sequence[int]) -> alt.Chart:
    """Lines across the chart."""
    frame = pd.DataFrame({"value": list(values)})
    drawn: alt.Chart = (
        alt.Chart(frame).mark_rule(color=INK, strokeDash=list(dash)).encode(y=alt.Y("value:Q"))
    )
    return drawn


def part_axis(labels: Sequence[str], column: str = "part", width: int = 150) -> alt.Y:
    """The names of bars, in the order given; a long one loses its middle, since its end tells it
    from another as often as its beginning."""
    kept = width // _POINTS_PER_SIGN // 2
    return alt.Y(
        f"{column}:N",
        title=None,
        sort=list(labels),
        axis=alt.Axis(
            domain=False,
            ticks=False,
            labelColor=INK,
            labelLimit=round(1.3 * width),
            labelExpr=f"length(datum.label) <= {2 * kept} ? datum.label : "
            f"slice(datum.label, 0, {kept}) + '…' + slice(datum.label, {1 - kept})",
        ),
    )


def value_axis(field: str, number_format: str = ",d") -> alt.X:
    """A measure from left to right."""
    return alt.X(
        f"{field}:Q",
        title=None,
        axis=alt.Axis(format=number_format, grid=True, tickCount=5, **_whole(number_format)),
    )


def height(frame: pd.DataFrame, shown: int = SHOWN_PARTS) -> int:
    """Room for one bar a row."""
    return 40 + 24 * min(shown, len(frame))


def bullets(frame: pd.DataFrame, bar: str, tick: str, number_format: str = ",d") -> Specification:
    """A bar a part with a tick at what was expected of it."""
    shown = frame.head(SHOWN_PARTS)
    y = part_axis(shown["part"].tolist())
    bars = (
        alt.Chart(shown)
        .mark_bar(color=BLUE, size=10)
        .encode(
            y=y,
            x=value_axis(bar, number_format),
            tooltip=tooltip(part="part:N", bar=f"{bar}:Q", tick=f"{tick}:Q"),
        )
    )
    ticks = (
        alt.Chart(shown)
        .mark_tick(color=INK, thickness=2.5, size=17)
        .encode(y=y, x=alt.X(f"{tick}:Q"))
    )
    return themed(bars + ticks, height(frame))


def bars(
    frame: pd.DataFrame,
    label: str,
    value: str,
    *,
    number_format: str = ",d",
    shades: tuple[str, Mapping[str, str]] | None = None,
    width: int = 190,
) -> Specification:
    """A bar a row; `shades` names a column and the colour of each of its values."""
    shown = frame.head(SHOWN_PARTS)
    chart = (
        alt.Chart(shown)
        .mark_bar(color=BLUE, size=12)
        .encode(
            y=part_axis(list(dict.fromkeys(shown[label])), label, width),
            x=value_axis(value, number_format),
            tooltip=tooltip(**{label: f"{label}:N", value: f"{value}:Q"}),
        )
    )
    if shades:
        column, of_value = shades
        chart = chart.encode(color=colours(of_value, column))
    return themed(chart, height(shown))


def stacked(
    frame: pd.DataFrame,
    label: str,
    names: Mapping[str, str],
    shades: Sequence[str],
    number_format: str = ",d",
) -> Specification:
    """A bar a row, of one piece a column of `names` (column → name) in this order."""
    shown = frame.head(SHOWN_PARTS)
    drawn = shown.melt(label, list(names), "piece", "count")
    order = {column: place for place, column in enumerate(names)}
    drawn = drawn.assign(order=drawn["piece"].map(order), piece=drawn["piece"].map(names))
    chart = (
        alt.Chart(drawn)
        .mark_bar()
        .encode(
            y=part_axis(shown[label].tolist(), label),
            x=value_axis("count", number_format),
            color=colours(
                dict(zip(names.values(), shades, strict=True)),
                "piece",
                alt.Legend(columns=2, columnPadding=12),
            ),
            order=alt.Order("order:O"),
            tooltip=tooltip(**{label: f"{label}:N"}, piece="piece:N", count="count:Q"),
        )
    )
    return themed(chart, height(shown) + 30)


def over_days(
    frame: pd.DataFrame,
    lines: Mapping[str, Line],
    *,
    bars: tuple[str, str] | None = None,
    band: tuple[str, str] | None = None,
    day: str = "day",
    number_format: str = ",d",
    tall: int = 250,
    by_month: bool = False,
) -> Specification:
    """Lines over days, or over months by their first days; `bars` is a column drawn as pale bars
    under its name, `band` the columns of the lower and upper end of what is to be expected."""
    x = month_axis(day) if by_month else day_axis(day)
    layers: list[alt.Chart] = []
    y_axis = alt.Axis(format=number_format, **_whole(number_format))
    shades = {line.label: line.colour for line in lines.values()}
    strokes = {line.label: list(line.dash) for line in lines.values()}
    if band:
        layers.append(
            alt.Chart(frame)
            .mark_area(color=PALE, opacity=0.55)
            .encode(
                x=x, y=alt.Y(f"{band[0]}:Q", title=None, axis=y_axis), y2=alt.Y2(f"{band[1]}:Q")
            )
        )
    if bars:
        column, name = bars
        shades = {name: PALE, **shades}
        strokes = {name: [1, 0], **strokes}
        layers.append(
            alt.Chart(frame)
            .mark_bar(color=PALE, size=max(2, min(9, 540 // max(1, len(frame)))))
            .encode(
                x=x,
                y=alt.Y(f"{column}:Q", title=None, axis=y_axis),
                tooltip=tooltip(day=f"{day}:T", value=f"{column}:Q"),
            )
        )
    named = {column: line.label for column, line in lines.items()}
    layers.append(
        alt.Chart(long_by_day(frame, named, day))
        .mark_line(interpolate="linear")
        .encode(
            x=x,
            y=alt.Y("count:Q", title=None, axis=y_axis, scale=alt.Scale(zero=True)),
            color=colours(shades),
            strokeDash=dashes(strokes),
            tooltip=tooltip(day=f"{day}:T", series="series:N", value="count:Q"),
        )
    )
    return themed(alt.layer(*layers), tall)


def areas(frame: pd.DataFrame, names: Mapping[str, str], shades: Sequence[str]) -> Specification:
    """Counts over days on top of each other, one band a column of `names` (column → name)."""
    drawn = long_by_day(frame, names)
    order = {name: place for place, name in enumerate(names.values())}
    chart = (
        alt.Chart(drawn.assign(order=drawn["series"].map(order)))
        .mark_area()
        .encode(
            x=day_axis(),
            y=alt.Y("count:Q", title=None, stack="zero", axis=alt.Axis(format=",d", tickMinStep=1)),
            color=colours(dict(zip(names.values(), shades, strict=True))),
            order=alt.Order("order:O"),
            tooltip=tooltip(day="day:T", series="series:N", value="count:Q"),
        )
    )
    return themed(chart)


def xmr_layers(
    frame: pd.DataFrame, value: str, limits: Xmr | None, bad: str, **shown: str
) -> Drawing:
    """An XmR chart of a series by `day`. `bad` is `below` or `above`: on which side of the
    centre a signal is worse. Other keywords are fields for the pointer."""
    noise, better, worse = say("Usual noise"), say("Really better"), say("Really worse")
    signals = limits.signals if limits else (False,) * len(frame)
    centre = limits.centre if limits else 0.0
    states = [
        noise if not signal else worse if (number < centre) == (bad == "below") else better
        for signal, number in zip(signals, frame[value], strict=True)
    ]
    drawn = frame.assign(state=states)
    known = [*frame[value].dropna(), *([limits.lower, limits.upper] if limits else [])]
    # A measure that is never less than none, and comes near it, is drawn from there on.
    near_none = bool(known) and 0 <= min(known) < max(known) / 5
    scale = alt.Scale(zero=True) if near_none else alt.Scale(zero=False, padding=8)
    y = alt.Y(f"{value}:Q", title=None, scale=scale)
    x = day_axis(ticks=frame["day"])
    line = alt.Chart(drawn).mark_line(color=GREY, strokeWidth=1).encode(x=x, y=y)
    shapes = alt.Scale(
        domain=[noise, better, worse], range=["circle", "triangle-up", "triangle-down"]
    )
    points = (
        alt.Chart(drawn)
        .mark_point(filled=True, size=40, opacity=1)
        .encode(
            x=x,
            y=y,
            color=colours({noise: BLUE, better: GREEN, worse: VERMILION}, "state"),
            shape=alt.Shape("state:N", title=None, scale=shapes),
            tooltip=tooltip(day="day:T", value=f"{value}:Q", **shown),
        )
    )
    chart: Drawing = alt.layer(line, points)
    if limits:
        mean, reach = rules([limits.centre], [1, 0]), rules([limits.lower, limits.upper], [2, 3])
        chart = alt.layer(mean, reach, line, points)
    return chart


def quantiles(frame: pd.DataFrame, label: str, columns: tuple[str, str, str]) -> Specification:
    """Median (dot), 80 % (tick) and 90 % (end of the line) of days, one row a `label`."""
    p50, p80, p90 = columns
    shown = frame.head(SHOWN_PARTS)
    y = part_axis(shown[label].tolist(), label, 190)
    days = alt.Axis(format=".1~f", grid=True, tickCount=6)
    names = {p50: say("Median"), p80: say("80 % within"), p90: say("90 % within")}
    long = shown.melt(label, list(names), "series", "days").dropna()
    long = long.assign(series=long["series"].map(names))
    spans = (
        alt.Chart(shown)
        .mark_rule(color=PALE, strokeWidth=4)
        .encode(y=y, x=alt.X(f"{p50}:Q", title=None, axis=days), x2=alt.X2(f"{p90}:Q"))
    )
    marks = (
        alt.Chart(long)
        .mark_point(filled=True, size=85, opacity=1)
        .encode(
            y=y,
            x=alt.X("days:Q", title=None, axis=days, scale=alt.Scale(zero=True)),
            color=colours(dict(zip(names.values(), (BLUE, ORANGE, INK), strict=True))),
            shape=alt.Shape(
                "series:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=["circle", "diamond", "square"]),
            ),
            tooltip=tooltip(**{label: f"{label}:N"}, series="series:N", days="days:Q"),
        )
    )
    return themed(alt.layer(spans, marks), height(shown) + 20)


def funnel(
    frame: pd.DataFrame,
    centre_pct: float,
    states: Mapping[str, tuple[str, str]],
    titles: tuple[str, str],
) -> Specification:
    """Shares against how many cases they are of: part, cases, share_pct, state; the curves hold
    `lower_pct` and `upper_pct` of the frame. `states` gives each state its colour and shape,
    `titles` name the axes across and up."""
    curve = frame.sort_values("cases")
    columns = 2 if max(map(len, states)) <= _SIGNS_OF_HALF_A_LEGEND else 1
    x = alt.X(
        "cases:Q",
        title=titles[0],
        axis=alt.Axis(format=",d", grid=False),
        scale=alt.Scale(type="log", nice=False, padding=12),
    )
    y = alt.Y("share_pct:Q", title=titles[1], scale=alt.Scale(zero=False, padding=8))
    limits = [
        alt.Chart(curve)
        .mark_line(color=INK, strokeDash=[2, 3], strokeWidth=1)
        .encode(x=x, y=alt.Y(f"{column}:Q"))
        for column in ("lower_pct", "upper_pct")
    ]
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, size=45, opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=colours(
                {state: colour for state, (colour, _) in states.items()},
                "state",
                alt.Legend(columns=columns, rowPadding=8),
            ),
            shape=alt.Shape(
                "state:N",
                title=None,
                scale=alt.Scale(domain=list(states), range=[shape for _, shape in states.values()]),
            ),
            tooltip=tooltip(part="part:N", share="share_pct:Q", cases="cases:Q"),
        )
    )
    return themed(alt.layer(rules([centre_pct], [1, 0]), *limits, points), 300)


def matrix(
    frame: pd.DataFrame,
    row: str,
    states: Mapping[str, tuple[str, str]],
    *,
    day: str = "day",
    row_height: int = 20,
) -> Specification:
    """A cell a row and day, coloured by `state` and marked with its glyph; `states` gives each
    state its colour and glyph. A cell without a row of the frame stays empty."""
    drawn = frame.assign(
        glyph=[states[state][1] for state in frame["state"]], when=frame[day].map(short_day)
    )
    x = alt.X(
        "when:O",
        title=None,
        sort=list(dict.fromkeys(drawn.sort_values(day)["when"])),
        axis=alt.Axis(labelAngle=0, labelOverlap=True, domain=False, ticks=False),
    )
    y = part_axis(list(dict.fromkeys(frame[row])), row)
    cells = (
        alt.Chart(drawn)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=x,
            y=y,
            color=colours({state: colour for state, (colour, _) in states.items()}, "state"),
            tooltip=tooltip(**{row: f"{row}:N"}, day=f"{day}:T", state="state:N"),
        )
    )
    glyphs = (
        alt.Chart(drawn).mark_text(fontSize=9, color=INK).encode(x=x, y=y, text=alt.Text("glyph:N"))
    )
    return themed(alt.layer(cells, glyphs), 30 + row_height * frame[row].nunique())
