"""`passport briefings` and `subscriptions`: the archive, who gets what, and what left for whom."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from config import Role
from orchestration.cli.answers import FAILED, complain, print_rows, say
from orchestration.cli.arguments import By, Json, OfGeneration, Until, day_of, moment_of
from orchestration.cli.installation import generation_of, settings_of, user

if TYPE_CHECKING:
    from delivery.subscriptions import Actor

briefing_commands = typer.Typer(
    help="Briefings: the archive, and what left for whom.", no_args_is_help=True
)
subscription_commands = typer.Typer(help="Who gets which briefing, when.", no_args_is_help=True)

OfKind = Annotated[str, typer.Argument(metavar="KIND", help="As `passport brief --help` says.")]
OfScope = Annotated[str, typer.Option(help="all, missions, zone:<zone> or office:<code>.")]
OfMorning = Annotated[
    date | None,
    typer.Option("--date", parser=day_of, metavar="D", help="Of its morning; default the newest."),
]
OfLanguage = Annotated[str, typer.Option(help="en, ur or both.")]
SubscriptionNumber = Annotated[
    int, typer.Argument(metavar="NUMBER", help="As `passport subscriptions list` says.")
]


@briefing_commands.command("due")
def briefings_due(context: typer.Context, until: Until = None) -> None:
    """One round: what is due is made, sent and noted; what was missed is made up. Exit 1 where
    something could not be made or is late. For a timer, where Dagster does not run."""
    from orchestration.briefings import deliver

    done = deliver(settings_of(context), complain, until)
    say(
        f"{done.due} due, {done.put} put into the outbox, {done.refused} refused, "
        f"{done.failed} failed, {done.made_again} made again; {done.sent} messages sent"
    )
    for kind in done.late:
        complain(f"late: {kind}; `passport briefings log` tells of whom")
    if done.failed or done.late:
        raise typer.Exit(FAILED)


@briefing_commands.command("list")
def briefings_list(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 35,
    as_json: Json = False,
) -> None:
    """The archive, newest first."""
    from delivery.archive import newest
    from orchestration.briefings import delivery_store, today_of

    settings = settings_of(context)
    since = today_of(settings) - timedelta(days=days)
    with delivery_store(settings) as store, store.connect() as connection:
        found = newest(connection, 10_000, since)
    columns = ("briefing_id", "kind", "morning", "scope", "language", "version", "generation")
    rows = [
        {
            **{name: {**vars(one), **vars(one.which), **vars(one.made)}[name] for name in columns},
            "late": one.made.is_late,
            "released": one.is_released,
            "file": str(settings.home.briefings / one.file),
            **({"sha256": one.sha256, "size_bytes": one.size_bytes} if as_json else {}),
        }
        for one in found
    ]
    print_rows(rows, as_json)


@briefing_commands.command("make")
def briefings_make(
    context: typer.Context,
    kind: OfKind,
    day: OfMorning = None,
    scope: OfScope = "all",
    language: OfLanguage = "en",
    incident: Annotated[str, typer.Option(help="Of an incident report: which.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Another version; both are kept.")] = False,
    generation: OfGeneration = None,
    by: By = None,
) -> None:
    """Make a briefing for the archive; nothing where it is there, unless --again."""
    from delivery.archive import Which
    from delivery.remaking import ask_again
    from orchestration.briefings import (
        delivery_store,
        make,
        make_again,
        newest_morning_of,
        published_places,
    )
    from orchestration.telling import naive_now

    settings = settings_of(context)
    morning = day or newest_morning_of(settings, kind)
    which = Which(kind, scope, language, morning, incident)
    now, name = naive_now(None), generation_of(settings, generation)
    with delivery_store(settings) as store:
        if again:
            known, _ = published_places(settings)
            asked = ask_again(store, which, _operator(by), known, now)
            made = make_again(settings, store, asked, now, generation=name)
        else:
            made = make(settings, store, which, now, by=by or user(), generation=name)
    say(f"{made.briefing_id}: {settings.home.briefings / made.file} · {made.sha256}")


@briefing_commands.command("release")
def briefings_release(
    context: typer.Context,
    briefing: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the archive.")],
    by: Annotated[str, typer.Option(help="Who in management decided it.")],
    at: Annotated[
        datetime | None,
        typer.Option("--at", parser=moment_of, metavar="T", help="Default the clock."),
    ] = None,
) -> None:
    """Release a public bulletin in the name of management, with its open data."""
    from access.roles import Standing
    from delivery.archive import archived, release
    from delivery.subscriptions import Actor
    from orchestration.briefings import delivery_store
    from orchestration.telling import naive_now

    actor = Actor(by, Standing(Role.management, "all"))
    with delivery_store(settings_of(context)) as store:
        with store.connect() as connection:
            held = archived(connection, briefing)
        for one in release(store, held, actor, naive_now(at)):
            say(f"released {one.file}")


@briefing_commands.command("log")
def briefings_log(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """What left for whom, the newest first, and what did not and why."""
    from delivery.sending import log
    from orchestration.briefings import delivery_store

    with delivery_store(settings_of(context)) as store, store.connect() as connection:
        found = log(connection, limit)
    columns = ("delivery_id", "kind", "morning", "scope", "person", "channel", "recipient")
    print_rows(
        [
            dict(row)
            if as_json
            else {
                **{name: row[name] for name in columns},
                "late": row["is_late"],
                "state": row["state"],
                "sent_at": row["sent_at"],
                "why": row["refused"] or row["error"] or row["last_error"] or "",
            }
            for row in found
        ],
        as_json,
    )


@subscription_commands.command("list")
def subscriptions_list(
    context: typer.Context,
    all_of_them: Annotated[bool, typer.Option("--all", help="Those that ended too.")] = False,
    as_json: Json = False,
) -> None:
    """Who gets which briefing."""
    from delivery import subscriptions
    from orchestration.briefings import delivery_store

    with delivery_store(settings_of(context)) as store, store.connect() as connection:
        read = subscriptions.ever if all_of_them else subscriptions.current
        found = read(connection)
    print_rows(
        [
            {
                "subscription_id": one.subscription_id,
                **{name: value for name, value in vars(one.wanted).items() if name != "standing"},
                "hour": f"{one.wanted.hour:%H:%M}",
                "role": one.wanted.standing.role,
                "place": one.wanted.standing.place,
                **({"ended_at": one.ended_at} if all_of_them else {}),
            }
            for one in found
        ],
        as_json,
    )


@subscription_commands.command("add")
def subscriptions_add(
    context: typer.Context,
    kind: OfKind,
    person: Annotated[str, typer.Option(help="As the audit log names the person.")],
    role: Annotated[str, typer.Option(help="The role that may see it.")],
    to: Annotated[str, typer.Option(help="An address of the channel.")],
    channel: Annotated[str, typer.Option(help="As passport.toml names it.")] = "mail",
    place: Annotated[str, typer.Option(help="Where the person has the role.")] = "all",
    scope: Annotated[str, typer.Option(help="Default: the place.")] = "",
    language: OfLanguage = "en",
    hour: Annotated[str, typer.Option(metavar="HH:MM", help="By the person's clock.")] = "07:00",
    timezone: Annotated[str, typer.Option(help="Default: the authority's.")] = "",
    on_days_off: Annotated[
        bool, typer.Option(help="On days on which the place does not work too.")
    ] = True,
    by: By = None,
) -> None:
    """Send somebody a briefing from now on. Refused where the role may not see it there."""
    from datetime import time

    from access.roles import Standing
    from delivery.subscriptions import Wanted, in_words, subscribe
    from orchestration.briefings import delivery_store, published_places
    from orchestration.telling import naive_now

    settings = settings_of(context)
    try:
        wanted = Wanted(
            person,
            Standing(Role(role), place),
            kind,
            scope or place,
            language,
            channel,
            to,
            time.fromisoformat(hour),
            timezone or settings.authority_timezone,
            on_days_off,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    known, _ = published_places(settings)
    with delivery_store(settings) as store:
        number = subscribe(store, settings, wanted, _operator(by), known, naive_now(None))
    say(f"subscription {number}: {in_words(wanted)}")


@subscription_commands.command("remove")
def subscriptions_remove(context: typer.Context, number: SubscriptionNumber, by: By = None) -> None:
    """End a subscription: nothing more is sent by it."""
    from delivery.subscriptions import end
    from orchestration.briefings import delivery_store, published_places
    from orchestration.telling import naive_now

    settings = settings_of(context)
    known, _ = published_places(settings)
    with delivery_store(settings) as store:
        end(store, number, _operator(by), known, naive_now(None))
    say(f"subscription {number} ended")


@subscription_commands.command("test")
def subscriptions_test(context: typer.Context, number: SubscriptionNumber, by: By = None) -> None:
    """Send the newest briefing of a subscription now, marked as a test; exit 1 where it did not
    leave."""
    from delivery.sending import ask, log
    from delivery.subscriptions import current
    from orchestration.briefings import (
        deliver,
        delivery_store,
        newest_morning_of,
        published_places,
    )
    from orchestration.telling import naive_now

    settings = settings_of(context)
    known, _ = published_places(settings)
    with delivery_store(settings) as store:
        with store.connect() as connection:
            found = [one for one in current(connection) if one.subscription_id == number]
        if not found:
            complain(f"no subscription {number}; `passport subscriptions list` shows those")
            raise typer.Exit(FAILED)
        wanted = found[0].wanted
        morning = newest_morning_of(settings, wanted.kind)
        asked = ask(
            store,
            settings,
            wanted,
            morning,
            _operator(by),
            known,
            naive_now(None),
            subscription_id=number,
            is_test=True,
        )
        deliver(settings, complain)
        with store.connect() as connection:
            row = next(row for row in log(connection, 1000) if row["delivery_id"] == asked)
    why = row["refused"] or row["error"] or row["last_error"] or ""
    say(f"{row['state']}: {wanted.kind} of {morning} to {wanted.recipient} {why}".rstrip())
    if row["state"] != "sent":
        raise typer.Exit(FAILED)


def _operator(by: str | None) -> "Actor":
    """Whoever has a shell here decides for the whole authority."""
    from access.roles import Standing
    from delivery.subscriptions import Actor

    return Actor(by or user(), Standing(Role.management, "all"))
