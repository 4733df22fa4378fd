"""Promise risk on a later period: what was learned before a day, judged on the cases seen after it.

    python -m benchmarks.insight risk WAREHOUSE [--later 28]

WAREHOUSE is a home's warehouse.duckdb (copied, not touched). Learns from the cases whose promise
fell due before the last `later` days, scores all cases at the midnights of these days, and prints
Brier score, AUC and calibration by decile of the model, of the rates by tier, stage and time, and
of the tier's mean.
"""

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import process_time

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from insight import risk
from orchestration import insight_tables
from orchestration.foresight.moment import moment_of
from orchestration.foresight.risks import past_cases

Numbers = NDArray[np.float64]


def measured(snapshots: pd.DataFrame, later: int) -> None:
    """Print the figures of a split `later` days before the newest due day."""
    seen, due = pd.to_datetime(snapshots["seen_on"]), pd.to_datetime(snapshots["due_on"])
    border = due.max() - timedelta(days=later)
    earlier, after = snapshots[due < border], snapshots[seen >= border]
    began = process_time()
    learned = risk.learn(earlier)
    print(
        f"learned from {len(earlier):,} looks at {learned.cases:,} cases in"
        f" {process_time() - began:.1f} CPU s: {learned.method}; judged on {len(after):,} looks at"
        f" {after['application_id'].nunique():,} cases, {after['is_late'].mean():.1%} late\n"
    )
    late = after["is_late"].to_numpy(dtype=np.float64)
    weight = np.ones(len(earlier))
    rates = risk.late_rates(earlier, earlier["is_late"].to_numpy(dtype=np.bool_), weight)
    by_rates = replace(learned, rates=rates, method=risk.RATES)
    means = earlier.groupby("tier")["is_late"].mean()
    overall = float(earlier["is_late"].mean())
    said = {
        learned.method: risk.score(after, learned).probability,
        risk.RATES: risk.score(after, by_rates).probability,
        "mean of the tier": after["tier"].map(means).fillna(overall).to_numpy(dtype=np.float64),
    }
    print("| | Brier | AUC | worst decile, points off |\n|---|---|---|---|")
    for name, probability in said.items():
        print(
            f"| {name} | {np.mean((probability - late) ** 2):.4f} |"
            f" {roc_auc_score(late, probability):.3f} |"
            f" {100 * np.abs(deciles(probability, late)['off']).max():.1f} |"
        )
    print("\n| decile | looks | said | came | points off |\n|---|---|---|---|---|")
    for row in deciles(said[learned.method], late).itertuples():
        print(
            f"| {row.Index + 1} | {row.looks:,} | {row.said:.3f} | {row.came:.3f} |"
            f" {100 * row.off:+.1f} |"
        )


def deciles(probability: Numbers, late: Numbers) -> pd.DataFrame:
    """The looks in ten equal parts by what was said, with what came."""
    rank = np.argsort(np.argsort(probability, kind="stable"), kind="stable")
    frame = pd.DataFrame({"part": rank * 10 // len(rank), "probability": probability, "late": late})
    table = frame.groupby("part").agg(
        looks=("late", "size"), said=("probability", "mean"), came=("late", "mean")
    )
    return table.assign(off=table["said"] - table["came"])


def main(given: Sequence[str]) -> int:
    """Prints the tables; the exit code is 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insight risk")
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--later", type=int, default=28)
    arguments = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "warehouse.duckdb"
        shutil.copyfile(arguments.warehouse, copy)
        with closing(duckdb.connect(copy)) as connection:
            connection.execute("set memory_limit = '2GB'")
            insight_tables.prepare(connection)
            began = process_time()
            snapshots = past_cases(connection, moment_of(connection))
            print(f"{len(snapshots):,} looks in {process_time() - began:.1f} CPU s")
    measured(snapshots, arguments.later)
    return 0
