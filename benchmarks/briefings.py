"""How long the briefings of all places take: `python -m benchmarks.briefings HOME MORNING`.

Makes the daily briefing of every office, mission and zone that received anything in the publication
of HOME, and tells seconds by the clock, CPU seconds and the memory of all processes together.
"""

import resource
import sys
import threading
import time
from contextlib import closing
from datetime import date
from pathlib import Path

from config import load_settings
from reports.briefing import make_briefing, make_briefings
from reports.broker import ALL, Scope, open_publication, rows

_PLACES = """
    select place_scope
    from rpt_volumes
    where starts_with(place_scope, 'office:') or starts_with(place_scope, 'zone:')
    group by place_scope
    order by place_scope
    limit $most
"""


def main(home: Path, morning: date, most: int) -> None:
    """Measure and print one line a figure."""
    settings = load_settings(home)
    with closing(open_publication(settings.home)) as publication:
        found = rows(publication, Scope(ALL), _PLACES, {"most": most})["place_scope"]
    scopes = [Scope(name) for name in found]
    watch = _MemoryWatch()
    began, spent = time.monotonic(), _cpu_seconds()
    with watch:
        made = list(make_briefings(settings, "daily", morning, scopes))
    failed = [f"{scope.name}: {pdf}" for scope, pdf in made if not isinstance(pdf, bytes)]
    sizes = [len(pdf) for _, pdf in made if isinstance(pdf, bytes)]
    print(f"{len(sizes)} briefings, {len(failed)} failed, {sum(sizes) / 1e6:.1f} MB")
    print(f"{time.monotonic() - began:.1f} s, {_cpu_seconds() - spent:.1f} CPU s")
    print(f"{watch.most_mb:.0f} MB at most, shared pages counted once")
    for line in failed[:10]:
        print(line)
    began, spent = time.monotonic(), _cpu_seconds()
    make_briefing(settings, "daily", morning, scopes[0])
    alone = time.monotonic() - began
    print(f"one alone: {alone:.1f} s, {_cpu_seconds() - spent:.1f} CPU s")


def _cpu_seconds() -> float:
    """Of this process and of those that it started and that are over."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class _MemoryWatch(threading.Thread):
    """Notes the most memory (proportional set size) of this process and its children."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mb = 0.0
        self._over = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(1.0):
            self.most_mb = max(self.most_mb, sum(map(_memory_mb, _family())))


def _family() -> list[Path]:
    own = Path("/proc/self").resolve()
    tasks = Path("/proc/self/task").glob("*/children")
    children = [Path("/proc") / pid for task in tasks for pid in task.read_text().split()]
    return [own, *children]


def _memory_mb(process: Path) -> float:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        date.fromisoformat(sys.argv[2]),
        int(sys.argv[3]) if len(sys.argv) > 3 else 1000,
    )
