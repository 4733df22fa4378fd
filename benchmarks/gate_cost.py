"""What the gate costs of a load: 5 million stage events from a Parquet drop.

    .venv/bin/python -m benchmarks.gate_cost [rows] [times]

Prints, for each time, the seconds of the whole load and of the gate, and the peak memory; at the
end the medians. Great Expectations is imported before, since it is once per process.
"""

import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from config import Settings
from contract import RECORDS
from expectations import gate
from orchestration import extract
from orchestration.ledger import open_store
from orchestration.run_context import RunContext


def make_drop(folder: Path, rows: int) -> None:
    """Stage events of a month at 325 offices, as one Parquet file."""
    (folder / "stage_events").mkdir(parents=True)
    duckdb.execute(
        f"""
        copy (
            select
                'e' || n as event_id, 'a' || n // 20 as application_id,
                'stage_' || n % 20 as stage_code,
                ['entered', 'started', 'completed'][n % 3 + 1] as event,
                timestamptz '2026-01-01 00:00:00Z' + n * interval 500 milliseconds as occurred_at,
                'PK-' || hash(n // 20) % 325 as office_code, 's' || hash(n) % 4000 as staff_id,
                timestamptz '2026-01-01 00:01:00Z' + n * interval 500 milliseconds as recorded_at
            from range({rows}) as numbers (n)
        ) to '{folder}/stage_events/a.parquet' (format parquet)
        """
    )


def main(rows: int, times: int) -> None:
    judged: list[float] = []
    original = gate.judge

    def timed(*arguments: object) -> object:
        start = time.perf_counter()
        judgement = original(*arguments)  # type: ignore[arg-type]
        judged.append(time.perf_counter() - start)
        return judgement

    facts = gate.BatchFacts(RECORDS["stage_events"], None, 0, 0, 0, 0, 0, 0.0)
    original(duckdb.connect(), facts, Settings(home_path=Path("/nowhere")).gate)
    extract.judge = timed  # type: ignore[assignment]
    loads: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        drop = Path(folder) / "drop"
        make_drop(drop, rows)
        for number in range(times):
            settings = Settings(
                home_path=Path(folder) / f"home-{number}",
                sources={"default": f"file://{drop}"},
                pseudonym_key_file=Path(folder) / "key",
            )
            start = time.perf_counter()
            run = RunContext("benchmark", datetime(2026, 3, 1, tzinfo=UTC), "benchmark")
            (result,) = extract.extract_and_gate(
                settings,
                open_store(settings),
                run,
                ["stage_events"],
                extract.Incremental(timedelta(minutes=15)),
            )
            loads.append(time.perf_counter() - start)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
            print(
                f"{result.state}: load {loads[-1]:.1f} s, gate {judged[-1]:.2f} s, "
                f"peak {peak:.2f} GiB"
            )
    load, gated = statistics.median(loads), statistics.median(judged)
    print(f"median: load {load:.1f} s, gate {gated:.2f} s ({100 * gated / load:.1f} %)")


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], "5000000", "3"][:2]))
