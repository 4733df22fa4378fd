"""What is due arrives: once for each person and period, late rather than never, and only where the
recipient may see it."""

import hashlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
import synthetic_publication
from briefed import CHIEF, DAY, HEAD, HOUR, MINUTE, SCOPES, SEVEN, WANTED, aware, begin
from receivers import Sink, mail_channel

from access.audit_log import Action, entries_since
from access.roles import Standing
from access.sessions import revoke, session_state
from config import AccessSettings, Role, Settings
from delivery import archive
from delivery.archive import ArchiveError, Which
from delivery.remaking import ask_again, newest_remake
from delivery.rights import RefusedError
from delivery.sending import ask, log
from delivery.subscriptions import Actor, end
from orchestration.briefings import deliver, delivery_store, is_anything_due, make, published_places
from orchestration.watchdog import watch
from reports.broker import Scope
from reports.kinds import KINDS
from response.incidents import current_incidents

FRIDAY = date(2026, 11, 20)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def round_at(settings: Settings, now: datetime) -> list[str]:
    """What failed in a round."""
    failed: list[str] = []
    deliver(settings, failed.append, aware(now))
    return failed


def logged(store: sa.Engine) -> list[dict[str, object]]:
    with store.connect() as connection:
        return log(connection, 100)


def newest_of(store: sa.Engine, which: Which) -> archive.Archived:
    with store.connect() as connection:
        found = archive.find(connection, which)
    assert found is not None
    return found


def open_rules(store: sa.Engine) -> list[str]:
    with store.connect() as connection:
        return [one.rule for one in current_incidents(connection)]


# ---------------------------------------------------------------- whole, once


def test_the_pdf_arrives_whole_and_once(settings: Settings, store: sa.Engine, smtp: Sink) -> None:
    begin(store, settings)
    assert round_at(settings, SEVEN - MINUTE) == [] and smtp.new() == []
    for minutes in (0, 1, 90):
        assert round_at(settings, SEVEN + minutes * MINUTE) == []
    [mail] = smtp.new()
    with store.connect() as connection:
        made = archive.find(connection, Which("daily", "all", "en", FRIDAY))
    assert made is not None and made.made.run_id == "run-1" and not made.made.is_late
    content = archive.content_of(settings.home, made)
    assert content.startswith(b"%PDF") and len(content) == made.size_bytes > 20_000
    assert mail["to"] == ["khan@example.org"]
    assert mail["files"] == [
        {"name": "daily-2026-11-20-all-en.pdf", "type": "application/pdf", "sha256": made.sha256}
    ]
    assert hashlib.sha256(content).hexdigest() == made.sha256
    assert mail["title"] == "Daily briefing of Friday 20 November 2026: Whole authority"
    for words in ("About 19 November 2026.", synthetic_publication.GENERATION, made.sha256,
                  "You get this as management, Whole authority.",
                  f"https://passports.example/briefings?briefing={made.briefing_id}"):  # fmt: skip
        assert words in mail["text"], words
    assert [row["state"] for row in logged(store)] == ["sent"]


