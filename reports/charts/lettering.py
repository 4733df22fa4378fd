"""The joined letters of a picture, taken out of it: no file for the archive may hold them in an
SVG, since they lose there which letter each shape is. Typst sets them over the picture instead."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_TURNED = re.compile(r"rotate\(([-\d.]+)")
_MOVED = re.compile(r"translate\(([-\d.e]+),([-\d.e]+)\)")

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Lettering:
    """One text of a picture: `x` and `y` of its anchor, on the line that it stands on, and its
    `size`, in the picture's own points from its upper left corner; `colour` as `#rrggbb`;
    it is turned about its anchor by `degrees`, clockwise."""

    text: str
    x: float
    y: float
    size: float
    anchor: Anchor
    colour: str
    degrees: float = 0.0


def without_joined_letters(svg: str) -> tuple[str, tuple[Lettering, ...]]:
    """The picture without its texts in joined letters, and these; hidden ones are left out.

    `svg` is a picture of Vega, which moves its marks and turns nothing but a text."""
    root = ElementTree.fromstring(svg)
    found = tuple(_taken(root, 0.0, 0.0))
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode"), found


def _taken(element: ElementTree.Element, x: float, y: float) -> Iterator[Lettering]:
    moved = _MOVED.search(element.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    for child in element:
        yield from _taken(child, x, y)
    text = element.text or ""
    if element.tag == f"{{{_SVG}}}text" and any(map(_is_joined, text)):
        element.text = ""
        turned = _TURNED.search(element.get("transform", ""))
        if element.get("opacity") != "0":
            yield Lettering(
                text,
                x,
                y,
                float(element.get("font-size", "11px").removesuffix("px")),
                _anchor(element.get("text-anchor")),
                element.get("fill", "#000000"),
                float(turned[1]) if turned else 0.0,
            )


def _is_joined(sign: str) -> bool:
    return unicodedata.bidirectional(sign) == "AL"


def _anchor(name: str | None) -> Anchor:
    return "middle" if name == "middle" else "end" if name == "end" else "start"
