"""`passport`: the one command line. Exit codes: 0 done, 1 failed, 2 usage, 3 a batch was held,
4 something is wrong and nobody could be told.

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
from dataclasses import asdict, is_dataclass, replace
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

FAILED, USAGE, HELD, UNTOLD = 1, 2, 3, 4

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
incident_commands = typer.Typer(help="What was found, and what became of it.", no_args_is_help=True)
outbox_commands = typer.Typer(help="Messages to people.", no_args_is_help=True)
roster_commands = typer.Typer(help="Who is on duty, and what they hand over.", no_args_is_help=True)
app.add_typer(incident_commands, name="incidents")
app.add_typer(outbox_commands, name="outbox")
app.add_typer(roster_commands, name="roster")
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

    settings = _settings(context)
    with _telling_people(settings, until):
        code = _run(context, "run hourly", hourly_mode(settings), until, as_json)
    raise typer.Exit(code)


@run_commands.command("nightly")
def run_nightly(context: typer.Context, until: Until = None, as_json: Json = False) -> None:
    """The same with a wide overlap, then the daily briefing."""
    from orchestration.briefings import write_daily
    from orchestration.run import nightly_mode

    settings = _settings(context)
    with _telling_people(settings, until):
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


# ---------------------------------------------------------------- incidents

# Whoever has a shell here is an engineer, for all places.
_SHELL_ROLE, _SHELL_SCOPE = "engineer", "all"

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `passport incidents list` says.")]
At = Annotated[
    datetime | None,
    typer.Option("--at", parser=_moment, metavar="T", help="When it was done; default the clock."),
]
Seen = Annotated[
    int | None,
    typer.Option(
        metavar="EVENT",
        help="The last event that you saw: refused where somebody acted on it since.",
    ),
]


@incident_commands.command("list")
def incidents_list(
    context: typer.Context,
    all_of_them: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    rule: Annotated[str | None, typer.Option(help="Of this rule only.")] = None,
    scope: Annotated[
        str, typer.Option(help="all, country, missions, zone:<zone> or office:<code>.")
    ] = _SHELL_SCOPE,
    as_json: Json = False,
) -> None:
    """Incidents that are not over, the gravest and oldest first."""
    from response import incidents as kept
    from response.desk import visible
    from response.history import SEVERITIES
    from response.rules import load_rules

    with _response_store(context) as store, store.connect() as connection:
        read = kept.all_incidents if all_of_them else kept.current_incidents
        found = visible(read(connection), scope)
    found = [item for item in found if rule in (None, item.rule)]
    found.sort(key=lambda item: (item.is_over, -SEVERITIES.index(item.severity), item.opened_at))
    _print_rows([_incident_row(item, load_rules(), as_json) for item in found], as_json)


@incident_commands.command("show")
def incidents_show(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """One incident: what it is, what its rule asks for, what is part of it, what happened."""
    from response import incidents as kept
    from response.desk import what_is_part_of
    from response.rules import headline, load_rules

    with _response_store(context) as store, store.connect() as connection:
        incident = kept.incident(connection, number)
        events = kept.history(connection, number)
        parts = what_is_part_of(connection, incident, _SHELL_SCOPE)
    rule = load_rules().get(incident.rule)
    shown = {
        "what": headline(rule, incident.rule, incident.parameters),
        **asdict(replace(incident, parameters={})),
        "parameters": dict(incident.parameters),
        "asks_for": rule.action if rule else "",
        "owner_role": rule.owner_role if rule else "",
    }
    entries = [
        {name: getattr(event, name) for name in ("event_id", "at", "kind", "actor", "role", "text")}
        | {"details": dict(event.details) if event.kind != "opened" else {}}
        for event in events
    ]
    if as_json:
        _print_json({**shown, "parts": parts, "events": entries})
        return
    parts = [{name: part[name] for name in part if name != "parameters"} for part in parts]
    _print_one({k: v for k, v in shown.items() if v not in (None, "", {})}, as_json=False)
    for title, rows in (("part of it", parts), ("what happened", entries)):
        _say(f"\n{title}")
        _print_rows(rows, as_json=False)


@incident_commands.command("acknowledge")
def incidents_acknowledge(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...")],
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Take note: nobody further up is told then."""
    for number in numbers:
        _act(context, as_json, "acknowledged", number, by, at)


