"""The reader's language. Every word that a reader sees is written `say("…")`, in English; the
catalogue `locale/<language>.po` holds it in another. A sentence without a translation stays
English. Data (names, codes) is never translated."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES = ("en", "ur")
_RIGHT_TO_LEFT = ("ur",)

_CATALOGUES = Path(__file__).with_name("locale")
_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The code of the language in which `say` answers now."""
    return _language.get()


def is_right_to_left() -> bool:
    """True where the language of now is written from right to left."""
    return language() in _RIGHT_TO_LEFT


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
    catalogue = _catalogue(_language.get())
    message = catalogue.get(text) if catalogue else None
    return str(message.string) if message and message.string else text


@cache
def _catalogue(code: str) -> Catalog | None:
    file = _CATALOGUES / f"{code}.po"
    if not file.exists():
        return None
    with file.open("rb") as content:
        return read_po(content, locale=code)
