"""`passport incidents`: what was found, and what became of it."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.answers import print_json, print_one, print_rows, say
from orchestration.cli.arguments import By, Json, Why, duration_of, moment_of
from orchestration.cli.installation import incident_store, log_of, settings_of, user

if TYPE_CHECKING:
    from response.history import Incident, Kind
    from response.rules import Rule

incident_commands = typer.Typer(help="What was found, and what became of it.", no_args_is_help=True)

# Whoever has a shell here is an engineer, for all places.
_SHELL_ROLE, _SHELL_SCOPE = "engineer", "all"

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `passport incidents list` says.")]

At = Annotated[
    datetime | None,
    typer.Option(
        "--at", parser=moment_of, metavar="T", help="When it was done; default the clock."
    ),
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
    from orchestration.telling import response_store
    from response import incidents as kept
    from response.desk import visible
    from response.history import SEVERITIES
    from response.rules import load_rules

    with response_store(settings_of(context)) as store, store.connect() as connection:
        read = kept.all_incidents if all_of_them else kept.current_incidents
        found = visible(read(connection), scope)
    found = [item for item in found if rule in (None, item.rule)]
    found.sort(key=lambda item: (item.is_over, -SEVERITIES.index(item.severity), item.opened_at))
    print_rows([_incident_row(item, load_rules(), as_json) for item in found], as_json)


@incident_commands.command("show")
def incidents_show(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """One incident: what it is, what its rule asks for, what is part of it, what happened."""
    from orchestration.telling import response_store
    from response import incidents as kept
    from response.desk import what_is_part_of
    from response.rules import headline, load_rules

    with response_store(settings_of(context)) as store, store.connect() as connection:
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
        print_json({**shown, "parts": parts, "events": entries})
        return
    parts = [{name: part[name] for name in part if name != "parameters"} for part in parts]
    print_one({k: v for k, v in shown.items() if v not in (None, "", {})}, as_json=False)
    for title, rows in (("part of it", parts), ("what happened", entries)):
        say(f"\n{title}")
        print_rows(rows, as_json=False)


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
        timedelta | None, typer.Option(parser=duration_of, metavar="DURATION", help="By when.")
    ] = None,
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> None:
    """Write something down, or ask a role for a reply by a time."""
    from orchestration.telling import naive_now

    if (reply_from is None) != (reply_due is None):
        raise typer.BadParameter("--reply-from and --reply-due belong together")
    asked = {}
    if reply_from and reply_due:
        due = naive_now(at) + reply_due
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
    duration: Annotated[timedelta, typer.Option("--for", parser=duration_of, metavar="DURATION")],
    by: By = None,
    at: At = None,
    seen: Seen = None,
    as_json: Json = False,
) -> None:
    """Let it rest for a while: no message, no escalation."""
    from orchestration.telling import naive_now

    until = naive_now(at) + duration
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
    from orchestration.telling import naive_now
    from response.desk import report_problem

    with incident_store(context) as store:
        incident = report_problem(
            store,
            summary,
            place,
            *zone_of(settings_of(context).home, place),
            by or user(),
            _SHELL_ROLE,
            _SHELL_SCOPE,
            naive_now(at),
            log_of(by),
        )
    _print_incident(incident, as_json)


@incident_commands.command("announce")
def incidents_announce(
    context: typer.Context,
    place: Annotated[str, typer.Argument(help="country, missions, zone:<zone>, office:<code>.")],
    duration: Annotated[timedelta, typer.Option("--for", parser=duration_of, metavar="DURATION")],
    why: Why,
    start: Annotated[
        datetime | None,
        typer.Option("--from", parser=moment_of, metavar="T", help="Default: now."),
    ] = None,
    rule: Annotated[str, typer.Option(help="Of this rule only; default all.")] = "",
    by: By = None,
    at: At = None,
) -> None:
    """Announce work: what is found there meanwhile opens nothing."""
    from orchestration.telling import naive_now
    from response.desk import announce
    from response.lifecycle import MaintenanceWindow

    now = naive_now(at)
    begins = start.replace(tzinfo=None) if start else now
    window = MaintenanceWindow(rule, place, begins, begins + duration)
    who = (by or user(), _SHELL_ROLE, _SHELL_SCOPE)
    with incident_store(context) as store:
        number = announce(store, window, None, False, why, *who, now, log_of(by))
    say(f"announced as {number}: {place} until {window.ends_at:%Y-%m-%d %H:%M} UTC")


@incident_commands.command("announced")
def incidents_announced(context: typer.Context, as_json: Json = False) -> None:
    """Announced work that goes on or is to come; times are UTC."""
    from orchestration.telling import naive_now
    from response.inbox import announced

    with incident_store(context) as store, store.connect() as connection:
        works = announced(connection, _SHELL_SCOPE, naive_now(None), {})
    rows = [
        {"number": work.number, **vars(work.window), "why": work.reason, "by": work.made_by}
        for work in works
    ]
    print_rows(rows, as_json)


@incident_commands.command("end-announced")
def incidents_end_announced(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="As `passport incidents announced` says.")
    ],
    by: By = None,
    at: At = None,
) -> None:
    """End announced work before its time: what is still found there opens incidents again."""
    from orchestration.telling import naive_now
    from response.desk import end_announced

    with incident_store(context) as store:
        place = end_announced(
            store, number, {}, _SHELL_ROLE, _SHELL_SCOPE, naive_now(at), log_of(by)
        )
    say(f"ended: {number}, {place}")


@incident_commands.command("rules")
def incidents_rules(context: typer.Context, as_json: Json = False) -> None:
    """The alert rules, and what their incidents taught: precision, chattering, stale ones."""
    from orchestration.telling import naive_now, response_store
    from response import incidents as kept
    from response.learning import lessons
    from response.rules import load_rules

    with response_store(settings_of(context)) as store, store.connect() as connection:
        found = lessons(kept.all_incidents(connection), load_rules(), naive_now(None))
    print_rows([asdict(lesson) for lesson in found], as_json)


def _act(
    context: typer.Context,
    as_json: bool,
    kind: "Kind",
    number: int,
    by: str | None,
    at: datetime | None,
    seen: int | None = None,
    text: str = "",
    **details: object,
) -> None:
    from orchestration.telling import naive_now
    from response.desk import act
    from response.history import Event

    event = Event(number, kind, naive_now(at), by or user(), _SHELL_ROLE, text, details)
    with incident_store(context) as store:
        incident = act(store, event, _SHELL_SCOPE, seen, log_of(by))
    _print_incident(incident, as_json)


def _print_incident(incident: "Incident", as_json: bool) -> None:
    from response.rules import load_rules

    if as_json:
        print_json(_incident_row(incident, load_rules(), as_json))
    else:
        say(f"incident {incident.incident_id}: {incident.state}")


def _incident_row(
    incident: "Incident", rules: Mapping[str, "Rule"], as_json: bool
) -> dict[str, Any]:
    from response.rules import headline

    columns = ["incident_id", "severity", "state", "opened_at", "since_at", "resolved_at"]
    more = ["rule", "thing", "place_scope", "acknowledged_at", "escalation_level", "last_event_id"]
    row = {name: getattr(incident, name) for name in columns + (more if as_json else [])}
    row["parent"] = incident.parent_incident_id
    row["assigned_to"] = incident.assigned_to
    row["what"] = headline(rules.get(incident.rule), incident.rule, incident.parameters)
    return row
