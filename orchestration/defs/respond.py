"""What becomes of findings: the incidents in the operations store."""

import dagster as dg

from orchestration.defs.resources import OWNERS, WRITER_POOL, WriterResource
from orchestration.insight_tables import SCHEMA as INSIGHT
from orchestration.run import respond

INCIDENTS = dg.AssetKey(["incidents", "incidents"])


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


assets: list[dg.AssetsDefinition] = [incidents]
