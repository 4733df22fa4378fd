"""The daily briefing: two tagged pages whose every number is a number of the publication."""

import io
import re
from datetime import date
from pathlib import Path

import pdf_text
import pikepdf
import pytest
import synthetic_publication

from config import Settings, load_settings
from reports.briefing import BriefingError, make_briefing
from reports.broker import NothingPublishedError, Publication, Scope, run_sql

MORNING = date(2026, 11, 20)
DAY = "2026-11-19"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def _text(pdf_bytes: bytes) -> list[list[str]]:
    with pikepdf.open(io.BytesIO(pdf_bytes)) as pdf:
        return [pdf_text.lines(pdf, page) for page in pdf.pages]


@pytest.fixture(scope="module")
def national(settings: Settings) -> bytes:
    return make_briefing(settings, "daily", MORNING, Scope("all"))


@pytest.fixture(scope="module")
def national_text(national: bytes) -> list[list[str]]:
    return _text(national)


def _one(publication: Publication, sql: str) -> tuple[object, ...]:
    [row] = run_sql(publication, sql).rows
    return row


def test_the_tiles_are_the_figures_of_the_day(
    publication: Publication, national_text: list[list[str]]
) -> None:
    received, expected, printed, ready = _one(
        publication,
        "select submitted, expected_submitted, printed, ready from rpt_volumes "
        f"where day = '{DAY}' and place_scope = 'country' and tier = 'all'",
    )
    in_progress, beyond = _one(
        publication,
        f"select sum(closing), sum(beyond_promise) from rpt_backlog_daily where day = '{DAY}'",
    )
    (kept,) = _one(
        publication,
        "select 100.0 * count(*) filter (where promise_state = 'kept') / count(*) "
        "from rpt_applications where promise_state <> 'cancelled' "
        f"and promise_due_on between '2026-11-13' and '{DAY}'",
    )
    first = national_text[0]
    assert f"{received:,.0f} {printed:,.0f} {ready:,.0f}" in first
    assert f"{in_progress:,.0f} {beyond:,.0f} {kept:.1f} %" in first
    change = 100 * (received / expected - 1)
    assert any(line.startswith(f"{change:+.1f} % on expected {expected:,.0f}") for line in first)


def test_each_row_of_the_table_of_zones_is_the_fact(
    publication: Publication, national_text: list[list[str]]
) -> None:
    rows = run_sql(
        publication,
        f"""
        with stock as (
            select zone, sum(closing) as closing, sum(beyond_promise) as beyond,
                max(oldest_days) as oldest
            from rpt_backlog_daily join rpt_places using (office_code)
            where day = '{DAY}' group by zone
        ), due as (
            select zone, count(*) as due,
                100.0 * count(*) filter (where promise_state = 'kept') / count(*) as kept
            from rpt_applications join rpt_places using (office_code)
            where promise_state <> 'cancelled' and promise_due_on between '2026-10-23' and '{DAY}'
            group by zone
        )
        select zone, submitted, expected_submitted, ready, closing, beyond, oldest,
            case when due >= 20 then kept end
        from rpt_volumes
        join stock on place_scope = 'zone:' || zone
        left join due using (zone)
        where day = '{DAY}' and tier = 'all'
        """,
    ).rows
    assert len(rows) == 13
    for zone, *counts, kept in rows:
        share = "< 20 due" if kept is None else f"{round(kept, 1):.1f} %"
        line = " ".join([zone, *(f"{count:,.0f}" for count in counts), share])
        assert line in national_text[1]


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
        f"{quarantined} in quarantine, {held} held."
    ) in national_text[1]
    assert any(
        line.startswith("1 batch with 300 rows held at the gate (print_jobs)")
        for line in national_text[0]
    )
    assert any("share quarantined 0.21 above 0.05" in line for line in national_text[1])


def test_no_number_stands_there_that_no_query_gives(
    publication: Publication, national_text: list[list[str]]
) -> None:
    """Every number in the text of page two's table and lists occurs in a published table, is a sum
    or share checked above, or is part of a date, a name or the generation."""
    known = {"1", "2", "3", "5", "7", "13", "20", "21", "28", "12", "0"}
    for table in ("rpt_volumes", "rpt_load", "rpt_quarantine", "rpt_reconciliation"):
        for row in run_sql(publication, f"select * from {table}").rows:
            known |= {f"{v:,.0f}" for v in row if isinstance(v, int | float)}
            known |= {n for v in row if isinstance(v, str) for n in NUMBER.findall(v)}
    start = national_text[1].index("Data quality: Some numbers are incomplete")
    checked_above = {"548,832", "99.87", "59", "300", "0.21", "0.05"}
    for line in national_text[1][start:-1]:
        unknown = set(NUMBER.findall(line)) - known - checked_above
        assert not unknown, line


