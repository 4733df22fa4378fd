"""The whole path at the volume of the nation: 30 simulated days, from files and from PostgreSQL.

    python -m benchmarks.whole_path --source files --source postgres --runs 3

Each run starts from an empty home: simulate (not counted), load (extract, gate, build, publish),
one more simulated hour, `run hourly`. Prints a table of medians for docs/performance.md.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Measurement, measure
from simulator.server import start_postgres

UNTIL = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
PASSPORT = str(Path(sys.executable).with_name("passport"))


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(measurement: Measurement, log: Path) -> Measurement:
    if measurement.exit_code != 0:
        sys.exit(f"exit {measurement.exit_code}: {measurement.command}\nsee {log}")
    return measurement


def one_round(source: str, work: Path, days: int, scale: float) -> dict[str, Measurement]:
    """One pass over an empty home; the measurements by step."""
    home = work / "home"
    home.mkdir(parents=True)
    target = f"file://{work}/drop" if source == "files" else start_postgres(work / "postgres")
    (home / "passport.toml").write_text(f'simulated = true\n[sources]\ndefault = "{target}"\n')
    environment = {**os.environ, "PASSPORT_HOME": str(home)}
    environment["PASSPORT_PSEUDONYM_KEY_FILE"] = str(work / "pseudonym.key")
    log = work / "log"

    def run(*arguments: str) -> Measurement:
        return _checked(measure([PASSPORT, *arguments], environment, str(log)), log)

    begin = UNTIL - timedelta(days=days + 1)
    world = ["--scale", str(scale), "--seed", "1", "--to", target]
    steps = {
        "simulate": run("simulate", "--days", str(days), "--until", _iso(UNTIL), *world),
        "load": run(
            "load",
            *("--from", begin.date().isoformat()),
            *("--to", (UNTIL + timedelta(days=1)).date().isoformat()),
            *("--until", _iso(UNTIL)),
        ),
    }
    later = UNTIL + timedelta(hours=1)
    steps["simulate one hour"] = run("simulate", "--continue", "--until", _iso(later), *world)
    steps["run hourly"] = run("run", "hourly", "--until", _iso(later))
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", action="append", choices=["files", "postgres"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--keep", action="store_true", help="leave the folders for a look")
    arguments = parser.parse_args()
    print("| source | step | median s | range s | peak MB |\n|---|---|---|---|---|")
    for source in arguments.source or ["files", "postgres"]:
        rounds = []
        for _ in range(arguments.runs):
            work = Path(tempfile.mkdtemp(prefix="whole-path-"))
            rounds.append(one_round(source, work, arguments.days, arguments.scale))
            if arguments.keep:
                print(work, file=sys.stderr)
            else:
                shutil.rmtree(work, ignore_errors=True)
        for step in rounds[0]:
            seconds = [measured[step].seconds for measured in rounds]
            peak = max(measured[step].peak_mb for measured in rounds)
            print(
                f"| {source} | {step} | {statistics.median(seconds):.1f} "
                f"| {min(seconds):.1f}–{max(seconds):.1f} | {peak:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
