"""`passport publish`, `rollback`, `query`, `brief` …: publications and what they answer."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.answers import (
    FAILED,
    TableFormat,
    complain,
    print_answer,
    print_json,
    print_one,
    print_rows,
    progress,
    records_of,
    say,
)
from orchestration.cli.arguments import Json, OfGeneration, day_of
from orchestration.cli.installation import generation_of, note, settings_of, writer_of

commands = typer.Typer()


@commands.command()
def publish(context: typer.Context, as_json: Json = False) -> None:
    """Audit what the warehouse holds and let readers have it."""
    from orchestration.run import publish as publish_built

    with writer_of(context, "publish") as writing_run:
        generation = publish_built(writing_run)
    print_one(generation, as_json)


@commands.command()
def rollback(
    context: typer.Context,
    generation: Annotated[
        str | None, typer.Argument(help="Default: the one before the current.")
    ] = None,
) -> None:
    """Let an earlier generation serve again, until the next run publishes."""
    from orchestration import generations as kept

    with writer_of(context, "rollback") as writing_run:
        serves = kept.rollback(writing_run.settings.home, writing_run.store, generation)
        note(writing_run.store, "decided", "publication", None, f"rolled back to {serves}")
    say(f"serves {serves}")


@commands.command()
def generations(context: typer.Context, as_json: Json = False) -> None:
    """The generations that were made, newest first."""
    from orchestration.generations import standings
    from orchestration.health import reading

    settings = settings_of(context)
    with reading(settings) as store:
        print_rows([asdict(standing) for standing in standings(settings.home, store)], as_json)


@commands.command()
def brief(
    context: typer.Context,
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="daily, weekly, monthly, incident or bulletin.")
    ],
    out: Annotated[Path, typer.Option(help="The PDF to write.")],
    day: Annotated[
        date | None,
        typer.Option(
            "--date",
            parser=day_of,
            metavar="D",
            help="Of its morning; default the newest possible.",
        ),
    ] = None,
    scope: Annotated[
        str, typer.Option(help="all, country, missions, zone:<zone> or office:<code>.")
    ] = "all",
    language: Annotated[str, typer.Option(help="Of its words: en, ur or both.")] = "en",
    incident: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="That an incident report is about.")
    ] = None,
    generation: OfGeneration = None,
) -> None:
    """One briefing as PDF."""
    from orchestration.briefings import write_briefing

    settings = settings_of(context)
    chosen = generation_of(settings, generation)
    written = write_briefing(
        settings, kind, day, scope, out, language=language, generation=chosen, incident=incident
    )
    say(f"{out}: {kind} briefing of {written.day}, on {written.generation}")


@commands.command()
def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help="One query on the tables of docs/published.md.")],
    format_: Annotated[TableFormat, typer.Option("--format")] = TableFormat.table,
    generation: OfGeneration = None,
) -> None:
    """Ask a publication."""
    from reports.broker import open_publication, run_sql

    settings = settings_of(context)
    publication = open_publication(
        settings.home,
        generation_of(settings, generation),
        memory_limit_mb=settings.memory_limit_mb,
        threads=settings.threads,
    )
    try:
        answer = run_sql(publication, sql)
    finally:
        publication.close()
    print_answer(answer.columns, answer.rows, format_)


@commands.command()
def case(
    context: typer.Context,
    application_id: Annotated[str, typer.Argument(metavar="ID")],
    generation: OfGeneration = None,
    as_json: Json = False,
) -> None:
    """One case's story."""
    from reports.broker import ALL, Scope, open_publication, rows

    settings = settings_of(context)
    publication = open_publication(settings.home, generation_of(settings, generation))
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
            complain(f"{publication.generation} holds no application {application_id!r}")
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
    facts = records_of(found)[0]
    story = records_of(events)
    if as_json:
        print_json({**facts, "events": story})
        return
    print_one(facts, as_json=False)
    say("")
    print_rows(story, as_json=False)


@commands.command("try")
def try_(
    context: typer.Context,
    models: Annotated[list[str], typer.Argument(metavar="MODEL…")],
    as_json: Json = False,
) -> None:
    """Build changed models on a copy and tell which published figures move."""
    from orchestration.trial import try_models

    with writer_of(context, f"try {' '.join(models)}") as writing_run:
        moved = try_models(writing_run, models, progress)
    if as_json:
        print_json([asdict(entry) for entry in moved])
        return
    if not moved:
        say("no published figure moves")
    for entry in moved:
        say(
            f"{entry.table}: {entry.rows_before:,} → {entry.rows_after:,} rows, "
            f"{entry.rows_added:,} new, {entry.rows_removed:,} gone"
        )
        for column, count in entry.columns.items():
            say(f"  {column}: differs in {count:,} rows")
