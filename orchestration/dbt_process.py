"""dbt in a process of its own: it imports dbt while its parent still reads, and builds when told.

Importing dbt and reading the project's manifest takes longer than many a model. The child learns
what to run from one line of its standard input, which ends when the parent does, and the child
with it. It writes dbt's log as JSON lines and exits as dbt's command line does: 0 all passed,
1 something failed, 2 dbt itself ended early.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from config import Home, Settings

DBT_PROJECT = Path(__file__).parents[1] / "dbt_project"

# What a parsing leaves: by the first file the next one reads only what has changed since.
PARSED = ("partial_parse.msgpack", "manifest.json")
# Stands for a warehouse where none is opened; with another path dbt parses all anew.
NO_WAREHOUSE = DBT_PROJECT / "target" / "warehouse.duckdb"

_RESULT_EVENTS = {"LogModelResult", "LogSeedResult", "LogTestResult"}
# How long a child has to end when it is asked to.
_PATIENCE_SECONDS = 5.0
_OUTCOMES = {"success": "passed", "pass": "passed", "warn": "warned", "skipped": "skipped"}


class BuildError(Exception):
    """dbt did not build everything; the message names each failed model or test."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test. `outcome` is passed, failed, warned or skipped.

    `kind` is model, seed or test. `failures` counts the rows a test found.
    """

    unique_id: str
    name: str
    kind: str
    outcome: str
    seconds: float
    failures: int | None
    message: str
    index: int
    total: int

    def __str__(self) -> str:
        found = f", {self.failures} rows" if self.kind == "test" and self.failures else ""
        return (
            f"{self.index} of {self.total} {self.outcome} {self.kind} {self.name}"
            f" in {self.seconds:.1f} s{found}"
        )


class DbtProcess:
    """A child that runs dbt on one warehouse file, once.

    `lock` is the descriptor of the writer's lock, which the child holds too: it may outlive a
    parent that is killed.
    """

    def __init__(self, settings: Settings, warehouse: Path, lock: int) -> None:
        self.target = settings.home.dbt_target
        self._lock = lock
        self._environment = {
            "PASSPORT_WAREHOUSE": str(warehouse),
            "PASSPORT_WAREHOUSE_MEMORY": f"{settings.memory_limit_mb}MB",
        }
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Begin to import dbt, where that has not begun yet."""
        if self._child is None:
            self._child = _child(self._environment, [self._lock])

    def build(self, arguments: Sequence[str]) -> Iterator[NodeResult]:
        """Run `dbt build`; gives each result as it comes.

        Raises BuildError at the end where dbt did not come to all of them.
        """
        self.target.mkdir(parents=True, exist_ok=True)
        self.start()
        child, self._child = self._child, None
        assert child is not None
        seen: set[str] = set()
        other_lines: list[str] = []
        try:
            for line in _told(child, ["build", "--target-path", str(self.target), *arguments]):
                result = _node_result(line, other_lines)
                if result is not None:
                    seen.add(result.unique_id)
                    yield result
            code = child.wait()
        finally:
            _end(child)
        yield from _unseen_results(self.target, seen, code)
        if code not in (0, 1):
            words = "\n".join(other_lines[-10:])
            raise BuildError(f"dbt ended with {code} before it had built everything:\n{words}")

    def close(self) -> None:
        """End a child that was started and never told what to build."""
        if self._child is not None:
            _end(self._child)
            self._child = None


def parse_manifest(target: Path) -> Path:
    """The manifest of the dbt project in `target`, parsed anew where the project is newer.

    Raises BuildError with dbt's words where the project does not parse.
    """
    manifest = target / "manifest.json"
    sources = [
        file
        for folder in ("models", "macros", "tests", "seeds")
        for file in (DBT_PROJECT / folder).rglob("*")
    ]
    newest = max(file.stat().st_mtime for file in [DBT_PROJECT / "dbt_project.yml", *sources])
    is_whole = all((target / name).exists() for name in PARSED)
    if is_whole and manifest.stat().st_mtime >= newest:
        return manifest
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target) as scratch:
        copy_parsed(target, Path(scratch))
        _offline(["parse"], Path(scratch), f"{DBT_PROJECT} does not parse")
        for name in PARSED:
            (Path(scratch) / name).replace(target / name)
    return manifest


def copy_parsed(target: Path, other: Path) -> None:
    """Copies what `target` has of an earlier parsing, so that dbt goes on from it in `other`."""
    for name in PARSED:
        if (target / name).exists():
            shutil.copyfile(target / name, other / name)


