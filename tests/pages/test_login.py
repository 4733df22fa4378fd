"""Login at a certified OpenID provider that runs beside the tests: roles, deep links, the end."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import synthetic_publication
from playwright.sync_api import Browser, Page, expect
from served import WAIT_SECONDS, dashboard, free_port, process

from access.audit_log import Action, entries_since
from access.sessions import allow, revoke
from access.store import open_store
from config import load_settings

pytestmark = pytest.mark.browser

PROVIDER = Path(__file__).parent / "oidc_provider"
PEOPLE = {
    "a.khan": {"roles": ["zone_head", "analyst"], "places": ["zone:Karachi", "zone:Lahore"]},
    "visitor": {"roles": ["guest"]},
}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
MILLISECONDS = WAIT_SECONDS * 1000


@pytest.fixture(scope="module")
def login_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("login_home")
    synthetic_publication.publish(home)
    return home


@pytest.fixture(scope="module")
def address(login_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with a login, and the provider that it trusts."""
    node = shutil.which("node")
    assert node and (PROVIDER / "node_modules").is_dir(), "`make provider` installs what is missing"
    folder = tmp_path_factory.mktemp("login")
    port, issuer_port = free_port(), free_port()
    base, issuer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{issuer_port}"
    metadata = f"{issuer}/.well-known/openid-configuration"
    secrets = {"client": "a secret of the tests", "cookie": "0123456789abcdef" * 3}
    for name, secret in secrets.items():
        (folder / name).write_text(secret)
        (folder / name).chmod(0o600)
    (login_home / "passport.toml").write_text(
        f"""
        public_url = "{base}"
        [access]
        server_metadata_url = "{metadata}"
        client_id = "passport-dashboard"
        client_secret_file = "{folder}/client"
        cookie_secret_file = "{folder}/cookie"
        """,
        encoding="utf-8",
    )
    command = [node, str(PROVIDER / "provider.js"), str(issuer_port), base, json.dumps(PEOPLE)]
    with process(command, folder, metadata), dashboard(login_home, folder, port):
        yield base


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A browser that nobody has logged in with."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(MILLISECONDS)
    opened = context.new_page()
    yield opened
    context.close()


def log_in(page: Page, who: str) -> None:
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Login").fill(who)
    page.get_by_role("button", name="Sign in").click()


def expect_the_whole_page(page: Page) -> None:
    """Its last line stands: what was seen is in the log by then."""
    expect(page.get_by_role("link", name="How every table is made")).to_be_visible()


def test_a_login_opens_the_page_that_was_asked_for_until_access_is_revoked(
    address: str, login_home: Path, page: Page
) -> None:
    asked = f"{address}/data_quality?lang=en&at=zone%3ALahore"
    page.goto(asked)
    expect(page.get_by_text("shows its pages to those who log in")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_text(synthetic_publication.GENERATION)).to_have_count(0)

    log_in(page, "a.khan")
    heading = page.get_by_role("heading", name="Data quality")
    expect(heading).to_be_visible()
    assert urlsplit(page.url).path == "/data_quality"
    expect(page.get_by_text("a.khan")).to_be_visible()
    expect(page.get_by_text("Zone Lahore").first).to_be_visible()
    expect(page.get_by_text("Development mode")).to_have_count(0)
    expect_the_whole_page(page)

    page.goto(f"{address}/data_quality?role=management&at=all")
    expect(heading).to_be_visible()
    expect(page.get_by_text("Zone Karachi").first).to_be_visible()
    expect(page.get_by_text("Whole authority")).to_have_count(0)
    expect_the_whole_page(page)

    store = open_store(load_settings(login_home))
    revoke(store, "a.khan", "b.bibi", "left the authority", datetime.now(UTC))
    page.reload()
    expect(page.get_by_text("Your access was withdrawn")).to_be_visible()
    expect(page.get_by_text(synthetic_publication.GENERATION)).to_have_count(0)
    allow(store, "a.khan", "b.bibi", "came back", datetime.now(UTC))
    log = entries_since(store, LONG_AGO, list(Action), 20)
    store.dispose()
    assert [action for who, action in zip(log["who"], log["action"], strict=True)
            if who == "a.khan"] == ["was denied", "saw", "saw", "logged in"]  # fmt: skip


def test_a_session_ends_by_its_age_and_asks_to_log_in_again(
    address: str, login_home: Path, page: Page
) -> None:
    page.goto(f"{address}/data_quality")
    log_in(page, "a.khan")
    expect(page.get_by_role("heading", name="Data quality")).to_be_visible()
    store = open_store(load_settings(login_home))
    with store.begin() as connection:
        connection.execute(sa.text("update sessions set last_used_at = '2026-01-01 00:00:00'"))
    store.dispose()
    page.reload()
    expect(page.get_by_text("Your session ended because it was not used")).to_be_visible()
    log_in(page, "a.khan")
    expect(page.get_by_role("heading", name="Data quality")).to_be_visible()


def test_who_has_no_role_is_told_so_and_sees_nothing(address: str, page: Page) -> None:
    page.goto(f"{address}/")
    log_in(page, "visitor")
    expect(page.get_by_role("heading", name="No access")).to_be_visible()
    expect(page.get_by_text("names no role of the dashboard")).to_be_visible()
    expect(page.get_by_text(synthetic_publication.GENERATION)).to_have_count(0)
    expect(page.get_by_role("navigation")).to_have_count(0)
