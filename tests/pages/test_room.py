"""What the monitoring room does and sees in a browser: by keyboard, and without scrolling."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import synthetic_publication
from accessible import at_rest, faults
from incidents_here import incidents_of, open_at
from playwright.sync_api import Browser, Page, expect
from served import WAIT_SECONDS, dashboard, free_port

from response.incidents import incident

pytestmark = pytest.mark.browser

LONG = "Regional Passport Office of a Place with a Very Long Name Beyond the Mountains"
# More of everything than the wall has room for.
CROWDED = f"""
    update rpt_places set name = name || ' {LONG}', kind = case
        when office_code in (select office_code from rpt_machine_now) then 'print_site'
        else kind end;
    update rpt_machine_now set state = 'down';
    update rpt_link_now set state = 'down';
    update rpt_rush set ended_at = null, direction = 'surge', arrivals = 90;
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("room")
    synthetic_publication.publish(home, more=CROWDED)
    with incidents_of(home) as store:
        for number in range(30):
            severity = ("critical", "major", "minor")[number % 3]
            open_at(store, f"KAR-{number}", LONG, "Karachi", severity=severity)
    return home


@pytest.fixture(scope="module")
def wide(
    browser: Browser, room: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Page, str]]:
    with dashboard(room, tmp_path_factory.mktemp("room_log"), free_port()) as base:
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.set_default_timeout(WAIT_SECONDS * 1000)
        yield page, base
        page.close()


@pytest.mark.parametrize("language", ["en", "ur"])
def test_the_wall_needs_no_scrolling(wide: tuple[Page, str], language: str) -> None:
    page, base = wide
    page.goto(f"{base}/wall?role=monitoring&lang={language}")
    expect(page.locator("[class*=st-key-incident_]")).to_have_count(10)
    expect(page.locator(".st-key-panel_jumps")).to_be_visible()
    at_rest(page)
    # charts and letters take their place one after the other
    page.wait_for_function("""() => {
        const main = document.querySelector('[data-testid="stMain"]')
        return main.scrollHeight <= main.clientHeight && main.scrollWidth <= main.clientWidth
    }""")
    lowest = "all => Math.max(...all.map(one => one.getBoundingClientRect().bottom))"
    assert page.locator("[class*=st-key-panel_]").evaluate_all(lowest) <= 1080
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(14, 22, 29)")
    assert faults(page) == []


def test_an_incident_is_opened_and_acknowledged_by_keyboard(
    wide: tuple[Page, str], room: Path
) -> None:
    page, base = wide
    page.goto(f"{base}/incidents?role=monitoring&lang=en")
    expect(page.get_by_role("heading", name=LONG)).to_be_visible()
    assert faults(page) == []
    page.locator(".st-key-incident_4 button").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".st-key-incident_7 button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-acknowledge_7")).to_be_visible()
    assert "incident=7" in page.url
    page.keyboard.press("Alt+A")
    expect(page.get_by_text("#7: acknowledged")).to_be_visible()
    with incidents_of(room) as store, store.connect() as connection:
        assert incident(connection, 7).acknowledged_by == "development"


def test_an_open_wall_goes_over_to_a_new_publication_and_to_another_language(
    wide: tuple[Page, str], room: Path
) -> None:
    page, base = wide
    page.clock.install()
    page.goto(f"{base}/wall?role=monitoring&lang=en")
    expect(page.get_by_text(synthetic_publication.GENERATION)).to_be_visible()
    later = "20261120T040000-000002"
    synthetic_publication.copy_as(room / "published", later)
    (room / "published" / "CURRENT").write_text(later)
    page.clock.fast_forward(20_000)
    expect(page.get_by_text(later)).to_be_visible()
    expect(page.get_by_text(synthetic_publication.GENERATION)).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.locator(".st-key-lang input").click()
    page.get_by_role("option", name="اردو").click()
    expect(page.get_by_test_id("stMain")).to_have_css("direction", "rtl")
    expect(page).to_have_url(re.compile("lang=ur"))
