"""The daily briefing: tagged pages whose every number is a number of the publication."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pdf_text
import pikepdf
import pytest
import synthetic_publication
from pdf_structure import faults

from config import Settings, load_settings
from reports.briefing import BriefingError, make_briefing
from reports.broker import NothingPublishedError, Publication, Scope, run_sql
from reports.printable import STAND_IN

MORNING = date(2026, 11, 20)
DAY = "2026-11-19"
# Markup, a file to read, a formula, signs that steer, and signs that no font of ours has.
HOSTILE = (
    '#read("/etc/passwd") $x$ *b* @ref <l> [link](http://x.example) {n} \u202e\x07\n'
    "\U0001f600 \ue000 中文 " + "long " * 12
)


def _text(pdf_bytes: bytes) -> list[list[str]]:
    with pikepdf.open(io.BytesIO(pdf_bytes)) as pdf:
        return [pdf_text.lines(pdf, page) for page in pdf.pages]


@pytest.fixture(scope="module")
def national(made: Callable[..., bytes]) -> bytes:
    return made("daily")


@pytest.fixture(scope="module")
def national_text(national: bytes) -> list[list[str]]:
    return _text(national)


def _lines(pages: list[list[str]]) -> list[str]:
    return [line for page in pages for line in page]


def _one(publication: Publication, sql: str) -> tuple[object, ...]:
    [row] = run_sql(publication, sql).rows
    return row


def test_the_state_of_the_data_is_told_with_its_numbers(
    publication: Publication, national_text: list[list[str]]
) -> None:
    read, admitted, quarantined, held = _one(
        publication,
        "select sum(rows_read), sum(rows_admitted), sum(rows_quarantined), sum(rows_held) "
        "from rpt_load",
    )
    assert (
        f"• {read:,} rows read: {100 * admitted / read:.2f} % admitted, "
        f"{quarantined} set aside, {held} held."
    ) in _lines(national_text)
    assert any(
        line.startswith("1 batch with 300 rows held at the gate (print jobs)")
        for line in national_text[0]
    )


def test_what_is_asked_and_what_is_coming_are_the_published_rows(
    publication: Publication, national_text: list[list[str]]
) -> None:
    first, text = " ".join(national_text[0]), " ".join(_lines(national_text))
    late, minutes, waiting = _one(
        publication,
        "select sum(expected_late_avoided), sum(expected_waiting_minutes_avoided), count(*)"
        " from rpt_redistribution where state = 'proposed'",
    )
    assert (
        f"{waiting} proposals to decide on: {late:.0f} fewer late passports, visitors wait "
        f"{minutes / 60:.0f} hours less."
    ) in first
    assert "Move 2 desks from Karachi office 2 to" in first
    assert "What was decided, and what came of it" in first
    assert "Accepted by management" in first and "visitors waited 15 hours less in all" in first
    assert "2 incidents open, 1 of them critical; the gravest: Ribbon has run out at Karachi" in (
        first
    )
    cases, expected = _one(
        publication,
        "select count(*), sum(probability_late) from rpt_promise_risk"
        " join rpt_applications using (application_id)"
        " where promise_due_on between '2026-11-20' and '2026-11-26'",
    )
    assert f"{cases} cases open fall due in the 7 days from 20 November; {expected:.0f} of" in first
    due, kept, broken = _one(
        publication,
        f"select due, kept, missed + open_within + open_beyond from rpt_promise where "
        f"period_start = '{DAY}' and period_kind = 'day' and place_scope = 'country'"
        " and tier = 'all'",
    )
    assert f"{due} cases fell due on Thursday: {kept} ready in time, {broken} not." in first
    (likely,) = _one(
        publication,
        "select sum(p50) from rpt_forecast where measure = 'arrivals' and place_scope = 'country'"
        " and day <= '2026-11-26'",
    )
    assert f"{likely:,.0f} applications are forecast for the 7 days from 20 November" in text
    assert "Asia mission 1: 90 have come since 06:00, 30 were expected." in text


def test_every_page_is_numbered_and_says_as_of_when_and_which_generation(
    national_text: list[list[str]],
) -> None:
    assert 2 <= len(national_text) <= 4
    for number, page in enumerate(national_text, 1):
        foot = " ".join(page[-2:])
        assert "As of 20 November 2026, 08:00 PKT (Asia/Karachi) · Whole authority" in foot
        assert "Thursday 19 November 2026, all tiers" in foot
        assert synthetic_publication.GENERATION in foot and "run run-synthetic" in foot
        assert f"Page {number} of {len(national_text)}" in foot


def test_the_file_is_archivable_and_accessible(national: bytes) -> None:
    with pikepdf.open(io.BytesIO(national)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert "/Outlines" in pdf.Root
        for page in pdf.pages:
            assert [round(float(side)) for side in page.mediabox] == [0, 0, 595, 842]
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Daily briefing of Friday 20 November 2026"
        fonts = [o for o in pdf.objects if _is(o, "/Font") and "/FontDescriptor" in o]
        assert {str(font.BaseFont).split("+")[1] for font in fonts} == {
            "NotoSans-Regular",
            "NotoSans-Bold",
            "NotoSansSymbols2-Regular",
        }
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)
        pictures = [o for o in pdf.objects if _is(o, "/StructElem") and o.S == "/Figure"]
        assert len(pictures) == 6
        assert all(len(str(picture.Alt)) > 30 for picture in pictures)
        assert not any(_is(o, "/Annot") for o in pdf.objects)


def test_what_its_standards_ask_of_a_file_is_there(national: bytes) -> None:
    assert faults(national) == []
    with pikepdf.open(io.BytesIO(national)) as pdf:
        figure = next(o for o in pdf.objects if _is(o, "/StructElem") and o.S == "/Figure")
        heading = next(o for o in pdf.objects if _is(o, "/StructElem") and o.S == "/H2")
        del figure.Alt, pdf.Root.OutputIntents, pdf.Root.ViewerPreferences
        heading.S = pikepdf.Name.H9
        page = pdf.pages[0]
        page.contents_add(b"0 0 9 9 re f")
        broken = io.BytesIO()
        pdf.save(broken)
    assert set(faults(broken.getvalue())) == {
        "a picture without a text",
        "no profile of its colours",
        "a reader shows the name of the file, not its title",
        "H9 is no standard role",
        "1 signs outside any mark, 0 marks open",
    }


def _is(thing: pikepdf.Object, kind: str) -> bool:
    return isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == kind


def test_the_same_input_gives_the_same_bytes(settings: Settings, national: bytes) -> None:
    assert make_briefing(settings, "daily", MORNING, Scope("all")) == national


def test_another_day_or_generation_gives_another_file(settings: Settings, national: bytes) -> None:
    before = make_briefing(
        settings, "daily", date(2026, 11, 10), Scope("all"), "en", synthetic_publication.GENERATION
    )
    assert before != national
    assert _text(before)[0][0] == "Daily briefing of Tuesday 10 November 2026"


@pytest.mark.parametrize(
    ("scope", "title"),
    [
        ("zone:Karachi", "Zone Karachi"),
        ("missions", "Missions"),
        ("office:KAR-1", "Karachi office 1 (KAR-1)"),
        ("office:NOWHERE", "Office NOWHERE"),
    ],
)
def test_a_smaller_scope_tells_of_no_other_place(
    made: Callable[..., bytes], scope: str, title: str
) -> None:
    pages = _text(made("daily", scope))
    text = " ".join(_lines(pages))
    assert 1 <= len(pages) <= 4
    assert title in text
    for canary in ("Lahore", "Quetta", "Sukkur office", "Peshawar"):
        assert canary not in text
    assert ("Karachi office 1" in text) == ("Karachi" in title)
    assert ("No application or open case of this place is known of." in text) == (
        scope == "office:NOWHERE"
    )


@pytest.mark.parametrize("language", ["ur", "both"])
def test_urdu_is_a_part_of_its_own_in_its_own_letters(settings: Settings, language: str) -> None:
    made = make_briefing(settings, "daily", MORNING, Scope("office:KAR-1"), language)
    assert made == make_briefing(settings, "daily", MORNING, Scope("office:KAR-1"), language)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        fonts = [o for o in pdf.objects if _is(o, "/Font") and "/FontDescriptor" in o]
        assert "NotoNastaliqUrdu-Regular" in {str(font.BaseFont).split("+")[1] for font in fonts}
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)
        titles = [str(entry.title) for entry in pdf.open_outline().root]
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:conformance"] == "A"
    english = ["Daily briefing of Friday 20 November 2026"]
    urdu = ["روزانہ بریفنگ، جمعہ 20 نومبر 2026"]
    assert titles == (english + urdu if language == "both" else urdu)


def test_simulated_data_are_labelled(home: Path, national_text: list[list[str]]) -> None:
    assert not any("Simulated data" in line for line in national_text[0])
    simulated = load_settings(home).model_copy(update={"simulated": True})
    first = _text(make_briefing(simulated, "daily", MORNING, Scope("all")))[0]
    assert any(line.startswith("Simulated data: no real office") for line in first)


def test_a_bad_day_with_hostile_text_everywhere_is_still_set(tmp_path: Path) -> None:
    """All records held and late, and text that would be markup, a file or no sign at all."""
    hostile = HOSTILE.replace("'", "''")
    synthetic_publication.publish(
        tmp_path,
        more=f"""
        update rpt_places set zone = zone || '{hostile}', name = name || '{hostile}';
        update rpt_volumes set place_scope = place_scope || '{hostile}'
        where place_scope like 'zone:%';
        update rpt_volumes set submitted = submitted * 9, ready = ready // 9
        where day = '{DAY}';
        update rpt_incidents
        set parameters = '{{"item": "<b>{{n}}</b>"}}', action = '{hostile}',
            owner_role = '{hostile}', assigned_to = '{hostile}', severity = '{hostile}';
        update rpt_redistribution set kind = '{hostile}', unit = '{hostile}', cost = '{hostile}=1';
        update rpt_promise_risk set reason = '{hostile}';
        update rpt_consumables set item = '{hostile}', unit = '{hostile}', days_left = 1;
        update rpt_rush set near_places_with_slack = '{hostile}', ended_at = null;
        insert into rpt_load
        select '{hostile}' || n, 100 + n, null, null, 9000000, 0, 0, 0, 9000000,
            'held', '{hostile}', 'a_rather_long_file_name_of_a_drop_{DAY}.csv', '{DAY}'
        from range(19) as numbers(n);
        insert into rpt_freshness
        select 'a_rather_long_record_name_' || n, 'all', null, null, null, 0, 'late'
        from range(19) as numbers(n);
        insert into rpt_quarantine
        select 'a_rather_long_record_name_' || n, '{hostile}', 1000000, null,
            'a_rather_long_file_name_of_a_drop_{DAY}.csv row 99999999'
        from range(19) as numbers(n);
        """,
    )
    hostile_home = load_settings(tmp_path)
    pages = _text(make_briefing(hostile_home, "daily", MORNING, Scope("all")))
    assert len(pages) <= 8
    text = " ".join(_lines(pages))
    assert '#read("/etc/passwd")' in text
    assert "root:" not in text
    assert STAND_IN in text
    assert make_briefing(hostile_home, "daily", MORNING, Scope("office:KAR-1"), "ur")


def test_what_cannot_be_made_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BriefingError, match="there is: daily"):
        make_briefing(settings, "yearly", MORNING, Scope("all"))
    with pytest.raises(BriefingError, match="there is: en, ur, both"):
        make_briefing(settings, "daily", MORNING, Scope("all"), "xx")
    with pytest.raises(BriefingError, match="not of site:KAR-1"):
        make_briefing(settings, "daily", MORNING, Scope("site:KAR-1"))
    with pytest.raises(BriefingError, match="was not over"):
        make_briefing(settings, "daily", date(2026, 11, 21), Scope("all"))
    with pytest.raises(NothingPublishedError, match="nothing is published"):
        make_briefing(load_settings(tmp_path), "daily", MORNING, Scope("all"))
