"""What readers get: the publication, and the pages that read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.defs.resources import HOURLY, OWNERS, WRITER_POOL, WriterResource
from orchestration.defs.respond import INCIDENTS
from orchestration.defs.transform import dbt_models
from orchestration.publish import PublishError
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES
from orchestration.run import publish

MARTS = dg.AssetKey(["published", "marts"])
AUDIT = "audit"
_PAGES = Path(__file__).parents[2] / "streamlit_app" / "app_pages"


@dg.multi_asset(
    name="publish",
    specs=[
        dg.AssetSpec(
            MARTS,
            deps=[
                INCIDENTS,
                *(
                    key
                    for key in sorted(dbt_models.keys)
                    if key.path[-1] in PUBLISHED_TABLES and key.path[-1] not in FROM_THE_STORE
                ),
            ],
            group_name="published",
            kinds={"duckdb", "python"},
            owners=OWNERS,
            skippable=True,
            freshness_policy=HOURLY,
            description="The generation that readers get: audited, immutable, all or nothing.",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            AUDIT,
            asset=MARTS,
            description="Promised tables and columns, grain, no personal value, the identities "
            "of backlog and rows.",
        )
    ],
    pool=WRITER_POOL,
)
def published_marts(
    context: dg.AssetExecutionContext, writer: WriterResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Copy, audit, make safe on disk, flip. A failed audit leaves the old generation serving."""
    try:
        generation = publish(writer.writing_run)
    except PublishError as error:
        yield dg.AssetCheckResult(
            asset_key=MARTS, check_name=AUDIT, passed=False, description=str(error)
        )
        raise dg.Failure(str(error)) from error
    yield dg.MaterializeResult(
        asset_key=MARTS,
        metadata={
            "generation": generation.generation,
            "as_of": f"{generation.as_of:%Y-%m-%d %H:%M:%S} UTC",
            "fingerprint": generation.fingerprint,
        },
    )
    yield dg.AssetCheckResult(asset_key=MARTS, check_name=AUDIT, passed=True)


def _purpose(page: Path) -> str:
    return ast.get_docstring(ast.parse(page.read_text(encoding="utf-8"))) or page.stem


pages = [
    dg.AssetSpec(
        ["pages", page.stem],
        deps=[MARTS],
        group_name="pages",
        kinds={"streamlit"},
        owners=OWNERS,
        description=_purpose(page),
    )
    for page in sorted(_PAGES.glob("[a-z]*.py"))
]

assets: list[dg.AssetsDefinition | dg.AssetSpec] = [published_marts, *pages]
