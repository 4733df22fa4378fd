"""Kill the whole run at random moments: is anything lost, doubled, torn or ever unreadable?

    python -m benchmarks.kills --kills 500 --seed 1
    python -m benchmarks.kills --kills 60 --command release
    python -m benchmarks.kills --kills 9 --without-temporary-name

A small simulated network is loaded and goes on for an hour. That hour's `passport run hourly` is
killed with SIGKILL, up to `--in-a-row` times one after the other, dbt included or left over by
turns, and then run to its end. The publication must have the fingerprint of the same hour loaded
without a kill, the ledger must add up, and a reader that asks the current publication all the
while must never be without an answer. Then the home is put back and the next trial begins.

The moments are spread evenly over the phases of a run and within each of them, since most of a
run's time is dbt's. `--command release` kills `passport quarantine release` instead.
`--without-temporary-name` is the control: readers take the newest folder, whatever its name, as
if a publication were written in place, and the script must find errors.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psutil

PASSPORT = str(Path(sys.executable).with_name("passport"))
BEGIN = datetime(2026, 10, 28, 6, 0, tzinfo=UTC)
UNTIL = (BEGIN + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
HOURLY = ("run", "hourly", "--until", UNTIL)
RELEASE = ("quarantine", "release", "--record", "link_readings", "--by", "kills", "--why", "kills")
COMMANDS = {"hourly": HOURLY, "release": RELEASE}
PHASES = ("extract and gate", "prepare and parse", "dbt", "audit and publish")
_POLL_SECONDS = 0.02


class Reader(threading.Thread):
    """Asks the publication until told to stop; keeps count of answers and errors."""

    def __init__(self, home: Path, follows_current: bool) -> None:
        super().__init__(daemon=True)
        self._published = home / "published"
        self._follows_current = follows_current
        self._stop_asking = threading.Event()
        self.answers = 0
        self.errors: list[str] = []

    def run(self) -> None:
        while not self._stop_asking.wait(0.1):
            try:
                file = self._published / self._generation() / "marts.duckdb"
                with duckdb.connect(file, read_only=True) as connection:
                    row = connection.execute(
                        "select count(*), (select count(*) from rpt_generations)"
                        " from rpt_applications"
                    ).fetchone()
                    assert row is not None and row[0] > 0 and row[1] > 0, row
                self.answers += 1
            except Exception as error:
                self.errors.append(type(error).__name__)

    def _generation(self) -> str:
        if self._follows_current:
            return (self._published / "CURRENT").read_text().strip()
        folders = [entry.name for entry in self._published.iterdir() if entry.is_dir()]
        return max(folders, key=lambda name: name.removeprefix(".tmp-"))

    def end(self) -> None:
        self._stop_asking.set()
        self.join()


class Watched:
    """A command of the product in a process of its own, and the moments its phases began at."""

    def __init__(self, home: Path, arguments: tuple[str, ...]) -> None:
        self._published = home / "published"
        self.began = time.perf_counter()
        self.starts: dict[str, float] = {PHASES[0]: 0.0}
        self.process = subprocess.Popen(
            [PASSPORT, *arguments],
            env=_environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.words: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.words.append(line)
            if line.startswith("applications: "):
                self.starts.setdefault(PHASES[1], time.perf_counter() - self.began)
            elif " of " in line and " passed " in line:
                self.starts.setdefault(PHASES[2], time.perf_counter() - self.began)

    def look(self) -> str:
        """The phase it is in."""
        if PHASES[3] not in self.starts and any(self._published.glob(".tmp-0*")):
            self.starts[PHASES[3]] = time.perf_counter() - self.began
        return max(self.starts, key=lambda phase: self.starts[phase])

    def wait_for(self, phase: str, seconds: float) -> bool:
        """Until it has been in `phase` for so long; False where it ended before."""
        while self.process.poll() is None:
            self.look()
            start = self.starts.get(phase)
            if start is not None and time.perf_counter() - self.began >= start + seconds:
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def end(self) -> float:
        """Wait for its end; gives the seconds it took and leaves the script where it failed."""
        while self.process.poll() is None:
            self.look()
            time.sleep(_POLL_SECONDS)
        self._reader.join()
        if self.process.returncode != 0:
            sys.exit(f"{self.process.args} ended with {self.process.returncode}:\n{self.words}")
        return time.perf_counter() - self.began

    def kill(self, with_children: bool) -> str:
        """Kill it; gives the phase it was in."""
        phase = self.look()
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGKILL)
        for child in children if with_children else ():
            if child.is_running():
                child.kill()
        self.process.wait()
        return phase


@dataclass(frozen=True)
class Plain:
    """The hour without a kill: its fingerprint, and seconds by phase of the killed command."""

    fingerprint: str
    durations: dict[str, float]


def passport(home: Path, *arguments: str, code: int = 0) -> str:
    """Run one command in `home`; leaves the script where it ends with another code."""
    done = subprocess.run(
        [PASSPORT, *arguments], env=_environment(home), capture_output=True, text=True
    )
    if done.returncode != code:
        sys.exit(f"passport {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def _environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PASSPORT_HOME": str(home),
        "PASSPORT_PSEUDONYM_KEY_FILE": str(home.parent / "pseudonym.key"),
    }


def finish(home: Path, command: str) -> None:
    """What a person does after a kill: the same again, and the hour's run."""
    if command == "release" and json.loads(
        passport(home, "quarantine", "list", "--record", "link_readings", "--json")
    ):
        passport(home, *RELEASE)
    passport(home, *HOURLY)


