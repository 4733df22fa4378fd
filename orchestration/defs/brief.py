"""Briefings: each kind an asset with one partition for each morning on which it comes, and a job
that sends what is due."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from config import load_settings
from orchestration.briefings import deliver, is_anything_due, make_scheduled, scheduled_kinds
from orchestration.defs.publish import MARTS
from orchestration.defs.resources import OWNERS
from orchestration.defs.rounds import RoundConfig, begin, moment_of
from reports.kinds import Kind

_FROM = "2024-01-01"
_ZONE = load_settings().authority_timezone
_LOOK_SECONDS = 60
# By the day that begins: it tells of the time before, which is over.
_MORNINGS: dict[str, dg.PartitionsDefinition] = {
    "day": dg.DailyPartitionsDefinition(_FROM, timezone=_ZONE, end_offset=1),
    "week": dg.WeeklyPartitionsDefinition(_FROM, timezone=_ZONE, day_offset=1, end_offset=1),
    "month": dg.MonthlyPartitionsDefinition(_FROM, timezone=_ZONE, end_offset=1),
}
# What one try could not make, a publication under way perhaps, another may.
_TRIES = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL)


def _briefing(kind: Kind) -> dg.AssetsDefinition:
    @dg.asset(
        key=["briefings", kind.name],
        deps=[dg.AssetDep(MARTS)],
        partitions_def=_MORNINGS[kind.covers],
        group_name="briefings",
        kinds={"typst", "python"},
        owners=OWNERS,
        retry_policy=_TRIES,
        description=f"{kind.title} in the archive, by the authority's morning: the whole "
        "authority's, and one for each place and language that somebody subscribed to.",
    )
    def briefing(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """What is in the archive stays; a failed one keeps no other back, and is tried again."""
        morning = date.fromisoformat(context.partition_key)
        results = list(make_scheduled(load_settings(), kind.name, morning))
        failed = [one for one in results if isinstance(one, Exception)]
        if failed:
            raise dg.Failure(f"{len(failed)} of {len(results)} not made; the first: {failed[0]}")
        yield dg.MaterializeResult(
            metadata={
                "files": [one.file for one in results],
                "generations": sorted({one.made.generation for one in results}),
                "late": any(one.made.is_late for one in results),
            }
        )

    return briefing


briefings = {kind.name: _briefing(kind) for kind in scheduled_kinds()}


@dg.op
def deliver_briefings(context: dg.OpExecutionContext, config: RoundConfig) -> None:
    """What is due by the hour of each recipient is sent, what was missed is made up."""
    done = deliver(load_settings(), context.log.warning, moment_of(config.until))
    context.log.info(
        f"{done.due} due, {done.put} put into the outbox, {done.refused} refused, "
        f"{done.failed} failed, {done.made_again} made again; {done.sent} messages sent"
    )


@dg.job(name="deliver", description="One round of sending briefings; see `passport briefings due`.")
def deliver_job() -> None:
    deliver_briefings()


@dg.sensor(
    job=deliver_job,
    minimum_interval_seconds=_LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Begins a round when the hour of a recipient has come, or somebody asks for one.",
)
def deliver_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One look at what is due."""
    return begin(
        context, deliver_job.name, lambda: is_anything_due(load_settings()), "nothing is due"
    )


assets: list[dg.AssetsDefinition | dg.AssetSpec] = list(briefings.values())
jobs = [deliver_job]
sensors = [deliver_sensor]
