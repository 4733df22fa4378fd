"""A chart with its words, and how it becomes a picture."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
import vl_convert

from reports.charts.theme import Specification
from reports.printable import FONTS, printable


@dataclass(frozen=True)
class Figure:
    """`title` is the finding; `subtitle` the measure, unit and period; `alt` says in one sentence
    what the picture shows. `specification` is Vega-Lite with its data inside, and None where there
    is nothing to draw.
    `metrics` name the definitions (rpt_metrics) of what is drawn."""

    name: str
    title: str
    subtitle: str
    alt: str
    data: pd.DataFrame
    specification: Specification | None
    metrics: tuple[str, ...] = ()


# Half of the last label of an axis may stand beyond its end, and would be cut.
_FOR_LAST_LABEL = 16


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def to_svg(figure: Figure, width: int, height: int | None = None) -> str:
    """The picture as SVG of `width` points, its words in signs that the bundled fonts have. Reads
    no address. ValueError for an empty figure."""
    if figure.specification is None:
        raise ValueError(f"figure {figure.name} has nothing to draw")
    _register_fonts()
    fitted = _printable(figure.specification) | {
        "width": width,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 5, "top": 5, "bottom": 5, "right": _FOR_LAST_LABEL},
    }
    if height:
        fitted["height"] = height
    drawn: str = vl_convert.vegalite_to_svg(fitted, allowed_base_urls=[])
    return drawn


def _printable(value: Any) -> Any:
    """The specification with all text as it can be printed: a sign without a shape may end the
    process that draws it."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(str(name)): _printable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return value