def write_docs(home: Home) -> Path:
    """The project's documentation by dbt as one file without a tie to anything outside it.

    It tells of models, columns, tests and lineage, never of rows, so it is made anew only where
    the project is newer. Raises BuildError with dbt's words where that fails.
    """
    manifest = parse_manifest(DBT_PROJECT / "target")
    file = home.analyst_docs
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_mtime >= manifest.stat().st_mtime:
        return file
    with TemporaryDirectory(dir=file.parent) as scratch:
        copy_parsed(manifest.parent, Path(scratch))
        command = ["docs", "generate", "--static", "--empty-catalog", "--no-compile"]
        _offline(command, Path(scratch), f"no documentation of {DBT_PROJECT}")
        (Path(scratch) / "static_index.html").replace(file)
    return file


def _offline(command: Sequence[str], target: Path, failure: str) -> None:
    """Run dbt on the project alone, without a warehouse. Raises BuildError with its words."""
    child = _child({"PASSPORT_WAREHOUSE": str(NO_WAREHOUSE)}, [])
    try:
        words: list[str] = []
        for line in _told(child, [*command, "--target-path", str(target)]):
            _node_result(line, words)
        if child.wait() != 0:
            told = "\n".join(words)
            raise BuildError(f"{failure}:\n{told}")
    finally:
        _end(child)


def _child(environment: Mapping[str, str], descriptors: Sequence[int]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=descriptors,
    )


def _told(child: subprocess.Popen[str], arguments: Sequence[str]) -> Iterator[str]:
    """Tell a child what to run; gives the lines it says."""
    assert child.stdin is not None and child.stdout is not None
    with suppress(BrokenPipeError):  # its last words say why it ended
        child.stdin.write(json.dumps(list(arguments)) + "\n")
        child.stdin.close()
    yield from child.stdout


def _end(child: subprocess.Popen[str]) -> None:
    """Ask it to end; kill it where it was begun deaf to that, as children of some shells are."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _node_result(line: str, other_lines: list[str]) -> NodeResult | None:
    try:
        event = json.loads(line)
        name, data = event["info"]["name"], event["data"]
    except (ValueError, KeyError, TypeError):
        other_lines.append(line.rstrip())
        return None
    if name not in _RESULT_EVENTS:
        if event["info"].get("level") in {"error", "warn"}:
            other_lines.append(event["info"]["msg"])
        return None
    node = data["node_info"]
    return NodeResult(
        unique_id=node["unique_id"],
        name=node["node_name"],
        kind=node["resource_type"],
        outcome=_OUTCOMES.get(str(node["node_status"]), "failed"),
        seconds=float(data.get("execution_time", 0)),
        failures=data.get("num_failures"),
        message=event["info"]["msg"],
        index=int(data.get("index", 0)),
        total=int(data.get("total", 0)),
    )


def _unseen_results(target: Path, seen: Collection[str], code: int) -> Iterator[NodeResult]:
    """Results that dbt told of only in its file: what it skipped, and errors without an event."""
    if code not in (0, 1):
        return
    written = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    for entry in written["results"]:
        if entry["unique_id"] not in seen and not entry["unique_id"].startswith("operation."):
            yield _written_result(entry, len(written["results"]))


def _written_result(entry: Mapping[str, Any], total: int) -> NodeResult:
    kind, _, name = entry["unique_id"].split(".", 2)
    return NodeResult(
        unique_id=entry["unique_id"],
        name=name,
        kind=kind,
        outcome=_OUTCOMES.get(entry["status"], "failed"),
        seconds=entry["execution_time"],
        failures=entry.get("failures"),
        message=entry.get("message") or "",
        index=total,
        total=total,
    )


def main() -> None:
    """The child: import dbt, wait for the arguments, run them."""
    from dbt.cli.main import dbtRunner

    line = sys.stdin.readline()
    if not line:
        return
    arguments = json.loads(line)
    result = dbtRunner().invoke(
        [
            *("--no-send-anonymous-usage-stats", "--no-use-colors", "--no-version-check"),
            *("--log-format", "json", "--log-level", "info", "--log-level-file", "none"),
            *arguments,
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        ]
    )
    if result.exception is not None:
        sys.stderr.write(f"{result.exception}\n")
        sys.exit(2)
    sys.exit(0 if result.success else 1)


if __name__ == "__main__":
    main()
