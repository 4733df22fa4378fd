"""Messages leave at least once: whatever is killed, down, hanging or locked meanwhile."""

import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from people import HOUR, MINUTE, NOW, happen, opened, plan
from receivers import Sink, http_channel, mail_channel

from config import ChannelSettings, Settings
from operations import writing
from response.channels import Message, SendError, send
from response.history import Event
from response.incidents import current_incidents, history, incident
from response.outbox import LAST_ATTEMPT, Outgoing, pause_after, put, retry, send_due, unsent
from response.round import is_needed, tell_people
from response.store import open_store
from response.tables import messages
from response.told import events_since, told_since
from response.wording import Words

WORDS = Words("A title", "A body", "Short")
MESSAGE = Message("key-1", "head@example.org", "Title <b>", "a <i>b</i>\nc", "short", "ur")


def settings_with(home: Path, **channels: ChannelSettings) -> Settings:
    return Settings(home_path=home, channels=channels)


def write(store: sa.Engine, channel: str = "mail", now: datetime = NOW) -> int:
    with writing(store) as connection:
        outgoing = Outgoing(channel, "head", "head@example.org", "en", WORDS, True)
        return put(connection, outgoing, now)


def row_of(store: sa.Engine, message_id: int) -> sa.Row[tuple[object, ...]]:
    with store.connect() as connection:
        query = sa.select(messages).where(messages.c.message_id == message_id)
        return connection.execute(query).one()


# ---------------------------------------------------------------- channels


def test_an_email_carries_its_key_and_shows_markup_as_text(smtp: Sink) -> None:
    send(mail_channel(smtp), MESSAGE)
    [mail] = smtp.new()
    assert (mail["to"], mail["key"], mail["title"]) == (["head@example.org"], "key-1", "Title <b>")
    assert "a &lt;i&gt;b&lt;/i&gt;<br>" in mail["html"] and 'dir="rtl"' in mail["html"]
    assert "a <i>b</i>" in mail["text"]


def test_an_sms_is_short_and_goes_to_the_telephone(http: Sink) -> None:
    channel = ChannelSettings(
        kind="sms",
        url=f"form://127.0.0.1:{http.port}/sms?:message=text&:title=",
        recipient_field="msisdn",
        timeout_seconds=5,
    )
    send(channel, Message("key-2", "+92300", "Title", "long", "short", "en"))
    [got] = http.new()
    assert got["key"] == got["fields"]["key"] == "key-2"
    assert (got["fields"]["msisdn"], got["fields"]["text"]) == ("+92300", "short")


def test_a_channel_that_hangs_or_refuses_says_so_without_its_address(http: Sink) -> None:
    for path, seconds in (("/hang/SECRET", 0.2), ("/refuse/SECRET", 5)):
        with pytest.raises(SendError) as told:
            send(http_channel(http, "webhook", path, timeout_seconds=seconds), MESSAGE)
        assert "SECRET" not in str(told.value) and str(told.value)


# ---------------------------------------------------------------- kills

KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from config import ChannelSettings, Settings
from response import outbox
from response.store import open_store

def send(channel, message):
    if sys.argv[3] == "after":
        real(channel, message)
    os.kill(os.getpid(), signal.SIGKILL)

