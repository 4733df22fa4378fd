"""The gate: Great Expectations judges each batch, and only what it admits enters `raw`.

Any exception holds a batch. Verdicts, reasons and outcomes hold counts and shares, never a value.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import pandas as pd

from config.settings import GateSettings
from contract import Record, landed_columns
from expectations.profile import profile
from expectations.suites import Expectation, Limit, batch_limits, row_expectations

# Beyond this many rows a frame costs more than the load can bear; their profile is judged.
FRAME_ROWS_MAX = 500_000


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
    rows_in_file = 0
    outcomes: list[Outcome] = []
    if facts.path is not None:
        rows_in_file, good = _file_rows(connection, facts.path)
        outcomes += _judge_rows(connection, facts.record, facts.path, good)
    measures = _measures(facts, gate, rows_in_file)
    limits = batch_limits(gate)
    results = _validate(
        pd.DataFrame([measures]), [_limit_expectation(limit) for limit in limits], facts.record
    )
    reasons = []
    for limit, passed in zip(limits, results, strict=True):
        outcomes.append(
            Outcome(limit.name, passed, _shown(measures[limit.name]), _range_shown(limit))
        )
        if not passed:
            reasons.append(_reason(limit, measures[limit.name], facts))
    reasons += [
        f"good rows go against {outcome.check_name} ({outcome.observed})"
        for outcome in outcomes
        if not outcome.passed and outcome.check_name not in {limit.name for limit in limits}
    ]
    return Judgement("held" if reasons else "admitted", tuple(reasons), tuple(outcomes))


def _file_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, int]:
    row = connection.execute(
        "select count(*), count(*) filter (rejected_by is null) from read_parquet(?)", [str(path)]
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _judge_rows(
    connection: duckdb.DuckDBPyConnection, record: Record, path: Path, good: int
) -> list[Outcome]:
    """The outcomes of a record's expectations on the good rows of a landing file."""
    expectations = row_expectations(record)
    names = [column.name for column in landed_columns(record)]
    in_file = connection.execute(
        "select * from read_parquet(?) limit 0", [str(path)]
    ).to_arrow_table()
    outcomes = [
        Outcome(
            "schema",
            _validate(
                in_file.to_pandas(),
                [
                    (
                        "ExpectTableColumnsToMatchOrderedList",
                        {"column_list": [*names, *_technical(in_file.schema.names, names)]},
                    )
                ],
                record,
            )[0],
            f"{len(in_file.schema.names)} columns",
            f"{len(names)} columns of the contract, then the technical ones",
        )
    ]
    if good <= FRAME_ROWS_MAX:
        listed = ", ".join(f'"{name}"' for name in _asked(expectations))
        frame = connection.execute(
            f"select {listed} from read_parquet(?) where rejected_by is null", [str(path)]
        ).to_arrow_table()
        results = _validate(
            frame.to_pandas(), [(e.kind, e.arguments) for e in expectations], record
        )
        observed = [f"judged on {good} rows"] * len(expectations)
    else:
        counts = profile(connection, path, expectations)
        results = _validate(
            pd.DataFrame([counts]),
            [
                (
                    "ExpectColumnValuesToBeBetween",
                    {"column": e.name, "min_value": 0, "max_value": 0},
                )
                for e in expectations
            ],
            record,
        )
        observed = [f"{counts[e.name]} of {good} rows" for e in expectations]
    outcomes += [
        Outcome(e.name, passed, seen, "no row against it")
        for e, passed, seen in zip(expectations, results, observed, strict=True)
    ]
    return outcomes


def _technical(in_file: list[str], names: list[str]) -> list[str]:
    return [name for name in in_file if name not in names]


def _asked(expectations: tuple[Expectation, ...]) -> list[str]:
    names: dict[str, None] = {}
    for expectation in expectations:
        arguments = expectation.arguments
        for name in arguments.get("column_list", [arguments.get("column")]):
            names[name] = None
    return list(names)


def _measures(facts: BatchFacts, gate: GateSettings, rows_in_file: int) -> dict[str, float | None]:
    judged = facts.rows_read >= gate.judged_from_rows
    return {
        "quarantined_share": facts.rows_rejected / facts.rows_read if judged else None,
        "repeated_share": facts.part_repeated_share,
        "conflicts": float(facts.conflicts),
        "outside_window": float(facts.outside_window),
        "manifest_faults": float(len(facts.manifest_faults)),
        "landed_difference": float(abs(facts.rows_landed - rows_in_file)),
        "volume_ratio": facts.volume_ratio,
    }


def _limit_expectation(limit: Limit) -> tuple[str, dict[str, Any]]:
    return (
        "ExpectColumnValuesToBeBetween",
        {"column": limit.name, "min_value": limit.low, "max_value": limit.high},
    )


def _reason(limit: Limit, measure: float | None, facts: BatchFacts) -> str:
    detail = f"{limit.name} {_shown(measure)}, allowed {_range_shown(limit)}"
    if limit.name == "manifest_faults":
        detail = "; ".join(facts.manifest_faults)
    if limit.name == "volume_ratio" and facts.volume_note:
        detail += f"; {facts.volume_note}"
    return f"{limit.reason} ({detail})"


def _shown(measure: float | None) -> str:
    return "not judged" if measure is None else f"{measure:.4g}"


def _range_shown(limit: Limit) -> str:
    return f"{_shown(limit.low)} to {_shown(limit.high)}"


def _validate(
    frame: pd.DataFrame, wanted: list[tuple[str, dict[str, Any]]], record: Record
) -> list[bool]:
    """Whether each expectation holds on `frame`, in order."""
    import great_expectations.expectations as gxe
    from great_expectations import ExpectationSuite

    context = _context()
    suite = ExpectationSuite(name=record.name)
    for number, (kind, arguments) in enumerate(wanted):
        suite.add_expectation(getattr(gxe, kind)(**arguments, meta={"number": number}))
    with _batch(context, frame) as batch:
        result = batch.validate(suite, result_format="BOOLEAN_ONLY")
    passed = {
        found.expectation_config.meta["number"]: bool(found.success)
        and not found.exception_info.get("raised_exception", False)
        for found in result.results
    }
    return [passed.get(number, False) for number in range(len(wanted))]


@contextmanager
def _batch(context: Any, frame: pd.DataFrame) -> Iterator[Any]:
    source = context.data_sources.add_or_update_pandas("batch")
    definition = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    try:
        yield definition.get_batch({"dataframe": frame})
    finally:
        context.data_sources.delete("batch")


@cache
def _context() -> Any:
    """Great Expectations without files, telemetry, documents or progress bars.

    Imported here: it takes seconds, which only a run that judges should pay.
    """
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context
