"""How fast pages are ready on the server, for one viewer and for many.

    python -m benchmarks.pages HOME

Starts the dashboard as `passport serve` does, on a copy of HOME's current publication, and asks for
pages by Streamlit's own protocol (`viewer.py`). Publications are that publication once more under
new names, `CURRENT` moved by one rename as the product does; each is new to the dashboard's cache.

    --viewers 50 --publications 10 --every 30    the room: how many walls, how many publications,
                                                 how many seconds apart
    --rounds 5                                   how often one viewer opens each page once more
    --only alone | room                          one of the two measurements alone
"""

import argparse
import asyncio
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile, rmtree
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import duckdb
import psutil

from benchmarks.ports import free_port
from benchmarks.viewer import Answer, Viewer
from config import Home, load_settings
from orchestration.serve import dashboard_command, service_environment
from reports.broker import ALL, POINTER, Scope, current_generation, open_publication, rows

# Who opens which page where; the page list itself lies beside Streamlit's pages.
ROLES = {"access_log": "auditor"}
REFRESH_SECONDS = 15.0
SAMPLE_SECONDS = 5.0
# Publications kept, as the product keeps them.
KEPT = 5
PAGES = (
    "national_overview", "turnaround", "backlog", "offices", "office_profile", "missions", "wall",
    "incidents", "printing", "deliveries", "staff", "complaints", "process", "redistribute",
    "data_quality", "briefings", "definitions", "case", "access_log",
)  # fmt: skip
_EXAMPLES = """
    select
        (select arg_max(office_code, submitted) from rpt_volumes where tier = 'all') as office,
        (select max(application_id) from rpt_applications where is_open) as number
"""


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard on a home of its own."""

    port: int
    home: Path
    process: psutil.Process

    @property
    def cpu_seconds(self) -> float:
        used = self.process.cpu_times()
        return used.user + used.system

    @property
    def memory_mb(self) -> float:
        return self.process.memory_info().rss / 2**20


@dataclass
class Told:
    """What the room's viewers were answered, and what the process held meanwhile."""

    opened: list[float] = field(default_factory=list)
    refreshed: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; exit 1 where a page ended in an error."""
    parser = argparse.ArgumentParser(prog="benchmarks.pages")
    parser.add_argument("home", type=Path)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--publications", type=int, default=10)
    parser.add_argument("--every", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("alone", "room"))
    asked = parser.parse_args(arguments)
    with (
        TemporaryDirectory(prefix="passport-pages-") as folder,
        served(asked.home, Path(folder)) as (dashboard),
    ):
        faults = []
        if asked.only != "room":
            faults += asyncio.run(alone(dashboard, asked.rounds))
        if asked.only != "alone":
            faults += asyncio.run(room(dashboard, asked.viewers, asked.publications, asked.every))
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


# ---------------------------------------------------------------- one viewer


async def alone(dashboard: Dashboard, rounds: int) -> list[str]:
    """Each page as the first opens it after a publication, then `rounds` times more."""
    examples = examples_of(dashboard.home)
    firsts, agains, faults = [], [], []
    await opened(dashboard, "data_quality", examples)  # imports, once a process
    generation = publish_again(dashboard.home, 1)
    print("| page | first after a publication, ms | again, ms | CPU-s first | again | kB |")
    print("|---|---|---|---|---|---|")
    for page in PAGES:
        before = dashboard.cpu_seconds
        first = await opened(dashboard, page, examples)
        between = dashboard.cpu_seconds
        again = [await opened(dashboard, page, examples) for _ in range(rounds)]
        spent = (dashboard.cpu_seconds - between) / rounds
        firsts.append(first.seconds)
        agains += [one.seconds for one in again]
        print(
            f"| {page} | {first.seconds * 1000:.0f} | {median(a.seconds for a in again) * 1000:.0f}"
            f" | {between - before:.2f} | {spent:.2f} | {first.size / 1000:.0f} |",
            flush=True,
        )
        faults += [f"{page}: {one.fault}" for one in (first, *again) if one.fault]
        if not first.shows(generation):
            faults.append(f"{page}: does not show generation {generation}")
    for name, times in {"first": firsts, "again": agains, "both": firsts + agains}.items():
        print(spread(f"one viewer, {name}", times))
    return faults


async def opened(dashboard: Dashboard, page: str, examples: dict[str, str]) -> Answer:
    """A page in a tab of its own."""
    asked = {"role": ROLES.get(page, "management")}
    match page:
        case "office_profile":
            asked["place"] = f"office:{examples['office']}"
        case "case":
            asked["case"] = examples["number"]
    async with Viewer(dashboard.port, page, asked) as viewer:
        return await viewer.open()


def examples_of(home: Path) -> dict[str, str]:
    """The office with most to do, and the number of an open case."""
    with closing(open_publication(Home(home))) as publication:
        found = rows(publication, Scope(ALL), _EXAMPLES)
    return {name: str(found[name].iloc[0]) for name in found}


# ---------------------------------------------------------------- the room


async def room(dashboard: Dashboard, viewers: int, publications: int, every: float) -> list[str]:
    """`viewers` walls, each asking again every 15 seconds, over so many publications; and one
    reader more who opens page after page."""
    told = Told()
    over = asyncio.Event()
    began, spent = time.perf_counter(), dashboard.cpu_seconds
    walls = [watch_wall(dashboard, told, number / viewers, over) for number in range(viewers)]
    async with asyncio.TaskGroup() as group:
        for one in (*walls, read_pages(dashboard, told, over), watch_memory(dashboard, told, over)):
            group.create_task(one)
        await asyncio.sleep(REFRESH_SECONDS * 2)
        for number in range(publications):
            await asyncio.to_thread(publish_again, dashboard.home, 100 + number)
            await asyncio.sleep(every)
        over.set()
    seconds = time.perf_counter() - began
    print(spread(f"{viewers} walls, refresh", told.refreshed))
    print(spread("one reader beside them, page after page", told.opened))
    print(
        f"{publications} publications in {seconds:.0f} s, {len(told.faults)} errors, "
        f"{(dashboard.cpu_seconds - spent) / seconds:.2f} cores"
    )
    quarter = max(1, len(told.memory_mb) // 4)
    parts = [told.memory_mb[n : n + quarter] for n in range(0, quarter * 4, quarter)]
    print("memory by quarters, MB (median): " + ", ".join(f"{median(p):.0f}" for p in parts))
    return told.faults


async def watch_wall(dashboard: Dashboard, told: Told, phase: float, over: asyncio.Event) -> None:
    """One wall, until all is over; its looks fall at `phase` of the 15 seconds."""
    await asyncio.sleep(phase * REFRESH_SECONDS)
    async with Viewer(dashboard.port, "wall", {"role": "monitoring"}) as viewer:
        answer = await viewer.open()
        told.opened.append(answer.seconds)
        while not over.is_set():
            if answer.fault:
                told.faults.append(f"wall: {answer.fault}")
            await asyncio.sleep(max(0.0, REFRESH_SECONDS - answer.seconds))
            known = {current_generation(Home(dashboard.home))}
            answer = await viewer.refresh()
            known.add(current_generation(Home(dashboard.home)))
            told.refreshed.append(answer.seconds)
            if not any(answer.shows(generation) for generation in known):
                told.faults.append(f"wall: shows neither of {', '.join(sorted(known))}")


async def read_pages(dashboard: Dashboard, told: Told, over: asyncio.Event) -> None:
    """Opens page after page, a moment apart, until all is over."""
    examples = examples_of(dashboard.home)
    number = 0
    while not over.is_set():
        page = PAGES[number % len(PAGES)]
        answer = await opened(dashboard, page, examples)
        told.opened.append(answer.seconds)
        if answer.fault:
            told.faults.append(f"{page}: {answer.fault}")
        number += 1
        await asyncio.sleep(2.0)


async def watch_memory(dashboard: Dashboard, told: Told, over: asyncio.Event) -> None:
    while not over.is_set():
        told.memory_mb.append(dashboard.memory_mb)
        await asyncio.sleep(SAMPLE_SECONDS)


# ---------------------------------------------------------------- publications


def publish_again(home: Path, number: int) -> str:
    """The same tables under the next name; old ones are cleared away as the product does. Gives
    the new generation."""
    published = home / "published"
    before = published / current_generation(Home(home))
    sequence, _, as_of = before.name.partition("-")
    name = f"{int(sequence) + 1:06d}-{as_of}"
    copy_generation(before, published / name, name)
    new = published / f"{POINTER}.new"
    new.write_text(name, encoding="utf-8")
    new.replace(published / POINTER)
    folders = sorted(path for path in published.iterdir() if path.is_dir())
    for old in folders[:-KEPT]:
        rmtree(old)
    return name


def copy_generation(source: Path, target: Path, name: str) -> None:
    """A publication under a new name: its large parts linked, as a publication links them."""
    target.mkdir()
    for file in source.iterdir():
        if file.name == "marts.duckdb":
            copyfile(file, target / file.name)
        else:
            (target / file.name).symlink_to(file.resolve())
    with duckdb.connect(str(target / "marts.duckdb")) as connection:
        connection.execute(
            "update rpt_generations set generation = $name where generation = $before",
            {"name": name, "before": source.name},
        )


# ---------------------------------------------------------------- the dashboard


@contextmanager
def served(home: Path, folder: Path) -> Iterator[Dashboard]:
    """The dashboard on a copy of the current publication of `home`, until the block ends."""
    generation = current_generation(Home(home))
    (folder / "published").mkdir()
    copy_generation(home / "published" / generation, folder / "published" / generation, generation)
    (folder / "published" / POINTER).write_text(generation, encoding="utf-8")
    for name in ("passport.toml", "operations.sqlite"):
        if (home / name).exists():
            copyfile(home / name, folder / name)
    settings, port = load_settings(folder), free_port()
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            dashboard_command(settings, port),
            env=service_environment(settings),
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        try:
            wait_for(port, child)
            yield Dashboard(port, folder, psutil.Process(child.pid))
        finally:
            child.terminate()
            child.wait()
            print((folder / "log").read_text(encoding="utf-8")[-3000:], file=sys.stderr)


def wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    """Until the dashboard answers. Raises RuntimeError where it ends first."""
    while child.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the dashboard ended with {child.returncode}")


def spread(name: str, seconds: Sequence[float]) -> str:
    """Count, median, 95th percentile and the longest, in ms."""
    cuts = quantiles(seconds, n=20, method="inclusive")
    shown = [f"{1000 * value:.0f}" for value in (median(seconds), cuts[-1], max(seconds))]
    return f"{name}: {len(seconds)} runs, median {shown[0]}, p95 {shown[1]}, longest {shown[2]} ms"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
