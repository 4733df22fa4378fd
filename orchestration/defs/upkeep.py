"""Dagster's own store: made before anything uses it, dead runs closed, old ones purged; and asked
whether the scheduler lives."""

import json
import sys
from datetime import UTC, datetime, timedelta

import dagster as dg

KEPT_DAYS = 90
_AT_ONCE = 500
_SCHEDULER = "SCHEDULER"
_UNFINISHED = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def close_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail the runs that an earlier boot left unfinished, and free their slots; gives their ids.

    Only for the moment before anything serves: whatever says it is running is dead then.
    """
    dead = instance.get_runs(filters=dg.RunsFilter(statuses=_UNFINISHED))
    for run in dead:
        instance.report_run_failed(run, "ended with an earlier boot; the next run catches up")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def purge_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Delete runs, with their events, that ended before a moment; gives their number."""
    purged = 0
    old = dg.RunsFilter(updated_before=before)
    while records := instance.get_run_records(filters=old, limit=_AT_ONCE):
        for record in records:
            instance.delete_run(record.dagster_run.run_id)
        purged += len(records)
    return purged


@dg.op
def purge_old_runs(context: dg.OpExecutionContext) -> None:
    """The event log grows without limit otherwise."""
    before = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    context.log.info(f"purged {purge_runs(context.instance, before)} runs before {before:%Y-%m-%d}")


@dg.job(description=f"Delete runs older than {KEPT_DAYS} days from Dagster's store.")
def purge() -> None:
    purge_old_runs()


def last_heartbeat(instance: dg.DagsterInstance) -> float | None:
    """When the scheduler last said that it lives, in seconds of the epoch; None if it never did."""
    status = instance.get_daemon_statuses([_SCHEDULER])[_SCHEDULER]
    return status.last_heartbeat.timestamp if status.last_heartbeat else None


if __name__ == "__main__":
    with dg.DagsterInstance.get() as this_instance:
        if sys.argv[1:] == ["heartbeat"]:
            sys.stdout.write(json.dumps(last_heartbeat(this_instance)))
        else:
            close_dead_runs(this_instance)
