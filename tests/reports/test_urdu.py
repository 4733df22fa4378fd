"""What is written in Urdu has no English in it but names and what somebody wrote."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import pytest

from config import Settings
from language import speaking
from reports import briefing, wording
from reports.briefings.common import Desk
from reports.briefings.incident import incident
from reports.broker import Publication, Scope, run_sql
from reports.charts import Figure
from reports.facts.incidents import incident_case
from reports.kinds import KINDS

LATIN = re.compile(r"[A-Za-z][\w/'-]*")
# A method, clocks, a command, channels, and a machine that stands for a cause.
NAMES = {"XmR", "PKT", "UTC", "Asia/Karachi", "hourly", "run", "mail", "sms", "M1"}


def texts(thing: Any) -> Iterator[str]:
    """Every text of a part that a reader sees, the words inside its pictures too."""
    if isinstance(thing, Figure):
        yield from (thing.title, thing.subtitle, thing.alt)
        yield from drawn((thing.specification or {}).get("datasets", {}))
    elif isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple):
        for one in thing:
            yield from texts(one)
    elif is_dataclass(thing):
        for field in fields(thing):
            if field.name != "language":
                yield from texts(getattr(thing, field.name))


def drawn(datasets: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    for rows in datasets.values():
        for row in rows:
            yield from (
                value
                for name, value in row.items()
                if isinstance(value, str)
                and name in ("series", "state", "piece", "what", "when", "stage", "owner", "way")
            )


@pytest.fixture(scope="module")
def names(publication: Publication) -> set[str]:
    """The words of names that the publication holds."""
    [(found,)] = run_sql(
        publication,
        """
        select string_agg(name || ' ' || office_code || ' ' || coalesce(zone, ''), ' ')
            || ' ' || (select string_agg(machine_id, ' ') from rpt_machines)
            || ' ' || (select string_agg(record || ' ' || rule, ' ') from rpt_quarantine)
            || ' ' || (select string_agg(generation || ' ' || run_id, ' ') from rpt_generations)
            || ' ' || (select string_agg(coalesce(said, ''), ' ') from rpt_incident_events)
            || ' ' || (select string_agg(coalesce(cause, ''), ' ') from rpt_incidents)
        from rpt_places
        """,
    ).rows
    return {*LATIN.findall(found), *NAMES}


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ("daily", "all"),
        ("daily", "office:KAR-1"),
        ("weekly", "all"),
        ("monthly", "all"),
        ("bulletin", "all"),
        ("incident", "all"),
    ],
)
def test_nothing_but_names_is_english(
    settings: Settings, publication: Publication, names: set[str], kind: str, scope: str
) -> None:
    desk = Desk(settings, publication, Scope(scope), "run-synthetic")
    period = KINDS[kind].period(date(2026, 11, 20))
    with speaking("ur"):
        if period is None:
            part = incident(desk, incident_case(publication, desk.scope, "1"))
        else:
            part = briefing._WRITERS[kind](desk, period)
    found = {word for text in texts(part) for word in LATIN.findall(text)}
    assert sorted(word for word in found - names if word.lower() not in names) == []


def test_codes_are_words_of_the_reader() -> None:
    assert wording.spoken("print_queue") == "print queue"
    with speaking("ur"):
        assert wording.spoken("print_queue") == "چھپائی کی قطار"
        assert wording.spoken("a_code_of_tomorrow") == "a code of tomorrow"
