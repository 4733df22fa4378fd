"""Staging, marts and reporting: every dbt model an asset, every dbt test its check."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration.dbt_process import DBT_PROJECT, NodeResult, parse_manifest, tested_model
from orchestration.defs.resources import OWNERS, WRITER_POOL, WriterResource
from orchestration.insight_tables import SCHEMA as INSIGHT
from orchestration.run import transform

_UNIQUE_ID = "dagster_dbt/unique_id"


class LayerTranslator(DagsterDbtTranslator):
    """An asset's key is its layer, then its table; the layer is its group too."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([self.get_group_name(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        if dbt_resource_props["resource_type"] == "source":
            return str(dbt_resource_props["source_name"])
        return str(dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return OWNERS

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetSpec:
        """The findings are views: built with the models, asked when `insight` is filled."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        deps = [dep for dep in spec.deps if dep.asset_key.path[0] != INSIGHT]
        return spec.replace_attributes(deps=deps)

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: Any
    ) -> dg.AssetCheckSpec | None:
        """A test of several models is a check of the last one it reads."""
        test = manifest["nodes"][unique_id]
        if tested_model(manifest["nodes"], unique_id) != asset_spec.metadata[_UNIQUE_ID]:
            return None
        return dg.AssetCheckSpec(
            test["name"],
            asset=asset_spec.key,
            description=test["description"] or None,
            metadata={_UNIQUE_ID: unique_id},
        )


manifest = json.loads(parse_manifest(DBT_PROJECT / "target").read_bytes())

# What is copied into the warehouse before each build; raw and insight have their own assets.
copies = [
    dg.AssetSpec(
        [source["source_name"], source["name"]],
        group_name=source["source_name"],
        kinds={"duckdb"},
        owners=OWNERS,
        description=source["description"],
    )
    for source in manifest["sources"].values()
    if source["source_name"] not in ("raw", INSIGHT)
]


def described_source(source_name: str, table: str) -> str:
    """What the project says of a table that dbt does not build."""
    return next(
        str(source["description"])
        for source in manifest["sources"].values()
        if (source["source_name"], source["name"]) == (source_name, table)
    )


@dbt_assets(
    manifest=manifest,
    name="transform",
    dagster_dbt_translator=LayerTranslator(),
    pool=WRITER_POOL,
)
def dbt_models(
    context: dg.AssetExecutionContext, writer: WriterResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Prepare the warehouse and build it by dbt in a process of its own.

    A part of the models can be built too; only a whole build can be published.
    """
    definition = context.assets_def
    keys = {spec.metadata[_UNIQUE_ID]: spec.key for spec in definition.specs}
    checks = {spec.metadata[_UNIQUE_ID]: spec.key for spec in definition.check_specs}
    chosen = context.selected_asset_keys
    names = sorted(key.path[-1] for key in chosen) if chosen != definition.keys else []
    for result in transform(writer.writing_run, context.log.info, names):
        key, check = keys.get(result.unique_id), checks.get(result.unique_id)
        if key in chosen and result.outcome == "passed":
            yield dg.MaterializeResult(asset_key=key, metadata={"seconds": result.seconds})
        elif check in context.selected_asset_check_keys and result.outcome != "skipped":
            yield _verdict(check, result)


def _verdict(check: dg.AssetCheckKey, result: NodeResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=result.outcome == "passed",
        severity=dg.AssetCheckSeverity.WARN
        if result.outcome == "warned"
        else dg.AssetCheckSeverity.ERROR,
        metadata={"rows": result.failures, "seconds": result.seconds},
    )


assets: list[dg.AssetsDefinition | dg.AssetSpec] = [*copies, dbt_models]
