"""Arguments and options that several families of commands take, and how they are parsed."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer


def moment_of(text: str) -> datetime:
    """An ISO 8601 moment, aware and in UTC; without an offset it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no ISO 8601 date or time, like 2026-11-01T06:00:00Z"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def day_of(text: str) -> date:
    """An ISO 8601 day."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day, like 2026-11-01") from error


def duration_of(text: str) -> timedelta:
    """A number and its unit: s, m, h or d."""
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
        "--until", parser=moment_of, metavar="T", help='The run\'s "now"; default the clock.'
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

Why = Annotated[str, typer.Option(help="Kept with the decision.")]
By = Annotated[str | None, typer.Option(help="Who decides; default the user of this machine.")]
