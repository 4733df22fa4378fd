"""Whether an hour costs the same after a short history and after a long one.

    python -m benchmarks.history --days 365 --days 1095 --scale 0.1 --hours 3

For each length of history: a home of its own is loaded from a simulated drop, then follows the
world hour by hour. Prints the medians of the hours for docs/performance.md, by the clock and in CPU
seconds of all processes, and the ratio of the longest history to the shortest.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

UNTIL = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
PASSPORT = str(Path(sys.executable).with_name("passport"))


def spent(command: list[str], environment: dict[str, str], log: Path) -> tuple[float, float]:
    """Seconds by the clock and CPU seconds of a command with its children; exits where it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with log.open("ab") as out:
        code = subprocess.run(
            command, env=environment, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code != 0:
        sys.exit(f"exit {code}: {' '.join(command)}\nsee {log}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu


def hours_after(
    days: int, hours: int, scale: float, memory_mb: int, work: Path
) -> list[tuple[float, float]]:
    """What each of the `hours` after `days` of history cost."""
    home = work / "home"
    home.mkdir(parents=True)
    target = f"file://{work}/drop"
    (home / "passport.toml").write_text(
        f'simulated = true\nmemory_limit_mb = {memory_mb}\n[sources]\ndefault = "{target}"\n'
    )
    environment = {**os.environ, "PASSPORT_HOME": str(home)}
    environment["PASSPORT_PSEUDONYM_KEY_FILE"] = str(work / "pseudonym.key")
    log = work / "log"

    def run(*arguments: str, until: datetime) -> tuple[float, float]:
        moment = until.strftime("%Y-%m-%dT%H:%M:%SZ")
        return spent([PASSPORT, *arguments, "--until", moment], environment, log)

    world = ["--scale", str(scale), "--seed", "1", "--to", target]
    begin = (UNTIL - timedelta(days=days + 1)).date()
    end = (UNTIL + timedelta(days=1)).date()
    run("simulate", "--days", str(days), *world, until=UNTIL)
    run("load", "--from", begin.isoformat(), "--to", end.isoformat(), until=UNTIL)
    found = []
    for hour in range(1, hours + 1):
        later = UNTIL + timedelta(hours=hour)
        run("simulate", "--continue", *world, until=later)
        found.append(run("run", "hourly", until=later))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, action="append", required=True)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--hours", type=int, default=3)
    parser.add_argument("--memory", type=int, default=4000, help="memory_limit_mb of the homes")
    arguments = parser.parse_args()
    print("| days of history | median s | range s | median CPU s | range CPU s |")
    print("|---|---|---|---|---|")
    medians = {}
    for days in sorted(arguments.days):
        work = Path(tempfile.mkdtemp(prefix="history-"))
        hours = hours_after(days, arguments.hours, arguments.scale, arguments.memory, work)
        shutil.rmtree(work)
        seconds, cpu = zip(*hours, strict=True)
        medians[days] = statistics.median(cpu)
        print(
            f"| {days} | {statistics.median(seconds):.1f} | {min(seconds):.1f}–{max(seconds):.1f} "
            f"| {medians[days]:.1f} | {min(cpu):.1f}–{max(cpu):.1f} |",
            flush=True,
        )
    print(f"longest to shortest, CPU: {medians[max(medians)] / medians[min(medians)]:.2f}")


if __name__ == "__main__":
    main()
