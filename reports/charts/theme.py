"""One look: Okabe-Ito colours, which stay apart for the colour-blind, and quiet axes.

Vermilion asks for action and is used for nothing else. Colour is never the only signal.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import altair as alt
from babel.dates import get_day_names, get_month_names

from language import is_right_to_left, language

BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
INK = "#1F2933"
GREY = "#5F6B76"
RULE = "#DDE2E6"
PALE = "#C9D3DA"

FONT = "Noto Sans, Source Sans, Noto Nastaliq Urdu, sans-serif"

# From few to many of something that is only more or less, never good or bad.
BLUES = ["#E8F1F8", "#9CC9E6", SKY, BLUE, "#003A5D"]

AGES = {
    "0 to 7 days": "#B9D9EE",
    "8 to 21 days": SKY,
    "22 to 60 days": BLUE,
    "over 60 days": "#003A5D",
}

Drawing = alt.Chart | alt.LayerChart | alt.FacetChart
Specification = dict[str, Any]

_AXIS = {
    "labelColor": GREY,
    "titleColor": GREY,
    "labelFontSize": 11,
    "titleFontSize": 11,
    "titleFontWeight": "normal",
    "domainColor": PALE,
    "tickColor": PALE,
    "gridColor": RULE,
}
_CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "transparent",
    "view": {"stroke": None, "continuousWidth": 300, "continuousHeight": 300},
    "axis": _AXIS,
    "axisX": {"grid": False, "labelSeparation": 6},
    "axisY": {"domain": False, "ticks": False, "tickCount": 5},
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 11,
        "symbolStrokeWidth": 2,
        "padding": 0,
        "offset": 6,
    },
    "text": {"color": INK, "fontSize": 11},
    "line": {"strokeWidth": 2},
}


def themed(chart: Drawing, height: int = 250) -> Specification:
    """The chart in the house's look, as a specification; its width is that of the place where it
    is shown.

    The look is put in as it is: Altair would copy the chart for it and check it once a chart."""
    specification: Specification = chart.properties(height=height).to_dict(validate=False)
    return specification | {"config": {**_CONFIG, **_locale()}}


def _locale() -> dict[str, Any]:
    """Names of days and months on axes, where they are not English."""
    if not is_right_to_left():
        return {}
    code = language()
    days = [get_day_names("wide", locale=code)[day] for day in (6, 0, 1, 2, 3, 4, 5)]
    months = [get_month_names("wide", locale=code)[month] for month in range(1, 13)]
    formats = {"dateTime": "%A %-d %B %Y %X", "date": "%-d %B %Y", "time": "%H:%M:%S"}
    names = {"days": days, "shortDays": days, "months": months, "shortMonths": months}
    return {"locale": {"time": {**formats, "periods": ["AM", "PM"], **names}}}


def month_axis(day: str = "day") -> alt.X:
    """A time axis in months, named by month and year."""
    return alt.X(
        f"{day}:T",
        title=None,
        scale=alt.Scale(padding=20),
        axis=alt.Axis(
            format="%b %Y",
            tickCount=alt.TimeIntervalStep(interval="month", step=1),
            labelOverlap=True,
            labelSeparation=8,
        ),
    )


def day_axis(day: str = "day", ticks: Iterable[date] | None = None) -> alt.X:
    """A time axis in days, named by day and month; `ticks` are the days marked, where a reader is
    to find each again (weeks begin on Mondays, and those of an axis on Sundays)."""
    axis = alt.Axis(
        format="%-d %b", tickCount=8, labelOverlap=True, labelSeparation=8, labelFlush=True
    )
    if ticks is not None:
        axis.values = [alt.DateTime(year=at.year, month=at.month, date=at.day) for at in ticks]
    return alt.X(f"{day}:T", title=None, scale=alt.Scale(padding=8), axis=axis)
