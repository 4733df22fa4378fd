"""`make demo`: the whole product on a simulated network, from nothing to a running dashboard.

Everything it writes lies in `data/demo`; `make clean` removes it. Started again, the simulated
world goes on from where it stood.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from config import Settings, load_settings
from orchestration.serve import prepare_dagster, service_environment
from simulator.server import start_postgres, stop_postgres

HOME = Path(__file__).parents[1] / "data" / "demo"
DAYS, SCALE, SEED = 60, 0.1, 1
# Each ends with the last working day, so that all three are on the screens of the first morning.
SCENARIO = "office-rush:office=LHE-R1+printer-breakdown:office=PS-KHI+mission-slow:office=M-RUH"
# The world goes on each hour shortly before the hourly schedule (five past) reads it.
MINUTE_OF_NEXT_HOUR = 2


def say(text: str) -> None:
    """A line on what the demonstration does now."""
    print(f"demo {datetime.now():%H:%M:%S}  {text}", flush=True)


def script(name: str) -> str:
    """A command of the virtual environment that runs this."""
    return str(Path(sys.executable).with_name(name))


def run(environment: Mapping[str, str], *command: str) -> None:
    """Run a command to its end; leaves the demonstration where it fails."""
    done = subprocess.run([script(command[0]), *command[1:]], env=environment)
    if done.returncode not in (0, 3):
        sys.exit(f"demo: `{' '.join(command)}` ended with {done.returncode}; its words are above")


def job(environment: Mapping[str, str], name: str, *options: str) -> None:
    """Run one Dagster job, so that Dagster shows what was made and how."""
    log = HOME / f"{name}.log"
    with log.open("wb") as out:
        done = subprocess.run(
            [
                *(script("dagster"), "job", "execute"),
                *("--module-name", "orchestration.definitions", "--job", name, *options),
            ],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        sys.exit(f"demo: Dagster's job {name} ended with {done.returncode}; see {log}")


def last_full_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def simulate(environment: Mapping[str, str], url: str, *options: str) -> None:
    """Write simulated records up to the last full hour."""
    until = last_full_hour().strftime("%Y-%m-%dT%H:%M:%SZ")
    run(environment, "passport", "simulate", "--to", url, "--until", until, *options)


def go_on(environment: Mapping[str, str], url: str) -> None:
    """Let the simulated world go on, hour by hour, for as long as the dashboard is served."""
    while True:
        now = datetime.now(UTC)
        next_hour = last_full_hour() + timedelta(hours=1, minutes=MINUTE_OF_NEXT_HOUR)
        time.sleep((next_hour - now).total_seconds())
        simulate(environment, url, "--continue")


def serve(environment: Mapping[str, str]) -> None:
    """Serve, and look for what is new, until told to end; both are asked to end and waited for."""
    with (HOME / "live.log").open("wb") as log:
        live = subprocess.Popen(
            [script("passport"), "run", "live", "--every", "20s"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    child = subprocess.Popen([script("passport"), "serve"], env=environment)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: child.terminate())
    child.wait()
    live.terminate()
    live.wait()


def settings_of_demo(url: str) -> Settings:
    """The demonstration's settings; `passport.toml` is written where there is none."""
    file = HOME / "passport.toml"
    file.write_text(
        "# Written by `make demo`: simulated operational systems in an embedded PostgreSQL.\n"
        f'simulated = true\n\n[sources]\ndefault = "{url}"\n',
        encoding="utf-8",
    )
    return load_settings(HOME)


def main() -> None:
    started = time.monotonic()
    HOME.mkdir(parents=True, exist_ok=True)
    postgres = HOME / "postgres"
    is_new = not (HOME / "published" / "CURRENT").exists()
    say("starting an embedded PostgreSQL for the simulated operational systems")
    url = start_postgres(postgres)
    try:
        settings = settings_of_demo(url)
        environment = service_environment(settings)
        if is_new:
            say(f"simulating {DAYS} days of the whole network at {SCALE:.0%} of its volume")
            say(f"in the last of them, a rush, a breakdown and a slow mission: {SCENARIO}")
            world = ("--days", str(DAYS), "--scale", str(SCALE), "--seed", str(SEED))
            truth = ("--truth", str(HOME / "truth.jsonl"))
            simulate(environment, url, *world, "--scenario", SCENARIO, *truth)
        else:
            say("letting the simulated world go on to the last full hour")
            simulate(environment, url, "--continue")
        say("preparing Dagster")
        prepare_dagster(settings)
        say("loading, judging, building and publishing through Dagster (job nightly)")
        job(environment, "nightly")
        say("writing this morning's briefing (job daily_briefing)")
        today = datetime.now(ZoneInfo(settings.authority_timezone)).date()
        job(environment, "daily_briefing", "--tags", f'{{"dagster/partition": "{today}"}}')
        say(f"ready after {(time.monotonic() - started) / 60:.1f} minutes; end it with Ctrl-C")
        say(f"the command line on the same data: PASSPORT_HOME={HOME} .venv/bin/passport status")
        threading.Thread(target=go_on, args=(environment, url), daemon=True).start()
        serve(environment)
    finally:
        stop_postgres(postgres)


if __name__ == "__main__":
    main()
