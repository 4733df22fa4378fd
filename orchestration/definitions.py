"""The code location of Dagster: what `orchestration/defs` defines, and nothing else."""

import dagster as dg

from orchestration.defs import (
    automation,
    brief,
    ingest,
    insight,
    publish,
    resources,
    respond,
    send,
    transform,
)

defs = dg.Definitions(
    assets=[
        *ingest.assets,
        *transform.assets,
        *insight.assets,
        *respond.assets,
        *publish.assets,
        *brief.assets,
    ],
    jobs=[*automation.jobs, *brief.jobs, *send.jobs],
    schedules=automation.schedules,
    sensors=[*respond.sensors, *brief.sensors, *send.sensors],
    resources=resources.resources,
    executor=dg.in_process_executor,
)
