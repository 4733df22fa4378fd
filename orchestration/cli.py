"""`passport`: the one command line. Exit codes: 0 done, 1 failed, 2 usage, 3 a batch was held.

Commands only parse, call and print; what they do lies in the modules beside this one. Those are
imported where a command begins, so that `passport query` does not wait for the loader's libraries.
"""

import csv
import json
import os
import pwd
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config import Settings, load_settings

if TYPE_CHECKING:
    from orchestration.run import Mode, Outcome

FAILED, USAGE, HELD = 1, 2, 3

app = typer.Typer(
    help="Batch ETL, warehouse and dashboard of a passport authority.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
run_commands = typer.Typer(help="Everything since each record's watermark.", no_args_is_help=True)
gate_commands = typer.Typer(help="Held batches: look and decide.", no_args_is_help=True)
quarantine_commands = typer.Typer(help="Rows that broke a rule.", no_args_is_help=True)
app.add_typer(run_commands, name="run")
app.add_typer(gate_commands, name="gate")
app.add_typer(quarantine_commands, name="quarantine")
audit_commands = typer.Typer(help="The log of who did what.", no_args_is_help=True)
access_commands = typer.Typer(help="Who is shut out of the dashboard.", no_args_is_help=True)
app.add_typer(audit_commands, name="audit")
app.add_typer(access_commands, name="access")


class TableFormat(StrEnum):
    """How an answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def _moment(text: str) -> datetime:
    """An ISO 8601 moment, aware and in UTC; without an offset it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no ISO 8601 date or time, like 2026-11-01T06:00:00Z"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day, like 2026-11-01") from error


