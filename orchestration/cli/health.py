"""`passport status`, `doctor`, `watch` and `serve`: how the installation is, and keeping it up."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from orchestration.cli.answers import (
    FAILED,
    UNTOLD,
    complain,
    print_json,
    print_one,
    print_rows,
    say,
)
from orchestration.cli.arguments import Json, duration_of
from orchestration.cli.installation import settings_of

commands = typer.Typer()


@commands.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """What is loaded, what is published, what waits for a decision."""
    from orchestration import generations as kept
    from orchestration import health

    settings = settings_of(context)
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
        print_json({**told, "records": states})
        return
    print_one(
        {
            **told,
            "last_run": _run_in_words(newest) if newest else None,
        },
        as_json=False,
    )
    say("")
    print_rows(states, as_json=False)


@commands.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """What is wrong with this installation, and the remedy; exit 1 where something is."""
    from orchestration.health import examine

    findings = examine(settings_of(context))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            remedy = f" → {finding.remedy}" if finding.remedy else ""
            say(f"{finding.verdict:8} {finding.subject}: {finding.told}{remedy}")
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(FAILED)


@commands.command()
def watch(
    context: typer.Context,
    max_age: Annotated[
        timedelta,
        typer.Option(parser=duration_of, metavar="DURATION", help="The oldest that is well."),
    ] = "2h",  # type: ignore[assignment]  # typer parses the default too
) -> None:
    """The watchdog, for a timer outside Dagster: opens incidents and sends their messages itself.

    Exit 0: all is well; 1: something is wrong, and somebody was told; 4: and nobody could be.
    """
    from orchestration.watchdog import watch as look_and_tell

    seen = look_and_tell(settings_of(context), datetime.now(UTC), max_age)
    for trouble in seen.troubles:
        complain(f"{trouble.told} → {trouble.remedy}")
    if not seen.troubles:
        say("well")
        return
    if not seen.is_told:
        complain("nobody could be told: name channels in passport.toml, and people in the roster")
    raise typer.Exit(FAILED if seen.is_told else UNTOLD)


@commands.command()
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Of the dashboard.")] = 8501,
    dagster_port: Annotated[int, typer.Option(help="Of Dagster.")] = 3000,
) -> None:
    """The dashboard and Dagster, on this machine only, until told to end."""
    from orchestration.serve import serve as serve_all

    serve_all(settings_of(context), port, dagster_port, say)


def _run_in_words(run: Mapping[str, Any]) -> str:
    why = str(run["detail"] or "").splitlines()
    return f"{run['command']}, {run['state']}" + (f": {why[0]}" if why else "")
