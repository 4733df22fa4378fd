"""Weekly, monthly, incident and public: what each says, of whom, from which rows."""

import csv
import io
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pandas as pd
import pdf_text
import pikepdf
import pytest
import synthetic_publication
from pdf_structure import faults

from config import Settings, load_settings
from language import speaking
from reports.briefing import BriefingError, make_briefing, make_briefings
from reports.briefings.bulletin import open_data
from reports.briefings.common import pictures
from reports.broker import Publication, Scope, open_publication, run_sql
from reports.charts import Figure
from reports.facts.bulletin import open_table
from reports.facts.printing import printing
from reports.incident_wording import incident_title, named
from reports.paper import Pictures, told
from reports.wording import joined

MORNING = date(2026, 11, 17)
WEEK = ("2026-11-09", "2026-11-15")
OCTOBER = ("2026-10-01", "2026-10-31")


def _pages(made: bytes) -> list[str]:
    assert faults(made) == []
    with pikepdf.open(io.BytesIO(made)) as pdf:
        return [" ".join(pdf_text.lines(pdf, page)) for page in pdf.pages]


def _sums(publication: Publication, span: tuple[str, str], scope: str) -> tuple[int, int]:
    [row] = run_sql(
        publication,
        "select sum(submitted), sum(ready) from rpt_volumes where tier = 'all' and place_scope ="
        f" '{scope}' and day between '{span[0]}' and '{span[1]}'",
    ).rows
    return row


@pytest.mark.parametrize(("scope", "place"), [("all", "country"), ("office:KAR-1", "office:KAR-1")])
def test_a_week_is_the_sum_of_its_days(
    made: Callable[..., bytes], publication: Publication, scope: str, place: str
) -> None:
    pages = _pages(made("weekly", scope))
    text = " ".join(pages)
    submitted, ready = _sums(publication, WEEK, place)
    assert "Weekly briefing, 9 November 2026 to 15 November 2026" in text
    assert f"{submitted:,} applications came in, {ready:,} passports made ready" in text
    assert len(pages) <= 5
    assert ("Offices, most cases beyond the promise first" in text) == (scope == "all")
    assert ("Lahore" in text) == (scope == "all")


def test_a_months_promises_and_complaints_are_the_published_rows(
    made: Callable[..., bytes], publication: Publication
) -> None:
    text = " ".join(_pages(made("monthly")))
    submitted, ready = _sums(publication, OCTOBER, "country")
    assert f"{submitted:,} applications came in, {ready:,} passports made ready" in text
    [(due, broken)] = run_sql(
        publication,
        "select sum(due), sum(due - kept) from rpt_promise where place_scope = 'country' and tier"
        " = 'all' and period_kind = 'day' and period_start between"
        f" '{OCTOBER[0]}' and '{OCTOBER[1]}'",
    ).rows
    assert f"{due:,} cases fell due: {broken:,} were not ready in time" in text
    for heading in ("Promises", "Machines", "Staff", "Missions", "Incidents"):
        assert heading in text


def test_an_incident_is_told_from_its_beginning_to_its_end(settings: Settings) -> None:
    made = make_briefing(settings, "incident", MORNING, Scope("all"), incident_id="1")
    [text] = _pages(made)
    assert "Link internet of Lahore office 1 is down" in text
    assert "12 minutes" in text and "180 minutes" in text
    assert "19 Nov 09:15 PKT Escalated to: monitoring room the system" in text
    assert "Carrier says two hours" in text
    assert "Nothing comes from Lahore office 2" in text
    assert "Opened head of the office sms given up 12" in text
    assert "Over engineer, head of the office mail 19 Nov 12:01 PKT 2" in text
    assert made == make_briefing(settings, "incident", MORNING, Scope("all"), incident_id="1")


