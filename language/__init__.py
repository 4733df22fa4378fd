"""The reader's language. Every word that a reader sees is written `say("…")`, in English; each room
that speaks keeps the same words in another language beside them, in `<room>/locale/<language>.po`.
A sentence without a translation stays English. Data (names, codes) is never translated."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES = ("en", "ur")
_RIGHT_TO_LEFT = ("ur",)

SPEAKING_ROOMS = ("reports", "response", "delivery")

_ROOT = Path(__file__).parents[1]
_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The code of the language in which `say` answers now."""
    return _language.get()


def is_right_to_left() -> bool:
    """True where the language of now is written from right to left."""
    return language() in _RIGHT_TO_LEFT


def isolated(text: str) -> str:
    """Text from left to right, kept whole within a line that runs from right to left."""
    return f"\u2066{text}\u2069" if is_right_to_left() else text


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """`say` answers in this language inside. Raises ValueError for one that is not spoken."""
    if code not in LANGUAGES:
        raise ValueError(f"language {code!r} is not one of {', '.join(LANGUAGES)}")
    token = _language.set(code)
    try:
        yield
    finally:
        _language.reset(token)


def speak(code: str) -> None:
    """`say` answers in this language from here on, in this thread: for a page's run. Raises
    ValueError for one that is not spoken."""
    if code not in LANGUAGES:
        raise ValueError(f"language {code!r} is not one of {', '.join(LANGUAGES)}")
    _language.set(code)


def say(text: str, /, **values: object) -> str:
    """`text` in the reader's language, its `{names}` filled in from `values`."""
    spoken = _translation(text)
    return spoken.format(**values) if values else spoken


def _translation(text: str) -> str:
    for catalogue in _catalogues(_language.get()):
        message = catalogue.get(text)
        if message and message.string:
            return str(message.string)
    return text


@cache
def _catalogues(code: str) -> tuple[Catalog, ...]:
    files = (_ROOT / room / "locale" / f"{code}.po" for room in SPEAKING_ROOMS)
    return tuple(_read(file, code) for file in files if file.exists())


def _read(file: Path, code: str) -> Catalog:
    with file.open("rb") as content:
        return read_po(content, locale=code)
