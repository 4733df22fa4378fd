"""A briefing on paper: parts made of blocks, set by Typst as PDF/A-2a and PDF/UA-1.

What is written (reports/briefings) says which blocks there are, in which order; how they look is
said once, in `templates/briefing.typ`. Typst gets data as JSON and pictures as SVG, and sees a
folder that holds these and the template, and nothing else. The same paper gives the same bytes.
"""

import json
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import typst

from language import is_right_to_left, say, speaking
from reports.charts import Figure
from reports.charts.figure import to_svg
from reports.charts.lettering import Lettering, without_joined_letters
from reports.printable import FONTS, printable

_TEMPLATE = Path(__file__).parent / "templates" / "briefing.typ"
# A picture is drawn larger than it is set, so that its words come out at 8 points.
_PIXELS_PER_POINT = 1.36
# A longer table may go on on the next page.
_WHOLE_ROWS = 24
# Words of systems and people have no length of their own; more than this is no sentence, or cell.
_LONGEST_SENTENCE, _LONGEST_CELL = 360, 180
# A head over numbers that is longer stands in two lines, which leaves the names more room.
_LONGEST_HEAD = 12
_AFTER_NUMBER = re.compile(r"(?<=\d) (?=\w)")
# Room across for one picture, and for one of two, in points.
_WIDTHS = {1: 501, 2: 243}


class PaperError(Exception):
    """Typst could not set what was written; the message says why."""


@dataclass(frozen=True)
class Heading:
    """The title of a section; it is a bookmark of the file too."""

    text: str


@dataclass(frozen=True)
class Sentence:
    """One sentence of a list; `asks_for_action` lets it stand out."""

    text: str
    asks_for_action: bool = False


@dataclass(frozen=True)
class Sentences:
    """Sentences below each other; `is_list` gives each a mark."""

    sentences: tuple[Sentence, ...]
    is_list: bool = True


@dataclass(frozen=True)
class PaperTile:
    """One figure of a day as words."""

    label: str
    value: str
    change: str
    state: str
    asks_for_action: bool


@dataclass(frozen=True)
class Tiles:
    """Figures in rows of three."""

    tiles: tuple[PaperTile, ...]


@dataclass(frozen=True)
class Pictures:
    """One figure, or two side by side, of so many points in height."""

    figures: tuple[Figure, ...]
    height: int


