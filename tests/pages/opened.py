"""Pages opened without a browser, and everything that they send to one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from entry import ENTRY
from streamlit.testing.v1 import AppTest


def opened(monkeypatch: pytest.MonkeyPatch, home: Path, page: str | None, **asked: str) -> AppTest:
    """A page (None: where the reader begins) as the address `asked` opens it."""
    monkeypatch.setenv("PASSPORT_HOME", str(home))
    app = AppTest.from_file(str(ENTRY), default_timeout=180)
    for name, value in asked.items():
        app.query_params[name] = value
    if page:
        app.switch_page(page)
    app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def with_data(app: AppTest) -> AppTest:
    """The same page with what it sends only to a reader who opens it: the data behind figures."""
    # The identity of a part that can be opened ends with the key by which the page knows it.
    keys = [box.proto.id.split("-", 2)[2] for box in app.expander if box.proto.id]
    for key in keys:
        app.session_state[key] = True
    if keys:
        app.run()
        assert not app.exception, [error.value for error in app.exception]
    return app


def said(app: AppTest) -> str:
    """The words of a page, as a reader sees them."""
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning]
    return re.sub(r"\\(.)", r"\1", "\n".join(str(part.value) for part in parts))


def sent(app: AppTest) -> bytes:
    """All that the page's run sends to the browser: words, tables, charts, choices of filters."""
    return b"\n".join(_parts(app._tree))


def _parts(node: Any) -> Iterator[bytes]:
    for child in getattr(node, "children", {}).values():
        yield from _parts(child)
    if hasattr(getattr(node, "proto", None), "SerializeToString"):
        yield node.proto.SerializeToString()
