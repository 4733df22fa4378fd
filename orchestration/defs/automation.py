"""All of "when": jobs over the assets, and their schedules in the authority's time."""

from datetime import timedelta
from typing import Any

import dagster as dg

from config import load_settings
from orchestration.defs.brief import daily_briefing
from orchestration.defs.ingest import IngestConfig, ingest_records
from orchestration.defs.publish import published_marts
from orchestration.defs.respond import incidents
from orchestration.defs.transform import dbt_models
from orchestration.defs.upkeep import purge
from orchestration.run import nightly_mode

_settings = load_settings()
_whole_path = dg.AssetSelection.assets(ingest_records, dbt_models, incidents, published_marts)
# What define_asset_job gives has no public name in Dagster.
Job = Any
_ON, _OFF = dg.DefaultScheduleStatus.RUNNING, dg.DefaultScheduleStatus.STOPPED


def _path_job(name: str, description: str, config: IngestConfig) -> Job:
    return dg.define_asset_job(
        name,
        selection=_whole_path,
        description=description,
        config=dg.RunConfig(ops={"ingest": config}),
    )


hourly = _path_job("hourly", "Everything since each record's watermark.", IngestConfig())
live = _path_job("live", "The hourly path on a short tick.", IngestConfig())
nightly = _path_job(
    "nightly",
    "The hourly path with the wide overlap of the night.",
    IngestConfig(overlap_minutes=nightly_mode(_settings).overlap // timedelta(minutes=1)),
)
load_again = _path_job(
    "load_again",
    "Load a past window again: put its UTC days (the second not included) into the config.",
    IngestConfig(load_from="YYYY-MM-DD", load_to="YYYY-MM-DD"),
)
daily_briefing_job = dg.define_asset_job(
    "daily_briefing",
    selection=dg.AssetSelection.assets(daily_briefing),
    description="The briefing of one morning.",
)


def _schedule(
    job: Job,
    cron: str,
    status: dg.DefaultScheduleStatus,
) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        job=job,
        cron_schedule=cron,
        execution_timezone=_settings.authority_timezone,
        default_status=status,
    )


hourly_schedule = _schedule(hourly, "5 * * * *", _ON)
nightly_schedule = _schedule(nightly, "35 1 * * *", _ON)
live_schedule = _schedule(live, "* * * * *", _OFF)
purge_schedule = _schedule(purge, "20 3 * * *", _ON)


@dg.schedule(
    job=daily_briefing_job,
    cron_schedule="0 6 * * *",
    execution_timezone=_settings.authority_timezone,
    default_status=_ON,
)
def daily_briefing_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The morning that begins."""
    return dg.RunRequest(partition_key=f"{context.scheduled_execution_time:%Y-%m-%d}")


jobs = [hourly, live, nightly, load_again, daily_briefing_job, purge]
schedules = [
    hourly_schedule,
    live_schedule,
    nightly_schedule,
    daily_briefing_schedule,
    purge_schedule,
]
