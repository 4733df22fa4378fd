"""The wall of the monitoring room: what it counts, leads with and leaves out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
import synthetic_publication
from incidents_here import incidents_of, open_at
from opened import opened, said
from streamlit.testing.v1 import AppTest

from config import load_settings
from reports.broker import ALL, Scope, open_publication
from reports.facts.wall import LATE_AT_MOST, Wall, is_stale, wall

PAGE = "app_pages/wall.py"
NIGHT = """
    update rpt_place_now set should_be_open = false, state = 'closed'
    where office_code in (select office_code from rpt_places where kind = 'regional')
        and office_code not in ('KAR-1', 'QUE-1');
    update rpt_places set kind = 'print_site' where office_code in (
        select office_code from rpt_machine_now order by office_code desc limit 2
    );
    insert into rpt_generations
    select rpt_generations.* replace ('g' || n as generation, as_of - to_minutes(n) as as_of)
    from rpt_generations cross join unnest([1, 2, 3]) as before(n);
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication of a night, a minute after the one before, with two incidents."""
    home = tmp_path_factory.mktemp("night")
    synthetic_publication.publish(home, more=NIGHT)
    with incidents_of(home) as store:
        open_at(store, "KAR-1", "Karachi office 1", "Karachi")
        open_at(store, "LAH-1", "Lahore office 1", "Lahore", severity="critical")
    st.cache_data.clear()
    st.cache_resource.clear()
    return home


def facts_of(home: Path, scope: str = ALL) -> Wall:
    publication = open_publication(load_settings(home).home)
    try:
        return wall(publication, Scope(scope))
    finally:
        publication.close()


def counted(app: AppTest) -> dict[str, str]:
    """The big figures by their labels."""
    words = [part.value.replace("\\", "") for part in app.markdown]
    return {
        words[place - 1][2:]: word.strip("*")
        for place, word in enumerate(words)
        if word.startswith("**") and word.strip("*,").isdecimal()
    }


def test_the_wall_counts_what_is_wrong(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    app = opened(monkeypatch, home, PAGE, role="monitoring")
    figures = counted(app)
    assert (figures["Rush"], figures["Not received"], figures["Machines down"]) == ("1", "2", "1")
    assert (figures["Links down"], figures["Backlog jumps"]) == ("1", "1")
    words = said(app)
    assert "90 have come since 06:00, 30 were expected" in words
    assert "600 cases wait, 300 a week ago" in words
    assert "▲ stale: data of 20 Nov 08:00 PKT" in words
    # The first place is silent: that nobody is seen there is no finding about visitors.
    assert words.count("nobody has come since") == 1


def test_by_night_the_wall_leads_with_what_works(
    monkeypatch: pytest.MonkeyPatch, night: Path
) -> None:
    app = opened(monkeypatch, night, PAGE, role="monitoring")
    figures, words = counted(app), said(app)
    assert (figures["Critical"], figures["Major"], figures["Nobody has"]) == ("1", "1", "2")
    assert words.index("■ Link nadra of Lahore office 1") < words.index("▲ Link nadra of Karachi")
    assert "Print sites" in words and "1 print" in words
    assert "2 offices at home are to be open, 0 not received" in words
    assert "missions have their day, 2 not received" in words
    assert "Few visitors" not in words


def test_a_zone_has_a_wall_of_its_own(night: Path) -> None:
    facts = facts_of(night, "zone:Karachi")
    assert set(facts.places["zone"]) == {"Karachi"}
    assert facts.open_missions().empty and facts.is_night


def test_data_are_stale_after_three_times_what_is_usual(home: Path, night: Path) -> None:
    hourly, live = facts_of(home), facts_of(night)
    assert hourly.late_after == LATE_AT_MOST
    assert live.late_after == timedelta(minutes=5)
    then = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert not is_stale(live, then, then + timedelta(minutes=5))
    assert is_stale(live, then, then + timedelta(minutes=6))


def test_a_room_without_data_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = opened(monkeypatch, tmp_path, PAGE, role="monitoring")
    assert "Nothing to show yet" in said(app)
