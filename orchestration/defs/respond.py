"""What becomes of findings, and of runs that fail: the incidents in the operations store."""

import dagster as dg

from config import load_settings
from orchestration.defs.resources import OWNERS, WRITER_POOL, WriterResource
from orchestration.incidents import respond_to_failed_job, respond_to_passed_job
from orchestration.insight_tables import SCHEMA as INSIGHT
from orchestration.ledger import open_store as open_ledger
from orchestration.run import respond
from orchestration.telling import naive_now, response_store

INCIDENTS = dg.AssetKey(["incidents", "incidents"])
_LOOK_SECONDS = 60


@dg.asset(
    key=INCIDENTS,
    deps=[["reporting", "rpt_findings"], [INSIGHT, "rpt_promise_risk"]],
    group_name="incidents",
    kinds={"python"},
    owners=OWNERS,
    pool=WRITER_POOL,
)
def incidents(context: dg.AssetExecutionContext, writer: WriterResource) -> None:
    """Each thing found has one incident, with an owner, until it is over."""
    respond(writer.writing_run, context.log.info)


@dg.run_failure_sensor(
    minimum_interval_seconds=_LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A run that failed without a word of its own, as one that was killed, is told.",
)
def failed_run_sensor(context: dg.RunFailureSensorContext) -> None:
    """Opens the incident of a job's run that failed."""
    run, settings = context.dagster_run, load_settings()
    open_ledger(settings).dispose()
    with response_store(settings) as store:
        error = context.failure_event.message or "it ended without a word"
        respond_to_failed_job(store, run.job_name, run.run_id, error, naive_now(None))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    minimum_interval_seconds=_LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Ends what a failed run opened, when one of its job has passed.",
)
def passed_run_sensor(context: dg.RunStatusSensorContext) -> None:
    """Ends the incident of a job whose run has passed."""
    with response_store(load_settings()) as store:
        respond_to_passed_job(store, context.dagster_run.job_name, naive_now(None))


assets: list[dg.AssetsDefinition] = [incidents]
sensors = [failed_run_sensor, passed_run_sensor]
