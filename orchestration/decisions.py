"""What was decided on proposals, and what was seen of it: into `rpt_redistribution` of the build.

A proposal that somebody decided on stays there when the next night proposes anew. The caller holds
the writer's lock, and no other connection to the warehouse file.
"""

from contextlib import closing
from datetime import date, timedelta
from typing import Any

import duckdb
import sqlalchemy as sa

from config import Home
from orchestration import insight_tables
from orchestration.foresight.moment import moment_of
from response.decisions import Decision, Proposal, newest_decisions

# What was usual before is the mean of so many days.
_DAYS_BEFORE = 14

# How long after its days a proposal is published with what came of it; the store keeps it for good.
_PUBLISHED_FOR = timedelta(days=90)

# Minutes that visitors of a place waited together: a mean day before and one of the days, and on
# how many of them anybody came. Null where nothing is known of either.
_WAITED = """
    with
        days as (
            select day, sum(issued * wait_all_mean_seconds)::double / 60 as minutes
            from reporting.rpt_queue_daily
            where
                place_scope = 'office:' || $place
                and day >= $before
                and day <= $to_day
                and issued > 0
                and wait_all_mean_seconds is not null
            group by day
        )
    select
        avg(minutes) filter (where day < $from_day) as before,
        avg(minutes) filter (where day >= $from_day) as during,
        count(*) filter (where day >= $from_day) as days
    from days
"""

# Cases beyond their promise that the places held, the evening before and the last evening.
_LATE = """
    select
        sum(beyond_promise) filter (where day = $before)::double as before,
        sum(beyond_promise) filter (where day = $to_day)::double as after
    from reporting.rpt_backlog_daily
    where office_code in (select unnest($places))
"""


def write_decisions(home: Home, store: sa.Engine) -> None:
    """Puts the decisions of the last months into the table of proposals."""
    with store.connect() as connection:
        decided = newest_decisions(connection).values()
    with closing(duckdb.connect(home.warehouse)) as warehouse:
        today = moment_of(warehouse).today
        written = [
            _row(warehouse, decision, today)
            for decision in decided
            if today <= decision.proposal.to_day + _PUBLISHED_FOR
        ]
        if not written:
            return
        names = list(insight_tables.COLUMNS["rpt_redistribution"])
        warehouse.execute("begin")
        warehouse.executemany(
            "delete from insight.rpt_redistribution where recommendation_id = ?",
            [(row["recommendation_id"],) for row in written],
        )
        warehouse.executemany(
            f"insert into insight.rpt_redistribution ({', '.join(names)})"
            f" values ({', '.join('?' * len(names))})",
            [tuple(row[name] for name in names) for row in written],
        )
        warehouse.execute("commit")


def _row(warehouse: duckdb.DuckDBPyConnection, decision: Decision, today: date) -> dict[str, Any]:
    return {
        **vars(decision.proposal),
        "seen_effect": _seen(warehouse, decision.proposal, today),
        "state": decision.verdict,
        "decided_by_role": decision.role,
        "decided_at": decision.at,
        "decision_reason": decision.reason,
    }


def _seen(warehouse: duckdb.DuckDBPyConnection, proposal: Proposal, today: date) -> str | None:
    """What came of the days of a proposal, also of one that was rejected; null until they are over
    and where nothing was measured. A comparison with the days before, not a proof."""
    if today <= proposal.to_day:
        return None
    if proposal.kind == "print":
        return _seen_late(warehouse, proposal)
    return _seen_waiting(warehouse, proposal)


def _seen_waiting(warehouse: duckdb.DuckDBPyConnection, proposal: Proposal) -> str | None:
    avoided = 0.0
    for place in proposal.places:
        before, during, days = _asked(
            warehouse,
            _WAITED,
            place=place,
            before=proposal.from_day - timedelta(days=_DAYS_BEFORE),
            from_day=proposal.from_day,
            to_day=proposal.to_day,
        )
        if before is None or during is None:
            return None
        avoided += (before - during) * days
    return f"waiting_minutes_avoided={avoided:.0f}"


def _seen_late(warehouse: duckdb.DuckDBPyConnection, proposal: Proposal) -> str | None:
    before, after = _asked(
        warehouse,
        _LATE,
        places=list(proposal.places),
        before=proposal.from_day - timedelta(days=1),
        to_day=proposal.to_day,
    )
    if before is None or after is None:
        return None
    return f"late_avoided={before - after:.0f}"


def _asked(
    warehouse: duckdb.DuckDBPyConnection, query: str, **parameters: object
) -> tuple[Any, ...]:
    found = warehouse.execute(query, parameters).fetchone()
    assert found is not None
    return found
