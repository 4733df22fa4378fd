"""A chart with its words, and how it becomes a picture."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import vl_convert

from reports.charts.theme import Specification

FONTS = Path(__file__).parents[1] / "fonts"


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


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def to_svg(figure: Figure, width: int, height: int | None = None) -> str:
    """The picture as SVG of `width` points. Reads no address. ValueError for an empty figure."""
    if figure.specification is None:
        raise ValueError(f"figure {figure.name} has nothing to draw")
    _register_fonts()
    fitted = figure.specification | {
        "width": width,
        "autosize": {"type": "fit", "contains": "padding"},
    }
    if height:
        fitted["height"] = height
    return vl_convert.vegalite_to_svg(fitted, allowed_base_urls=[])
