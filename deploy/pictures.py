"""Pictures of every page in both languages, for the README and docs/pages.md.

    PASSPORT_HOME=data/demo python deploy/pictures.py http://127.0.0.1:8501 [--to docs/pictures]

Asks a dashboard that runs in development mode (`make demo`). Pictures are 1440 × 900, of the wall
1920 × 1080, with a palette of 256 colours.
"""

import argparse
import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config import Home, load_settings
from reports.broker import ALL, Scope, open_publication, rows

sys.path.append(str(Path(__file__).parents[1] / "streamlit_app"))
from page_list import PAGES, PageRow

LANGUAGES = {"en": "", "ur": "_urdu"}
USUAL, WALL = (1440, 900), (1920, 1080)
COLOURS = 256
PATIENCE_MS = 120_000
# Whose page it is, where that is not management.
ROLES = {"access_log": "auditor", "wall": "monitoring", "incidents": "monitoring"}
_IS_DRAWN = """() => {
    const all = (name) => [...document.querySelectorAll(`[data-testid=${name}]`)];
    return all("stApp")[0].dataset.testScriptState === "notRunning"
        && all("stSkeleton").length === 0
        && all("stVegaLiteChart").every((chart) => chart.querySelector("svg.marks"))
        && all("stDataFrame").every((table) => table.querySelector("canvas"));
}"""
_EXAMPLES = """
    select
        (select arg_max(office_code, arrivals / expected) from rpt_rush where direction = 'surge')
            as office,
        (select arg_max(application_id, event_count) from rpt_applications where is_open) as number
"""


def main(arguments: Sequence[str]) -> None:
    """Take every picture, or those of the pages named."""
    parser = argparse.ArgumentParser(prog="pictures")
    parser.add_argument("address")
    parser.add_argument("--to", type=Path, default=Path(__file__).parents[1] / "docs" / "pictures")
    parser.add_argument("--pages", nargs="*", default=[row.name for row in PAGES])
    asked = parser.parse_args(arguments)
    about = subjects(load_settings().home)
    with chromium() as browser:
        for row in PAGES:
            for code, ending in LANGUAGES.items():
                if row.name in asked.pages:
                    content = picture(browser, asked.address, row, code, about.get(row.name, {}))
                    file = asked.to / f"{row.name}{ending}.png"
                    file.write_bytes(with_palette(content))
                    print(f"{file} {file.stat().st_size // 1000} kB", flush=True)


def subjects(home: Home) -> dict[str, dict[str, str]]:
    """What the pages about one thing are about: the office with the greatest rush, the open case
    of which most is told."""
    with closing(open_publication(home)) as publication:
        found = rows(publication, Scope(ALL), _EXAMPLES).iloc[0]
    return {
        "office_profile": {"place": f"office:{found['office']}"},
        "case": {"case": found["number"]},
    }


def picture(
    browser: Browser, address: str, row: PageRow, language: str, about: dict[str, str]
) -> bytes:
    """A page as a reader meets it, without scrolling."""
    width, height = WALL if row.name == "wall" else USUAL
    asked = {"role": ROLES.get(row.name, "management"), "lang": language, **about}
    with closing(browser.new_page(viewport={"width": width, "height": height})) as page:
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/{row.name}?{urlencode(asked)}")
        wait_until_drawn(page)
        return page.screenshot()


def wait_until_drawn(page: Page) -> None:
    """Until the page's run is over, and each of its charts and tables is drawn."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function(_IS_DRAWN)
    page.evaluate("document.fonts.ready")


def with_palette(content: bytes) -> bytes:
    """The same PNG with few colours, which screens of flat colour do not miss."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    small = image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, or Playwright's own where there is none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