def _duration(text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    try:
        duration = timedelta(**{units[text[-1]]: float(text[:-1])})
    except (KeyError, ValueError, IndexError) as error:
        raise typer.BadParameter(f"{text!r} is no duration, like 20s, 90m or 2h") from error
    if duration <= timedelta(0):
        raise typer.BadParameter("a duration is longer than nothing")
    return duration


Until = Annotated[
    datetime | None,
    typer.Option(
        "--until", parser=_moment, metavar="T", help='The run\'s "now"; default the clock.'
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]
OfGeneration = Annotated[
    str | None,
    typer.Option(
        help="One that `passport generations` lists, or a day: as known at its end. "
        "Default: the current one."
    ),
]


@app.callback()
def _options(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", help="The installation; default PASSPORT_HOME, else ./data."),
    ] = None,
) -> None:
    context.obj = home


def main() -> None:
    """The entry point: every error is told without a traceback."""
    try:
        app(prog_name="passport")
    except KeyboardInterrupt:
        _complain("stopped; what was admitted stays, and the next run goes on from there")
        sys.exit(FAILED)
    except Exception as error:
        _complain(_told(error))
        sys.exit(FAILED)


# ---------------------------------------------------------------- load, run, rebuild


@app.command()
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
        _complain("the simulator is not installed: `pip install 'passport-dashboard[simulator]'`")
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
        _say(f"{record}: {rows:,} rows")


@app.command()
def load(
    context: typer.Context,
    from_: Annotated[
        date, typer.Option("--from", parser=_day, metavar="DAY", help="First UTC day.")
    ],
    to: Annotated[
        date, typer.Option("--to", parser=_day, metavar="DAY", help="The UTC day after the last.")
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

    mode = hourly_mode(_settings(context))
    raise typer.Exit(_run(context, "run hourly", mode, until, as_json))


@run_commands.command("nightly")
def run_nightly(context: typer.Context, until: Until = None, as_json: Json = False) -> None:
    """The same with a wide overlap, then the daily briefing."""
    from orchestration.briefings import write_daily
    from orchestration.run import nightly_mode

    settings = _settings(context)
    code = _run(context, "run nightly", nightly_mode(settings), until, as_json)
    _progress(f"briefing {write_daily(settings).file}")
    raise typer.Exit(code)


@run_commands.command("live")
def run_live(
    context: typer.Context,
    every: Annotated[
        timedelta, typer.Option(parser=_duration, metavar="DURATION", help="From tick to tick.")
    ] = "20s",  # type: ignore[assignment]  # typer parses the default too
    until: Until = None,
) -> None:
    """The hourly path on a short tick, until told to end; with --until one tick at that now."""
    from orchestration import run as runs

    settings = _settings(context)
    if until is not None:
        raise typer.Exit(
            _run(context, "run live", runs.hourly_mode(settings), until, as_json=False)
        )

    def report(came_to: "Outcome | Exception") -> None:
        if isinstance(came_to, Exception):
            _complain(_told(came_to))
            return
        _say(f"{came_to.run.now:%Y-%m-%d %H:%M:%S} UTC · serves {came_to.generation.generation}")
        for result in (*came_to.held, *came_to.failed):
            _complain(runs.describe(result))

    runs.live(settings, every, _progress, report)


@app.command()
def rebuild(context: typer.Context, until: Until = None) -> None:
    """Build the warehouse from landing alone, to the same figures, and publish."""
    from orchestration.run import rebuild as rebuild_all

    generation = rebuild_all(_settings(context), until, _say)
    _say(f"serves {generation.generation} · fingerprint {generation.fingerprint[:16]}")


# ---------------------------------------------------------------- gate, quarantine

Batch = Annotated[int, typer.Argument(metavar="BATCH")]
Batches = Annotated[list[int], typer.Argument(metavar="BATCH…")]
Why = Annotated[str, typer.Option(help="Kept with the decision.")]
By = Annotated[str | None, typer.Option(help="Who decides; default the user of this machine.")]
OfRecord = Annotated[str | None, typer.Option(help="Only of this record.")]
OfRule = Annotated[str | None, typer.Option(help="Only those that broke this rule.")]
OfBatch = Annotated[int | None, typer.Option("--batch", help="Only of this batch.")]


@gate_commands.command("list")
def gate_list(context: typer.Context, record: OfRecord = None, as_json: Json = False) -> None:
    """The batches that wait for a decision; exit 3 where there are any."""
    from orchestration.gate_decisions import held_batches
    from orchestration.health import reading

    with reading(_settings(context)) as store:
        held = held_batches(store, record)
    columns = ("batch_id", "record", "source_name", "rows_held", "reasons", "loaded_at")
    _print_rows([{name: getattr(batch, name) for name in columns} for batch in held], as_json)
    if held:
        raise typer.Exit(HELD)


@gate_commands.command("show")
def gate_show(context: typer.Context, batch: Batch, as_json: Json = False) -> None:
    """One batch: why it was held, rows by broken rule, what was decided."""
    from orchestration.gate_decisions import show_batch
    from orchestration.health import reading

    settings = _settings(context)
    with reading(settings) as store:
        shown = asdict(show_batch(settings, store, batch))
    if as_json:
        _print_json(shown)
        return
    shown["files"] = ", ".join(shown["files"])
    rules, decisions = shown.pop("rules"), shown.pop("decisions")
    _print_one(shown, as_json=False)
    for title, entries in (("rows by broken rule", rules), ("decisions", decisions)):
        _say(f"\n{title}")
        _print_rows(entries, as_json=False)


@gate_commands.command("release")
def gate_release(context: typer.Context, batches: Batches, why: Why, by: By = None) -> None:
    """Let held batches in; the next run builds and publishes them."""
    from orchestration.gate_decisions import release_batch

    with _writer(context, "gate release") as work:
        for batch in batches:
            summary = release_batch(work.settings, work.store, work.run, batch, by or _user(), why)
            came_in = (
                f", {summary.rows_admitted:,} rows as batch {summary.batch_id}; "
                "the next run builds them"
                if summary
                else "; it holds no rows"
            )
            _note(work.store, "released", f"batch {batch}", by, why)
            _say(f"batch {batch} released{came_in}")


@gate_commands.command("reject")
def gate_reject(context: typer.Context, batches: Batches, why: Why, by: By = None) -> None:
    """Keep held batches out for good."""
    from orchestration.gate_decisions import reject_batch

    with _writer(context, "gate reject") as work:
        for batch in batches:
            reject_batch(work.settings, work.store, work.run, batch, by or _user(), why)
            _note(work.store, "decided", f"batch {batch}", by, f"rejected: {why}")
            _say(f"batch {batch} rejected")


@quarantine_commands.command("list")
def quarantine_list(
    context: typer.Context,
    record: OfRecord = None,
    rule: OfRule = None,
    batch: OfBatch = None,
    as_json: Json = False,
) -> None:
    """Quarantined rows by batch and rule, with file and row of an example; never a value."""
    from orchestration.gate_decisions import quarantined
    from orchestration.health import reading

    with reading(_settings(context)) as store:
        _print_rows([asdict(rows) for rows in quarantined(store, record, rule, batch)], as_json)


@quarantine_commands.command("release")
def quarantine_release(
    context: typer.Context,
    why: Why,
    by: By = None,
    record: OfRecord = None,
    rule: OfRule = None,
    batch: OfBatch = None,
) -> None:
    """Let quarantined rows in as they are; the next run builds and publishes them."""
    from orchestration.gate_decisions import release_quarantined

    with _writer(context, "quarantine release") as work:
        summaries = release_quarantined(
            work.settings, work.store, work.run, by or _user(), why, record, rule, batch
        )
        for summary in summaries:
            subject = f"quarantined rows of {summary.record}"
            _note(work.store, "released", subject, by, why, summary.rows_admitted)
    for summary in summaries:
        _say(
            f"{summary.record}: {summary.rows_admitted:,} rows admitted as batch "
            f"{summary.batch_id}; the next run builds them"
        )


# ---------------------------------------------------------------- publications


@app.command()
def publish(context: typer.Context, as_json: Json = False) -> None:
    """Audit what the warehouse holds and let readers have it."""
    from orchestration.run import publish as publish_built

    with _writer(context, "publish") as writing_run:
        generation = publish_built(writing_run)
    _print_one(generation, as_json)


@app.command()
def rollback(
    context: typer.Context,
    generation: Annotated[
        str | None, typer.Argument(help="Default: the one before the current.")
    ] = None,
) -> None:
    """Let an earlier generation serve again."""
    from orchestration import generations as kept

    with _writer(context, "rollback") as writing_run:
        serves = kept.rollback(writing_run.settings.home, writing_run.store, generation)
        _note(writing_run.store, "decided", "publication", None, f"rolled back to {serves}")
    _say(f"serves {serves}")


@app.command()
def generations(context: typer.Context, as_json: Json = False) -> None:
    """The generations that were made, newest first."""
    from orchestration.generations import standings
    from orchestration.health import reading

    settings = _settings(context)
    with reading(settings) as store:
        _print_rows([asdict(standing) for standing in standings(settings.home, store)], as_json)


@app.command()
def brief(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="daily")],
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    day: Annotated[
        date | None,
        typer.Option(
            "--date", parser=_day, metavar="D", help="Of its morning; default the newest possible."
        ),
    ] = None,
    scope: Annotated[
        str, typer.Option(help="all, country, missions, zone:<zone> or office:<code>.")
    ] = "all",
    language: Annotated[str, typer.Option(help="Of its words.")] = "en",
    generation: OfGeneration = None,
) -> None:
    """One briefing as PDF."""
    from orchestration.briefings import write_briefing

    settings = _settings(context)
    chosen = _generation(settings, generation)
    written = write_briefing(settings, kind, day, scope, out, language=language, generation=chosen)
    _say(f"{out}: {kind} briefing of {written.day}, on {written.generation}")


@app.command()
def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help="One query on the tables of docs/published.md.")],
    format_: Annotated[TableFormat, typer.Option("--format")] = TableFormat.table,
    generation: OfGeneration = None,
) -> None:
    """Ask a publication."""
    from reports.broker import open_publication, run_sql

    settings = _settings(context)
    publication = open_publication(
        settings.home,
        _generation(settings, generation),
        memory_limit_mb=settings.memory_limit_mb,
        threads=settings.threads,
    )
    try:
        answer = run_sql(publication, sql)
    finally:
        publication.close()
    _print_answer(answer.columns, answer.rows, format_)


