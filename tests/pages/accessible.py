"""What axe-core finds against a page: contrast, names, keyboard (WCAG 2.2, A and AA)."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What Streamlit draws itself, by rule and by the part of the page; nothing else is let pass.
BY_STREAMLIT = {
    # The line in a tile (`st.metric`) has no name of its own; the words beside it say the same.
    "svg-img-alt": "metric_chart_",
    # Year, month and day of a date field are parts of one field, which is large enough.
    "target-size": "spinbutton",
}


# No run goes on, nothing waits to be drawn anew or fades in, and the letters are here.
_AT_REST = """() =>
    document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
    && !document.querySelector('[data-stale="true"]')
    && document.fonts.status === "loaded"
    && document.getAnimations().every(one => one.effect.getComputedTiming().endTime === Infinity)
"""
_LOOKS, _BETWEEN_MS = 10, 500


def at_rest(page: Page) -> None:
    """Wait until the page looks as it will stay: what is drawn anew is pale for a moment."""
    page.wait_for_function(_AT_REST)


def faults(page: Page) -> list[str]:
    """Each fault of the page at rest, as its rule, where, and what is wrong; what is pale since it
    was just drawn is looked at again."""
    for _ in range(_LOOKS):
        at_rest(page)
        if not (found := _faults(page)):
            break
        page.wait_for_timeout(_BETWEEN_MS)
    return found


def _faults(page: Page) -> list[str]:
    asked = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": STANDARDS}}
    found = Axe().run(page, options=asked).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for fault in found
        for node in fault["nodes"]
        if BY_STREAMLIT.get(fault["id"], " nowhere ") not in node["html"]
    ]
