"""The gate: Great Expectations judges each batch, and only what it admits enters `raw`.

Any exception holds a batch. Verdicts, reasons and outcomes hold counts and shares, never a value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd

from config.settings import GateSettings
from contract import Record, landed_columns
from expectations.profile import profile
from expectations.suites import (
    UNIQUE_KEY,
    VOLUME_RATIO,
    Expectation,
    Limit,
    batch_limits,
    row_expectations,
)

# Beyond this many rows their profile is judged: 500,000 rows in a frame took a third of their
# load (benchmarks/gate_cost.py), where the gate may take a seventh.
FRAME_ROWS_MAX = 100_000


@dataclass(frozen=True)
class BatchFacts:
    """What is known of a batch before it is judged.

    `path` is its landing file (None where nothing is left to land) with `rows_landed` rows, as
    counted before they were written. `part_repeated_share` is the largest share, over its files
    or tables of at least `judged_from_rows` rows, of rows that repeat a row of the same one.
    `volume_ratio` is the record's total over what was expected; None where it is not judged.
    """

    record: Record
    path: Path | None
    rows_read: int
    rows_rejected: int
    rows_landed: int
    conflicts: int
    outside_window: int
    part_repeated_share: float
    manifest_faults: tuple[str, ...] = ()
    volume_ratio: float | None = None
    volume_note: str = ""


@dataclass(frozen=True)
class Outcome:
    """One expectation's outcome, in counts and shares."""

    check_name: str
    passed: bool
    observed: str
    expected: str


@dataclass(frozen=True)
class Judgement:
    """The verdict on a batch, `admitted` or `held`, with the reasons of a held one."""

    verdict: Literal["admitted", "held"]
    reasons: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = field(default=())


def judge(
    connection: duckdb.DuckDBPyConnection, facts: BatchFacts, gate: GateSettings
) -> Judgement:
    """The verdict of Great Expectations on one batch; an exception of any kind holds it."""
    try:
        return _judge(connection, facts, gate)
    except Exception as error:
        return Judgement(
            "held",
            (f"the gate itself failed ({type(error).__name__}): nothing is let in unjudged",),
        )


def _judge(
    connection: duckdb.DuckDBPyConnection, facts: BatchFacts, gate: GateSettings
) -> Judgement:
    limits = batch_limits(gate)
    found = _in_file(connection, facts)
    measures = _measures(facts, gate, found)
    excess = {limit.name: limit.excess(measures[limit.name]) for limit in limits}
    expectations = row_expectations(facts.record) if found.good else ()
    if found.good <= FRAME_ROWS_MAX:
        seen = f"judged on {found.good} rows"
        failed = _failed_on_rows(_frame(connection, facts, expectations), expectations)
        failed |= _beyond(excess)
    else:
        assert facts.path is not None
        seen = f"judged on the profile of {found.good} rows"
        # That keys are unique was counted before the rows were written; counting five million
        # keys again would cost more than all the rest.
        counted = {UNIQUE_KEY: facts.conflicts}
        others = tuple(e for e in expectations if e.name not in counted)
        failed = _beyond(excess | counted | profile(connection, facts.path, others))
    outcomes = [
        *(
            Outcome(
                limit.name,
                limit.name not in failed,
                _shown(measures[limit.name]),
                f"{_shown(limit.low)} to {_shown(limit.high)}",
            )
            for limit in limits
        ),
        *(
            Outcome(e.name, e.name not in failed, seen, "no good row against it")
            for e in expectations
        ),
    ]
    reasons = [
        *(_reason(limit, measures[limit.name], facts) for limit in limits if limit.name in failed),
        *(
            f"good rows go against the expectation {e.name}"
            for e in expectations
            if e.name in failed
        ),
    ]
    return Judgement("held" if reasons else "admitted", tuple(reasons), tuple(outcomes))


@dataclass(frozen=True)
class _InFile:
    """What a landing file holds: all its rows, its good rows, and how many columns are amiss."""

    rows: int = 0
    good: int = 0
    columns_amiss: int = 0


def _in_file(connection: duckdb.DuckDBPyConnection, facts: BatchFacts) -> _InFile:
    if facts.path is None:
        return _InFile()
    found = connection.execute(
        "select count(*), count(*) filter (rejected_by is null) from read_parquet(?)",
        [str(facts.path)],
    ).fetchone()
    assert found is not None
    names = [
        column[0]
        for column in connection.execute(
            "select * from read_parquet(?) limit 0", [str(facts.path)]
        ).description
    ]
    wanted = [column.name for column in landed_columns(facts.record)]
    amiss = sum(1 for name, other in zip_longest(wanted, names[: len(wanted)]) if name != other)
    return _InFile(int(found[0]), int(found[1]), amiss)


