"""What lies ahead: risk by the hour; forecasts and recommendations by night."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.resources import OWNERS, WRITER_POOL, WriterResource
from orchestration.defs.transform import dbt_models, described_source
from orchestration.insight_tables import SCHEMA
from orchestration.published_tables import PUBLISHED_TABLES
from orchestration.run import foresee

TABLES = [name for name, table in PUBLISHED_TABLES.items() if table.schema == SCHEMA]
_READ = ("marts", "reporting")


@dg.multi_asset(
    name="insight",
    specs=[
        dg.AssetSpec(
            [SCHEMA, name],
            deps=[key for key in sorted(dbt_models.keys) if key.path[0] in _READ],
            group_name=SCHEMA,
            kinds={"duckdb", "python"},
            owners=OWNERS,
            description=described_source(SCHEMA, name),
        )
        for name in TABLES
    ],
    pool=WRITER_POOL,
)
def insight_tables(writer: WriterResource) -> Iterator[dg.MaterializeResult]:
    """Score the open cases; by night learn, forecast and recommend too."""
    foresee(writer.writing_run)
    for name in TABLES:
        yield dg.MaterializeResult(asset_key=[SCHEMA, name])


assets: list[dg.AssetsDefinition | dg.AssetSpec] = [insight_tables]
