"""All of "when": jobs over the assets, and their schedules in the authority's time."""

from datetime import timedelta
from typing import Any

import dagster as dg

from config import load_settings
from orchestration.briefings import missing_mornings, scheduled_kinds
from orchestration.defs.brief import briefings
from orchestration.defs.ingest import IngestConfig, ingest_records
from orchestration.defs.insight import insight_tables
from orchestration.defs.publish import published_marts
from orchestration.defs.respond import incidents
from orchestration.defs.transform import dbt_models
from orchestration.defs.upkeep import purge
from orchestration.run import nightly_mode
from reports.kinds import Kind

_settings = load_settings()
_whole_path = dg.AssetSelection.assets(
    ingest_records, dbt_models, insight_tables, incidents, published_marts
)
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
briefing_jobs = {
    name: dg.define_asset_job(
        f"{name}_briefing",
        selection=dg.AssetSelection.assets(briefing),
        description="The briefings of this kind of one morning.",
    )
    for name, briefing in briefings.items()
}
# After the night's run, an hour before the usual hour of a recipient.
_BRIEFING_CRONS = {"day": "0 6 * * *", "week": "10 6 * * 1", "month": "20 6 1 * *"}


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


def _briefing_schedule(kind: Kind) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{kind.name}_briefing_schedule",
        job=briefing_jobs[kind.name],
        cron_schedule=_BRIEFING_CRONS[kind.covers],
        execution_timezone=_settings.authority_timezone,
        default_status=_ON,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
        """The morning that begins, and those that were missed: Dagster catches up no tick."""
        today = context.scheduled_execution_time.date()
        return [
            dg.RunRequest(partition_key=f"{morning}", run_key=f"{morning} of {today}")
            for morning in missing_mornings(_settings, kind, today)
        ]

    return schedule


briefing_schedules = [_briefing_schedule(kind) for kind in scheduled_kinds()]

jobs = [hourly, live, nightly, load_again, *briefing_jobs.values(), purge]
schedules = [
    hourly_schedule,
    live_schedule,
    nightly_schedule,
    *briefing_schedules,
    purge_schedule,
]
