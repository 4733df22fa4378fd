"""A chart with its words, and how it becomes a picture."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import altair
import pandas as pd
import vl_convert

from reports.charts.theme import Drawing

FONTS = Path(__file__).parents[1] / "fonts"


@dataclass(frozen=True)
class Figure:
    """`title` is the finding; `subtitle` the measure, unit and period; `alt` says in one sentence
    what the picture shows. `chart` is None where there is nothing to draw: `title` says why.
    `metrics` name the definitions (rpt_metrics) of what is drawn."""

    name: str
    title: str
    subtitle: str
    alt: str
    data: pd.DataFrame
    chart: Drawing | None = field(compare=False)
    metrics: tuple[str, ...] = ()


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def to_svg(figure: Figure, width: int, height: int | None = None) -> str:
    """The picture as SVG of `width` points. Reads no address. ValueError for an empty figure."""
    if figure.chart is None:
        raise ValueError(f"figure {figure.name} has nothing to draw")
    _register_fonts()
    size = {"width": width} | ({"height": height} if height else {})
    specification = figure.chart.properties(
        **size, autosize=altair.AutoSizeParams(type="fit", contains="padding")
    ).to_dict(validate=False)
    return vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
