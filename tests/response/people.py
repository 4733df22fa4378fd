"""A small room of people and what happens in it, for the tests of telling."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from operations import writing
from response.history import Event
from response.incidents import append
from response.roster import import_roster, read_roster

# A Tuesday, 14:00 in Karachi.
NOW = datetime(2026, 3, 10, 9, 0)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

ROSTER = """\
person,role,place_scope,language,timezone,email,phone,starts_at,ends_at
room.day,monitoring,all,en,,day@example.org,+92300,2026-03-10 08:00,2026-03-10 16:00
room.late,monitoring,all,ur,,late@example.org,,2026-03-10 16:00,2026-03-11 00:00
engineer.day,engineer,all,en,,engineer@example.org,,2026-03-10 08:00,2026-03-10 20:00
head.lhr,office_head,office:LHR-01,ur,,head@example.org,,,
head.ruh,mission_head,office:M-RUH,en,Asia/Riyadh,ruh@example.org,,,
"""


def plan(store: sa.Engine, folder: Path, text: str = ROSTER) -> None:
    file = folder / "roster.csv"
    file.write_text(text, encoding="utf-8")
    with writing(store) as connection:
        import_roster(connection, read_roster(file, "Asia/Karachi"))


def opened(
    rule: str = "link_down", thing: str = "LHR-01:nadra", number: int = -1, **more: Any
) -> Event:
    about = {
        "rule": rule,
        "thing": thing,
        "place_scope": "office:LHR-01",
        "zone": "Lahore",
        "is_mission": False,
        "severity": "major",
        "since_at": (NOW - 30 * MINUTE).isoformat(),
        "measured": 84.0,
        "expected": 60.0,
        "parameters": {"link": "nadra", "place": "Lahore 1"},
        **more,
    }
    return Event(number, "opened", NOW, details=about)


def happen(store: sa.Engine, *events: Event) -> list[int]:
    """Write events; gives the numbers of the incidents that they touch."""
    with writing(store) as connection:
        return [one.incident_id for one in append(connection, events)]
