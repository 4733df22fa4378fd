"""`passport audit` and `access`: the log of who did what, and who is shut out."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from orchestration.cli.answers import FAILED, complain, print_json, print_rows, records_of, say
from orchestration.cli.arguments import By, Json, Why
from orchestration.cli.installation import access_store, user

audit_commands = typer.Typer(help="The log of who did what.", no_args_is_help=True)
access_commands = typer.Typer(help="Who is shut out of the dashboard.", no_args_is_help=True)


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

    with access_store(context) as store:
        verdict = verify(store, noted)
    if as_json:
        print_json(asdict(verdict))
    elif verdict.fault is None:
        say(f"{verdict.entries:,} lines are as written · {verdict.hash}")
    if verdict.fault is not None:
        complain(f"audit log: {verdict.fault}; {verdict.entries:,} lines before it hold")
        raise typer.Exit(FAILED)


Person = Annotated[str, typer.Argument(metavar="WHO", help="As the audit log names the person.")]


@access_commands.command("list")
def access_list(context: typer.Context, as_json: Json = False) -> None:
    """Who logged in with which roles and places, newest login, and who is shut out."""
    from access.sessions import people

    with access_store(context) as store:
        print_rows(records_of(people(store)), as_json)


@access_commands.command("revoke")
def access_revoke(context: typer.Context, who: Person, why: Why, by: By = None) -> None:
    """Shut somebody out: open sessions end at once, new logins are denied."""
    from access.sessions import revoke

    with access_store(context) as store:
        done = revoke(store, who, by or user(), why, datetime.now(UTC))
    say(f"{who} is shut out" if done else f"{who} was shut out already")


@access_commands.command("allow")
def access_allow(context: typer.Context, who: Person, why: Why, by: By = None) -> None:
    """Let somebody in again who was shut out."""
    from access.sessions import allow

    with access_store(context) as store:
        if not allow(store, who, by or user(), why, datetime.now(UTC)):
            complain(f"{who!r} is not shut out")
            raise typer.Exit(FAILED)
    say(f"{who} may log in again")
