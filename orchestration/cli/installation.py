"""What a command works on: the installation's settings, its writer, its stores, its user."""

import os
import pwd
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import TYPE_CHECKING

import typer

from config import Settings, load_settings
from orchestration.cli.answers import progress

if TYPE_CHECKING:
    import sqlalchemy as sa

    from access.audit_log import Entry
    from orchestration.run import Writer
    from response.desk import Log


def settings_of(context: typer.Context) -> Settings:
    """Those of the installation that `--home` names, or the environment."""
    return load_settings(context.find_root().obj)


def generation_of(settings: Settings, given: str | None) -> str | None:
    """The generation that was asked for, by its name or as the last one of a day."""
    from orchestration.generations import known_on

    try:
        day = date.fromisoformat(given or "")
    except ValueError:
        return given
    return known_on(settings, day)


def user() -> str:
    """Who is at this machine."""
    return pwd.getpwuid(os.getuid()).pw_name


@contextmanager
def writer_of(context: typer.Context, command: str) -> "Iterator[Writer]":
    """The one writer of the installation, for as long as `command` works."""
    from orchestration.run import new_run, writer

    with writer(settings_of(context), new_run(command), progress) as writing_run:
        yield writing_run


def access_store(context: typer.Context) -> "AbstractContextManager[sa.Engine]":
    """The operations store with the tables of access, for a while."""
    from access.store import open_store
    from operations import disposing

    return disposing(open_store(settings_of(context)))


def log_of(by: str | None) -> "Log":
    """What writes a line of the audit log on what is done to incidents on the command line."""
    from access import audit_log

    def write(connection: "sa.Connection", subject: str, what: str) -> None:
        audit_log.append_in(connection, _entry(audit_log.Action.changed, subject, by, what))

    return write


def incident_store(context: typer.Context) -> "AbstractContextManager[sa.Engine]":
    """The operations store with the tables of incidents and of the audit log, for a while."""
    from access.store import SCHEMA as ACCESS
    from operations import disposing, open_store
    from response.store import SCHEMA as RESPONSE

    return disposing(open_store(settings_of(context), RESPONSE, ACCESS))


def note(
    store: "sa.Engine",
    action: str,
    subject: str,
    by: str | None,
    detail: str,
    rows: int | None = None,
) -> None:
    """Writes what was done on the command line into the audit log."""
    from access import audit_log

    audit_log.append(store, _entry(action, subject, by, detail, rows))


def _entry(
    action: str, subject: str, by: str | None, detail: str, rows: int | None = None
) -> "Entry":
    from access.audit_log import COMMAND_LINE, Action, Entry

    return Entry(by or user(), COMMAND_LINE, "all", Action(action), subject, detail, rows)
