"""One writer at a time, over processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.lock import WriterBusyError, holder, writer_lock

HOLD = """
import sys, time
from pathlib import Path
from orchestration.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "run hourly"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Another process that holds the lock."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "writer.lock")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_second_writer_is_told_who_writes(tmp_path: Path, other: "subprocess.Popen[str]") -> None:
    said: list[str] = []
    with (
        pytest.raises(WriterBusyError) as busy,
        writer_lock(tmp_path / "writer.lock", "load", wait_seconds=0.3, say=said.append),
    ):
        pytest.fail("two writers at once")
    who = f"`passport run hourly` (process {other.pid}"
    assert who in str(busy.value)
    assert said == [f"waiting for {holder(tmp_path / 'writer.lock')}"]
    assert who in said[0]


def test_a_killed_writer_leaves_the_lock_free(
    tmp_path: Path, other: "subprocess.Popen[str]"
) -> None:
    os.kill(other.pid, signal.SIGKILL)
    with writer_lock(tmp_path / "writer.lock", "load", wait_seconds=5):
        assert "load" in (holder(tmp_path / "writer.lock") or "")
    assert holder(tmp_path / "writer.lock") is None


def test_a_child_that_outlives_its_writer_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "writer.lock"
    with writer_lock(path, "run hourly") as lock:
        child = subprocess.Popen(["sleep", "1"], pass_fds=[lock])
    began = time.monotonic()
    with writer_lock(path, "load", wait_seconds=10):
        assert time.monotonic() - began > 0.5
    child.wait()


def test_two_threads_of_one_process_are_two_writers(tmp_path: Path) -> None:
    path = tmp_path / "writer.lock"
    with (
        writer_lock(path, "load"),
        pytest.raises(WriterBusyError),
        writer_lock(path, "load", wait_seconds=0),
    ):
        pytest.fail("two writers at once")
