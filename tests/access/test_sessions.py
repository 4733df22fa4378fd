"""Sessions end by age, by idleness and by revocation, and say which."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from test_roles import SETTINGS

from access.audit_log import Action, entries_since, verify
from access.roles import Standing
from access.sessions import SessionState, allow, people, revoke, session_state
from access.store import open_store
from config import Role, Settings

GIVEN = (Standing(Role.office_head, "office:A"),)
BEGAN = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = open_store(Settings(home_path=tmp_path))
    yield opened
    opened.dispose()


def after(store: sa.Engine, hours: float, *, is_use: bool = True) -> SessionState:
    now = BEGAN + timedelta(hours=hours)
    return session_state(store, SETTINGS, "a.khan", BEGAN, GIVEN, now, is_use=is_use)


def test_a_session_that_is_used_lasts_its_hours_and_no_longer(store: sa.Engine) -> None:
    states = [after(store, half / 2) for half in range(25)]
    assert states == [SessionState.goes_on] * 24 + [SessionState.too_old]
    assert after(store, -1) == SessionState.too_old


def test_a_page_that_refreshes_by_itself_is_no_use(store: sa.Engine) -> None:
    assert after(store, 0) == SessionState.goes_on
    assert after(store, 0.9, is_use=False) == SessionState.goes_on
    assert after(store, 1.1, is_use=False) == SessionState.idle
    assert after(store, 1.2) == SessionState.idle


def test_who_is_shut_out_is_so_at_once_and_until_let_in(store: sa.Engine) -> None:
    assert after(store, 0) == SessionState.goes_on
    assert revoke(store, "a.khan", "b.bibi", "left", BEGAN)
    assert not revoke(store, "a.khan", "b.bibi", "left", BEGAN)
    assert after(store, 0.1) == SessionState.revoked
    assert people(store)["is_revoked"].tolist() == [True]
    assert allow(store, "a.khan", "b.bibi", "came back", BEGAN)
    assert not allow(store, "a.khan", "b.bibi", "came back", BEGAN)
    assert after(store, 0.1) == SessionState.goes_on


def test_a_login_and_a_revocation_are_in_the_log_once(store: sa.Engine) -> None:
    for hours in (0, 0.1, 0.2):
        after(store, hours)
    revoke(store, "a.khan", "b.bibi", "left", BEGAN)
    log = entries_since(store, BEGAN, list(Action), 10)
    assert log[["who", "place", "action"]].to_records(index=False).tolist() == [
        ("b.bibi", "all", "changed"),
        ("a.khan", "office:A", "logged in"),
    ]
    assert verify(store).fault is None
    [person] = people(store).to_dict("records")
    assert person["standings"] == "office_head at office:A"
