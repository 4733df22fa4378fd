"""Conservation laws over random worlds: many seeds, few loads, every test of dbt.

    python -m benchmarks.laws --seeds 200

Each seed simulates a small nation for a few days, dirt and late rows included. Their places, zones
and ids get the world's number in front, so that a score of them lie in one drop as so many nations
in one: what holds for each place, stage, tier and scope is checked for all of them by one `passport
load`, which runs every dbt test and the audit of the publication. Exit 1 where one fails.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from contract import RECORDS, Record, Type
from simulator.command import simulate

UNTIL = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
DAYS, SCALE = 5, 0.003
PASSPORT = str(Path(sys.executable).with_name("passport"))
# All worlds share these. Left out are readings and shifts: many rows of no case.
SHARED = ("stages", "service_levels", "holidays")
LEFT_OUT = ("machine_readings", "link_readings", "staff_shifts")
_OF_THE_RUN = "layer in ('marts', 'reporting', 'published')"


@dataclass(frozen=True)
class Verdict:
    """What a load of many worlds came to; `words` are its own where it failed."""

    cases: int
    tests: int
    passed: bool
    words: str


def laws_hold(seeds: Iterable[int], work: Path, days: int = DAYS, scale: float = SCALE) -> Verdict:
    """Load the worlds of these seeds as one, in the empty folder `work`, and run every test."""
    for seed in seeds:
        one = work / "one"
        simulate(days=days, until=UNTIL, scale=scale, seed=seed, to=f"file://{one}")
        _put_beside(one, work / "drop", f"w{seed}-")
        shutil.rmtree(one)
    home = work / "home"
    home.mkdir()
    (home / "passport.toml").write_text(
        f'simulated = true\n[sources]\ndefault = "file://{work / "drop"}"\n'
    )
    begin = UNTIL - timedelta(days=days + 1)
    loaded = _passport(
        work,
        *("load", "--from", f"{begin:%Y-%m-%d}", "--to", f"{UNTIL + timedelta(days=1):%Y-%m-%d}"),
        *("--until", f"{UNTIL:%Y-%m-%dT%H:%M:%SZ}"),
    )
    if loaded.returncode != 0:
        return Verdict(0, 0, False, loaded.stderr)
    counts = (
        "select (select count(*) from rpt_applications) as cases,"
        f" (select count(*) from rpt_checks where {_OF_THE_RUN}) as tests"
    )
    (row,) = json.loads(_passport(work, "query", counts, "--format", "json").stdout)
    return Verdict(row["cases"], row["tests"], True, "")


def _put_beside(one: Path, drop: Path, world: str) -> None:
    """Put the records of one world into a drop of many, its names made its own."""
    for record in RECORDS.values():
        folder = drop / record.name
        if record.name in LEFT_OUT or (record.name in SHARED and folder.exists()):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        own = ", ".join(f"'{world}' || {name} as {name}" for name in _names(record))
        columns = f"* replace ({own})" if own else "*"
        duckdb.execute(
            f"copy (select {columns} from '{one / record.name}/*.parquet')"
            f" to '{folder / world}{record.name}.parquet'"
        )


def _names(record: Record) -> list[str]:
    """The columns that name a thing of one world."""
    if record.name in SHARED:
        return []
    return [
        column.name
        for column in record.columns
        if column.type is Type.TEXT
        and (column.name.endswith(("_id", "office_code")) or column.name == "zone")
    ]


def _passport(work: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PASSPORT_HOME": str(work / "home"),
        "PASSPORT_PSEUDONYM_KEY_FILE": str(work / "pseudonym.key"),
    }
    return subprocess.run(
        [PASSPORT, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--together", type=int, default=20, help="worlds of one load")
    parser.add_argument("--keep", action="store_true", help="leave the folders for a look")
    arguments = parser.parse_args()
    print("| worlds | cases | tests | violations | s |\n|---|---|---|---|---|", flush=True)
    for first in range(1, arguments.seeds + 1, arguments.together):
        last = min(first + arguments.together - 1, arguments.seeds)
        work = Path(tempfile.mkdtemp(prefix="laws-"))
        started = time.perf_counter()
        verdict = laws_hold(range(first, last + 1), work)
        print(
            f"| {first} to {last} | {verdict.cases:,} | {verdict.tests:,} |"
            f" {'none' if verdict.passed else 'yes'} | {time.perf_counter() - started:.0f} |",
            flush=True,
        )
        if arguments.keep:
            print(work, file=sys.stderr)
        else:
            shutil.rmtree(work)
        if not verdict.passed:
            sys.exit(verdict.words)


if __name__ == "__main__":
    main()
