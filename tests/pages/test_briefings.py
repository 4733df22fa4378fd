"""The page of briefings: every role in its places, the archive's own pages, what is sent and
released from here."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import sqlalchemy as sa
import streamlit as st
import synthetic_publication
from opened import opened, said, sent

import delivery.store
from access.audit_log import Action, entries_since
from access.roles import Standing
from config import Role, Settings, load_settings
from delivery import archive
from delivery.archive import Made, Which
from delivery.remaking import settle_remake, unmade
from delivery.rights import Place
from delivery.sending import log
from delivery.subscriptions import Actor, Wanted, current, subscribe
from delivery.tables import briefings
from language import speaking
from reports.briefing import make_briefing
from reports.broker import Scope

PAGE = "app_pages/briefings.py"
MORNING = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 2, 0)
KNOWN = {"KAR-1": Place("Karachi", False), "LAH-2": Place("Lahore", False)}
CHIEF = Actor("chief", Standing(Role.management, "all"))
CHANNELS = """
[channels.mail]
kind = "email"
url = "mailto://127.0.0.1:9?from=a@example.org"
"""


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose archive holds the day of the whole authority and of two offices, the second of
    which is the canary, and a bulletin that waits for its release."""
    home = tmp_path_factory.mktemp("stocked_home")
    synthetic_publication.publish(
        home,
        more="""
        update rpt_places set name = 'Canary of Lahore' where office_code = 'LAH-2';
        update rpt_places set kind = 'print_site' where office_code = 'KAR-3';
        """,
    )
    (home / "passport.toml").write_text(CHANNELS, encoding="utf-8")
    settings = load_settings(home)
    pdf = make_briefing(settings, "daily", MORNING, Scope("all"))
    store = delivery.store.open_store(settings)
    made = Made(synthetic_publication.GENERATION, "run-1", AT, "", False)
    for scope in ("all", "office:KAR-1", "office:LAH-2"):
        archive.keep(store, settings.home, Which("daily", scope, "en", MORNING), made, pdf)
    bulletin = Which("bulletin", "all", "en", MORNING.replace(day=1))
    archive.keep(store, settings.home, bulletin, made, pdf)
    for person, standing, scope in (
        ("head.kar", Standing(Role.office_head, "office:KAR-1"), "office:KAR-1"),
        ("canary.head", Standing(Role.office_head, "office:LAH-2"), "office:LAH-2"),
        ("chief", CHIEF.standing, "all"),
    ):
        wanted = Wanted(person, standing, "daily", scope, "en", "mail", f"{person}@example.org",
                        time(7), "Asia/Karachi", True)  # fmt: skip
        subscribe(store, settings, wanted, CHIEF, KNOWN, AT)
    store.dispose()
    st.cache_data.clear()
    st.cache_resource.clear()
    return home


@pytest.fixture
def store(stocked: Path) -> Any:
    engine = delivery.store.open_store(Settings(home_path=stocked))
    yield engine
    engine.dispose()


def asked(role: Role, **more: str) -> dict[str, str]:
    places = {
        Role.office_head: "office:KAR-1",
        Role.mission_head: "missions",
        Role.zone_head: "zone:Karachi",
        Role.print_manager: "site:KAR-3",
    }
    return {"role": role, "at": places.get(role, "all"), **more}


def parts_of(app: Any) -> bytes:
    """What is sent but for the switch of places, which offers a developer every one."""
    switch = [box.proto.SerializeToString() for box in app.selectbox if box.key == "at"]
    return sent(app).replace(b"".join(switch), b"")


@pytest.mark.parametrize(
    ("role", "language"),
    [
        (Role.management, "ur"),
        (Role.zone_head, "en"),
        (Role.office_head, "ur"),
        (Role.mission_head, "en"),
        (Role.print_manager, "en"),
        (Role.engineer, "en"),
        (Role.auditor, "en"),
    ],
)
def test_a_role_finds_its_briefings_in_its_language_and_no_other(
    monkeypatch: pytest.MonkeyPatch, stocked: Path, role: Role, language: str
) -> None:
    app = opened(monkeypatch, stocked, PAGE, **asked(role, lang=language))
    page = parts_of(app)
    counts = {
        Role.office_head: 1, Role.zone_head: 1, Role.mission_head: 0, Role.print_manager: 0,
        Role.engineer: 0, Role.ombudsman: 0, Role.management: 4,
    }  # fmt: skip
    shown = [frame.value for frame in app.dataframe]
    assert sum(len(frame) for frame in shown) == counts.get(role, 3)
    if role in (Role.office_head, Role.zone_head):
        for canary in (b"Canary", b"LAH-2"):
            assert canary not in page
    for part in ("recipients", "log"):
        with speaking(language):
            app.query_params["part"] = part
            app.run()
        assert not app.exception
        is_whole = role == Role.management
        assert (b"canary.head" in parts_of(app)) == (is_whole and part == "recipients")
    if language == "ur":
        assert "ترسیلات" in said(app)


def test_the_pages_of_the_archived_pdf_are_shown_and_its_bytes_saved(
    monkeypatch: pytest.MonkeyPatch, stocked: Path, store: sa.Engine
) -> None:
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.office_head), briefing="2")
    assert "Daily briefing of Friday 20 November 2026: Office KAR-1" in said(app)
    with store.connect() as connection:
        kept = archive.archived(connection, 2)
    assert kept.sha256 in said(app)
    with pikepdf.open(BytesIO(archive.content_of(load_settings(stocked).home, kept))) as pdf:
        assert len(app.get("image")) == len(pdf.pages) > 1
    since = datetime.now(UTC) - timedelta(minutes=5)
    told = entries_since(store, since, [Action.saw], 1)
    assert told["subject"].to_list() == ["briefings: daily-2026-11-20-office-KAR-1-en.pdf"]


