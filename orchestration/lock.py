"""The one lock round every writer of a home: landing, warehouse and publications."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_RETRY_SECONDS = 0.1


class WriterBusyError(Exception):
    """Another process writes in this home and did not finish in time."""


@contextmanager
def writer_lock(
    path: Path,
    command: str,
    wait_seconds: float = 600,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[int]:
    """Hold the writer's lock while the block runs; gives the file descriptor that holds it.

    A child that inherits the descriptor keeps the lock until it ends too, so a dbt that outlives
    its killed parent is waited for. `say` is told once when there is something to wait for.
    Raises WriterBusyError, naming the holder, when the lock is not free after `wait_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, path, wait_seconds, say)
        _write_holder(descriptor, command)
        try:
            yield descriptor
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(path: Path) -> str | None:
    """Who holds the lock, in words; None where nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(descriptor)
    finally:
        os.close(descriptor)
    return None


def _acquire(descriptor: int, path: Path, wait_seconds: float, say: Callable[[str], None]) -> None:
    deadline = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            who = _read_holder(descriptor)
        if time.monotonic() >= deadline:
            raise WriterBusyError(
                f"{path}: held by {who}; waited {wait_seconds:g} s. "
                "Let that run finish, or end it, and try again"
            )
        if not told:
            say(f"waiting for {who}")
            told = True
        time.sleep(_RETRY_SECONDS)


def _write_holder(descriptor: int, command: str) -> None:
    entry = {
        "command": command,
        "pid": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(entry).encode(), 0)


def _read_holder(descriptor: int) -> str:
    try:
        entry = json.loads(os.pread(descriptor, 4096, 0))
        return f"`passport {entry['command']}` (process {entry['pid']}, since {entry['since']})"
    except (ValueError, KeyError):
        return "another process"