@dataclass(frozen=True)
class Table:
    """Rows of text under a heading each. `wide` are the columns that take the room that is left;
    those in `numbers` stand at the far end. `note` says what a reader must know about it. A table
    of few rows stays on one page."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    wide: tuple[int, ...] = (0,)
    title: str = ""
    note: str = ""

    @property
    def is_whole(self) -> bool:
        """True where the table is not to be broken."""
        return len(self.rows) <= _WHOLE_ROWS


Block = Heading | Sentences | Tiles | Pictures | Table


@dataclass(frozen=True)
class Part:
    """A briefing in one language: under its title what it is about, warnings, and the day in a
    sentence. `footer` stands on every page, before its number."""

    language: Literal["en", "ur"]
    title: str
    about: str
    banners: tuple[str, ...]
    headline: str
    footer: str
    blocks: tuple[Block, ...]


def told(sentences: Iterable[str], *, is_list: bool = True) -> Sentences:
    """Sentences that ask for nothing."""
    return Sentences(tuple(Sentence(text) for text in sentences), is_list)


def typeset(parts: Sequence[Part], as_of: datetime) -> bytes:
    """The parts, one after the other, as one PDF that is dated `as_of` (aware). Raises PaperError
    where Typst refuses it."""
    with TemporaryDirectory(prefix="passport-briefing-") as name:
        folder = Path(name)
        shutil.copyfile(_TEMPLATE, folder / "main.typ")
        data = {"parts": [_part(part, folder) for part in parts]}
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        compiler = typst.Compiler(folder / "main.typ", root=folder, font_paths=_fonts())
        try:
            pdf = compiler.compile(
                format="pdf",
                pdf_standards=["a-2a", "ua-1"],
                timestamp=as_of.replace(microsecond=0),
            )
        except typst.TypstError as error:
            raise PaperError(f"{parts[0].title} cannot be set: {error.diagnostic}") from error
    if not isinstance(pdf, bytes):
        raise PaperError(f"{parts[0].title} came out as several files")
    return pdf


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(False, False, [FONTS])


def _part(part: Part, folder: Path) -> dict[str, Any]:
    with speaking(part.language):
        return {
            **_words(part),
            "headline": _unbroken(printable(part.headline)),
            "is_right_to_left": is_right_to_left(),
            "page": say("Page {n} of {all}"),
            "no_picture": say(
                "Nothing to draw: no row of this measure is published for the period."
            ),
            "blocks": [
                _block(block, folder, f"{part.language}-{number}")
                for number, block in enumerate(part.blocks)
            ],
        }


def _block(block: Block, folder: Path, name: str) -> dict[str, Any]:
    kind = type(block).__name__
    if isinstance(block, Pictures):
        drawn = [
            _picture(figure, folder, f"{name}-{number}", block)
            for number, figure in enumerate(block.figures)
        ]
        return {"kind": kind, "figures": drawn, "height": block.height}
    if isinstance(block, Table):
        rows = [[_shortened(printable(cell), _LONGEST_CELL) for cell in row] for row in block.rows]
        head = [
            _in_two_lines(name) if column in block.numbers else [name]
            for column, name in enumerate(map(printable, block.head))
        ]
        title = _unbroken(printable(block.title))
        return {
            "kind": kind,
            **_words(block),
            "title": title,
            "head": head,
            "rows": rows,
            "is_whole": block.is_whole,
        }
    if isinstance(block, Tiles):
        has_states = any(tile.state for tile in block.tiles)
        return {"kind": kind, **_words(block), "has_states": has_states}
    if isinstance(block, Sentences):
        found = [
            {
                "text": _shortened(printable(one.text), _LONGEST_SENTENCE),
                "asks_for_action": bool(one.asks_for_action),  # NumPy's where a frame says it
            }
            for one in block.sentences
        ]
        return {"kind": kind, "sentences": found, "is_list": block.is_list}
    return {"kind": kind, **_words(block)}


def _picture(figure: Figure, folder: Path, name: str, block: Pictures) -> dict[str, Any]:
    drawn: dict[str, Any] = {"file": None, "letters": []}
    if figure.specification is not None:
        width = _WIDTHS[len(block.figures)]
        svg = to_svg(
            figure, round(width * _PIXELS_PER_POINT), round(block.height * _PIXELS_PER_POINT)
        )
        svg, letters = without_joined_letters(svg)
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
        placed = [_placed(one, width) for one in letters]
        drawn = {"file": f"{name}.svg", "letters": placed}
    return {
        "title": _unbroken(printable(figure.title)),
        "subtitle": printable(figure.subtitle),
        "alt": printable(figure.alt or figure.title),
        **drawn,
    }


def _placed(letters: Lettering, width: int) -> dict[str, str | float]:
    """Where letters stand over a picture of so many points across: across from its left side, its
    middle or its right side, as they are anchored, and down from its top; all in points."""
    x = letters.x / _PIXELS_PER_POINT
    sides: dict[str, tuple[str, float]] = {
        "start": ("left", x),
        "middle": ("center", x - width / 2),
        "end": ("right", x - width),
    }
    side, across = sides[letters.anchor]
    return {
        "text": printable(letters.text),
        "side": side,
        "across": across,
        "down": letters.y / _PIXELS_PER_POINT,
        "size": letters.size / _PIXELS_PER_POINT,
        "colour": letters.colour,
        "degrees": letters.degrees,
    }


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _unbroken(title: str) -> str:
    """The title with each number on one line with the word after it."""
    return _AFTER_NUMBER.sub("\N{NO-BREAK SPACE}", title)


def _in_two_lines(head: str) -> list[str]:
    """A long head broken at the space next to its middle."""
    spaces = [place for place, sign in enumerate(head) if sign == " "]
    if len(head) <= _LONGEST_HEAD or not spaces:
        return [head]
    middle = min(spaces, key=lambda place: abs(place - len(head) / 2))
    return [head[:middle], head[middle + 1 :]]


def _words(thing: Part | Block) -> dict[str, Any]:
    """The fields of a dataclass, all text in signs that the fonts have."""
    fields = {name: getattr(thing, name) for name in thing.__dataclass_fields__ if name != "blocks"}
    return {name: _printable(value) for name, value in fields.items()}


def _printable(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return [_printable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _printable(item) for name, item in asdict(value).items()}
    return value