@app.command()
def case(
    context: typer.Context,
    application_id: Annotated[str, typer.Argument(metavar="ID")],
    generation: OfGeneration = None,
    as_json: Json = False,
) -> None:
    """One case's story."""
    from reports.broker import ALL, Scope, open_publication, rows

    settings = _settings(context)
    publication = open_publication(settings.home, _generation(settings, generation))
    try:
        asked = {"case": application_id}
        everywhere = Scope(ALL)
        found = rows(
            publication,
            everywhere,
            "select * from rpt_applications where application_id = $case",
            asked,
        )
        if found.empty:
            _complain(f"{publication.generation} holds no application {application_id!r}")
            raise typer.Exit(FAILED)
        events = rows(
            publication,
            everywhere,
            "select * from rpt_case_events where application_id = $case"
            " order by occurred_at, event_id",
            asked,
        )
    finally:
        publication.close()
    facts = _records(found)[0]
    story = _records(events)
    if as_json:
        _print_json({**facts, "events": story})
        return
    _print_one(facts, as_json=False)
    _say("")
    _print_rows(story, as_json=False)


@app.command("try")
def try_(
    context: typer.Context,
    models: Annotated[list[str], typer.Argument(metavar="MODEL…")],
    as_json: Json = False,
) -> None:
    """Build changed models on a copy and tell which published figures move."""
    from orchestration.trial import try_models

    with _writer(context, f"try {' '.join(models)}") as writing_run:
        moved = try_models(writing_run, models, _progress)
    if as_json:
        _print_json([asdict(entry) for entry in moved])
        return
    if not moved:
        _say("no published figure moves")
    for entry in moved:
        _say(
            f"{entry.table}: {entry.rows_before:,} → {entry.rows_after:,} rows, "
            f"{entry.rows_added:,} new, {entry.rows_removed:,} gone"
        )
        for column, count in entry.columns.items():
            _say(f"  {column}: differs in {count:,} rows")