real, outbox.send = outbox.send, send
store = open_store(Settings(home_path=Path(sys.argv[1])))
channel = ChannelSettings(kind="email", url=sys.argv[2], timeout_seconds=5)
outbox.send_due(store, {"mail": channel}, datetime.fromisoformat(sys.argv[4]))
"""


@pytest.mark.parametrize(("moment", "copies"), [("before", 1), ("after", 2)])
def test_killed_between_commit_and_sending_it_leaves_with_the_same_key(
    home: Path, people_store: sa.Engine, smtp: Sink, moment: str, copies: int
) -> None:
    channel = mail_channel(smtp)
    message_id = write(people_store)
    arguments = [str(home), channel.address(), moment, NOW.isoformat()]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert row_of(people_store, message_id).sent_at is None
    assert send_due(people_store, {"mail": channel}, NOW)[0].sent == []  # it rests first
    assert send_due(people_store, {"mail": channel}, NOW + MINUTE)[0].sent == [message_id]
    assert send_due(people_store, {"mail": channel}, NOW + HOUR)[0].sent == []
    arrived = smtp.new()
    assert len(arrived) == copies
    assert {mail["key"] for mail in arrived} == {row_of(people_store, message_id).key}


# ---------------------------------------------------------------- down, hanging, dead, locked


def test_a_server_that_is_down_is_an_incident_until_it_is_up(
    home: Path, people_store: sa.Engine, smtp: Sink, http: Sink
) -> None:
    settings = settings_with(home, mail=mail_channel(smtp), room=http_channel(http, "webhook"))
    plan(people_store, home)
    [number] = happen(people_store, opened())
    smtp.stop()
    for minutes in (0, 1, 2, 4):
        told = tell_people(people_store, settings, NOW + minutes * MINUTE)
        assert told.failed and not told.rounds[0].sent
    with people_store.connect() as connection:
        rules = {one.rule for one in current_incidents(connection)}
        assert rules == {"link_down", "channel_down"}
    smtp.start()
    told = tell_people(people_store, settings, NOW + 30 * MINUTE)
    assert told.rounds[0].sent
    titles = [one["fields"]["title"] for one in http.new()]
    assert any("Nothing leaves by the channel mail" in title for title in titles)
    with people_store.connect() as connection:
        assert [one.rule for one in current_incidents(connection)] == ["link_down"]
        assert incident(connection, number).notified_at is not None
    assert all("channel" not in mail["title"] for mail in smtp.new())


def test_a_channel_that_hangs_delays_no_other(
    home: Path, people_store: sa.Engine, smtp: Sink, http: Sink
) -> None:
    hanging = http_channel(http, "sms", "/hang", timeout_seconds=0.2)
    sent, waiting = write(people_store), [write(people_store, "sms") for _ in range(5)]
    rounds = send_due(people_store, {"sms": hanging, "mail": mail_channel(smtp)}, NOW)
    assert rounds[1].sent == [sent]
    assert rounds[0].failed == waiting[:2]  # and left alone until the next round
    assert len(smtp.new()) == 1


def test_after_the_last_attempt_a_message_is_dead_until_somebody_wakes_it(
    people_store: sa.Engine, http: Sink
) -> None:
    channels = {"mail": http_channel(http, "webhook", "/refuse")}
    message_id, now = write(people_store), NOW
    for _ in range(LAST_ATTEMPT + 1):
        [round_] = send_due(people_store, channels, now)
        now += HOUR
    assert round_.dead == [message_id]
    with people_store.connect() as connection:
        [shown] = unsent(connection)
    assert shown["dead_at"] is not None and "503" in shown["last_error"]
    assert send_due(people_store, channels, now)[0].failed == []
    assert retry(people_store, message_id, now)
    assert send_due(people_store, channels, now)[0].failed == [message_id]
    assert not retry(people_store, message_id + 1, now)


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(attempts=st.integers(1, 10_000))
def test_pauses_grow_to_an_hour(attempts: int) -> None:
    assert timedelta(seconds=30) <= pause_after(attempts) <= pause_after(attempts + 1) <= HOUR


def test_a_clock_that_goes_back_keeps_no_message_waiting(
    people_store: sa.Engine, smtp: Sink
) -> None:
    message_id = write(people_store, now=NOW + timedelta(days=30))
    assert send_due(people_store, {"mail": mail_channel(smtp)}, NOW)[0].sent == [message_id]
    assert len(smtp.new()) == 1


def test_a_locked_store_loses_nothing(home: Path, people_store: sa.Engine, smtp: Sink) -> None:
    settings = settings_with(home, mail=mail_channel(smtp))
    plan(people_store, home)
    happen(people_store, opened())
    impatient = open_store(settings, busy_seconds=0.05)
    with closing(sqlite3.connect(settings.home.operations)) as other:
        other.execute("begin immediate")
        with pytest.raises(sa.exc.OperationalError):
            tell_people(impatient, settings, NOW)
    assert tell_people(impatient, settings, NOW).sent == 2
    impatient.dispose()


# ---------------------------------------------------------------- few messages


def test_the_same_thing_a_hundred_times_is_one_message(
    home: Path, people_store: sa.Engine, smtp: Sink
) -> None:
    settings = settings_with(home, mail=mail_channel(smtp))
    plan(people_store, home)
    [number] = happen(people_store, opened())
    worse = {"severity": "major", "measured": 90.0}
    happen(people_store, *(Event(number, "worsened", NOW, details=worse) for _ in range(100)))
    assert is_needed(people_store, settings, NOW)
    assert sum(tell_people(people_store, settings, NOW).sent for _ in range(5)) == 2
    assert not is_needed(people_store, settings, NOW)
    arrived = smtp.new()
    assert sorted(mail["to"][0] for mail in arrived) == ["engineer@example.org", "head@example.org"]
    assert len({mail["key"] for mail in arrived}) == 2


def test_many_incidents_at_once_are_a_message_for_each_recipient(
    home: Path, people_store: sa.Engine, smtp: Sink, http: Sink
) -> None:
    settings = settings_with(home, mail=mail_channel(smtp), room=http_channel(http, "webhook"))
    plan(people_store, home)
    happen(people_store, *(opened(thing=f"LHR-01:{n}", number=-n) for n in range(1, 61)))
    assert tell_people(people_store, settings, NOW).sent == 3
    [mail] = [one for one in smtp.new() if one["to"] == ["engineer@example.org"]]
    assert mail["title"].startswith("60 incidents; Major: Link")
    [room] = http.new()
    assert "40 more" in room["fields"]["message"]
    with people_store.connect() as connection:
        told = [event.kind for event in history(connection, 1)]
    assert told.count("notified") == 1


def test_what_comes_after_a_message_waits_ten_minutes_unless_it_is_critical(
    home: Path, people_store: sa.Engine, smtp: Sink
) -> None:
    settings = settings_with(home, mail=mail_channel(smtp))
    plan(people_store, home)
    happen(people_store, opened())
    assert tell_people(people_store, settings, NOW).sent == 2
    happen(people_store, opened(thing="LHR-01:hq"))
    assert tell_people(people_store, settings, NOW + 9 * MINUTE).sent == 0
    assert tell_people(people_store, settings, NOW + 10 * MINUTE).sent == 2
    happen(people_store, opened("consumable_out", "LHR-01:ink", severity="critical"))
    assert tell_people(people_store, settings, NOW + 11 * MINUTE).sent == 2


def test_messages_are_sent_once_by_two_rounds_at_a_time(
    people_store: sa.Engine, smtp: Sink
) -> None:
    for _ in range(5):
        write(people_store)
    channels = {"mail": mail_channel(smtp)}
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: send_due(people_store, channels, NOW)[0], range(2)))
    assert sorted(both[0].sent + both[1].sent) == [1, 2, 3, 4, 5]
    assert len(smtp.new()) == 5


def test_who_is_assigned_an_incident_is_told(
    home: Path, people_store: sa.Engine, smtp: Sink
) -> None:
    settings = settings_with(home, mail=mail_channel(smtp))
    plan(people_store, home)
    [number] = happen(people_store, opened())
    tell_people(people_store, settings, NOW)
    smtp.new()
    to_room = Event(number, "assigned", NOW, "chief", "monitoring", details={"to": "room.day"})
    happen(people_store, to_room)
    tell_people(people_store, settings, NOW + MINUTE)
    [mail] = smtp.new()
    assert mail["to"] == ["day@example.org"] and "assigned to you" in mail["title"]
    with people_store.connect() as connection:
        events, told = (read(connection, NOW) for read in (events_since, told_since))
    assert [event["to_role"] for event in events if event["kind"] == "assigned"] == ["monitoring"]
    assert [(row["kind"], row["role"], row["channel"]) for row in told] == [
        ("opened", "engineer", "mail"),
        ("opened", "office_head", "mail"),
        ("assigned", "monitoring", "mail"),
    ]
    assert told[-1]["sent_at"] == NOW + MINUTE
    assert "example.org" not in str([events, told])
