"""Every role on every page in every language: who may see what, and that nobody sees more.

Roles and places are switched as a developer switches them; a login chooses by the same rule.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
import synthetic_publication
from incidents_here import incidents_of, open_at
from opened import opened, said, sent, with_data
from page_list import PAGES, home_of, pages_of

from access.audit_log import Action, entries_since
from access.store import open_store
from config import Role, load_settings
from language import speaking

# Lahore's second office is the canary: no reader of a place below may ever meet its name or code.
# Karachi's third is a print site that holds the cases of Quetta's first.
CANARY, CANARY_CODE = "Canary of Lahore", "LAH-2"
PLACES = {
    Role.zone_head: "zone:Karachi",
    Role.office_head: "office:KAR-1",
    Role.mission_head: "office:GUL-1",
    Role.print_manager: "site:KAR-3",
}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with the canary and the print site."""
    home = tmp_path_factory.mktemp("guarded_home")
    synthetic_publication.publish(
        home,
        more=f"""
        update rpt_places set name = '{CANARY}' where office_code = '{CANARY_CODE}';
        update rpt_places set kind = 'print_site' where office_code = 'KAR-3';
        update rpt_applications set holding_office_code = 'KAR-3' where office_code = 'QUE-1';
        """,
    )
    with incidents_of(home) as store:
        open_at(store, CANARY_CODE, CANARY, "Lahore")
        open_at(store, "KAR-1", "Karachi office 1", "Karachi")
    st.cache_data.clear()
    st.cache_resource.clear()
    return home


def _asked(role: Role, language: str) -> dict[str, str]:
    return {"role": role, "lang": language, "at": PLACES.get(role, "all")}


# What a scope holds does not hang on the language; every page is opened in Urdu by a role of the
# whole authority, of one place, and of the log.
IN_URDU = (Role.management, Role.office_head, Role.auditor)
EVERY_READER = [(role, "en") for role in Role] + [(role, "ur") for role in IN_URDU]


@pytest.mark.parametrize(("role", "language"), EVERY_READER)
def test_a_role_sees_its_pages_and_its_places_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, guarded: Path, role: Role, language: str
) -> None:
    app = opened(monkeypatch, guarded, PAGES[0].file, **_asked(role, language))
    for row in PAGES:
        # The names of what a switch offers are asked for here too, in the language of this thread.
        with speaking(language):
            app.switch_page(row.file).run()
        where = row.name
        assert not app.exception, where
        if role in row.roles:
            assert not app.error, where
            assert synthetic_publication.GENERATION in said(app), where
        else:
            assert len(app.error) == 1, where
            assert not (app.metric or app.dataframe or app.table), where
            assert synthetic_publication.GENERATION not in said(app), where
        if role in PLACES:
            # The switch offers a developer every place; a login has its own places only.
            with speaking(language):
                with_data(app)
            switch = [box.proto.SerializeToString() for box in app.selectbox if box.key == "at"]
            page = sent(app).replace(b"".join(switch), b"")
            assert CANARY.encode() not in page, where
            assert CANARY_CODE.encode() not in page, where


def test_the_canary_is_there_for_whoever_may_see_it(
    monkeypatch: pytest.MonkeyPatch, guarded: Path
) -> None:
    for page in ("national_overview", "incidents"):
        app = opened(
            monkeypatch, guarded, f"app_pages/{page}.py", role="zone_head", at="zone:Lahore"
        )
        assert CANARY.encode() in sent(app), page


@pytest.mark.parametrize("role", Role)
def test_a_role_begins_at_a_page_of_its_own(
    monkeypatch: pytest.MonkeyPatch, guarded: Path, role: Role
) -> None:
    app = opened(monkeypatch, guarded, None, **_asked(role, "en"))
    assert app.title[0].value == home_of(role).title
    assert home_of(role) in pages_of(role)
    assert dict(app.query_params)["role"] == role


def test_an_answer_that_one_reader_was_given_is_not_given_to_another(
    monkeypatch: pytest.MonkeyPatch, guarded: Path
) -> None:
    page = "app_pages/national_overview.py"
    whole = opened(monkeypatch, guarded, page, **_asked(Role.management, "en")).metric[0].value
    zone = opened(monkeypatch, guarded, page, **_asked(Role.zone_head, "en")).metric[0].value
    again = opened(monkeypatch, guarded, page, **_asked(Role.management, "en")).metric[0].value
    assert whole == again != zone


def test_what_was_seen_and_refused_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, guarded: Path
) -> None:
    opened(monkeypatch, guarded, "app_pages/data_quality.py", **_asked(Role.office_head, "en"))
    opened(monkeypatch, guarded, "app_pages/national_overview.py", role="engineer", at="all")
    store = open_store(load_settings(guarded))
    log = entries_since(store, LONG_AGO, [Action.saw, Action.was_denied], 2)
    store.dispose()
    told = log[["role", "place", "action", "subject"]].to_records(index=False).tolist()
    assert told == [
        ("engineer", "all", "was denied", "national_overview"),
        ("office_head", "office:KAR-1", "saw", "data_quality"),
    ]
    assert log["generation"].iloc[1] == synthetic_publication.GENERATION
