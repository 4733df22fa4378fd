"""From a row's commit in the source to the incident on the wall, in live mode, at national volume.

    python -m benchmarks.live --work /srv/live --days 14 --injections 24

The nation is simulated into an embedded PostgreSQL and loaded (a work folder that is there already
goes on from where it stands); then `passport run live` runs, and rows are committed in the source
one after the other: a link down, a printer down, a queue of more than an hour. Each is sought in
what the wall reads, every half second, and ended again once it is seen there. Prints median and
95th percentile by the clock, and the CPU seconds that the live process spent meanwhile: on a
machine that others use, those tell what the clock does not.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg
import sqlalchemy as sa

from benchmarks.history import spent
from config import load_settings
from operations import disposing
from response.desk import what_is_part_of
from response.inbox import inbox
from response.store import open_store
from simulator.server import start_postgres, stop_postgres

PASSPORT = str(Path(sys.executable).with_name("passport"))
MINUTE = timedelta(minutes=1)
# Looks for what was committed, and how long one is waited for.
POLL_SECONDS, PATIENCE_SECONDS = 0.5, 3600
VISITORS = 200

Commit = Callable[[psycopg.Connection, str, datetime], None]


@dataclass(frozen=True)
class Trouble:
    """Rows that make a thing found by a rule, and rows that end it."""

    rule: str
    things: str
    begin: Commit
    end: Commit


@dataclass(frozen=True)
class Seen:
    """How long one took from commit to wall: seconds by the clock, and of the live process."""

    rule: str
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class _Waiting:
    trouble: Trouble
    thing: str
    committed_at: float
    cpu_seconds: float


def _link(state: str) -> Commit:
    def commit(source: psycopg.Connection, office: str, now: datetime) -> None:
        source.execute(
            "insert into operations.link_readings"
            " (office_code, link, read_at, state, latency_ms, recorded_at)"
            " values (%s, 'headquarters', %s, %s, null, %s)",
            (office, now, state, now),
        )

    return commit


def _machine_down(source: psycopg.Connection, machine: str, now: datetime) -> None:
    for read_at in (now - 20 * MINUTE, now):
        _machine(source, machine, read_at, "down", now)


def _machine_up(source: psycopg.Connection, machine: str, now: datetime) -> None:
    _machine(source, machine, now, "idle", now)


def _machine(
    source: psycopg.Connection, machine: str, read_at: datetime, state: str, now: datetime
) -> None:
    source.execute(
        "insert into operations.machine_readings"
        " (machine_id, read_at, state, temperature_celsius, produced_count, consumable_pct,"
        " recorded_at) values (%s, %s, %s, 30, 0, 50, %s)",
        (machine, read_at, state, now),
    )


def _queue(source: psycopg.Connection, office: str, now: datetime) -> None:
    """Visitors who took their ticket long ago and wait still."""
    source.execute(
        "insert into operations.queue_tokens"
        " (token_id, office_code, service, issued_at, updated_at)"
        " select 'live-' || %(office)s || '-' || n, %(office)s, 'enquiry', %(issued)s, %(now)s"
        " from generate_series(1, %(visitors)s) as n",
        {"office": office, "issued": now - 100 * MINUTE, "now": now, "visitors": VISITORS},
    )


def _queue_served(source: psycopg.Connection, office: str, now: datetime) -> None:
    source.execute(
        "update operations.queue_tokens set called_at = %(called)s, closed_at = %(called)s,"
        " outcome = 'left', updated_at = %(now)s"
        " where token_id like 'live-' || %(office)s || '-%%'",
        {"called": now - 95 * MINUTE, "now": now, "office": office},
    )


_OFFICES = (
    "select office_code from operations.offices where kind = 'regional' and deleted_at is null"
    " group by office_code order by office_code"
)
TROUBLES = (
    Trouble("link_down", _OFFICES, _link("down"), _link("up")),
    Trouble(
        "machine_down",
        "select machine_id from operations.machines where kind = 'printer' and deleted_at is null"
        " group by machine_id order by machine_id",
        _machine_down,
        _machine_up,
    ),
    Trouble("queue_over_60", _OFFICES + " desc", _queue, _queue_served),
)


@contextmanager
def nation(work: Path, days: int) -> Iterator[tuple[str, dict[str, str]]]:
    """The source's URL and the environment of an installation that has loaded the nation."""
    work.mkdir(parents=True, exist_ok=True)
    url = start_postgres(work / "postgres")
    home, log = work / "home", work / "log"
    environment = {**os.environ, "PASSPORT_HOME": str(home)}
    environment["PASSPORT_PSEUDONYM_KEY_FILE"] = str(work / "key")
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    until = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        if home.exists():
            command = [PASSPORT, "simulate", "--continue", "--until", until, "--to", url]
            spent(command, environment, log)
        else:
            home.mkdir()
            (home / "passport.toml").write_text(
                f'simulated = true\n[sources]\ndefault = "{url}"\n', encoding="utf-8"
            )
            world = ["--days", str(days), "--scale", "1", "--seed", "1", "--until", until]
            spent([PASSPORT, "simulate", *world, "--to", url], environment, log)
            window = ["--from", f"{now - timedelta(days=days + 1):%Y-%m-%d}"]
            window += ["--to", f"{now + timedelta(days=1):%Y-%m-%d}", "--until", until]
            spent([PASSPORT, "load", *window], environment, log)
        yield url, environment
    finally:
        stop_postgres(work / "postgres")


