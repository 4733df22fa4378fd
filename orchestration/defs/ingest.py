"""Source, landing and raw: one asset each per record of the contract, filled by one step."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from contract import OPERATIONAL, RECORDS, Record
from orchestration.defs.resources import HOURLY, OWNERS, WRITER_POOL, WriterResource
from orchestration.extract import Incremental, RecordResult, Window
from orchestration.run import describe, ingest

GATE = "gate"


class IngestConfig(dg.Config):
    """Which rows a run reads.

    With `load_from` and `load_to` (UTC days, the second not included) a past window is loaded
    again; else everything since each record's watermark, less `overlap_minutes` (default: the
    installation's).
    """

    load_from: str = ""
    load_to: str = ""
    overlap_minutes: int | None = None

    def mode(self, overlap_minutes: int) -> Incremental | Window:
        """Raises Failure where only one end of a window is given, or they are not in order."""
        if not self.load_from and not self.load_to:
            chosen = overlap_minutes if self.overlap_minutes is None else self.overlap_minutes
            return Incremental(timedelta(minutes=chosen))
        try:
            window = Window(_midnight(self.load_from), _midnight(self.load_to))
        except ValueError as error:
            raise dg.Failure(
                f"load_from and load_to are UTC days, like 2026-11-01: {error}"
            ) from error
        if window.from_ >= window.until:
            raise dg.Failure("load_from must lie before load_to, which is not loaded itself")
        return window


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _described(record: Record) -> str:
    cursor = f"read by windows of {record.cursor}" if record.cursor else "read whole at every run"
    return f"Key {', '.join(record.key)}; {cursor}. See docs/source-contract.md."


sources = [
    dg.AssetSpec(
        ["source", record.name],
        group_name="source",
        kinds={"postgres", "file"},
        owners=OWNERS,
        description=f"The operational system's record {record.name}. {_described(record)}",
    )
    for record in RECORDS.values()
]

landing = [
    dg.AssetSpec(
        ["landing", record.name],
        deps=[["source", record.name]],
        group_name="landing",
        kinds={"parquet", "python"},
        owners=OWNERS,
        skippable=True,
        freshness_policy=HOURLY if record.name in OPERATIONAL else None,
        description=f"Batches of {record.name} as read, less the sensitive values: immutable "
        f"Parquet with a manifest. {_described(record)}",
    )
    for record in RECORDS.values()
]

raw = [
    dg.AssetSpec(
        ["raw", record.name],
        deps=[["landing", record.name]],
        group_name="raw",
        kinds={"duckdb", "view"},
        owners=OWNERS,
        skippable=True,
        description=f"All versions of the rows of {record.name} in admitted batches, without "
        "those in quarantine: a view over landing.",
    )
    for record in RECORDS.values()
]


@dg.multi_asset(
    name="ingest",
    specs=[*landing, *raw],
    check_specs=[
        dg.AssetCheckSpec(
            GATE,
            asset=["landing", name],
            description="Great Expectations judges each batch: no batch held, the record readable.",
        )
        for name in RECORDS
    ],
    can_subset=True,
    pool=WRITER_POOL,
)
def ingest_records(
    context: dg.AssetExecutionContext, config: IngestConfig, writer: WriterResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Extract, land and judge the selected records; one record's failure stops no other."""
    work = writer.writing_run
    chosen = {key.path[-1] for key in context.selected_asset_keys}
    names = [name for name in RECORDS if name in chosen]
    mode = config.mode(work.settings.overlap_minutes)
    for result in ingest(work, mode, names, context.log.info):
        for layer in ("landing", "raw"):
            key = dg.AssetKey([layer, result.record])
            # raw stands whatever became of today's batch: without it Dagster would skip the models.
            is_there = layer == "raw" or result.state == "ok"
            if key in context.selected_asset_keys and is_there:
                yield dg.MaterializeResult(asset_key=key, metadata=_counts(result))
        check = dg.AssetCheckKey(dg.AssetKey(["landing", result.record]), GATE)
        if check in context.selected_asset_check_keys:
            yield _verdict(result)


def _counts(result: RecordResult) -> dict[str, int]:
    words = ("read", "admitted", "repeated", "quarantined", "held")
    return {
        f"rows_{word}": sum(getattr(batch, f"rows_{word}") for batch in result.batches)
        for word in words
    }


def _verdict(result: RecordResult) -> dg.AssetCheckResult:
    """Held and unreadable fail the check and stop nothing: other records are published."""
    return dg.AssetCheckResult(
        asset_key=["landing", result.record],
        check_name=GATE,
        passed=result.state in ("ok", "absent"),
        severity=dg.AssetCheckSeverity.WARN
        if result.state == "held"
        else dg.AssetCheckSeverity.ERROR,
        description=describe(result),
        metadata={"state": result.state, **_counts(result)},
    )


assets: list[dg.AssetsDefinition | dg.AssetSpec] = [*sources, ingest_records]
