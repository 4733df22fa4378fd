"""The dashboard and Dagster as child processes of one command, on this machine only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from config import Settings
from orchestration.dbt_process import write_docs
from orchestration.lock import writer_lock

APP = Path(__file__).parents[1] / "streamlit_app" / "server.py"
DEFINITIONS = "orchestration.definitions"
LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 15.0

# Dagster's own store is SQLite here; in production `deploy/` puts `storage: postgres` in its place.
_DAGSTER_YAML = """\
# Written once by `passport serve`; yours to change from here on. Production: deploy/README.md.
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 4
  pools:
    granularity: run
    default_limit: 1
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
  max_runtime_seconds: 14400
  free_slots_after_run_end_seconds: 60
  poll_interval_seconds: 30
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: 30
"""


class ServeError(Exception):
    """One of the servers ended by itself; the message says which."""


def prepare_dagster(settings: Settings) -> Path:
    """The folder of the Dagster instance, made before anything uses it; dead runs are closed.

    For the moment before anything serves. Raises ServeError where its store cannot be prepared.
    """
    folder = settings.home.dagster
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dagster.yaml"
    if not file.exists():
        file.write_text(_DAGSTER_YAML, encoding="utf-8")
    # Several services on an empty home break it for good: its databases are made here first.
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.defs.upkeep"],
        env=service_environment(settings),
        check=False,
    )
    if done.returncode != 0:
        raise ServeError(f"Dagster's store in {folder} cannot be prepared; the words are above")
    return folder


def serve(settings: Settings, port: int, dagster_port: int, say: Callable[[str], None]) -> None:
    """Serve until told to end (SIGTERM, SIGINT), then end every child.

    Raises WriterBusyError where this home is served already, ServeError where a child ends by
    itself, BuildError where the documentation cannot be made.
    """
    with writer_lock(settings.home.path / "serve.lock", "serve", wait_seconds=0) as lock:
        prepare_dagster(settings)
        write_docs(settings.home)
        _serve(settings, port, dagster_port, lock, say)


def _serve(
    settings: Settings, port: int, dagster_port: int, lock: int, say: Callable[[str], None]
) -> None:
    environment = service_environment(settings)
    children: dict[str, subprocess.Popen[bytes]] = {}
    told: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        for name, command in _commands(settings, port, dagster_port).items():
            children[name] = subprocess.Popen(
                command, env=environment, start_new_session=True, pass_fds=[lock]
            )
        say(f"dashboard  http://{LOOPBACK}:{port}")
        say(f"Dagster    http://{LOOPBACK}:{dagster_port}")
        while not told:
            for name, child in children.items():
                if child.poll() is not None:
                    raise ServeError(f"{name} ended with {child.returncode}; its words are above")
            time.sleep(0.5)
    finally:
        _end(children)


def _commands(settings: Settings, port: int, dagster_port: int) -> dict[str, list[str]]:
    return {
        "dashboard": dashboard_command(settings, port),
        "Dagster's web server": [
            *(_script("dagster-webserver"), "--module-name", DEFINITIONS),
            *("--host", LOOPBACK, "--port", str(dagster_port), "--log-level", "warning"),
        ],
        "Dagster's daemon": [
            *(_script("dagster-daemon"), "run", "--module-name", DEFINITIONS),
            *("--log-level", "warning"),
        ],
    }


def dashboard_command(settings: Settings, port: int) -> list[str]:
    """What starts the dashboard alone, on the loopback; wants `service_environment`."""
    names = [LOOPBACK, "localhost", *_public_name(settings)]
    return [
        *(_script("streamlit"), "run", str(APP)),
        *("--server.address", LOOPBACK, "--server.port", str(port)),
        *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
        *(part for name in names for part in ("--server.allowedHosts", name)),
    ]


def _public_name(settings: Settings) -> list[str]:
    """The name under which the proxy with TLS passes requests on, where there is a login."""
    name = urlsplit(settings.public_url).hostname if settings.access else None
    return [name] if name else []


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def service_environment(settings: Settings) -> Mapping[str, str]:
    """The environment of everything that serves, Dagster commands included."""
    return {
        **os.environ,
        "PASSPORT_HOME": str(settings.home.path),
        "DAGSTER_HOME": str(settings.home.dagster),
        "DO_NOT_TRACK": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }


def _end(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Ask every child and its children to end; after a while, make them."""
    for child in children.values():
        _signal_group(child, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    for child in children.values():
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal_group(child, signal.SIGKILL)
            child.wait()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return
