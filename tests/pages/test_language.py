"""Every word that a reader sees has an Urdu one, and both fill in the same values."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from briefing_parts import NAMES_OF_LANGUAGES, NAMES_OF_STATES
from page_list import PAGES
from switches import NAMES_OF_ROLES

from language import LANGUAGES, SPEAKING_ROOMS, language, say, speak, speaking
from reports import incident_wording, wording
from reports.briefings.bulletin import COLUMNS, TITLES
from reports.briefings.daily import DECISIONS
from reports.briefings.periods import LABELS
from reports.broker import Scope
from reports.charts.case import PROMISES
from reports.charts.complaints import SPANS
from reports.charts.theme import AGES
from reports.facts.days import written_day, written_moment
from reports.facts.definitions import SOURCES
from reports.kinds import KINDS

ROOT = Path(__file__).parents[2]
# Words that reach `say` by a name, from tables of words.
FROM_TABLES = (
    wording.ACTION_NAMES.values(),
    wording.CODES,
    wording.COLUMN_LABELS.values(),
    wording.MEASURES.values(),
    wording.OUTCOME_GLYPHS,
    wording.STATE_GLYPHS,
    AGES,
    PROMISES.values(),
    [word for source in SOURCES for word in source],
    NAMES_OF_ROLES.values(),
    [row.title for row in PAGES],
    [row.section for row in PAGES],
    NAMES_OF_LANGUAGES.values(),
    NAMES_OF_STATES.values(),
    ("zone", "zones", "office", "offices"),
    incident_wording.EVENTS.values(),
    incident_wording.OUTCOMES.values(),
    incident_wording.ROLES.values(),
    incident_wording.SEVERITIES.values(),
    [kind.title for kind in KINDS.values()],
    LABELS.values(),
    TITLES.values(),
    DECISIONS.values(),
    COLUMNS.values(),
    SPANS.values(),
)


def said_in(file: Path) -> Iterator[str]:
    """What a module says: the first words of `say`, the words of `counted`, names of a tooltip."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            match getattr(node.func, "id", getattr(node.func, "attr", "")):
                case "say":
                    yield from _texts(node.args[0])
                case "counted":
                    one, *many = [list(_texts(word)) for word in node.args[1:]]
                    yield from one
                    yield from many[0] if many else [f"{word}s" for word in one]
                case "tooltip":
                    yield from (word.arg.replace("_", " ") for word in node.keywords if word.arg)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def every_word() -> set[str]:
    files = [file for room in ("reports", "streamlit_app") for file in (ROOT / room).rglob("*.py")]
    return {word for file in files for word in said_in(file) if word} | {
        word for table in FROM_TABLES for word in table
    }


@pytest.fixture(scope="module")
def urdu() -> Catalog:
    return catalogue("reports")


def catalogue(room: str) -> Catalog:
    with (ROOT / room / "locale" / "ur.po").open("rb") as content:
        return read_po(content, locale="ur")


def test_every_word_has_an_urdu_one_and_none_is_left_over(urdu: Catalog) -> None:
    known = {str(message.id) for message in urdu if message.id and message.string}
    assert sorted(every_word() - known) == []
    assert sorted(known - every_word()) == []


def test_rooms_say_the_same_word_in_the_same_way() -> None:
    said: dict[str, set[str]] = {}
    for message in (message for room in SPEAKING_ROOMS for message in catalogue(room)):
        said.setdefault(str(message.id), set()).add(str(message.string))
    assert [word for word, ways in said.items() if word and len(ways) > 1] == []


def test_a_translation_fills_in_what_the_sentence_does(urdu: Catalog) -> None:
    def names(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    for message in urdu:
        if message.id:
            assert names(str(message.string)) == names(str(message.id)), message.id


def test_numbers_days_and_signs_follow_the_language() -> None:
    from datetime import UTC, date, datetime

    moment = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert wording.signed(-1234.5, 1) == "-1,234.5"
    assert (wording.signed(0.01), wording.signed(3)) == ("±0", "+3")
    with speaking("ur"):
        assert written_day(date(2026, 11, 21)) == "ہفتہ 21 نومبر 2026"
        assert written_moment(moment, "Asia/Karachi").startswith("20 نومبر 2026، \u206608:00 PKT")
        assert wording.number(24103.0) == "24,103"
        assert wording.signed(-3) == "\u2066-3\u2069"
        assert Scope("all").title != "Whole authority"
    assert Scope("all").title == "Whole authority"


def test_only_known_languages_are_spoken() -> None:
    for code in LANGUAGES:
        with speaking(code):
            assert language() == code
    for door in (speak, lambda code: speaking(code).__enter__()):
        with pytest.raises(ValueError, match="not one of"):
            door("fr")
    assert say("never seen {n}", n=1) == "never seen 1"
