"""`passport simulate`, `load`, `run` and `rebuild`: what fills the warehouse."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config import Settings
from orchestration.cli.answers import FAILED, HELD, complain, print_json, progress, say, told_of
from orchestration.cli.arguments import Json, Until, day_of, duration_of
from orchestration.cli.installation import settings_of

if TYPE_CHECKING:
    from orchestration.run import Mode, Outcome

commands = typer.Typer()
run_commands = typer.Typer(help="Everything since each record's watermark.", no_args_is_help=True)


@commands.command()
def simulate(
    to: Annotated[
        str,
        typer.Option(help="postgresql://… or file:///folder; an earlier world there is replaced."),
    ],
    days: Annotated[int, typer.Option(help="How many days before --until.")] = 60,
    until: Until = None,
    scale: Annotated[float, typer.Option(help="1 is the nation.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    scenario: Annotated[
        str,
        typer.Option(
            metavar="NAME[:OPTION=VALUE…][+NAME…]",
            help="What happens in the simulated world: normal, crisis-2023, hajj-rush, "
            "office-rush, staff-strike, link-down, mission-slow, printer-breakdown, box-lost, "
            "new-office, staff-moved, print-moved, longer-hours; like "
            "office-rush:office=LHE-R1:on=2026-11-19:size=5. What is left out is drawn; a name "
            "that there is not lists them with their options.",
        ),
    ] = "normal",
    truth: Annotated[
        Path | None,
        typer.Option(
            help="A file that tells what was made to happen and which rows were disturbed: JSON "
            "lines."
        ),
    ] = None,
    continue_: Annotated[
        bool,
        typer.Option(
            "--continue",
            help="Go on from where the world stands, to --until; days, scale and seed are its own.",
        ),
    ] = False,
) -> None:
    """Write simulated operational records, for demonstration and tests.

    --until is a full hour. Beside the target lies the state of its world.
    """
    found = entry_points(group="passport.simulator", name="simulate")
    if not found:
        complain("the simulator is not installed: `pip install 'passport-dashboard[simulator]'`")
        raise typer.Exit(FAILED)
    counts = next(iter(found)).load()(
        days=days,
        until=until,
        scale=scale,
        seed=seed,
        scenario=scenario,
        to=to,
        truth=truth,
        continue_=continue_,
    )
    for record, rows in counts.items():
        say(f"{record}: {rows:,} rows")


@commands.command()
def load(
    context: typer.Context,
    from_: Annotated[
        date, typer.Option("--from", parser=day_of, metavar="DAY", help="First UTC day.")
    ],
    to: Annotated[
        date, typer.Option("--to", parser=day_of, metavar="DAY", help="The UTC day after the last.")
    ],
    until: Until = None,
    record: Annotated[
        list[str] | None, typer.Option("--record", help="Only this record; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Load a past window, or load it again: gate, build, publish."""
    from orchestration.extract import Window

    if from_ >= to:
        raise typer.BadParameter("--from must lie before --to, which is not loaded itself")
    window = Window(_midnight(from_), _midnight(to))
    raise typer.Exit(_run(context, "load", window, until, as_json, _known_records(record)))


@run_commands.command("hourly")
def run_hourly(context: typer.Context, until: Until = None, as_json: Json = False) -> None:
    """Load what is new, build, publish."""
    from orchestration.run import hourly_mode

    settings = settings_of(context)
    with _telling_people(settings, until):
        code = _run(context, "run hourly", hourly_mode(settings), until, as_json)
    raise typer.Exit(code)


@run_commands.command("nightly")
def run_nightly(context: typer.Context, until: Until = None, as_json: Json = False) -> None:
    """The same with a wide overlap, then the briefings of the morning."""
    from orchestration.briefings import make_missing
    from orchestration.run import nightly_mode

    settings = settings_of(context)
    with _telling_people(settings, until):
        code = _run(context, "run nightly", nightly_mode(settings), until, as_json)
        failed = [one for one in make_missing(settings, until) if isinstance(one, Exception)]
    for error in failed:
        complain(f"a briefing could not be made: {told_of(error)}")
    raise typer.Exit(code or (FAILED if failed else 0))


@run_commands.command("live")
def run_live(
    context: typer.Context,
    every: Annotated[
        timedelta, typer.Option(parser=duration_of, metavar="DURATION", help="From tick to tick.")
    ] = "20s",  # type: ignore[assignment]  # typer parses the default too
    until: Until = None,
) -> None:
    """Look on a short tick, and publish every few minutes, until told to end; with --until once
    the whole path at that now."""
    from orchestration import run as runs

    settings = settings_of(context)
    if until is not None:
        raise typer.Exit(
            _run(context, "run live", runs.hourly_mode(settings), until, as_json=False)
        )

    def report(came_to: "Outcome | Exception") -> None:
        if isinstance(came_to, Exception):
            complain(told_of(came_to))
            return
        published = came_to.generation
        now = f"{came_to.run.now:%Y-%m-%d %H:%M:%S} UTC"
        say(f"{now} · serves {published.generation}" if published else f"{now} · looked")
        for result in (*came_to.held, *came_to.failed):
            complain(runs.describe(result))

    runs.live(settings, every, progress, report)


@commands.command()
def rebuild(context: typer.Context, until: Until = None) -> None:
    """Build the warehouse from landing alone, to the same figures, and publish."""
    from orchestration.run import rebuild as rebuild_all

    generation = rebuild_all(settings_of(context), until, say)
    say(f"serves {generation.generation} · fingerprint {generation.fingerprint[:16]}")


def _run(
    context: typer.Context,
    command: str,
    mode: "Mode",
    until: datetime | None,
    as_json: bool,
    records: Sequence[str] | None = None,
) -> int:
    """A whole run, told; the exit code that says how it went."""
    from orchestration.run import execute, new_run, records_by_message

    settings = settings_of(context)
    outcome = execute(settings, new_run(command, until), mode, progress, records)
    published = outcome.generation
    assert published is not None  # a whole run publishes or raises
    if as_json:
        print_json(
            {
                "run_id": outcome.run.run_id,
                "generation": published.generation,
                "fingerprint": published.fingerprint,
                "records": [asdict(result) for result in outcome.records],
            }
        )
    else:
        say(f"serves {published.generation}")
    for result in outcome.held:
        complain(
            f"{result.record} is held: {result.message}; `passport gate list`, then decide;"
            " hand a refused file over again"
        )
    for message, names in records_by_message(outcome.failed).items():
        complain(f"not read: {names}: {message}; the next run tries again")
    if outcome.failed:
        return FAILED
    return HELD if outcome.held else 0


@contextmanager
def _telling_people(settings: Settings, until: datetime | None) -> Iterator[None]:
    """Tell of what a run found, or that it failed, and send the briefings that are due, when it is
    over and its lock is free."""
    from orchestration.briefings import deliver

    try:
        yield
    finally:
        try:
            done = deliver(settings, complain, until)
        except Exception as error:
            complain(f"nobody was told: {told_of(error)}")
        else:
            if done.sent:
                progress(f"{done.sent} messages sent, {done.put} with a briefing in the outbox")


def _known_records(names: Sequence[str] | None) -> Sequence[str] | None:
    from contract import RECORDS

    for name in names or ():
        if name not in RECORDS:
            raise typer.BadParameter(f"no record is called {name!r}: {', '.join(RECORDS)}")
    return names or None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
