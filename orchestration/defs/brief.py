"""Briefings: one partition for each morning of the authority."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from config import load_settings
from orchestration.briefings import write_daily
from orchestration.defs.publish import MARTS
from orchestration.defs.resources import OWNERS

MORNINGS = dg.DailyPartitionsDefinition(
    start_date="2024-01-01",
    timezone=load_settings().authority_timezone,
    end_offset=1,  # this morning's briefing is about yesterday, which is over
)


@dg.asset(
    key=["briefings", "daily"],
    deps=[dg.AssetDep(MARTS)],
    partitions_def=MORNINGS,
    group_name="briefings",
    kinds={"typst", "python"},
    owners=OWNERS,
    description="The daily briefing of the whole authority, two pages of PDF, by authority date.",
)
def daily_briefing(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Set the morning's briefing from the current publication; the generation stays kept."""
    written = write_daily(load_settings(), date.fromisoformat(context.partition_key))
    yield dg.MaterializeResult(
        metadata={
            "file": dg.MetadataValue.path(str(written.file)),
            "generation": written.generation,
            "size_bytes": written.size_bytes,
        }
    )


assets: list[dg.AssetsDefinition | dg.AssetSpec] = [daily_briefing]
