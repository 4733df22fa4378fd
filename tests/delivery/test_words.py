"""Every word of a message that brings a briefing has an Urdu one, and no value is lost in it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.pofile import read_po

import delivery

ROOM = Path(delivery.__file__).parent
# Said on pages too, which have it in their catalogue.
SHARED = {"Simulated data: no real office, person or passport stands behind these figures."}


def texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def sentences() -> set[str]:
    return {
        text
        for file in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"
        for text in texts(node.args[0])
    }


def test_every_sentence_is_in_the_urdu_catalogue_with_the_same_places() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    with (ROOM / "locale" / "ur.po").open("rb") as content:
        urdu = {str(m.id): str(m.string) for m in read_po(content, locale="ur") if m.id}
    assert urdu.keys() == sentences() - SHARED
    assert {text for text, other in urdu.items() if names(text) != names(other)} == set()