def test_every_page_is_numbered_and_says_as_of_when_and_which_generation(
    national_text: list[list[str]],
) -> None:
    assert len(national_text) == 2
    for number, page in enumerate(national_text, 1):
        assert page[-1] == (
            "As of 20 November 2026, 08:00 PKT (Asia/Karachi) · generation "
            f"{synthetic_publication.GENERATION} · Whole authority Page {number} of 2"
        )


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
        assert len(pictures) == 5
        assert all(len(str(picture.Alt)) > 30 for picture in pictures)
        assert not any(_is(o, "/Annot") for o in pdf.objects)


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


@pytest.mark.parametrize("scope", ["zone:Karachi", "missions", "office:NOWHERE"])
def test_a_smaller_scope_has_two_pages_and_no_other_place(settings: Settings, scope: str) -> None:
    pages = _text(make_briefing(settings, "daily", MORNING, Scope(scope)))
    text = "\n".join(line for page in pages for line in page)
    assert len(pages) == 2
    assert Scope(scope).title in text
    assert "Lahore" not in text
    assert ("Karachi office 1" in text) == (scope == "zone:Karachi")


def test_simulated_data_are_labelled(home: Path, national_text: list[list[str]]) -> None:
    assert not any("Simulated data" in line for line in national_text[0])
    simulated = load_settings(home).model_copy(update={"simulated": True})
    first = _text(make_briefing(simulated, "daily", MORNING, Scope("all")))[0]
    assert any(line.startswith("Simulated data: no real office") for line in first)


def test_a_bad_day_with_hostile_names_still_has_two_pages(tmp_path: Path) -> None:
    """All records held and late, long names, and text that would be markup or a file to Typst."""
    hostile = '#read(\\"/etc/passwd\\") $x$ *b* @ref <l> [link](http://x.example) é ' + "long " * 30
    synthetic_publication.publish(
        tmp_path,
        more=f"""
        update rpt_places set zone = zone || ' {hostile[:90].replace("'", "''")}';
        update rpt_volumes set place_scope = place_scope || ' {hostile[:90].replace("'", "''")}'
        where place_scope like 'zone:%';
        update rpt_volumes set submitted = submitted * 9, ready = ready // 9
        where day = '{DAY}';
        insert into rpt_load
        select 'a_rather_long_record_name_' || n, 100 + n, null, null, 9000000, 0, 0, 0, 9000000,
            'held', '{hostile}', 'a_rather_long_file_name_of_a_drop_{DAY}.csv', '{DAY}'
        from range(19) as numbers(n);
        insert into rpt_freshness
        select 'a_rather_long_record_name_' || n, 'all', null, null, null, 0, 'late'
        from range(19) as numbers(n);
        insert into rpt_quarantine
        select 'a_rather_long_record_name_' || n, 'required_some_long_column', 1000000, null,
            'a_rather_long_file_name_of_a_drop_{DAY}.csv row 99999999'
        from range(19) as numbers(n);
        """,
    )
    pages = _text(make_briefing(load_settings(tmp_path), "daily", MORNING, Scope("all")))
    assert len(pages) == 2
    text = " ".join(line for page in pages for line in page)
    assert '#read("/etc/passwd")' in text.replace("\\", "")
    assert "root:" not in text


def test_what_cannot_be_made_is_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BriefingError, match="there is: daily"):
        make_briefing(settings, "yearly", MORNING, Scope("all"))
    with pytest.raises(BriefingError, match="there is: en"):
        make_briefing(settings, "daily", MORNING, Scope("all"), "xx")
    with pytest.raises(BriefingError, match="was not over"):
        make_briefing(settings, "daily", date(2026, 11, 21), Scope("all"))
    with pytest.raises(NothingPublishedError, match="nothing is published"):
        make_briefing(load_settings(tmp_path), "daily", MORNING, Scope("all"))
