"""Telling people from the command line, from Dagster and from a run: the same round for all."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime

import sqlalchemy as sa

from config import Settings
from operations import disposing
from response.round import Told, is_needed, tell_people
from response.store import open_store


def response_store(settings: Settings) -> AbstractContextManager[sa.Engine]:
    """The operations store with the response's tables, for a while."""
    return disposing(open_store(settings))


def naive_now(until: datetime | None) -> datetime:
    """`until`, or the clock, in UTC without zone as the store has it."""
    return (until or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None, microsecond=0)


def tell(settings: Settings, until: datetime | None = None) -> Told:
    """One round at `until` (aware; default the clock)."""
    with response_store(settings) as store:
        return tell_people(store, settings, naive_now(until))


def is_anything_to_tell(settings: Settings) -> bool:
    """Whether a round now would do anything."""
    with response_store(settings) as store:
        return is_needed(store, settings, naive_now(None))
