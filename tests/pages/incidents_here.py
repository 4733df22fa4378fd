"""Incidents in the store of a home, and the home itself, for the tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from config import load_settings
from operations import writing
from response.history import Event
from response.incidents import append
from response.store import open_store

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


@contextmanager
def incidents_of(home: Path) -> Iterator[sa.Engine]:
    """The operations store of a home, with the response's tables."""
    store = open_store(load_settings(home))
    yield store
    store.dispose()


def open_at(store: sa.Engine, office: str, place: str, zone: str | None, **more: Any) -> int:
    """Opens an incident at an office, half an hour ago; its number."""
    about = {
        "rule": "link_down",
        "thing": f"{office}:nadra",
        "place_scope": f"office:{office}",
        "zone": zone,
        "is_mission": False,
        "severity": "major",
        "since_at": (NOW - timedelta(minutes=90)).isoformat(),
        "measured": 84.0,
        "expected": 60.0,
        "parameters": {"link": "nadra", "place": place},
        **more,
    }
    return happen(store, Event(-1, "opened", NOW - timedelta(minutes=30), details=about))


def happen(store: sa.Engine, event: Event) -> int:
    """Writes one event; the number of its incident."""
    with writing(store) as connection:
        return append(connection, [event])[0].incident_id


def home_beside(published: Path, folder: Path, store: Path) -> Path:
    """A home that reads the publication of another, with a copy of a store of its own."""
    (folder / "published").symlink_to(published / "published")
    shutil.copy(store, folder / "operations.sqlite")
    return folder
