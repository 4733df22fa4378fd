"""`passport outbox` and `roster`: messages to people, and who is on duty."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.answers import FAILED, complain, print_rows, say
from orchestration.cli.arguments import By, Json, Until
from orchestration.cli.installation import incident_store, log_of, settings_of, user

outbox_commands = typer.Typer(help="Messages to people.", no_args_is_help=True)


roster_commands = typer.Typer(help="Who is on duty, and what they hand over.", no_args_is_help=True)


@outbox_commands.command("send")
def outbox_send(context: typer.Context, until: Until = None) -> None:
    """One round: what nobody acts on goes up, shifts hand over, what is due leaves; exit 1 where
    a channel took nothing."""
    from orchestration.telling import tell

    told = tell(settings_of(context), until)
    say(
        f"{told.sent} sent, {told.failed} failed, {told.made} made, "
        f"{told.escalated} incidents went up"
    )
    for one in told.rounds:
        if one.error:
            complain(f"channel {one.channel}: {one.error}")
    if told.failed:
        raise typer.Exit(FAILED)


@outbox_commands.command("list")
def outbox_list(context: typer.Context, as_json: Json = False) -> None:
    """Messages that have not left: waiting, or dead after the last attempt."""
    from orchestration.telling import response_store
    from response.outbox import unsent

    with response_store(settings_of(context)) as store, store.connect() as connection:
        print_rows(unsent(connection), as_json)


@outbox_commands.command("retry")
def outbox_retry(
    context: typer.Context,
    messages: Annotated[list[int], typer.Argument(metavar="MESSAGE…")],
) -> None:
    """Let messages that are dead or rest be tried again in the next round."""
    from orchestration.telling import naive_now, response_store
    from response.outbox import retry

    with response_store(settings_of(context)) as store:
        for message in messages:
            if not retry(store, message, naive_now(None)):
                complain(f"no message {message} waits; `passport outbox list` shows those that do")
                raise typer.Exit(FAILED)
    say("they leave with the next round: `passport outbox send`")


@roster_commands.command("import")
def roster_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV; docs/telling-people.md tells its columns.")],
) -> None:
    """Take in a plan: standing duties whole, shifts from the first one in the file on."""
    from operations import writing
    from orchestration.telling import response_store
    from response.roster import import_roster, read_roster

    settings = settings_of(context)
    roster = read_roster(file, settings.authority_timezone)
    with response_store(settings) as store, writing(store) as connection:
        import_roster(connection, roster)
    people = {duty.person.person for duty in roster}
    shifts = sum(duty.is_shift for duty in roster)
    say(f"{len(people)} people, {shifts} shifts, {len(roster) - shifts} standing duties")


@roster_commands.command("show")
def roster_show(context: typer.Context, until: Until = None, as_json: Json = False) -> None:
    """Who is on duty now (or at --until), and which roles that rules call have nobody."""
    from orchestration.telling import naive_now, response_store
    from response.roster import on_duty, roles_without

    with response_store(settings_of(context)) as store, store.connect() as connection:
        duties = on_duty(connection, naive_now(until))
    print_rows(
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
        complain(f"nobody is on duty as {role}, whom rules call")


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
    with response_store(settings_of(context)) as store, store.connect() as connection:
        found = load_of_people(connection, now - timedelta(days=days), now)
    print_rows([asdict(one) for one in found], as_json)
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
    from orchestration.telling import naive_now
    from response.handover import leave_note

    with incident_store(context) as store:
        leave_note(store, role, place_scope, by or user(), text, naive_now(until), log_of(by))
    say("kept for the hand-over")


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

    settings, now = settings_of(context), naive_now(until)
    with response_store(settings) as store, store.connect() as connection:
        shift = shift_at(connection, role, place_scope, now)
        if shift is None:
            complain(f"no shift of {role} for {place_scope} is on; `passport roster show`")
            raise typer.Exit(FAILED)
        facts = what_is_handed_over(connection, shift)
    timezone = settings.authority_timezone
    words = handover_message(facts, language, timezone, now, settings.public_url)
    say(f"{words.title}\n{words.body}")