def cpu_seconds(root: psutil.Process) -> float:
    """What a process and its children have spent, those that ended included."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def is_on_the_wall(connection: sa.Connection, rule: str, thing: str) -> bool:
    """Whether the wall shows a thing: as an incident, or behind one that many became."""
    alike = [line.incident for line in inbox(connection, "all") if line.incident.rule == rule]
    return any(
        one.thing == thing
        or any(part["thing"] == thing for part in what_is_part_of(connection, one, "all"))
        for one in alike
    )


def measured(
    source: psycopg.Connection,
    store: sa.Engine,
    live: psutil.Process,
    injections: int,
    every_seconds: float,
) -> Iterator[Seen]:
    """Commits one trouble after the other, and tells of each when it is on the wall."""
    things = {one.rule: _free(source, store, one) for one in TROUBLES}
    waiting: list[_Waiting] = []
    started, committed = time.monotonic(), 0
    while waiting or committed < injections:
        if committed < injections and time.monotonic() - started >= committed * every_seconds:
            trouble = TROUBLES[committed % len(TROUBLES)]
            thing = things[trouble.rule][committed // len(TROUBLES) % len(things[trouble.rule])]
            trouble.begin(source, thing, datetime.now(UTC))
            waiting.append(_Waiting(trouble, thing, time.monotonic(), cpu_seconds(live)))
            committed += 1
        with store.connect() as connection:
            seen = [
                one for one in waiting if is_on_the_wall(connection, one.trouble.rule, one.thing)
            ]
        now, spent_by_now = time.monotonic(), cpu_seconds(live)
        for one in seen:
            yield Seen(one.trouble.rule, now - one.committed_at, spent_by_now - one.cpu_seconds)
            one.trouble.end(source, one.thing, datetime.now(UTC))
        waiting = [one for one in waiting if one not in seen]
        if any(now - one.committed_at > PATIENCE_SECONDS for one in waiting):
            sys.exit(f"never seen on the wall: {[(o.trouble.rule, o.thing) for o in waiting]}")
        time.sleep(POLL_SECONDS)


def _free(source: psycopg.Connection, store: sa.Engine, trouble: Trouble) -> list[str]:
    """The things of a trouble of which the wall shows nothing yet."""
    with store.connect() as connection:
        troubled = {line.incident.place_scope for line in inbox(connection, "all")}
        return [
            str(thing)
            for (thing,) in source.execute(trouble.things.encode()).fetchall()
            if f"office:{thing}" not in troubled
            and not is_on_the_wall(connection, trouble.rule, str(thing))
        ]


def until_published(log: Path, live: subprocess.Popen[bytes]) -> None:
    """Waits for the first tick, which is whole."""
    while "serves" not in log.read_text(encoding="utf-8"):
        if live.poll() is not None:
            sys.exit(f"`passport run live` ended with {live.returncode}; see {log}")
        time.sleep(1)


def table(seen: Sequence[Seen]) -> list[str]:
    """Median and 95th percentile, by rule and over all."""
    rows = ["| what | number | median s | p95 s | median CPU s | p95 CPU s |", "|---|" * 6]
    rows[1] = "|---|---|---|---|---|---|"
    for rule in (*[one.rule for one in TROUBLES], ""):
        own = [one for one in seen if rule in ("", one.rule)]
        figures = []
        for values in ([one.seconds for one in own], [one.cpu_seconds for one in own]):
            highest = statistics.quantiles(values, n=20, method="inclusive")[-1]
            figures += [f"{statistics.median(values):.0f}", f"{highest:.0f}"]
        rows.append(f"| {rule or 'all'} | {len(own)} | {' | '.join(figures)} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--injections", type=int, default=24)
    parser.add_argument("--every", type=float, default=30, help="seconds from one to the next")
    arguments = parser.parse_args()
    log = arguments.work / "live.log"
    with nation(arguments.work, arguments.days) as (url, environment):
        store = open_store(load_settings(Path(environment["PASSPORT_HOME"])))
        with log.open("wb") as out, disposing(store):
            command = [PASSPORT, "run", "live", "--every", "20s"]
            live = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
            try:
                until_published(log, live)
                with psycopg.connect(url, autocommit=True) as source:
                    process = psutil.Process(live.pid)
                    seen = []
                    for one in measured(
                        source, store, process, arguments.injections, arguments.every
                    ):
                        seen.append(one)
                        sys.stderr.write(
                            f"{one.rule}: {one.seconds:.0f} s, {one.cpu_seconds:.0f} CPU-s\n"
                        )
            finally:
                live.terminate()
                live.wait()
        sys.stdout.write("\n".join(table(seen)) + "\n")


if __name__ == "__main__":
    main()
