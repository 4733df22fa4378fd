"""Kill the whole run at random moments: is anything lost, doubled, torn or ever unreadable?

    python -m benchmarks.kills --kills 500 --seed 1

An hour of a small simulated network is loaded again and again over a first publication. Each
`passport run hourly` is killed with SIGKILL, dbt included or left over by turns, and run again to
its end; a reader asks the current publication all the while. The same hours loaded without a kill
in a second home must give the same fingerprint. `--without-pointer` is the control: readers follow
the folder names instead of `CURRENT`, and the script must find errors.
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
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import psutil

PASSPORT = str(Path(sys.executable).with_name("passport"))
BEGIN = datetime(2026, 10, 28, 6, 0, tzinfo=UTC)


class Reader(threading.Thread):
    """Asks the current publication until told to stop; keeps count of answers and errors."""

    def __init__(self, home: Path, follows_current: bool) -> None:
        super().__init__(daemon=True)
        self._published = home / "published"
        self._follows_current = follows_current
        self._stop_asking = threading.Event()
        self.answers = 0
        self.errors: list[str] = []

    def run(self) -> None:
        while not self._stop_asking.is_set():
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
                self.errors.append(f"{type(error).__name__}: {error}")
            time.sleep(0.01)

    def _generation(self) -> str:
        if self._follows_current:
            return (self._published / "CURRENT").read_text().strip()
        return max(entry.name for entry in self._published.iterdir() if entry.is_dir())

    def end(self) -> None:
        self._stop_asking.set()
        self.join()


def passport(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command in `home`; leaves the script where it fails."""
    done = subprocess.run(
        [PASSPORT, *arguments], env=_environment(home), capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"passport {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done


def _environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PASSPORT_HOME": str(home),
        "PASSPORT_PSEUDONYM_KEY_FILE": str(home.parent / "pseudonym.key"),
    }


def killed_run(home: Path, until: str, after: float, with_children: bool) -> bool:
    """Begin `run hourly` and kill it after so many seconds; whether it was still running."""
    child = subprocess.Popen(
        [PASSPORT, "run", "hourly", "--until", until],
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        child.wait(timeout=after)
    except subprocess.TimeoutExpired:
        children = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGKILL)
        for process in children if with_children else ():
            if process.is_running():
                process.kill()
        child.wait()
        return True
    return False


def fingerprint(home: Path) -> str:
    current = (home / "published" / "CURRENT").read_text().strip()
    manifest = json.loads((home / "published" / current / "generation.json").read_text())
    return str(manifest["fingerprint"])


def ledger_faults(home: Path) -> str:
    """Batches whose rows do not add up, landed files without a batch and the other way round."""
    with duckdb.connect(":memory:") as connection:
        warehouse = home / "warehouse" / "warehouse.duckdb"
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        lost = connection.execute(
            "select count(*) from warehouse.ledger.batches"
            " where rows_read <> rows_admitted + rows_quarantined + rows_held"
        ).fetchone()
        named = {
            path
            for (path,) in connection.execute(
                "select path from warehouse.ledger.batches where path is not null"
            ).fetchall()
        }
    landing = home / "landing"
    there = {str(file.relative_to(landing)) for file in landing.glob("*/*.parquet")}
    assert lost is not None
    return f"{lost[0]} batches do not add up, {len(named ^ there)} files and batches apart"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.005)
    parser.add_argument("--without-pointer", action="store_true", help="the control")
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    work = Path(tempfile.mkdtemp(prefix="kills-"))
    killed, plain, drop = work / "killed", work / "plain", work / "drop"
    for home in (killed, plain):
        home.mkdir()
        (home / "passport.toml").write_text(
            f'simulated = true\n[sources]\ndefault = "file://{drop}"\n'
        )
    world = ["--scale", str(arguments.scale), "--seed", "1", "--to", f"file://{drop}"]
    until = _iso(BEGIN)
    passport(killed, "simulate", "--days", "2", "--until", until, *world)
    for home in (killed, plain):
        passport(home, "run", "hourly", "--until", until)
    began = time.perf_counter()
    passport(plain, "run", "hourly", "--until", until)
    whole = time.perf_counter() - began
    reader = Reader(killed, follows_current=not arguments.without_pointer)
    reader.start()
    kills = different = 0
    while kills < arguments.kills:
        until = _iso(BEGIN + timedelta(hours=kills + 1))
        passport(killed, "simulate", "--continue", "--until", until, *world)
        hit = killed_run(killed, until, dice.uniform(0, whole), with_children=bool(kills % 2))
        passport(killed, "run", "hourly", "--until", until)
        passport(plain, "run", "hourly", "--until", until)
        different += fingerprint(killed) != fingerprint(plain)
        kills += 1
        print(
            f"{kills} kills ({'hit' if hit else 'too late'}), {different} publications differ, "
            f"{reader.answers} answers, {len(reader.errors)} reader errors",
            flush=True,
        )
    reader.end()
    print(ledger_faults(killed))
    for error in sorted(set(reader.errors))[:5]:
        print(error)
    shutil.rmtree(work)
    sys.exit(1 if different or reader.errors else 0)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()