def test_two_subscriptions_of_one_person_are_one_mail(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    first = begin(store, settings)
    round_at(settings, SEVEN)
    known, _ = published_places(settings)
    end(store, first, CHIEF, known, SEVEN + MINUTE)
    begin(store, settings, language="ur", at=SEVEN - HOUR)  # back from before its hour
    round_at(settings, SEVEN + 2 * MINUTE)
    assert len(smtp.new()) == 1 and quick == ["daily all en 2026-11-20"]


def test_one_file_serves_everybody_and_each_reads_their_language(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    begin(store, settings)
    begin(store, settings, recipient="second@example.org")
    begin(store, settings, recipient="urdu@example.org", language="ur")
    begin(store, settings, recipient="both@example.org", language="both")
    round_at(settings, SEVEN)
    assert quick == [f"daily all {language} 2026-11-20" for language in ("en", "ur", "both")]
    mails = {mail["to"][0].split("@")[0]: mail for mail in smtp.new()}
    assert len(mails) == 4
    assert "جمعہ 20 نومبر 2026" in mails["urdu"]["title"] and 'dir="rtl"' in mails["urdu"]["html"]
    assert mails["both"]["title"] == mails["khan"]["title"]
    assert "Daily briefing" in mails["both"]["text"] and "\u2067" in mails["both"]["text"]


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from config import ChannelSettings, Settings
from delivery import sending
from orchestration import briefings

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

briefings.make_briefing = lambda *_, **__: b"%PDF of one round"
match sys.argv[3]:
    case "entered": briefings.make = die
    case "made": sending.put = die
    case "put": briefings.tell = die
channel = ChannelSettings(kind="email", url=sys.argv[2], timeout_seconds=5)
home = Settings(home_path=Path(sys.argv[1]), channels={"mail": channel})
briefings.deliver(home, print, datetime.fromisoformat(sys.argv[4]))
"""


@pytest.mark.parametrize("moment", ["entered", "made", "put"])
def test_killed_before_it_is_sent_it_arrives_once(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str], moment: str
) -> None:
    begin(store, settings)
    url = mail_channel(smtp).address()
    arguments = [str(settings.home_path), url, moment, aware(SEVEN).isoformat()]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    for minutes in (1, 2, 60):
        assert round_at(settings, SEVEN + minutes * MINUTE) == []
    [mail] = smtp.new()
    assert len(mail["files"]) == len(logged(store)) == 1


def test_what_lies_in_the_archive_otherwise_does_not_leave(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    begin(store, settings)
    made = make(settings, store, Which("daily", "all", "en", FRIDAY), SEVEN)
    (settings.home.briefings / made.file).write_bytes(b"%PDF of somebody else")
    round_at(settings, SEVEN)
    assert smtp.new() == []
    [row] = logged(store)
    assert row["state"] == "in the outbox" and "not as it was archived" in str(row["last_error"])
    with pytest.raises(ArchiveError, match="SHA-256 differs"):
        archive.content_of(settings.home, made)


# ---------------------------------------------------------------- late, missed, days off


def test_a_missed_day_is_made_up_and_marked_late(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    begin(store, settings, at=SEVEN - 3 * DAY - HOUR)
    round_at(settings, SEVEN)
    titles = [mail["title"] for mail in smtp.new()]
    assert titles[:3] == [
        "Late: Daily briefing of Tuesday 17 November 2026: Whole authority",
        "Late: Daily briefing of Wednesday 18 November 2026: Whole authority",
        "Late: Daily briefing of Thursday 19 November 2026: Whole authority",
    ]
    assert titles[3] == "Daily briefing of Friday 20 November 2026: Whole authority"
    with store.connect() as connection:
        made = archive.newest(connection, 9)
    assert [one.made.is_late for one in made] == [False, True, True, True]
    assert [row["is_late"] for row in logged(store)] == [False, True, True, True]


def test_nobody_is_sent_what_came_before_they_subscribed(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    begin(store, settings, at=SEVEN + MINUTE)
    round_at(settings, SEVEN + HOUR)
    assert smtp.new() == [] and logged(store) == []


def test_a_recipient_abroad_gets_it_by_their_own_clock(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    mission = Standing(Role.mission_head, "office:GUL-1")
    begin(store, settings, standing=mission, scope="office:GUL-1", timezone="Asia/Riyadh")
    round_at(settings, SEVEN + HOUR)
    assert smtp.new() == []
    round_at(settings, SEVEN + 2 * HOUR)
    assert len(smtp.new()) == 1 and quick == ["daily office:GUL-1 en 2026-11-20"]


def test_on_a_day_off_of_the_place_nothing_comes_to_who_wants_none(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    # the 20th is off at the missions of the publication alone
    for number, (role, place) in enumerate(
        ((Role.mission_head, "missions"), (Role.zone_head, "zone:Karachi"), (Role.analyst, "all"))
    ):
        standing = Standing(role, place)
        begin(store, settings, standing=standing, scope=place, on_days_off=False,
              recipient=f"{number}@example.org")  # fmt: skip
    round_at(settings, SEVEN)
    assert {mail["to"][0] for mail in smtp.new()} == {"1@example.org", "2@example.org"}


def test_late_is_an_incident_until_it_has_arrived(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    begin(store, settings)
    SCOPES.broken.add("all")
    assert round_at(settings, SEVEN) == ["daily of all, 2026-11-20: ValueError: all cannot be set"]
    assert logged(store)[0]["error"] == "ValueError: all cannot be set"
    assert open_rules(store) == []
    round_at(settings, SEVEN + 30 * MINUTE)
    assert open_rules(store) == []
    round_at(settings, SEVEN + 31 * MINUTE)
    assert open_rules(store) == ["briefing_late"]
    SCOPES.broken.clear()
    assert round_at(settings, SEVEN + 42 * MINUTE) == []
    assert open_rules(store) == []
    [mail] = [mail for mail in smtp.new() if mail["files"]]
    assert (
        mail["title"].startswith("Late: ")
        and "it was due 20 November 2026, 07:00 PKT" in (mail["text"])
    )


def test_the_watchdog_finds_a_round_that_never_came(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    begin(store, settings)
    for minutes, is_late in ((30, False), (31, True)):
        seen = watch(settings, aware(SEVEN + minutes * MINUTE), timedelta(days=9))
        rules = {trouble.rule for trouble in seen.troubles}
        assert ("briefing_late" in rules) is is_late
        assert ("briefing_late" in open_rules(store)) is is_late
    round_at(settings, SEVEN + 32 * MINUTE)
    assert "briefing_late" not in open_rules(store)
    watch(settings, aware(SEVEN + 33 * MINUTE), timedelta(days=9))
    assert "briefing_late" not in open_rules(store)


def test_a_server_that_is_down_is_lateness_too(
    settings: Settings, store: sa.Engine, quick: list[str]
) -> None:
    begin(store, settings)
    down = {"mail": mail_channel(Sink("smtp", Path("nowhere"), port=9), timeout_seconds=0.2)}
    round_at(settings.model_copy(update={"channels": down}), SEVEN)
    round_at(settings.model_copy(update={"channels": {}}), SEVEN + 31 * MINUTE)
    assert open_rules(store) == ["briefing_late"]


def test_one_that_fails_keeps_no_other_back_and_rests(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    SCOPES.broken.add("office:KAR-1")
    begin(store, settings, HEAD)
    begin(store, settings)
    assert len(round_at(settings, SEVEN)) == 1
    assert [mail["to"] for mail in smtp.new()] == [["khan@example.org"]]
    assert round_at(settings, SEVEN + 9 * MINUTE) == []  # not tried
    SCOPES.broken.clear()
    round_at(settings, SEVEN + 10 * MINUTE)
    assert [mail["to"] for mail in smtp.new()] == [["kar@example.org"]]


# ---------------------------------------------------------------- only what may be seen


def log_in(store: sa.Engine, who: str, *given: Standing) -> None:
    access = AccessSettings(
        server_metadata_url="https://x", client_id="x",
        client_secret_file=Path("x"), cookie_secret_file=Path("x"),
    )  # fmt: skip
    now = aware(SEVEN - MINUTE)
    session_state(store, access, who, now, given, now, is_use=True)


def shut_out(store: sa.Engine, settings: Settings) -> None:
    revoke(store, HEAD.person, "chief", "left", aware(SEVEN))


def move_away(store: sa.Engine, settings: Settings) -> None:
    log_in(store, HEAD.person, Standing(Role.office_head, "office:LAH-1"))


def close_office(store: sa.Engine, settings: Settings) -> None:
    file = settings.home.published / synthetic_publication.GENERATION / "marts.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("delete from rpt_places where office_code = 'KAR-1'")


def end_it(store: sa.Engine, settings: Settings) -> None:
    known, _ = published_places(settings)
    end(store, 1, CHIEF, known, SEVEN)


@pytest.mark.parametrize("change", [shut_out, move_away, close_office, end_it])
def test_who_may_no_longer_see_it_is_sent_nothing(
    settings: Settings,
    store: sa.Engine,
    smtp: Sink,
    quick: list[str],
    change: Callable[[sa.Engine, Settings], None],
) -> None:
    SCOPES.broken.add("office:KAR-1")
    begin(store, settings, HEAD)
    round_at(settings, SEVEN)  # entered, not made
    SCOPES.broken.clear()
    change(store, settings)
    round_at(settings, SEVEN + 15 * MINUTE)
    assert smtp.new() == [] and quick == []
    [row] = logged(store)
    assert row["state"] == "refused" and row["refused"]
    assert open_rules(store) == []


def test_a_login_that_gives_more_than_the_subscription_needs_is_no_hindrance(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    log_in(store, WANTED.person, Standing(Role.analyst, "all"), WANTED.standing)
    begin(store, settings)
    begin(store, settings, scope="zone:Karachi",
          standing=Standing(Role.analyst, "zone:Karachi"))  # fmt: skip
    round_at(settings, SEVEN)
    assert len(smtp.new()) == 2


def test_the_canary_office_is_in_no_mail_of_another_place(
    settings: Settings, store: sa.Engine, smtp: Sink
) -> None:
    file = settings.home.published / synthetic_publication.GENERATION / "marts.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("update rpt_places set name = 'Canary' where office_code = 'LAH-2'")
    begin(store, settings, HEAD)
    round_at(settings, SEVEN)
    [mail] = smtp.new()
    with store.connect() as connection:
        [made] = archive.newest(connection, 9)
    assert made.which.scope == "office:KAR-1"
    assert "Canary" not in f"{mail['text']}{mail['title']}"


def test_the_bulletin_goes_out_when_management_released_it(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    first = date(2026, 11, 1)
    begins = datetime(2026, 10, 30)
    engineer = Standing(Role.engineer, "all")
    begin(store, settings, at=begins, kind="bulletin")
    begin(store, settings, at=begins, kind="bulletin", standing=engineer, recipient="e@x.org")
    round_at(settings, SEVEN)
    # whoever releases it reads it first
    assert [mail["to"] for mail in smtp.new()] == [["khan@example.org"]]
    with store.connect() as connection:
        made = archive.find(connection, Which("bulletin", "all", "en", first))
    assert made is not None
    for by in (Actor("e", engineer), Actor("m", Standing(Role.management, "zone:Karachi"))):
        with pytest.raises(RefusedError, match="Only management"):
            archive.release(store, made, by, SEVEN)
    [released] = archive.release(store, made, CHIEF, SEVEN)
    assert released.is_released and archive.release(store, made, CHIEF, SEVEN) == []
    round_at(settings, SEVEN + HOUR)
    [mail] = smtp.new()
    assert mail["to"] == ["e@x.org"] and not mail["title"].startswith("Late")
    assert open_rules(store) == []
    told = entries_since(store, LONG_AGO, [Action.released], 9)
    assert told["detail"].to_list() == [made.sha256]


# ---------------------------------------------------------------- by hand


def test_sent_now_and_test_come_on_top_and_are_in_the_log(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    number = begin(store, settings)
    known, _ = published_places(settings)
    round_at(settings, SEVEN)
    ask(store, settings, WANTED, FRIDAY, CHIEF, known, SEVEN, subscription_id=number)
    ask(store, settings, WANTED, FRIDAY, CHIEF, known, SEVEN, subscription_id=number, is_test=True)
    round_at(settings, SEVEN + MINUTE)
    titles = sorted(mail["title"] for mail in smtp.new())
    assert [title.partition(":")[0] for title in titles] == [
        *["Daily briefing of Friday 20 November 2026"] * 2, "Test",
    ]  # fmt: skip
    assert quick == ["daily all en 2026-11-20"]
    assert [row["occasion"] for row in logged(store)] == ["test", "by hand", "schedule"]
    told = entries_since(store, LONG_AGO, [Action.exported], 9)
    assert told["detail"].to_list() == [
        "to khan@example.org by mail; a test", "to khan@example.org by mail",
    ]  # fmt: skip


def test_nobody_sends_what_is_not_theirs(settings: Settings, store: sa.Engine) -> None:
    known, _ = published_places(settings)
    other = Actor("other", Standing(Role.zone_head, "zone:Lahore"))
    head = Actor(HEAD.person, HEAD.standing)
    for wanted, by in (
        (HEAD, other),
        (replace(HEAD, scope="office:LAH-2"), head),
        (replace(HEAD, scope="all"), head),
        (replace(HEAD, kind="bulletin", scope="all"), head),
    ):
        with pytest.raises(RefusedError):
            ask(store, settings, wanted, FRIDAY, by, known, SEVEN)
    assert logged(store) == []


def test_made_again_is_another_version_and_both_stay(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    which = Which("daily", "office:KAR-1", "en", FRIDAY)
    first = make(settings, store, which, SEVEN)
    assert make(settings, store, which, SEVEN + HOUR) == first
    known, _ = published_places(settings)
    asked = ask_again(store, which, CHIEF, known, SEVEN + HOUR)
    assert ask_again(store, which, CHIEF, known, SEVEN + HOUR) == asked  # pressed twice
    assert is_anything_due(settings)
    for _ in range(2):
        assert round_at(settings, SEVEN + HOUR) == []
    second = newest_of(store, which)
    assert (first.version, second.version) == (1, 2) and len(quick) == 2
    assert second.file == "2026-11/daily-2026-11-20-office-KAR-1-en-v2.pdf"
    for one in (first, second):
        assert archive.content_of(settings.home, one)
    assert second.made.by == "chief" and not second.made.is_late
    told = entries_since(store, LONG_AGO, [Action.changed], 1)
    assert told[["who", "subject", "detail"]].iloc[0].tolist() == [
        "chief", "daily of office:KAR-1, 2026-11-20", "to be made again",
    ]  # fmt: skip


def test_killed_after_it_was_made_again_it_is_made_no_third_time(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    which = Which("daily", "all", "en", FRIDAY)
    make(settings, store, which, SEVEN - HOUR)
    known, _ = published_places(settings)
    ask_again(store, which, CHIEF, known, SEVEN)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("orchestration.briefings.settle_remake", die)
        round_at(settings, SEVEN)
    round_at(settings, SEVEN + MINUTE)
    assert newest_of(store, which).version == 2 and not is_anything_due(settings)


def test_what_cannot_be_made_again_says_why_once(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    which = Which("daily", "office:KAR-1", "en", FRIDAY)
    make(settings, store, which, SEVEN - HOUR)
    known, _ = published_places(settings)
    SCOPES.broken.add("office:KAR-1")
    ask_again(store, which, CHIEF, known, SEVEN)
    assert round_at(settings, SEVEN) == [
        "daily of office:KAR-1, 2026-11-20, again: ValueError: office:KAR-1 cannot be set"
    ]
    assert round_at(settings, SEVEN + HOUR) == []
    with store.connect() as connection:
        asked = newest_remake(connection, which)
    assert asked is not None and asked.is_settled and "cannot be set" in asked.error
    assert newest_of(store, which).version == 1


@pytest.mark.parametrize(
    ("role", "place", "kind", "scope", "may"),
    [
        (Role.management, "all", "daily", "office:KAR-1", True),
        (Role.zone_head, "zone:Karachi", "daily", "office:KAR-1", True),
        (Role.zone_head, "zone:Karachi", "daily", "office:LAH-2", False),
        (Role.analyst, "all", "daily", "all", False),
        (Role.office_head, "office:KAR-1", "bulletin", "all", False),
        (Role.management, "all", "bulletin", "all", True),
    ],
)
def test_who_manages_a_place_has_its_briefings_made_again(
    settings: Settings, store: sa.Engine, smtp: Sink,
    role: Role, place: str, kind: str, scope: str, may: bool,
) -> None:  # fmt: skip
    known, _ = published_places(settings)
    which, by = Which(kind, scope, "en", FRIDAY), Actor("somebody", Standing(role, place))
    if may:
        assert ask_again(store, which, by, known, SEVEN).asked_by == "somebody"
    else:
        with pytest.raises(RefusedError):
            ask_again(store, which, by, known, SEVEN)
        with store.connect() as connection:
            assert newest_remake(connection, which) is None


def test_many_that_are_due_are_made_together_and_each_is_sent(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    rounds: list[list[str]] = []

    def together(
        settings: Settings, kind: str, morning: date, scopes: Sequence[Scope], *_: object
    ) -> Iterator[tuple[Scope, bytes | Exception]]:
        rounds.append([scope.name for scope in scopes])
        for scope in scopes:
            broken = scope.name == "office:LAH-2"
            yield scope, ValueError("no ink") if broken else f"%PDF {scope.name}".encode()

    monkeypatch.setattr("orchestration.briefings.make_briefings", together)
    offices = [f"office:{zone}-{n}" for zone in ("KAR", "LAH", "MUL", "PES") for n in (1, 2, 3)]
    for office in offices:
        begin(store, settings, scope=office)
    gone = begin(store, settings, scope="all", recipient="gone@example.org")
    known, _ = published_places(settings)
    end(store, gone, CHIEF, known, SEVEN - MINUTE)
    failed = round_at(settings, SEVEN)
    assert rounds == [sorted(offices)] and quick == []
    assert failed == ["daily of office:LAH-2, 2026-11-20: ValueError: no ink"]
    assert len(smtp.new()) == 11


def test_names_of_files_are_safe_and_differ() -> None:
    scopes = ("zone:North & South", "zone:North - South", "zone:../../etc", "zone:لاہور", "all")
    files = {archive._file(Which("daily", scope, "en", FRIDAY), 1) for scope in scopes}
    assert len(files) == len(scopes)
    assert all(file.count("/") == 1 and ".." not in file and file.isascii() for file in files)


def test_a_look_finds_what_a_round_would_do(
    settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("orchestration.briefings.naive_now", lambda until: SEVEN)
    assert not is_anything_due(settings)
    begin(store, settings)
    assert is_anything_due(settings)
    round_at(settings, SEVEN)
    assert not is_anything_due(settings)


def test_before_the_first_publication_nothing_is_made_and_nothing_lost(
    tmp_path: Path, settings: Settings, store: sa.Engine, smtp: Sink, quick: list[str]
) -> None:
    begin(store, settings)
    current = settings.home.published / "CURRENT"
    told = current.read_text(encoding="utf-8")
    current.unlink()
    round_at(settings, SEVEN)
    assert logged(store) == []
    current.write_text(told, encoding="utf-8")
    with delivery_store(settings):
        round_at(settings, SEVEN + 20 * MINUTE)
    assert len(smtp.new()) == 1
    assert set(KINDS) >= {"daily"}
