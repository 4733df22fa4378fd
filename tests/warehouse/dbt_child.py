"""A process that runs dbt again and again, and lets go of the warehouse file in between.

One JSON line in: `{"warehouse": path, "arguments": [...]}`; one out: `{"error": text or null}`.
dbt is imported and the project parsed once, which is what a run of dbt costs most.
"""

import json
import os
import sys
from pathlib import Path

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner


def run(runner: dbtRunner, warehouse: Path, arguments: list[str]) -> str | None:
    """Runs dbt on a warehouse file; what went wrong, or None."""
    os.environ["PASSPORT_WAREHOUSE"] = str(warehouse)
    result = runner.invoke(arguments)
    DuckDBConnectionManager.close_all_connections()
    if result.success:
        if arguments[0] == "parse":
            runner.manifest = result.result
        return None
    if result.exception:
        return str(result.exception)
    nodes = getattr(result.result, "results", [])
    return "\n".join(f"{n.node.name}: {n.message}" for n in nodes if n.status in ("error", "fail"))


def main() -> None:
    """Answers requests until the input ends. dbt's own output goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    runner = dbtRunner()
    for line in sys.stdin:
        request = json.loads(line)
        error = run(runner, Path(request["warehouse"]), request["arguments"])
        print(json.dumps({"error": error}), file=answers, flush=True)


if __name__ == "__main__":
    main()
