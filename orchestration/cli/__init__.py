"""`passport`: the one command line. Exit codes: 0 done, 1 failed, 2 usage, 3 a batch was held or a
file refused, 4 something is wrong and nobody could be told.

One module for each family of commands. They only parse, call and print; what they do lies in the
modules beside this package. Those are imported where a command begins, so that `passport query`
does not wait for the loader's libraries.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli import access, briefings, gate, health, incidents, people, publications, runs
from orchestration.cli.answers import FAILED, complain, told_of

app = typer.Typer(
    help="Batch ETL, warehouse and dashboard of a passport authority.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _plain in (runs.commands, publications.commands, health.commands):
    app.add_typer(_plain)
app.add_typer(runs.run_commands, name="run")
app.add_typer(gate.gate_commands, name="gate")
app.add_typer(gate.quarantine_commands, name="quarantine")
app.add_typer(incidents.incident_commands, name="incidents")
app.add_typer(people.outbox_commands, name="outbox")
app.add_typer(people.roster_commands, name="roster")
app.add_typer(briefings.briefing_commands, name="briefings")
app.add_typer(briefings.subscription_commands, name="subscriptions")
app.add_typer(access.audit_commands, name="audit")
app.add_typer(access.access_commands, name="access")


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
        complain("stopped; what was admitted stays, and the next run goes on from there")
        sys.exit(FAILED)
    except Exception as error:
        complain(told_of(error))
        sys.exit(FAILED)
