"""What the gate set aside beside what the simulator spoiled: rule by rule, the same rows.

    python -m benchmarks.quarantined HOME TRUTH

HOME is an installation that loaded all of a simulated drop, TRUTH the drop's truth file. Prints the
rows of each record and rule that are told to be dirty and that lie in quarantine. Exit 1 where the
two differ.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from config import Home
from contract import RECORDS
from reports.broker import open_publication, run_sql

Counts = Counter[tuple[str, str]]
"""Rows by record and rule of the gate."""


def told_dirty(lines: Iterable[dict[str, Any]]) -> Counts:
    """The dirty rows among the lines of a truth file."""
    return Counter(
        (line["record"], _rule(line["record"], line["rule"], line["column"]))
        for line in lines
        if line["kind"] == "dirty"
    )


def _rule(record: str, broken: str, column: str) -> str:
    """What the gate calls a rule that the simulator breaks in a column."""
    match broken:
        case "null_key":
            return f"null_{column}"
        case "unknown_reference":
            return f"unknown_{column}"
        case "unknown_code":
            return f"code_{column}"
        case "invalid_cnic":
            return f"invalid_{column}"
        case "time_order":
            (earlier,) = (first for first, second in RECORDS[record].time_order if second == column)
            return f"{column}_before_{earlier}"
    raise ValueError(f"the gate has no rule for {broken!r}")


def in_quarantine(home: Path) -> Counts:
    """The rows in quarantine, as the current publication tells them."""
    with closing(open_publication(Home(home))) as publication:
        rows = run_sql(publication, "select record, rule, rows from rpt_quarantine").rows
    return Counter({(str(record), str(rule)): int(str(count)) for record, rule, count in rows})


def main(home: str, truth: str) -> None:
    """Print both counts, rule by rule."""
    with Path(truth).open(encoding="utf-8") as file:
        told = told_dirty(json.loads(line) for line in file)
    found = in_quarantine(Path(home))
    print("| record | rule | told | found |\n|---|---|---|---|")
    for record, rule in sorted(told | found):
        print(f"| {record} | {rule} | {told[record, rule]} | {found[record, rule]} |")
    print(f"\n{told.total():,} rows told to be dirty, {found.total():,} in quarantine")
    if told != found:
        sys.exit("quarantine and truth differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