@incident_commands.command("assign")
def incidents_assign(
    context: typer.Context,
    number: Number,
    to: Annotated[str, typer.Argument(help="A role or a person.")],
    by: By = None,
    at: At = None,
    seen: Seen = None,
    as_json: Json = False,
) -> None:
    """Give it to somebody."""
    _act(context, as_json, "assigned", number, by, at, seen, to=to)


@incident_commands.command("note")
def incidents_note(
    context: typer.Context,
    number: Number,
    text: Annotated[str, typer.Argument(help="Without personal values.")],
    reply_from: Annotated[str | None, typer.Option(help="The role that is asked to reply.")] = None,
    reply_due: Annotated[
        timedelta | None, typer.Option(parser=_duration, metavar="DURATION", help="By when.")
    ] = None,
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Write something down, or ask a role for a reply by a time."""
    if (reply_from is None) != (reply_due is None):
        raise typer.BadParameter("--reply-from and --reply-due belong together")
    asked = {}
    if reply_from and reply_due:
        due = _now_of(at) + reply_due
        asked = {"reply_from": reply_from, "reply_due_at": due.isoformat()}
    _act(context, as_json, "noted", number, by, at, None, text, **asked)


@incident_commands.command("link")
def incidents_link(
    context: typer.Context,
    number: Number,
    parent: Annotated[
        int | None, typer.Argument(metavar="PARENT", help="Default: of none any more.")
    ] = None,
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Make it part of another incident."""
    _act(context, as_json, "linked", number, by, at, parent=parent)


@incident_commands.command("snooze")
def incidents_snooze(
    context: typer.Context,
    number: Number,
    duration: Annotated[timedelta, typer.Option("--for", parser=_duration, metavar="DURATION")],
    by: By = None,
    at: At = None,
    seen: Seen = None,
    as_json: Json = False,
) -> None:
    """Let it rest for a while: no message, no escalation."""
    until = _now_of(at) + duration
    _act(context, as_json, "snoozed", number, by, at, seen, until=until.isoformat())


@incident_commands.command("resolve")
def incidents_resolve(
    context: typer.Context,
    number: Number,
    cause: Annotated[str, typer.Option(help="What it was.")],
    outcome: Annotated[str, typer.Option(help="real, false_alarm, planned or duplicate.")] = "real",
    by: By = None,
    at: At = None,
    seen: Seen = None,
    as_json: Json = False,
) -> None:
    """Say that it is over, and what it was."""
    _act(context, as_json, "resolved", number, by, at, seen, cause, outcome=outcome)


@incident_commands.command("reopen")
def incidents_reopen(
    context: typer.Context,
    number: Number,
    why: Why,
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Say that it is not over after all."""
    _act(context, as_json, "reopened", number, by, at, None, why)


@incident_commands.command("report")
def incidents_report(
    context: typer.Context,
    place: Annotated[str, typer.Argument(help="office:<code>, or country.")],
    summary: Annotated[str, typer.Argument(help="What is wrong, in a sentence.")],
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Report a technical problem of a place."""
    from orchestration.incidents import zone_of
    from response.desk import report_problem

    with _response_store(context) as store:
        incident = report_problem(
            store,
            summary,
            place,
            *zone_of(_settings(context).home, place),
            by or _user(),
            _SHELL_ROLE,
            _SHELL_SCOPE,
            _now_of(at),
        )
    _print_incident(incident, as_json)


@incident_commands.command("announce")
def incidents_announce(
    context: typer.Context,
    place: Annotated[str, typer.Argument(help="country, missions, zone:<zone>, office:<code>.")],
    duration: Annotated[timedelta, typer.Option("--for", parser=_duration, metavar="DURATION")],
    why: Why,
    start: Annotated[
        datetime | None,
        typer.Option("--from", parser=_moment, metavar="T", help="Default: now."),
    ] = None,
    rule: Annotated[str, typer.Option(help="Of this rule only; default all.")] = "",
    by: By = None,
    at: At = None,
) -> None:
    """Announce work: what is found there meanwhile opens nothing."""
    from response.desk import announce
    from response.lifecycle import MaintenanceWindow

    now = _now_of(at)
    begins = start.replace(tzinfo=None) if start else now
    window = MaintenanceWindow(rule, place, begins, begins + duration)
    with _response_store(context) as store:
        number = announce(
            store, window, None, False, why, by or _user(), _SHELL_ROLE, _SHELL_SCOPE, now
        )
    _say(f"announced as {number}: {place} until {window.ends_at:%Y-%m-%d %H:%M} UTC")


@incident_commands.command("rules")
def incidents_rules(context: typer.Context, as_json: Json = False) -> None:
    """The alert rules, and what their incidents taught: precision, chattering, stale ones."""
    from response import incidents as kept
    from response.learning import lessons
    from response.rules import load_rules

    with _response_store(context) as store, store.connect() as connection:
        found = lessons(kept.all_incidents(connection), load_rules(), _now_of(None))
    _print_rows([asdict(lesson) for lesson in found], as_json)


def _act(
    context: typer.Context,
    as_json: bool,
    kind: Any,
    number: int,
    by: str | None,
    at: datetime | None,
    seen: int | None = None,
    text: str = "",
    **details: object,
) -> None:
    from access import audit_log
    from access.store import prepare
    from response.desk import act
    from response.history import Event

    event = Event(number, kind, _now_of(at), by or _user(), _SHELL_ROLE, text, details)
    line = audit_log.Entry(
        event.actor,
        audit_log.COMMAND_LINE,
        "all",
        audit_log.Action.changed,
        f"incident {number}",
        kind,
    )
    with _response_store(context) as store:
        prepare(store)
        incident = act(
            store,
            event,
            _SHELL_SCOPE,
            seen,
            lambda connection: audit_log.append_in(connection, line),
        )
    _print_incident(incident, as_json)


def _print_incident(incident: Any, as_json: bool) -> None:
    from response.rules import load_rules

    if as_json:
        _print_json(_incident_row(incident, load_rules(), as_json))
    else:
        _say(f"incident {incident.incident_id}: {incident.state}")


def _incident_row(incident: Any, rules: Mapping[str, Any], as_json: bool) -> dict[str, Any]:
    from response.rules import headline

    columns = ["incident_id", "severity", "state", "opened_at", "since_at", "resolved_at"]
    more = ["rule", "thing", "place_scope", "acknowledged_at", "escalation_level", "last_event_id"]
    row = {name: getattr(incident, name) for name in columns + (more if as_json else [])}
    row["parent"] = incident.parent_incident_id
    row["assigned_to"] = incident.assigned_to
    row["what"] = headline(rules.get(incident.rule), incident.rule, incident.parameters)
    return row


def _now_of(at: datetime | None) -> datetime:
    from orchestration.run import new_run

    return new_run("incidents", at).now_utc


@contextmanager
def _response_store(context: typer.Context) -> Iterator[Any]:
    from response.store import open_store

    store = open_store(_settings(context))
    try:
        yield store
    finally:
        store.dispose()


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


# ---------------------------------------------------------------- people


@outbox_commands.command("send")
def outbox_send(context: typer.Context, until: Until = None) -> None:
    """One round: what nobody acts on goes up, shifts hand over, what is due leaves; exit 1 where
    a channel took nothing."""
    from orchestration.telling import tell

    told = tell(_settings(context), until)
    _say(
        f"{told.sent} sent, {told.failed} failed, {told.made} made, "
        f"{told.escalated} incidents went up"
    )
    for one in told.rounds:
        if one.error:
            _complain(f"channel {one.channel}: {one.error}")
    if told.failed:
        raise typer.Exit(FAILED)


@outbox_commands.command("list")
def outbox_list(context: typer.Context, as_json: Json = False) -> None:
    """Messages that have not left: waiting, or dead after the last attempt."""
    from orchestration.telling import response_store
    from response.outbox import unsent

    with response_store(_settings(context)) as store, store.connect() as connection:
        _print_rows(unsent(connection), as_json)


@outbox_commands.command("retry")
def outbox_retry(
    context: typer.Context,
    messages: Annotated[list[int], typer.Argument(metavar="MESSAGE…")],
) -> None:
    """Let messages that are dead or rest be tried again in the next round."""
    from orchestration.telling import naive_now, response_store
    from response.outbox import retry

    with response_store(_settings(context)) as store:
        for message in messages:
            if not retry(store, message, naive_now(None)):
                _complain(f"no message {message} waits; `passport outbox list` shows those that do")
                raise typer.Exit(FAILED)
    _say("they leave with the next round: `passport outbox send`")


@roster_commands.command("import")
def roster_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV; docs/telling-people.md tells its columns.")],
) -> None:
    """Take in a plan: standing duties whole, shifts from the first one in the file on."""
    from operations import writing
    from orchestration.telling import response_store
    from response.roster import import_roster, read_roster

    settings = _settings(context)
    roster = read_roster(file, settings.authority_timezone)
    with response_store(settings) as store, writing(store) as connection:
        import_roster(connection, roster)
    people = {duty.person.person for duty in roster}
    shifts = sum(duty.is_shift for duty in roster)
    _say(f"{len(people)} people, {shifts} shifts, {len(roster) - shifts} standing duties")


@roster_commands.command("show")
def roster_show(context: typer.Context, until: Until = None, as_json: Json = False) -> None:
    """Who is on duty now (or at --until), and which roles that rules call have nobody."""
    from orchestration.telling import naive_now, response_store
    from response.roster import on_duty, roles_without

    with response_store(_settings(context)) as store, store.connect() as connection:
        duties = on_duty(connection, naive_now(until))
    _print_rows(
        [
            {
                "role": duty.role,
                "place_scope": duty.place_scope,
                "person": duty.person.person,
                "language": duty.person.language,
                "is_reached_by": " ".join(
                    way for way in ("email", "phone") if getattr(duty.person, way)
                ),
                "starts_at": duty.starts_at,
                "ends_at": duty.ends_at,
            }
            for duty in duties
        ],
        as_json,
    )
    for role in roles_without(duties):
        _complain(f"nobody is on duty as {role}, whom rules call")


@roster_commands.command("load")
def roster_load(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 7,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Alarms for each person and hour on duty; exit 1 where somebody had more than six in an
    hour."""
    from orchestration.telling import naive_now, response_store
    from response.load import load as load_of_people

    now = naive_now(until)
    with response_store(_settings(context)) as store, store.connect() as connection:
        found = load_of_people(connection, now - timedelta(days=days), now)
    _print_rows([asdict(one) for one in found], as_json)
    if any(one.is_too_much for one in found):
        raise typer.Exit(FAILED)


@roster_commands.command("note")
def roster_note(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="Words for who takes over.")],
    role: Annotated[str, typer.Option(help="Whose shift it is.")] = "monitoring",
    place_scope: Annotated[str, typer.Option("--place-scope")] = "all",
    by: By = None,
    until: Until = None,
) -> None:
    """Leave a note for the next shift; it goes out with the hand-over."""
    from operations import writing
    from orchestration.telling import naive_now, response_store
    from response.handover import write_note

    with response_store(_settings(context)) as store, writing(store) as connection:
        write_note(connection, role, place_scope, by or _user(), text, naive_now(until))
    _say("kept for the hand-over")


@roster_commands.command("handover")
def roster_handover(
    context: typer.Context,
    role: Annotated[str, typer.Option(help="Whose shift it is.")] = "monitoring",
    place_scope: Annotated[str, typer.Option("--place-scope")] = "all",
    language: Annotated[str, typer.Option(help="Of its words.")] = "en",
    until: Until = None,
) -> None:
    """The hand-over of the shift that is on, as it would be sent now."""
    from orchestration.telling import naive_now, response_store
    from response.handover import shift_at, what_is_handed_over
    from response.wording import handover_message

    settings, now = _settings(context), naive_now(until)
    with response_store(settings) as store, store.connect() as connection:
        shift = shift_at(connection, role, place_scope, now)
        if shift is None:
            _complain(f"no shift of {role} for {place_scope} is on; `passport roster show`")
            raise typer.Exit(FAILED)
        facts = what_is_handed_over(connection, shift)
    timezone = settings.authority_timezone
    words = handover_message(facts, language, timezone, now, settings.public_url)
    _say(f"{words.title}\n{words.body}")


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
    """The watchdog, for a timer outside Dagster: opens incidents and sends their messages itself.

    Exit 0: all is well; 1: something is wrong, and somebody was told; 4: and nobody could be.
    """
    from orchestration.watchdog import watch as look_and_tell

    seen = look_and_tell(_settings(context), datetime.now(UTC), max_age)
    for trouble in seen.troubles:
        _complain(f"{trouble.told} → {trouble.remedy}")
    if not seen.troubles:
        _say("well")
        return
    if not seen.is_told:
        _complain("nobody could be told: name channels in passport.toml, and people in the roster")
    raise typer.Exit(FAILED if seen.is_told else UNTOLD)


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


@contextmanager
def _telling_people(settings: Settings, until: datetime | None) -> Iterator[None]:
    """Tell of what a run found, or that it failed, when it is over and its lock is free."""
    from orchestration.telling import tell

    try:
        yield
    finally:
        try:
            told = tell(settings, until)
        except Exception as error:
            _complain(f"nobody was told: {_told(error)}")
        else:
            if told.made:
                _progress(f"{told.made} messages made, {told.sent} sent")


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
        "response",
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
