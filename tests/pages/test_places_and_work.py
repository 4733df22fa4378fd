"""The pages of places, work and cases: their figures worked out by hand from the small
publication, their filters, and what they say where there is nothing."""

import re
from pathlib import Path

import pytest
import streamlit as st
import synthetic_operations
import synthetic_publication
from entry import ENTRY
from opened import opened as opened_file
from opened import said as said_as_sent
from opened import with_data
from streamlit.testing.v1 import AppTest

PAGES = (
    "backlog", "case", "complaints", "definitions", "deliveries", "missions", "offices",
    "office_profile", "printing", "process", "staff", "turnaround",
)  # fmt: skip
HOSTILE = "=1![x](http://evil.example/a.png) <img src=//evil.example> :red[x] $x$"


def opened(monkeypatch: pytest.MonkeyPatch, home: Path, page: str, **given: str) -> AppTest:
    return opened_file(monkeypatch, home, f"app_pages/{page}.py", **given)


def said(app: AppTest) -> str:
    return said_as_sent(app).replace("\u00a0", " ")


def address(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def cells(app: AppTest) -> str:
    return "\n".join(frame.value.to_csv() for frame in app.dataframe)


# What the rows of synthetic_operations come to. 39 places: AFR-1 is n = 1, the 15 missions have
# n = 1-6 (Africa, Americas), 7-9 (Asia), 10-12 (Europe) and 13-15 (Gulf).
FINDINGS = {
    "offices": ("39 offices: 36 open now, 1 silent",),
    "backlog": (
        "Opening",
        "With 10 % more made ready and 100 % of the intake",
        # 980 × (1 + … + 6) wait; 6 machines print 98 a day and could 150 × 79.2 % (one: 71.3 %).
        "At the present rate: 20,580 wait to be printed and do not clear within a year",
        "At planned capacity: 20,580 wait to be printed and clear by 21 May 2027: 588 come",
        "Work in progress of 1,000 is likely by 3 December, between 900 and 1,200",
    ),
    "turnaround": (
        "Promise kept, the least first",
        "Print queue takes 70.0 % of all the time",
        "Half of 1,200 took up to 12.6 days, 80 % up to 19.4 days (9.2 and 14.0 working days)",
    ),
    # 6 machines, one down 60 minutes on each of 28 days; 980 × (1 + … + 6) wait.
    "printing": (
        "1 of 6 machines stopped now, 1 unknown; 20,580 passports wait to be printed",
        "was down longest: 28 hours in 28 failures",
        "2.0 % of 16,800 printed were spoiled",
        "gives least: 71.3 % (mean of days; 90.0 % available, 80.0 % speed, 99.0 % good)",
        "AFR-1 · ribbon runs out first, in 5.0 days",
        "Americas mission 3 has the most to do: 5,880 wait, 60.0 days of its work",
    ),
    # Boxes 1 to 3 with 10 + 20 + 30 passports are on their way, all overdue.
    "deliveries": (
        "3 of 3 boxes on their way are overdue, with 60 passports",
        "300 passports on their way",
        "1 lost in the period",
    ),
    "missions": ("15 missions kept", "is slowest: 90 % within"),
    "complaints": (
        "40 complaints in 1 month; 39 open, 4 of them beyond their promise",
        "No status leads: 75.0 % of 40 complaints",
        "4 of 39 open complaints are beyond their promise",
    ),
    # 39 offices of 3 people with 100 + 200 + 5 steps; 5 offices need 4 desks and have 3.
    "staff": (
        "117 people did 11,895 steps in October 2026, at 9,360 hours of desk",
        "5 of 39 offices had fewer desks open than they needed",
        "Really better: 15.0 steps an hour at a desk in the week of 9 November",
    ),
    # 290 of 1,280 + 990 + 990 + 290 + 10 moves go back.
    "process": (
        "3 ways of 1,000 cases; 71.0 % of the cases went a way that is meant to be gone",
        "290 moves went back to an earlier stage (8.1 % of all)",
        "The most gone way holds 70.0 % of the cases and takes 10.0 days, at the median",
    ),
    "definitions": ("2 measures", "Where a figure comes from"),
    "office_profile": ("Pick an office above",),
    "case": ("cases",),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_the_rows_come_to(
    monkeypatch: pytest.MonkeyPatch, home: Path, page: str
) -> None:
    app = opened(monkeypatch, home, page)
    for finding in FINDINGS[page]:
        assert finding in said(app), said(app)
    assert "nan" not in said(app).lower()


def test_a_planner_tries_machines_shifts_and_intake(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    # 7 of 6 machines in 2 shifts print 1,635 a day of 294 that come: 20,580 ÷ 1,341 = 15.3 days.
    asked = {"machines": "1", "shifts": "2", "intake": "50", "place": "all"}
    app = opened(monkeypatch, home, "backlog", **asked)
    told = "If machines +1, shifts a day 2, intake 50 %: 20,580 wait to be printed and"
    assert f"{told} clear by 5 December 2026: 294 come a day, 1,635 are printed" in said(app)
    app.number_input(key="machines_choice").set_value(0).run()
    app.number_input(key="intake_choice").set_value(100).run()
    assert (address(app, "machines"), address(app, "intake")) == ("0", "100")
    # 1,402 − 588 a day: 25.3 days.
    assert "wait to be printed and clear by 15 December 2026" in said(app)
    wild = opened(monkeypatch, home, "backlog", machines="1e9", shifts="-2", intake="x")
    assert "If machines" not in said(wild)


def test_a_place_without_print_tries_output_and_intake_alone(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    app = opened(monkeypatch, home, "backlog", place="zone:Karachi", machines="5", intake="80")
    assert "At planned capacity" not in said(app)
    assert not [box.key for box in app.number_input if box.key == "machines_choice"]
    assert "With 10 % more made ready and 80 % of the intake" in said(app)
    site = said(opened(monkeypatch, home, "backlog", place="office:AFR-1", shifts="1.5"))
    assert "At planned capacity: 980 wait to be printed and clear by 6 January 2027" in site
    # 178.2 − 98 a day: 12.2 days.
    assert (
        "If machines ±0, shifts a day 1.5, intake 100 %: 980 wait to be printed and clear by 2 Dec"
        in site
    )
    assert "20,580" not in site


def test_an_office_says_what_is_due_deferred_and_ready(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    app = opened(monkeypatch, home, "office_profile", place="office:KAR-1")
    words = said(app)
    assert "Karachi office 1 · regional in Karachi, zone Karachi · 4 counters · open now" in words
    assert "Waiting for the applicant: 1 case, most often because of: name differs" in words
    # Four half-hours of 10 + n numbers; Karachi's first office is number 19 in order.
    assert "116 drew a number today, 32 were served, 4 left" in words
    assert "3 of 4 desks open and 5 of 6 staff present at 10:30" in words
    assert "What to expect by half-hour is not known yet" in words
    assert "All 1 machines and links work" in words


def test_the_address_narrows_a_page_and_every_link_carries_it(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    whole = opened(monkeypatch, home, "offices")
    zone = opened(monkeypatch, home, "offices", place="zone:Karachi", tier="urgent")
    assert "39 offices" in said(whole)
    assert "3 offices" in said(zone)
    assert "Lahore" not in cells(zone)
    unknown = opened(monkeypatch, home, "offices", place="zone:Nowhere", day="2026-13-99")
    assert "39 offices" in said(unknown)
    unknown.selectbox(key="place_choice").set_value("missions").run()
    assert address(unknown, "place") == "missions"
    assert "15 offices" in said(unknown)
    assert address(unknown, "day") == "2026-13-99"


def test_a_case_is_found_by_its_number_or_its_box_and_by_nothing_personal(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    app = opened(monkeypatch, home, "case", case="A1")
    assert "Everything that happened" in said(app)
    assert "data_entry" in cells(app)
    assert "B1" in cells(app)
    box = opened(monkeypatch, home, "case")
    box.text_input(key="wanted").set_value("B1").run()
    assert "3 cases were in this box" in said(box)
    box.text_input(key="wanted").set_value("A2").run()
    assert address(box, "case") == "A2"
    person = "1" * 13
    nobody = opened(monkeypatch, home, "case")
    nobody.text_input(key="wanted").set_value(person).run()
    assert "holds neither identity numbers nor queue tokens" in said(nobody)
    assert person not in str(dict(nobody.query_params))


def test_a_case_outside_the_chosen_place_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    # The first applications are Africa's: they are numbered in order of office.
    app = opened(monkeypatch, home, "case", case="A1", place="zone:Karachi")
    assert "No case and no box of that number" in said(app)
    assert "data_entry" not in cells(app)


def test_a_forecast_and_an_expected_band_are_drawn_where_they_are_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    synthetic_publication.publish(
        tmp_path,
        more="""
        delete from rpt_forecast;
        insert into rpt_forecast values
            ('country', 'backlog', '2026-11-20', 90, 100, 110, 'MFLES', 12.5),
            ('country', 'backlog', '2026-11-21', 95, 120, 140, 'MFLES', 12.5);
        insert into rpt_arrivals values
            ('KAR-1', '2026-11-20 04:00:00+00', 30, 20, 10, 28, 3.2, 'usual'),
            ('KAR-1', '2026-11-20 04:30:00+00', null, 25, 15, 35, null, 'usual');
        """,
    )
    fan = said(opened(monkeypatch, tmp_path, "backlog"))
    assert "Work in progress of 120 is likely by 21 November, between 95 and 140" in fan
    band = said(opened(monkeypatch, tmp_path, "office_profile", place="office:KAR-1"))
    assert "30 came so far where 20 were expected; 25 more are expected today" in band


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty_home")
    synthetic_publication.publish(path, more=synthetic_operations.EMPTY)
    return path


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_rows_says_why(
    monkeypatch: pytest.MonkeyPatch, empty: Path, page: str
) -> None:
    app = opened(monkeypatch, empty, page)
    assert app.info or app.subheader[0].value.startswith("0 ")
    assert not app.dataframe


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every free text of places, boxes, machines, complaints, staff and measures is an attack."""
    path = tmp_path_factory.mktemp("hostile_home")
    columns = {
        "rpt_places": ("name", "zone", "city"),
        "rpt_case_events": ("reason_code", "desk", "print_job_id"),
        "rpt_boxes": ("carrier",),
        "rpt_legs": ("leg", "carrier"),
        "rpt_machines": ("machine_id",),
        "rpt_machine_now": ("machine_id", "fault_code"),
        "rpt_print": ("top_reason_code",),
        "rpt_consumables": ("item", "unit"),
        "rpt_link_now": ("link",),
        "rpt_complaints": ("category", "channel"),
        "rpt_complaint_cases": ("category", "channel"),
        "rpt_staff": ("staff_id", "role"),
        "rpt_stage_times": ("stage_code",),
        "rpt_process_moves": ("from_stage_code",),
        "rpt_process_variants": ("stages_text",),
        "rpt_metrics": ("definition", "formula", "owner"),
    }
    updates = [
        f"update {table} set {column} = '{HOSTILE}';"
        for table, names in columns.items()
        for column in names
    ]
    synthetic_publication.publish(path, more="\n".join(updates))
    return path


@pytest.mark.parametrize("page", PAGES)
def test_text_of_the_data_formats_nothing(
    monkeypatch: pytest.MonkeyPatch, hostile: Path, page: str
) -> None:
    app = with_data(opened(monkeypatch, hostile, page, place="office:KAR-1", period="28"))
    for part in [*app.subheader, *app.markdown, *app.caption, *app.info]:
        if "evil" in part.value:
            plain = part.value.removeprefix("**").removesuffix("**")
            assert not re.search(r"(?<!\\)[\[<$]|(?<!\\)://", plain), part.value


def test_pages_stay_short_and_ask_for_no_icon_of_the_internet() -> None:
    for page in PAGES:
        text = (ENTRY.parent / "app_pages" / f"{page}.py").read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 80, page
        assert "st.map" not in text and ":material/" not in text, page


def test_two_places_do_not_share_a_cached_answer(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    st.cache_data.clear()
    first = said(opened(monkeypatch, home, "deliveries", place="office:KAR-1"))
    second = said(opened(monkeypatch, home, "deliveries", place="office:LAH-1"))
    assert "Karachi office 1" in first
    assert "Karachi office 1" not in second.replace("Karachi office 1 (KAR-1)", "")