def test_a_number_in_the_address_opens_nothing_that_is_not_theirs(
    monkeypatch: pytest.MonkeyPatch, stocked: Path
) -> None:
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.office_head), briefing="3")
    assert "Office KAR-1" in said(app) and "LAH-2" not in said(app)


def test_a_file_that_was_changed_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, stocked: Path, store: sa.Engine
) -> None:
    with store.connect() as connection:
        kept = archive.archived(connection, 3)
    file = stocked / "briefings" / kept.file
    whole = file.read_bytes()
    file.write_bytes(whole + b" ")
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.management), briefing="3")
    told = re.sub(r"\\(.)", r"\1", app.error[0].value)
    assert "SHA-256 differs" in told and f"put {file} back" in told
    assert not app.get("image") and not app.exception
    assert [button for button in app.button if button.key == "again"]
    file.write_bytes(whole)


def test_a_file_that_is_no_pdf_is_told_of_and_the_rest_of_the_page_stays(
    monkeypatch: pytest.MonkeyPatch, stocked: Path, store: sa.Engine
) -> None:
    which = Which("weekly", "zone:Lahore", "en", date(2026, 11, 16))
    made = Made(synthetic_publication.GENERATION, "run-1", AT, "", False)
    kept = archive.keep(store, load_settings(stocked).home, which, made, b"%PDF-1.7 and no more")
    number = f"{kept.briefing_id}"
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.management), briefing=number)
    assert not app.exception and len(app.dataframe) == 1
    told = re.sub(r"\\(.)", r"\1", app.error[0].value)
    assert "cannot be shown as a PDF" in told and kept.file in told
    assert [button for button in app.button if button.label == "Send now"]
    with store.begin() as connection:
        connection.execute(sa.delete(briefings).where(briefings.c.briefing_id == kept.briefing_id))


def test_management_releases_the_bulletin_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, stocked: Path, store: sa.Engine
) -> None:
    analyst = opened(monkeypatch, stocked, PAGE, **asked(Role.analyst), briefing="4")
    assert not [button for button in analyst.button if button.key == "release"]
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.management), briefing="4")
    app.button(key="release").click().run()
    assert not app.exception and not app.error
    with store.connect() as connection:
        assert archive.archived(connection, 4).is_released
    since = datetime.now(UTC) - timedelta(minutes=5)
    told = entries_since(store, since, [Action.released], 9)
    assert told[["role", "subject"]].to_records(index=False).tolist() == [
        ("management", "2026-11/bulletin-2026-11-01-all-en.pdf")
    ]
    engineer = opened(monkeypatch, stocked, PAGE, **asked(Role.engineer))
    assert [len(frame.value) for frame in engineer.dataframe] == [1]


def test_made_again_is_asked_for_here_and_marked_when_it_is_there(
    monkeypatch: pytest.MonkeyPatch, stocked: Path, store: sa.Engine
) -> None:
    analyst = opened(monkeypatch, stocked, PAGE, **asked(Role.analyst), briefing="2")
    assert not [button for button in analyst.button if button.key == "again"]
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.office_head), briefing="2")
    app.button(key="again").click().run()
    assert not app.exception and not app.error
    assert [info.value for info in app.info if "made again" in info.value]
    with store.connect() as connection:
        [remake] = unmade(connection)
        first = archive.archived(connection, 2)
    assert remake.which == first.which
    settings = load_settings(stocked)
    made = replace(first.made, at=remake.asked_at, by=remake.asked_by)
    pdf = archive.content_of(settings.home, first)
    second = archive.keep(store, settings.home, first.which, made, pdf, newer_than=remake.asked_at)
    settle_remake(store, remake, remake.asked_at, second)
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.office_head), briefing="2")
    [shown] = [frame.value for frame in app.dataframe]
    assert shown["State"].tolist()[:2] == ["in time; made again", "in time; version 2 is newer"]
    assert "version 2 is newer" in said(app)


def test_send_now_test_subscribe_and_end(
    monkeypatch: pytest.MonkeyPatch, stocked: Path, store: sa.Engine
) -> None:
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.office_head), part="recipients")
    app.button(key="test").click().run()
    assert not app.error and app.success
    fields = {field.label: field for field in app.text_input}
    fields["Person"].input("deputy")
    fields["Address"].input("not an address")
    [ask] = [button for button in app.button if button.label == "Subscribe"]
    ask.click().run()
    assert "no address of the channel" in re.sub(r"\\(.)", r"\1", app.error[0].value)
    fields = {field.label: field for field in app.text_input}
    fields["Address"].input("deputy@example.org")
    [ask] = [button for button in app.button if button.label == "Subscribe"]
    ask.click().run()
    assert not app.error
    with store.connect() as connection:
        made = {one.wanted.person: one for one in current(connection)}
    assert made["deputy"].wanted.scope == "office:KAR-1"
    assert made["deputy"].made_by == "development"
    app.selectbox(key="subscription").select(made["deputy"].subscription_id)
    app.button(key="end").click().run()
    assert not app.error
    app = opened(monkeypatch, stocked, PAGE, **asked(Role.office_head))
    {field.label: field for field in app.text_input}["Address"].input("me@example.org")
    [send] = [button for button in app.button if button.label == "Send now"]
    send.click().run()
    assert app.success and not app.error
    with store.connect() as connection:
        assert "deputy" not in {one.wanted.person for one in current(connection)}
        rows = log(connection, 9)
    assert [(row["occasion"], row["recipient"], row["scope"]) for row in rows] == [
        ("by hand", "me@example.org", "office:KAR-1"),
        ("test", "head.kar@example.org", "office:KAR-1"),
    ]
