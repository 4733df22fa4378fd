"""Wall seconds and peak memory of a command, children included."""

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

# Asking for the memory stops a large process for some milliseconds, so it is asked seldom.
SAMPLE_SECONDS = 1.0


@dataclass(frozen=True)
class Measurement:
    """One run: wall time in seconds, peak proportional memory of all its processes in MB."""

    command: str
    seconds: float
    peak_mb: float
    exit_code: int


def _memory_mb(root: psutil.Process) -> float:
    total = 0
    for process in (root, *root.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError):
            continue
    return total / 2**20


def measure(command: Sequence[str], environment: Mapping[str, str], log: str) -> Measurement:
    """Runs `command`, its output appended to the file `log`."""
    peak = 0.0
    done = threading.Event()
    with open(log, "ab") as out:  # noqa: PTH123 - a plain append handle for the child
        started = time.perf_counter()
        child = subprocess.Popen(
            command, env=dict(environment), stdout=out, stderr=subprocess.STDOUT
        )

        def watch() -> None:
            nonlocal peak
            root = psutil.Process(child.pid)
            while not done.wait(SAMPLE_SECONDS):
                try:
                    peak = max(peak, _memory_mb(root))
                except psutil.NoSuchProcess:
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        exit_code = child.wait()
        seconds = time.perf_counter() - started
        done.set()
        watcher.join()
    return Measurement(" ".join(command), seconds, peak, exit_code)