# ---------------------------------------------------------------- health


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """What is loaded, what is published, what waits for a decision."""
    from orchestration import generations as kept
    from orchestration import health

    settings = _settings(context)
    with health.reading(settings) as store:
        states = [asdict(state) for state in health.record_states(settings, store)]
        newest = health.last_run(store)
    current = kept.current_generation(settings.home)
    age = health.publication_age(settings)
    told = {
        "home": str(settings.home.path),
        "generation": current,
        "published_minutes_ago": round(age.total_seconds() / 60) if age is not None else None,
        "last_run": newest,
    }
    if as_json:
        _print_json({**told, "records": states})
        return
    _print_one(
        {
            **told,
            "last_run": _run_in_words(newest) if newest else None,
        },
        as_json=False,
    )
    _say("")
    _print_rows(states, as_json=False)


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """What is wrong with this installation, and the remedy; exit 1 where something is."""
    from orchestration.health import examine

    findings = examine(_settings(context))
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            remedy = f" → {finding.remedy}" if finding.remedy else ""
            _say(f"{finding.verdict:8} {finding.subject}: {finding.told}{remedy}")
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(FAILED)


@app.command()
def watch(
    context: typer.Context,
    max_age: Annotated[
        timedelta,
        typer.Option(parser=_duration, metavar="DURATION", help="The oldest that is well."),
    ] = "2h",  # type: ignore[assignment]  # typer parses the default too
) -> None:
    """Exit 1 where nothing has been published in time. For cron, outside Dagster."""
    from orchestration.health import publication_age

    age = publication_age(_settings(context))
    if age is None:
        _complain("nothing is published")
        raise typer.Exit(FAILED)
    told = f"published {age.total_seconds() / 60:,.0f} minutes ago"
    if age > max_age:
        _complain(f"{told}, more than {max_age}: `passport doctor` tells what is wrong")
        raise typer.Exit(FAILED)
    _say(told)


