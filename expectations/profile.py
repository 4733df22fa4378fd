"""The profile of a landed batch: how many of its good rows go against each expectation."""

from pathlib import Path

import duckdb

from expectations.suites import Expectation


def profile(
    connection: duckdb.DuckDBPyConnection, path: Path, expectations: tuple[Expectation, ...]
) -> dict[str, int]:
    """For each expectation the number of good rows against it, in one scan of the file."""
    measures = ", ".join(f'{e.measure} as "{e.name}"' for e in expectations)
    literal = "'" + str(path).replace("'", "''") + "'"
    found = connection.execute(
        f"select {measures} from read_parquet({literal}) where rejected_by is null"
    )
    names = [column[0] for column in found.description]
    row = found.fetchone() or ()
    return {name: int(count) for name, count in zip(names, row, strict=True)}
