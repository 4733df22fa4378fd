"""`passport gate` and `quarantine`: what was held back, and who decides on it."""

from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.cli.answers import HELD, print_json, print_one, print_rows, say
from orchestration.cli.arguments import By, Json, Why
from orchestration.cli.installation import note, settings_of, user, writer_of

gate_commands = typer.Typer(help="Held batches: look and decide.", no_args_is_help=True)
quarantine_commands = typer.Typer(help="Rows that broke a rule.", no_args_is_help=True)

Batch = Annotated[int, typer.Argument(metavar="BATCH")]
Batches = Annotated[list[int], typer.Argument(metavar="BATCH…")]
OfRecord = Annotated[str | None, typer.Option(help="Only of this record.")]
OfRule = Annotated[str | None, typer.Option(help="Only those that broke this rule.")]
OfBatch = Annotated[int | None, typer.Option("--batch", help="Only of this batch.")]


@gate_commands.command("list")
def gate_list(context: typer.Context, record: OfRecord = None, as_json: Json = False) -> None:
    """The batches that wait for a decision; exit 3 where there are any."""
    from orchestration.gate_decisions import held_batches
    from orchestration.health import reading

    with reading(settings_of(context)) as store:
        held = held_batches(store, record)
    columns = ("batch_id", "record", "source_name", "rows_held", "reasons", "loaded_at")
    print_rows([{name: getattr(batch, name) for name in columns} for batch in held], as_json)
    if held:
        raise typer.Exit(HELD)


@gate_commands.command("show")
def gate_show(context: typer.Context, batch: Batch, as_json: Json = False) -> None:
    """One batch: why it was held, rows by broken rule, what was decided."""
    from orchestration.gate_decisions import show_batch
    from orchestration.health import reading

    settings = settings_of(context)
    with reading(settings) as store:
        shown = asdict(show_batch(settings, store, batch))
    if as_json:
        print_json(shown)
        return
    shown["files"] = ", ".join(shown["files"])
    rules, decisions = shown.pop("rules"), shown.pop("decisions")
    print_one(shown, as_json=False)
    for title, entries in (("rows by broken rule", rules), ("decisions", decisions)):
        say(f"\n{title}")
        print_rows(entries, as_json=False)


@gate_commands.command("release")
def gate_release(context: typer.Context, batches: Batches, why: Why, by: By = None) -> None:
    """Let held batches in; the next run builds and publishes them."""
    from orchestration.gate_decisions import release_batch

    with writer_of(context, "gate release") as work:
        for batch in batches:
            summary = release_batch(work.settings, work.store, work.run, batch, by or user(), why)
            came_in = (
                f", {summary.rows_admitted:,} rows as batch {summary.batch_id}; "
                "the next run builds them"
                if summary
                else "; it holds no rows"
            )
            note(work.store, "released", f"batch {batch}", by, why)
            say(f"batch {batch} released{came_in}")


@gate_commands.command("reject")
def gate_reject(context: typer.Context, batches: Batches, why: Why, by: By = None) -> None:
    """Keep held batches out for good."""
    from orchestration.gate_decisions import reject_batch

    with writer_of(context, "gate reject") as work:
        for batch in batches:
            reject_batch(work.settings, work.store, work.run, batch, by or user(), why)
            note(work.store, "decided", f"batch {batch}", by, f"rejected: {why}")
            say(f"batch {batch} rejected")


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

    with reading(settings_of(context)) as store:
        print_rows([asdict(rows) for rows in quarantined(store, record, rule, batch)], as_json)


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

    with writer_of(context, "quarantine release") as work:
        summaries = release_quarantined(
            work.settings, work.store, work.run, by or user(), why, record, rule, batch
        )
        for summary in summaries:
            subject = f"quarantined rows of {summary.record}"
            note(work.store, "released", subject, by, why, summary.rows_admitted)
    for summary in summaries:
        say(
            f"{summary.record}: {summary.rows_admitted:,} rows admitted as batch "
            f"{summary.batch_id}; the next run builds them"
        )
