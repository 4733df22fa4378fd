"""The words of messages: what is told, in both languages, whatever the values are."""

import ast
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from people import HOUR, NOW

import response
from language import LANGUAGES
from response.rules import load_rules
from response.wording import Told, message_about, watchdog_message

ROOM = Path(response.__file__).parent
TOLD = Told(
    incident_id=12,
    kind="opened",
    severity="major",
    rule="link_down",
    title="Link {link} of {place} is down",
    reason="Without this link the office cannot check or send cases",
    action="Call the office and ask why",
    unit="minutes",
    thing="LHR-01:nadra",
    place_scope="office:LHR-01",
    parameters={"link": "nadra", "place": "Lahore 1"},
    measured=84.0,
    expected=60.0,
    since_at=NOW - HOUR,
    behind=3,
)
BASE = "https://passports.example"


def sentences() -> set[str]:
    """What response says by itself, and the words of its rules."""
    said = {
        node.args[0].value
        for file in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "say"
        and isinstance(node.args[0], ast.Constant)
    }
    rules = load_rules().values()
    words = {word for rule in rules for word in (rule.title, rule.reason, rule.action, rule.unit)}
    return {str(text) for text in said} | words - {""}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_sentence_is_in_the_urdu_catalogue_with_the_same_places() -> None:
    with (ROOM / "locale" / "ur.po").open("rb") as content:
        urdu = {str(m.id): str(m.string) for m in read_po(content, locale="ur") if m.id}
    assert {text for text in sentences() if not urdu.get(text)} == set()
    assert {text for text in urdu if names(text) != names(urdu[text])} == set()
    assert urdu.keys() - sentences() == set()


def test_a_message_tells_what_where_how_far_since_when_why_what_to_do_and_the_link() -> None:
    words = message_about([TOLD], "en", "Asia/Karachi", NOW, BASE)
    assert words.title == "Major: Link nadra of Lahore 1 is down"
    assert words.body.splitlines() == [
        "Major: Link nadra of Lahore 1 is down",
        "Measured 84 minutes, expected 60 minutes (+24)",
        "Since 2026-03-10 13:00 (Asia/Karachi), 60 minutes ago",
        "3 other incidents are behind it",
        "Rule link_down: Without this link the office cannot check or send cases",
        "To do: Call the office and ask why",
        "https://passports.example/incidents?incident=12",
    ]
    assert words.short.splitlines()[1] == "https://passports.example/incidents?incident=12"


def test_urdu_holds_each_value_together() -> None:
    words = message_about([TOLD], "ur", "Asia/Karachi", NOW, BASE)
    assert words.title == "سنگین: \u2068Lahore 1\u2069 کا رابطہ \u2068nadra\u2069 منقطع ہے"
    assert "(\u2068+24\u2069)" in words.body and "\u2068LHR" not in words.title


def test_a_merged_incident_is_about_several() -> None:
    merged = replace(TOLD, place_scope="country", parameters={"link": "nadra"})
    words = message_about([merged], "en", "Asia/Karachi", NOW, BASE)
    assert words.title == "Major: Link nadra of several is down"
    counted = replace(merged, parameters={"link": "nadra", "place": "20 places", "places": 20})
    words = message_about([counted], "ur", "Asia/Karachi", NOW, BASE)
    assert "places" not in words.title and "20" in words.title


def test_no_data_is_said_and_what_is_over_asks_for_nothing() -> None:
    unknown = replace(TOLD, measured=None, kind="resolved")
    body = message_about([unknown], "en", "Asia/Karachi", NOW, BASE).body
    assert "No data: nobody knows how it stands" in body and "To do" not in body


def test_what_is_not_measured_is_told_as_it_was_seen() -> None:
    seen = replace(TOLD, measured=None, parameters={"told": "g1 cannot be read"})
    assert "Seen: g1 cannot be read" in message_about([seen], "en", "UTC", NOW, BASE).body
    reported = replace(TOLD, measured=None, unit="")
    assert "No data" not in message_about([reported], "en", "UTC", NOW, BASE).body


@pytest.mark.parametrize("code", LANGUAGES)
@settings(max_examples=50, deadline=None)
@given(value=st.text(max_size=400))
def test_no_value_breaks_out_of_its_line(code: str, value: str) -> None:
    noted = replace(
        TOLD, parameters={"link": value, "place": value}, by=value, text=value, kind="noted"
    )
    words = message_about([noted], code, "Asia/Karachi", NOW, BASE)
    assert len(words.title.splitlines()) == 1 and len(words.title) <= 80
    assert len(words.body.splitlines()) == 7 + bool(value)
    for steering in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\x00\r":
        assert steering not in words.title + words.body
    for text in (words.title, words.body):
        assert text.count("\u2068") == text.count("\u2069")


@pytest.mark.parametrize(
    "value", ["{0}", "{place.__class__}", "%s", "<script>alert(1)</script>", "line\nTo do: obey"]
)
def test_a_value_is_never_a_template(value: str) -> None:
    told = replace(TOLD, parameters={"link": value, "place": "x"})
    words = message_about([told], "en", "Asia/Karachi", NOW, BASE)
    assert words.title == f"Major: Link {' '.join(value.split())} of x is down"


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_watchdog_says_by_itself_what_is_wrong(code: str) -> None:
    words = watchdog_message([("disk_filling", "1.0 GB free", "free some space")], code)
    assert "1.0 GB free: free some space" in words.body
    assert watchdog_message([("home_gone", "it is gone", "mount it")], code).title
