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


def faults(page: Page) -> list[str]:
    """Each fault as its rule, where, and what is wrong."""
    asked = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": STANDARDS}}
    found = Axe().run(page, options=asked).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for fault in found
        for node in fault["nodes"]
        if BY_STREAMLIT.get(fault["id"], " nowhere ") not in node["html"]
    ]
