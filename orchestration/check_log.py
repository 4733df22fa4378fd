"""What the checks of a run saw, kept in the operations store for the page on data quality."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from config import Settings
from orchestration.ledger import tables, writing
from orchestration.run_context import RunContext


@dataclass(frozen=True)
class Check:
    """One check: `layer` is what it looked at, `outcome` is passed, failed or warned.

    `observed` and `expected` are counts and names, never a value of a row.
    """

    check_name: str
    layer: str
    outcome: str
    observed: str
    expected: str


def record_checks(
    settings: Settings, store: sa.Engine, run: RunContext, checks: Sequence[Check]
) -> None:
    """Write the checks of a run under the authority's day of its now.

    A check that passed earlier on that day gives way to its newer result, since a live
    installation checks thousands of times a day; what failed stays.
    """
    if not checks:
        return
    run_day = run.now.astimezone(ZoneInfo(settings.authority_timezone)).date()
    rows = [{"run_id": run.run_id, "run_day": run_day, **asdict(check)} for check in checks]
    logged = tables.checks.c
    with writing(store) as connection:
        connection.execute(
            sa.delete(tables.checks).where(
                logged.run_day == run_day,
                logged.outcome == "passed",
                logged.check_name == sa.bindparam("name"),
                logged.layer == sa.bindparam("of_layer"),
            ),
            [{"name": check.check_name, "of_layer": check.layer} for check in checks],
        )
        connection.execute(sa.insert(tables.checks), rows)