def test_an_incident_of_several_names_them_and_counts_places_in_the_readers_words() -> None:
    row = {
        "title": "Nothing comes from {place}",
        "place_name": None,
        "parameters": '{"place": "2 places", "places": 2, "named": ["KAR-1", "LAH-2"]}',
    }
    assert incident_title(row) == "Nothing comes from 2 places"
    assert named(row) == ["KAR-1", "LAH-2"] and named({"parameters": None}) == []
    with speaking("ur"):
        assert "places" not in incident_title(row)
        assert joined(["A", "B"]) == "A، B"


def test_what_has_nothing_to_draw_is_a_line_and_what_has_stands_two_by_two() -> None:
    def figure(title: str, is_drawn: bool) -> Figure:
        return Figure(title, title, "s", "a", pd.DataFrame(), {} if is_drawn else None)

    blocks = pictures([figure(f"F{n}", n != 2) for n in range(4)], 100)
    assert [[one.title for one in block.figures] for block in blocks[:-1]
            if isinstance(block, Pictures)] == [["F0", "F1"], ["F3"]]  # fmt: skip
    assert blocks[-1] == told(["F2."], is_list=False)


def test_overall_effectiveness_is_taken_apart_over_the_days_it_is_of(tmp_path: Path) -> None:
    """A laminator has no effectiveness, and no say in how fast its site prints."""
    synthetic_publication.publish(
        tmp_path,
        more="insert into rpt_machines by name select * replace ('AFR-1-L1' as machine_id,"
        " 5.0 as performance_pct, null as quality_pct, null as oee_pct) from rpt_machines"
        " where machine_id = 'AFR-1-P1'",
    )
    with closing(open_publication(load_settings(tmp_path).home)) as opened:
        found = printing(opened, Scope("all"), date(2026, 11, 1), date(2026, 11, 19)).effect
    of_site = found[found["office"] == "Africa mission 1"].iloc[0]
    assert (of_site["machines"], of_site["performance_pct"]) == (1, 80)
    assert of_site["oee_pct"] == pytest.approx(79.2)


def test_an_incident_elsewhere_is_none(settings: Settings) -> None:
    with pytest.raises(BriefingError, match="has no incident 1 of office:KAR-1"):
        make_briefing(settings, "incident", MORNING, Scope("office:KAR-1"), incident_id="1")
    with pytest.raises(BriefingError, match="needs the number"):
        make_briefing(settings, "incident", MORNING, Scope("all"))


def test_the_bulletin_and_its_open_data_say_the_same(
    settings: Settings, made: Callable[..., bytes], publication: Publication
) -> None:
    text = " ".join(_pages(made("bulletin")))
    lines = open_data(settings, MORNING).decode("utf-8-sig").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    counts = {(row["table"], row["row"], row["column"]): row["count"] for row in rows}
    submitted, ready = _sums(publication, OCTOBER, "country")
    assert counts["applications_received", "total", "total"] == str(submitted)
    assert counts["passports_made_ready", "total", "total"] == str(ready)
    assert f"{submitted:,} applications came in, {ready:,} passports made ready" in text
    karachi = [
        counts["applications_received", "Karachi", tier]
        for tier in ("normal", "urgent", "fast_track", "total")
    ]
    assert f"Karachi {' '.join(f'{int(count):,}' for count in karachi)}" in text
    assert all(row["count"] == "" or not 0 < int(row["count"]) < 10 for row in rows)


def test_many_at_once_are_what_each_is_alone(
    settings: Settings, made: Callable[..., bytes]
) -> None:
    scopes = [Scope("office:KAR-1"), Scope("site:KAR-1")]
    many = dict(make_briefings(settings, "daily", date(2026, 11, 20), scopes, processes=1))
    assert many[scopes[0]] == made("daily", "office:KAR-1")
    assert isinstance(many[scopes[1]], BriefingError)


def test_places_of_few_are_told_together() -> None:
    frame = pd.DataFrame({"part": ["A", "B", "C", "D"], "x": [90, 1, 3, 40], "y": [80, 1, 9, 50]})
    found = open_table("some", frame, ("x", "y"))
    assert found.rows == ("A", "others")
    assert found.row_totals == (170, 104)
    assert found.hidden_cells == 0
