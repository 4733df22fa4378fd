"""What the gate found in rows beside what the simulator did to them: rule by rule, the same.

    python -m benchmarks.told_and_found HOME TRUTH

HOME is an installation that loaded a simulated drop, once, TRUTH the drop's truth file. Prints, by
record, how many rows are told to break each rule and lie in quarantine, and how many are told to be
sent twice and were landed once. Exit 1 where the two differ.
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
"""Rows by record and rule of the gate, or `REPEATED`."""
REPEATED = "repeated"


def told(lines: Iterable[dict[str, Any]]) -> Counts:
    """The dirty and duplicated rows among the lines of a truth file."""
    counts: Counts = Counter()
    for line in lines:
        if line["kind"] == "dirty":
            counts[line["record"], _rule(line["record"], line["rule"], line["column"])] += 1
        elif line["kind"] == "duplicated":
            counts[line["record"], REPEATED] += 1
    return counts


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


def found(home: Path) -> Counts:
    """The rows in quarantine and the repeated ones, as the current publication tells them."""
    with closing(open_publication(Home(home))) as publication:
        rows = run_sql(
            publication,
            "select record, rule, rows from rpt_quarantine union all"
            f" select record, '{REPEATED}', sum(rows_repeated) from rpt_load"
            " group by record having sum(rows_repeated) > 0",
        ).rows
    return Counter({(str(record), str(rule)): int(str(count)) for record, rule, count in rows})


def main(home: str, truth: str) -> None:
    """Print both counts, rule by rule."""
    with Path(truth).open(encoding="utf-8") as file:
        expected = told(json.loads(line) for line in file)
    seen = found(Path(home))
    print("| record | rule | told | found |\n|---|---|---|---|")
    for record, rule in sorted(expected | seen):
        print(f"| {record} | {rule} | {expected[record, rule]:,} | {seen[record, rule]:,} |")
    print(f"\n{expected.total():,} rows told, {seen.total():,} found")
    if expected != seen:
        sys.exit("the gate and the truth file differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