def without_kill(home: Path, command: str) -> Plain:
    watched = Watched(home, COMMANDS[command])
    whole = watched.end()
    if command == "release":
        passport(home, *HOURLY)
    begun = {phase: watched.starts[phase] for phase in PHASES if phase in watched.starts}
    ends = [*list(begun.values())[1:], whole]
    durations = {
        phase: end - start for (phase, start), end in zip(begun.items(), ends, strict=True)
    }
    return Plain(fingerprint(home), durations)


def fingerprint(home: Path) -> str:
    current = (home / "published" / "CURRENT").read_text().strip()
    manifest = json.loads((home / "published" / current / "generation.json").read_text())
    return str(manifest["fingerprint"])


def ledger_faults(home: Path) -> list[str]:
    """Batches that do not add up, files apart from the ledger, rows that are in twice."""
    landing = home / "landing"
    with duckdb.connect(":memory:") as connection:
        warehouse = home / "warehouse" / "warehouse.duckdb"
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        unequal = connection.execute(
            "select count(*) from warehouse.ledger.batches"
            " where rows_read <> rows_admitted + rows_quarantined + rows_held"
        ).fetchone()
        named = {
            path
            for (path,) in connection.execute(
                "select path from warehouse.ledger.batches where path is not null"
            ).fetchall()
        }
        # A release copies a row of a file into a batch of its own: then its first is rejected.
        twice = connection.execute(
            f"""
            select count(*) from (
                select source_file, source_row
                from read_parquet('{landing}/link_readings/*.parquet', union_by_name = true)
                where rejected_by is null
                group by all having count(*) > 1
            )
            """
        ).fetchone()
    there = {str(file.relative_to(landing)) for file in landing.glob("*/*.parquet")}
    assert unequal is not None and twice is not None
    found = {
        "batches do not add up": unequal[0],
        "files and batches apart": len(named ^ there),
        "rows in twice": twice[0],
    }
    return [f"{count} {what}" for what, count in found.items() if count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--in-a-row", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.005)
    parser.add_argument("--command", choices=COMMANDS, default="hourly")
    parser.add_argument("--without-temporary-name", action="store_true", help="the control")
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    work = Path(tempfile.mkdtemp(prefix="kills-"))
    home, base, drop = work / "home", work / "base", work / "drop"
    home.mkdir()
    (home / "passport.toml").write_text(f'simulated = true\n[sources]\ndefault = "file://{drop}"\n')
    world = ["--scale", str(arguments.scale), "--seed", "1", "--to", f"file://{drop}"]
    begin = BEGIN.strftime("%Y-%m-%dT%H:%M:%SZ")
    passport(home, "simulate", "--days", "2", "--until", begin, *world)
    passport(home, "run", "hourly", "--until", begin)
    passport(home, "simulate", "--continue", "--until", UNTIL, *world)
    shutil.copytree(home, base)
    plain = without_kill(home, arguments.command)
    if plain.fingerprint == fingerprint(base):
        sys.exit("the hour changes no figure: nothing could be seen in it")
    kills = late = trials = answers = 0
    phases: Counter[str] = Counter()
    faults: list[str] = []
    errors: Counter[str] = Counter()
    while kills < arguments.kills:
        shutil.rmtree(home)
        shutil.copytree(base, home)
        reader = Reader(home, follows_current=not arguments.without_temporary_name)
        reader.start()
        for _ in range(min(arguments.in_a_row, arguments.kills - kills)):
            phase = dice.choice(list(plain.durations))
            watched = Watched(home, COMMANDS[arguments.command])
            if watched.wait_for(phase, dice.uniform(0, plain.durations[phase])):
                phases[watched.kill(with_children=bool(kills % 2))] += 1
                kills += 1
            else:
                late += 1
                break
        finish(home, arguments.command)
        reader.end()
        trials += 1
        answers += reader.answers
        errors.update(reader.errors)
        if fingerprint(home) != plain.fingerprint:
            faults.append(f"trial {trials}: another publication")
        faults += [f"trial {trials}: {fault}" for fault in ledger_faults(home)]
        print(
            f"{kills} kills in {trials} trials ({late} too late): {len(faults)} faults, "
            f"{answers} answers, {errors.total()} reader errors; killed in "
            + ", ".join(f"{phase} {count}" for phase, count in sorted(phases.items())),
            flush=True,
        )
    for fault in [*faults, *(f"{count} × {name}" for name, count in errors.items())]:
        print(fault)
    shutil.rmtree(work)
    sys.exit(1 if faults or errors else 0)


if __name__ == "__main__":
    main()
