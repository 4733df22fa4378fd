"""Rounds that a sensor begins: one at a time, whenever a look finds work."""

from collections.abc import Callable
from datetime import UTC, datetime

import dagster as dg


def moment_of(until: str) -> datetime | None:
    """An ISO 8601 moment, UTC where it names no offset; None for an empty one."""
    if not until:
        return None
    moment = datetime.fromisoformat(until)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class RoundConfig(dg.Config):
    """`until` is the round's "now" in ISO 8601; left empty, it is the clock."""

    until: str = ""


def begin(
    context: dg.SensorEvaluationContext, job_name: str, is_due: Callable[[], bool], nothing: str
) -> dg.RunRequest | dg.SkipReason:
    """A run of the job where none is under way and something is due, else why not: the next look
    comes when the last one's run may still be starting."""
    if _is_under_way(context.instance, job_name):
        return dg.SkipReason("a round is under way")
    if not is_due():
        return dg.SkipReason(nothing)
    return dg.RunRequest(run_key=f"{datetime.now(UTC):%Y%m%dT%H%M%S}")


def _is_under_way(instance: dg.DagsterInstance, job_name: str) -> bool:
    unfinished = [
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
    ]
    filters = dg.RunsFilter(job_name=job_name, statuses=unfinished)
    return bool(instance.get_runs(filters=filters, limit=1))
