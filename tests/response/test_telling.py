"""Who hears of what and when: recipients, quiet hours, escalation, hand-over, load."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from people import HOUR, MINUTE, NOW, ROSTER, happen, opened, plan

from config import ChannelSettings, QuietHours, Settings
from operations import writing
from response.addressing import address, compose, is_quiet, untold
from response.escalation import escalate
from response.handover import hand_over, leave_note
from response.history import Event
from response.incidents import current_incidents, history
from response.load import load, worst_hour
from response.outbox import Outgoing, put
from response.roster import RosterError, on_duty, read_roster, roles_without
from response.round import tell_people
from response.tables import messages
from response.wording import Words

MAIL = ChannelSettings(
    kind="email", url="mailto://127.0.0.1", standing=("standing@example.org",), language="ur"
)
NIGHT = NOW + timedelta(hours=12)  # 02:00 in Karachi


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home_path=home, channels={"mail": MAIL})


@pytest.fixture
def room(people_store: sa.Engine, home: Path) -> sa.Engine:
    plan(people_store, home)
    return people_store


def told(store: sa.Engine, settings: Settings, now: object = NOW) -> dict[str, str]:
    """Who gets a message at `now`, and its title."""
    with writing(store) as connection:
        address(connection, settings, now)  # type: ignore[arg-type]
        made = compose(connection, settings, now)  # type: ignore[arg-type]
        query = sa.select(messages).where(messages.c.message_id.in_(made))
        return {row.recipient: row.title for row in connection.execute(query)}


def go_up(store: sa.Engine, now: object) -> int:
    with writing(store) as connection:
        return escalate(connection, now)  # type: ignore[arg-type]


# ---------------------------------------------------------------- recipients


def test_the_owner_on_duty_and_the_head_of_the_place_are_told(
    room: sa.Engine, settings: Settings
) -> None:
    happen(room, opened())
    assert told(room, settings) == {
        "engineer@example.org": "Major: Link nadra of Lahore 1 is down",
        "head@example.org": "سنگین: \u2068Lahore 1\u2069 کا رابطہ \u2068nadra\u2069 منقطع ہے",
    }


def test_a_role_with_nobody_on_duty_is_passed_over(room: sa.Engine, settings: Settings) -> None:
    happen(room, opened("machine_down", "PS-KHI:1", place_scope="office:PS-KHI"))
    assert set(told(room, settings)) == {"day@example.org"}


def test_with_nobody_at_all_the_standing_addresses_are_told(
    people_store: sa.Engine, settings: Settings
) -> None:
    happen(people_store, opened())
    assert set(told(people_store, settings)) == {"standing@example.org"}


def test_a_missions_head_hears_of_it_and_no_other_place_does(
    room: sa.Engine, settings: Settings
) -> None:
    happen(room, opened("rush", "M-RUH", place_scope="office:M-RUH", zone=None, is_mission=True))
    assert set(told(room, settings)) == {"ruh@example.org"}


def test_what_lies_behind_another_incident_is_not_told(room: sa.Engine, settings: Settings) -> None:
    numbers = happen(room, opened(), opened("silence", "LHR-01", number=-2))
    happen(room, Event(numbers[1], "linked", NOW, details={"parent": numbers[0]}))
    titles = told(room, settings)
    assert set(titles) == {"engineer@example.org", "head@example.org"}
    assert all("silent" not in title for title in titles.values())


def test_that_it_is_over_hear_those_who_heard_of_it(room: sa.Engine, settings: Settings) -> None:
    [heard] = happen(room, opened())
    told(room, settings)
    [unheard] = happen(room, opened("drop", "LHR-01"))  # told in an hour, with others
    over = [
        Event(number, "resolved", NOW, "room.day", "monitoring", "mended", {"outcome": "real"})
        for number in (heard, unheard)
    ]
    happen(room, *over)
    later = told(room, settings, NOW + HOUR)
    assert set(later) == {"engineer@example.org", "head@example.org"}
    assert later["engineer@example.org"].startswith("Over: Link nadra")


def test_a_reply_is_asked_of_the_role_that_owes_it(room: sa.Engine, settings: Settings) -> None:
    [number] = happen(room, opened())
    told(room, settings)
    asked = {"reply_due_at": (NOW + HOUR).isoformat(), "reply_from": "office_head"}
    happen(room, Event(number, "noted", NOW, "room.day", "monitoring", "who is there?", asked))
    assert set(told(room, settings, NOW + HOUR)) == {"head@example.org"}


def test_an_incident_whose_rule_is_deleted_is_told_to_the_room(
    room: sa.Engine, settings: Settings
) -> None:
    happen(room, opened("no_such_rule", "x", place_scope="all", zone=None))
    assert told(room, settings) == {"day@example.org": "Major: no_such_rule"}


# ---------------------------------------------------------------- quiet hours


def test_who_is_on_a_shift_is_told_by_night_and_a_head_in_the_morning(
    room: sa.Engine, settings: Settings, home: Path
) -> None:
    plan(
        room, home, ROSTER + "night,monitoring,all,en,,n@example.org,,2026-03-11,2026-03-11 08:00\n"
    )
    night = opened("queue_over_60", "LHR-01")
    happen(room, Event(-1, "opened", NIGHT, details=night.details))
    assert told(room, settings, NIGHT) == {}
    assert go_up(room, NIGHT + 20 * MINUTE) == 1
    assert set(told(room, settings, NIGHT + 20 * MINUTE)) == {"n@example.org"}
    assert set(told(room, settings, NIGHT + 5 * HOUR)) == {"head@example.org"}


def test_what_is_critical_waits_for_no_morning(room: sa.Engine, settings: Settings) -> None:
    night = opened("queue_over_60", "LHR-01", severity="critical")
    happen(room, Event(-1, "opened", NIGHT, details=night.details))
    assert set(told(room, settings, NIGHT)) == {"head@example.org"}


@pytest.mark.parametrize(
    ("hour", "timezone", "quiet"),
    [
        (17, "Asia/Karachi", True),  # 22:00
        (2, "Asia/Karachi", False),  # 07:00
        (1, "Asia/Karachi", True),
        (17, "Europe/London", False),
    ],
)
def test_quiet_hours_are_by_the_readers_clock(hour: int, timezone: str, quiet: bool) -> None:
    moment = NOW.replace(hour=hour)
    assert is_quiet(moment, timezone, QuietHours()) is quiet
    assert ZoneInfo(timezone)


# ---------------------------------------------------------------- escalation


def test_nobody_acts_and_it_goes_up_step_by_step(room: sa.Engine, settings: Settings) -> None:
    [number] = happen(room, opened())
    assert go_up(room, NOW + 14 * MINUTE) == 0
    assert [go_up(room, NOW + minutes * MINUTE) for minutes in (15, 16, 30, 45, 60)] == [
        1, 0, 1, 1, 0,
    ]  # fmt: skip
    with room.connect() as connection:
        up = [e.details["to"] for e in history(connection, number) if e.kind == "escalated"]
    assert up == ["monitoring", "zone_head", "management"]


def test_who_acknowledges_or_puts_off_stops_it(room: sa.Engine) -> None:
    numbers = happen(room, opened(), opened(thing="LHR-01:hq", number=-2))
    until = {"until": (NOW + 2 * HOUR).isoformat()}
    happen(
        room,
        Event(numbers[0], "acknowledged", NOW, "engineer.day", "engineer"),
        Event(numbers[1], "snoozed", NOW, "engineer.day", "engineer", details=until),
    )
    assert go_up(room, NOW + HOUR) == 0


def test_a_clock_that_goes_back_sends_nothing_up(room: sa.Engine) -> None:
    happen(room, opened())
    assert go_up(room, NOW - timedelta(days=1)) == 0


# ---------------------------------------------------------------- roster


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("x,boss,all,,,,,,", "no role is called 'boss'"),
        ("x,monitoring,here,,,,,,", "place_scope is"),
        ("x,monitoring,all,fr,,,,,", "language is one of"),
        ("x,monitoring,all,,Mars/Base,,,,", "Mars/Base"),
        ("x,monitoring,all,,,nobody,,,", "e-mail address is none"),
        ("x,monitoring,all,,,,12ab,,", "telephone number"),
        ("x,monitoring,all,,,,,2026-03-10 08:00,", "a shift has"),
        ("x,monitoring,all,,,,,2026-03-10 08:00,2026-03-10 07:00", "ends before"),
        ("x,monitoring,all,,,,,soon,later", "soon"),
        ("x,monitoring", "not as many values"),
        (",monitoring,all,,,,,,", "nobody is named"),
        ("room.day,monitoring,zone:x,en,,other@example.org,,,", "two addresses"),
        (
            "room.day,monitoring,all,en,,day@example.org,+92300,2026-03-10 15:00,2026-03-10 17:00",
            "is twice monitoring",
        ),
    ],
)
def test_a_wrong_roster_is_refused_with_its_line(tmp_path: Path, line: str, wrong: str) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(f"{ROSTER}{line}\n", encoding="utf-8")
    with pytest.raises(RosterError, match=wrong.replace("(", r"\(")):
        read_roster(file, "Asia/Karachi")


def test_a_new_roster_keeps_the_shifts_that_were_worked(room: sa.Engine, home: Path) -> None:
    first = ROSTER.splitlines()[0]
    plan(room, home, f"{first}\nnew,monitoring,all,,,,,2026-03-10 16:00,2026-03-11 00:00\n")
    with room.connect() as connection:
        assert {d.person.person for d in on_duty(connection, NOW)} == {"room.day", "engineer.day"}
        later = on_duty(connection, NOW + 3 * HOUR)
    assert [duty.person.person for duty in later if duty.role == "monitoring"] == ["new"]
    assert "management" in roles_without(later) and "monitoring" not in roles_without(later)


# ---------------------------------------------------------------- hand-over, load


def test_a_shift_hands_over_once_to_who_comes(room: sa.Engine, settings: Settings) -> None:
    [number] = happen(room, opened())
    end = NOW + 2 * HOUR
    leave_note(room, "monitoring", "all", "room.day", "watch <b>Lahore</b>", NOW)
    with writing(room) as connection:
        assert hand_over(connection, settings, end - MINUTE) == []
        [message] = hand_over(connection, settings, end + MINUTE)
        assert hand_over(connection, settings, end + 2 * MINUTE) == []
        query = sa.select(messages).where(messages.c.message_id == message)
        row = connection.execute(query).one()
    assert (row.person, row.language, row.is_alarm) == ("room.late", "ur", False)
    assert f"#{number}" in row.body and "کسی کے ذمے نہیں" in row.body
    assert "watch <b>Lahore</b>" in row.body


def test_the_load_on_people_is_counted_by_shift_hours(room: sa.Engine, settings: Settings) -> None:
    for hour in range(2):
        happen(room, opened(thing=f"LHR-01:{hour}"))
        told(room, settings, NOW + hour * HOUR)
    with room.connect() as connection:
        by_person = {one.person: one for one in load(connection, NOW - HOUR, NOW + 2 * HOUR)}
    assert by_person["engineer.day"].alarms == 2
    assert by_person["engineer.day"].hours == 3
    assert by_person["engineer.day"].alarms_per_ten_minutes == pytest.approx(2 / 18)
    assert by_person["head.lhr"].alarms_per_ten_minutes is None
    assert by_person["room.day"].alarms == 0
    assert not any(one.is_too_much for one in by_person.values())


def test_the_worst_hour_begins_at_any_minute() -> None:
    minutes = [0, 50, 55, 58, 61, 109, 111]
    assert worst_hour([NOW + minute * MINUTE for minute in minutes]) == 5


def test_too_many_alarms_for_one_person_are_an_incident_of_their_own(
    room: sa.Engine, home: Path
) -> None:
    nobody = Settings(home_path=home)
    for minute in range(7):
        with writing(room) as connection:
            words = Words("title", "body", "short")
            alarm = Outgoing("mail", "room.day", "day@example.org", "en", words, True)
            put(connection, alarm, NOW + minute * MINUTE)
    tell_people(room, nobody, NOW + 6 * MINUTE)
    tell_people(room, nobody, NOW + 7 * MINUTE)
    with room.connect() as connection:
        [found] = current_incidents(connection)
        assert (found.rule, found.thing, found.measured) == ("alarm_load", "room.day", 7)
        assert untold(connection, ["alarm_load"]) == [found.incident_id]
    tell_people(room, nobody, NOW + 2 * HOUR)
    with room.connect() as connection:
        assert current_incidents(connection) == []
