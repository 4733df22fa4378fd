"""Subscriptions: only what a standing may see, made and ended by who may, and always in the log."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from briefed import CHIEF, HEAD, SEVEN, WANTED, begin
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import delivery.store
import operations
from access.audit_log import Action, entries_since
from access.roles import Standing, may_stand_at
from config import Role, Settings
from delivery.rights import Place, RefusedError, why_not
from delivery.subscriptions import Actor, current, end, ever, of_scope
from delivery.tables import metadata
from operations import writing
from orchestration.briefings import published_places
from reports.kinds import KINDS
from response.permissions import covers

KNOWN = {
    "KAR-1": Place("Karachi", False),
    "LAH-1": Place("Lahore", False),
    "GUL-1": Place("Gulf", True),
}
SCOPES = ("all", "missions", "zone:Karachi", "zone:Lahore", *(f"office:{c}" for c in KNOWN))


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    opened = delivery.store.open_store(Settings(home_path=tmp_path, operations_url=url))
    yield opened
    opened.dispose()


@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_the_migrations_make_the_tables_that_the_code_uses(
    request: pytest.FixtureRequest, tmp_path: Path, server: str
) -> None:
    url = request.getfixturevalue("postgres_url") if server == "postgresql" else None
    alone = operations.open_store(
        Settings(home_path=tmp_path, operations_url=url), delivery.store.SCHEMA
    )
    with alone.connect() as connection:
        options = {"version_table": "delivery_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    alone.dispose()


def test_both_stores_keep_a_subscription_as_it_was_made(
    either_store: sa.Engine, settings: Settings
) -> None:
    number = begin(either_store, settings, HEAD, language="both", on_days_off=False)
    with writing(either_store) as connection:
        delivery.store.alone(connection)
        [kept] = current(connection)
    assert (kept.subscription_id, kept.made_by) == (number, "chief")
    assert kept.wanted == replace(HEAD, language="both", on_days_off=False)


def test_what_ended_stays_to_be_seen(store: sa.Engine, settings: Settings) -> None:
    number = begin(store, settings)
    end(store, number, CHIEF, KNOWN, SEVEN)
    with store.connect() as connection:
        assert current(connection) == []
        assert [one.ended_at for one in ever(connection)] == [SEVEN]
    with pytest.raises(RefusedError, match=f"no subscription {number}"):
        end(store, number, CHIEF, KNOWN, SEVEN)
    told = entries_since(store, datetime(2026, 1, 1, tzinfo=UTC), [Action.changed], 9)
    assert [text.partition(":")[0] for text in told["detail"]] == ["ended", "begun"]
    assert set(told["subject"]) == {f"subscription {number}"}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"standing": Standing(Role.office_head, "all")}, "nobody is office_head at all"),
        ({"standing": Standing(Role.print_manager, "site:KAR-3")}, "does not get the daily"),
        ({"standing": Standing(Role.zone_head, "zone:Lahore")}, "office:KAR-1 is not among"),
        ({"standing": Standing(Role.office_head, "office:LAH-2")}, "office:KAR-1 is not among"),
        ({"scope": "office:KAR-9"}, "office:KAR-9 is not among the places"),
        ({"scope": "zone:Karachi"}, "zone:Karachi is not among"),
        ({"scope": "all"}, "all is not among"),
        ({"scope": "everywhere"}, "not a scope"),
        ({"kind": "incident"}, "when somebody asks"),
        ({"channel": "pigeon"}, "No channel is called pigeon; there is: mail"),
        ({"recipient": "two@x.org, more@x.org"}, "is no address of the channel mail"),
        ({"recipient": "+92300"}, "is no address of the channel mail"),
        ({"person": "a\nb"}, "whose subscription"),
        ({"language": "fr"}, "en, ur or both"),
        ({"timezone": "Asia/Nowhere"}, "No time zone is called"),
    ],
)
def test_what_may_not_be_sent_is_refused(
    store: sa.Engine, settings: Settings, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(RefusedError, match=why):
        begin(store, settings, HEAD, **changed)
    with store.connect() as connection:
        assert ever(connection) == []


def test_nobody_gets_the_same_twice_to_one_address(store: sa.Engine, settings: Settings) -> None:
    begin(store, settings)
    with pytest.raises(RefusedError, match="already"):
        begin(store, settings, person="another", language="ur")
    begin(store, settings, recipient="second@example.org")


def test_everybody_subscribes_for_themselves_and_who_manages_for_the_own_places(
    store: sa.Engine, settings: Settings
) -> None:
    own = Actor(HEAD.person, HEAD.standing)
    auditor = Standing(Role.auditor, "all")
    begin(store, settings, HEAD, by=own)
    begin(store, settings, person="au", standing=auditor, by=Actor("au", auditor))
    deputy = replace(HEAD, person="deputy", recipient="deputy@example.org")
    begin(store, settings, deputy, by=Actor("zone", Standing(Role.zone_head, "zone:Karachi")))
    for by, why in (
        (Actor("au", auditor), "does not manage"),
        (Actor("other", Standing(Role.zone_head, "zone:Lahore")), "not among the places"),
    ):
        with pytest.raises(RefusedError, match=why):
            begin(store, settings, deputy, recipient="x@example.org", by=by)
    known, _ = published_places(settings)
    with store.connect() as connection:
        kept = current(connection)
    assert [one.wanted.person for one in of_scope(kept, own, known)] == ["head.kar", "deputy"]
    assert len(of_scope(kept, CHIEF, known)) == 3
    other = Actor("other", Standing(Role.zone_head, "zone:Lahore"))
    assert of_scope(kept, other, known) == []
    for one in kept:
        with pytest.raises(RefusedError):
            end(store, one.subscription_id, other, known, SEVEN)
    for one in kept[:2]:
        end(store, one.subscription_id, Actor(one.wanted.person, auditor), known, SEVEN)


@hypothesis_settings(max_examples=200, deadline=None)
@given(
    role=st.sampled_from(list(Role)),
    place=st.sampled_from((*SCOPES, "site:KAR-1")),
    kind=st.sampled_from(sorted(KINDS)),
    scope=st.sampled_from((*SCOPES, "office:NEW", "zone:New", "site:KAR-1")),
    is_released=st.booleans(),
)
def test_what_is_allowed_lies_in_the_standing(
    role: Role, place: str, kind: str, scope: str, is_released: bool
) -> None:
    reason = why_not(Standing(role, place), kind, scope, is_released, KNOWN)
    name = scope.partition(":")[2]
    office = KNOWN.get(name, Place(None, scope == "missions"))
    is_inside = covers(place, scope, office.zone, office.is_mission)
    if reason is None:
        assert may_stand_at(role, place) and role in KINDS[kind].roles
        assert is_inside or (kind == "bulletin" and (is_released or role == Role.management))
        assert "NEW" not in scope and "New" not in scope
    elif role == Role.management and place == "all":
        assert scope in ("office:NEW", "zone:New", "site:KAR-1") or kind == "bulletin"
    assert WANTED.standing == CHIEF.standing