@app.command()
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Of the dashboard.")] = 8501,
    dagster_port: Annotated[int, typer.Option(help="Of Dagster.")] = 3000,
) -> None:
    """The dashboard and Dagster, on this machine only, until told to end."""
    from orchestration.serve import serve as serve_all

    serve_all(_settings(context), port, dagster_port, _say)


# ---------------------------------------------------------------- access


@audit_commands.command("verify")
def audit_verify(
    context: typer.Context,
    noted: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="That an earlier look printed: it must be there still."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Whether every line of the audit log is as it was written; exit 1 where one is not.

    Keep the hash that this prints away from this machine: with --noted a later look also finds a
    log that was written anew.
    """
    from access.audit_log import verify

    with _access_store(context) as store:
        verdict = verify(store, noted)
    if as_json:
        _print_json(asdict(verdict))
    elif verdict.fault is None:
        _say(f"{verdict.entries:,} lines are as written · {verdict.hash}")
    if verdict.fault is not None:
        _complain(f"audit log: {verdict.fault}; {verdict.entries:,} lines before it hold")
        raise typer.Exit(FAILED)


Person = Annotated[str, typer.Argument(metavar="WHO", help="As the audit log names the person.")]


@access_commands.command("list")
def access_list(context: typer.Context, as_json: Json = False) -> None:
    """Who logged in with which roles and places, newest login, and who is shut out."""
    from access.sessions import people

    with _access_store(context) as store:
        _print_rows(_records(people(store)), as_json)


@access_commands.command("revoke")
def access_revoke(context: typer.Context, who: Person, why: Why, by: By = None) -> None:
    """Shut somebody out: open sessions end at once, new logins are denied."""
    from access.sessions import revoke

    with _access_store(context) as store:
        done = revoke(store, who, by or _user(), why, datetime.now(UTC))
    _say(f"{who} is shut out" if done else f"{who} was shut out already")


@access_commands.command("allow")
def access_allow(context: typer.Context, who: Person, why: Why, by: By = None) -> None:
    """Let somebody in again who was shut out."""
    from access.sessions import allow

    with _access_store(context) as store:
        if not allow(store, who, by or _user(), why, datetime.now(UTC)):
            _complain(f"{who!r} is not shut out")
            raise typer.Exit(FAILED)
    _say(f"{who} may log in again")


# ---------------------------------------------------------------- helpers of the commands


@contextmanager
def _access_store(context: typer.Context) -> Iterator[Any]:
    from access.store import open_store

    store = open_store(_settings(context))
    try:
        yield store
    finally:
        store.dispose()


def _note(
    store: Any, action: str, subject: str, by: str | None, detail: str, rows: int | None = None
) -> None:
    """Writes what was done on the command line into the audit log."""
    from access import audit_log
    from access.store import prepare

    prepare(store)
    role = audit_log.COMMAND_LINE
    done = audit_log.Action(action)
    entry = audit_log.Entry(by or _user(), role, "all", done, subject, detail, rows)
    audit_log.append(store, entry)


def _settings(context: typer.Context) -> Settings:
    return load_settings(context.find_root().obj)


def _generation(settings: Settings, given: str | None) -> str | None:
    """The generation that was asked for, by its name or as the last one of a day."""
    from orchestration.generations import known_on

    try:
        day = date.fromisoformat(given or "")
    except ValueError:
        return given
    return known_on(settings, day)


@contextmanager
def _writer(context: typer.Context, command: str) -> Iterator[Any]:
    from orchestration.run import new_run, writer

    with writer(_settings(context), new_run(command), _progress) as writing_run:
        yield writing_run


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

    settings = _settings(context)
    outcome = execute(settings, new_run(command, until), mode, _progress, records)
    if as_json:
        _print_json(
            {
                "run_id": outcome.run.run_id,
                "generation": outcome.generation.generation,
                "fingerprint": outcome.generation.fingerprint,
                "records": [asdict(result) for result in outcome.records],
            }
        )
    else:
        _say(f"serves {outcome.generation.generation}")
    for result in outcome.held:
        _complain(f"{result.record} is held: {result.message}; `passport gate list`, then decide")
    for message, names in records_by_message(outcome.failed).items():
        _complain(f"not read: {names}: {message}; the next run tries again")
    if outcome.failed:
        return FAILED
    return HELD if outcome.held else 0


def _known_records(names: Sequence[str] | None) -> Sequence[str] | None:
    from contract import RECORDS

    for name in names or ():
        if name not in RECORDS:
            raise typer.BadParameter(f"no record is called {name!r}: {', '.join(RECORDS)}")
    return names or None


def _run_in_words(run: Mapping[str, Any]) -> str:
    why = str(run["detail"] or "").splitlines()
    return f"{run['command']}, {run['state']}" + (f": {why[0]}" if why else "")


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _told(error: Exception) -> str:
    """Our own errors speak for themselves; of any other the kind is worth telling."""
    package = type(error).__module__.split(".")[0]
    ours = package in {
        "access",
        "config",
        "expectations",
        "operations",
        "orchestration",
        "reports",
        "simulator",
    }
    return str(error) if ours else f"{type(error).__name__}: {error}"


def _say(line: str) -> None:
    typer.echo(line)


def _progress(line: str) -> None:
    """Progress goes beside the answer, so that `--json` prints nothing else."""
    typer.echo(line, err=True)


def _complain(line: str) -> None:
    typer.echo(f"passport: {line}", err=True)


def _records(frame: Any) -> list[dict[str, Any]]:
    return [
        {name: None if value != value else value for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def _stored(value: object) -> object:
    """A value of the operations store, whose moments are UTC without saying so."""
    is_bare = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=UTC) if is_bare else value  # type: ignore[attr-defined]


def _text(value: object) -> str:
    """A value as CSV has it: null empty, moments in UTC with an offset; one that a query gave
    without a zone stays as it is."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat(sep=" ")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _json_value(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else _text(value)


def _print_json(value: object, is_stored: bool = True) -> None:
    def plain(entry: object) -> object:
        return _json_value(_stored(entry) if is_stored else entry)

    typer.echo(json.dumps(value, default=plain, ensure_ascii=False, indent=2))


def _print_one(entry: object, as_json: bool) -> None:
    fields: Mapping[str, Any] = (
        asdict(entry)  # type: ignore[arg-type]
        if is_dataclass(entry)
        else dict(entry)  # type: ignore[call-overload]
    )
    if as_json:
        _print_json(fields)
        return
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        _say(f"{name:{width}}  {_text(_stored(value))}")


def _print_rows(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        _print_json(list(rows))
        return
    if not rows:
        _say("none")
        return
    columns = list(rows[0])
    _print_table(columns, [[_text(_stored(row[name])) for name in columns] for row in rows])


def _print_answer(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], format_: TableFormat
) -> None:
    printers: dict[TableFormat, Callable[[], None]] = {
        TableFormat.json: lambda: _print_json(
            [dict(zip(columns, row, strict=True)) for row in rows], is_stored=False
        ),
        TableFormat.csv: lambda: _print_csv(columns, rows),
        TableFormat.table: lambda: _print_table(
            columns, [[_text(value) for value in row] for row in rows]
        ),
    }
    printers[format_]()


def _print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_text(value) for value in row] for row in rows)


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row in (columns, ["─" * width for width in widths], *rows):
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        _say("  ".join(cells).rstrip())