def _frame(
    connection: duckdb.DuckDBPyConnection, facts: BatchFacts, expectations: Sequence[Expectation]
) -> pd.DataFrame:
    """The good rows of a batch in the columns that are asked about."""
    if not expectations:
        return pd.DataFrame()
    names: dict[str, None] = {}
    for expectation in expectations:
        arguments = expectation.arguments
        for name in arguments.get("column_list", [arguments.get("column")]):
            names[name] = None
    listed = ", ".join(f'"{name}"' for name in names)
    found = connection.execute(
        f"select {listed} from read_parquet(?) where rejected_by is null", [str(facts.path)]
    )
    frame: pd.DataFrame = found.to_arrow_table().to_pandas()
    return frame


def _measures(facts: BatchFacts, gate: GateSettings, found: _InFile) -> dict[str, float | None]:
    judged = facts.rows_read >= gate.judged_from_rows
    return {
        "quarantined_share": facts.rows_rejected / facts.rows_read if judged else None,
        "repeated_share": facts.part_repeated_share,
        "conflicts": float(facts.conflicts),
        "outside_window": float(facts.outside_window),
        "manifest_faults": float(len(facts.manifest_faults)),
        "landed_difference": float(abs(facts.rows_landed - found.rows)),
        "columns_amiss": float(found.columns_amiss),
        VOLUME_RATIO: facts.volume_ratio,
    }


def _reason(limit: Limit, measure: float | None, facts: BatchFacts) -> str:
    detail = f"{limit.name} {_shown(measure)}, allowed {_shown(limit.low)} to {_shown(limit.high)}"
    if limit.name == "manifest_faults":
        detail = "; ".join(facts.manifest_faults)
    if limit.name == VOLUME_RATIO and facts.volume_note:
        detail += f"; {facts.volume_note}"
    return f"{limit.reason} ({detail})"


def _shown(measure: float | None) -> str:
    return "not judged" if measure is None else f"{measure:.4g}"


def _failed_on_rows(frame: pd.DataFrame, expectations: Sequence[Expectation]) -> set[str]:
    """The names of the expectations that do not hold on a frame of rows."""
    if not expectations:
        return set()
    wanted = [(e.kind, {**e.arguments, "meta": {"name": e.name}}) for e in expectations]
    held = {
        result.expectation_config.meta["name"]
        for result in _validate(frame, wanted, "BOOLEAN_ONLY")
        if result.success
    }
    return {e.name for e in expectations} - held


def _beyond(excess: Mapping[str, float | None]) -> set[str]:
    """The names of the measures that go beyond their limit; null is not judged.

    One expectation on a row per measure: one on a column per measure takes five times as long.
    """
    frame = pd.DataFrame({"measure": list(excess), "excess": list(excess.values())}, dtype=object)
    frame["excess"] = frame["excess"].astype(float)
    arguments = {"column": "excess", "min_value": 0, "max_value": 0}
    asked = {"result_format": "COMPLETE", "unexpected_index_column_names": ["measure"]}
    (result,) = _validate(frame, [("ExpectColumnValuesToBeBetween", arguments)], asked)
    if result.success:
        return set()
    failed = {entry["measure"] for entry in result.result.get("unexpected_index_list") or ()}
    return failed or set(excess)


def _validate(
    frame: pd.DataFrame, wanted: Sequence[tuple[str, dict[str, Any]]], result_format: Any
) -> list[Any]:
    """Great Expectations' results on `frame`; one that raised an exception is no success."""
    import great_expectations.expectations as gxe
    from great_expectations import ExpectationSuite

    batch = _frames().get_batch({"dataframe": frame})
    suite = ExpectationSuite(name="gate")
    for kind, arguments in wanted:
        suite.add_expectation(getattr(gxe, kind)(**arguments))
    return list(batch.validate(suite, result_format=result_format).results)


@cache
def _frames() -> Any:
    """Where Great Expectations takes frames from: no files, telemetry, documents or progress bars.

    Imported here: it takes seconds, which only a run that judges should pay.
    """
    from great_expectations import get_context
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    context = get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    asset = context.data_sources.add_pandas("landing").add_dataframe_asset("good rows")
    return asset.add_batch_definition_whole_dataframe("batch")
