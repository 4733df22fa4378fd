"""The dashboard as a server of its own, and other servers beside it, on free loopback ports."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from entry import SERVER

WAIT_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def dashboard(
    home: Path, folder: Path, port: int, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The dashboard of `home` as `streamlit run` starts it, until the block ends."""
    command = [sys.executable, "-m", "streamlit", "run", str(SERVER), "--server.port", str(port)]
    environment = {**os.environ, "PASSPORT_HOME": str(home), **(settings or {})}
    base = f"http://127.0.0.1:{port}"
    with process(command, folder, f"{base}/_stcore/health", environment):
        yield base


@contextmanager
def process(
    command: Sequence[str], folder: Path, health: str, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A server that answers at `health`, ended with the block; its words stand in `folder`/log."""
    log = folder / f"log-{urlsplit(health).port}"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, cwd=folder
        )
        try:
            _await(health, server, log)
            yield
        finally:
            server.kill()  # a shell may have left it deaf to anything less
            server.wait(timeout=WAIT_SECONDS)


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no answer from {url}: {log.read_text()}")
