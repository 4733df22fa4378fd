"""What the process keeps of publications: those it has open, and what they answered."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from config import Settings
from reports.broker import Publication, open_publication

T = TypeVar("T")


def opened(settings: Settings, generation: str) -> Publication:
    """The generation, open for every page of the process. Raises NothingPublishedError where it is
    not kept."""
    publication: Publication = _opened(str(settings.home.path), generation, settings)
    return publication


def answered(key: str, answer: Callable[[], T]) -> T:
    """What `answer` gives, from the cache where it was asked before under the same key."""
    found: T = _answered(key, answer)
    return found


# The current one, and the one before for runs that began with it. Closed as it leaves the cache:
# its files and its memory would else stay until Python collects its cycles.
@st.cache_resource(max_entries=2, show_spinner=False, on_release=Publication.close)
def _opened(home: str, generation: str, _settings: Settings) -> Publication:
    # Nobody asks again what was answered of a publication before.
    _answered.clear()
    return open_publication(
        _settings.home,
        generation,
        memory_limit_mb=_settings.memory_limit_mb // 4,
        threads=_settings.threads,
    )


# The key is one text: Streamlit looks up the name of each argument of a cached call anew.
@st.cache_data(max_entries=500, show_spinner=False)
def _answered(key: str, _answer: Callable[[], object]) -> object:
    return _answer()
