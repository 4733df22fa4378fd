"""dbt in a process of its own: it reads the project while its parent still reads, builds when told.

Importing dbt and reading the project takes longer than many a model. The child learns what to build
from one line of its standard input, which ends when the parent does, and the child with it. It says
what became of each model, seed and test in a line of JSON, and exits as dbt's command line does: 0
all passed, 1 something failed, 2 dbt itself ended early.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from config import Home, Settings

DBT_PROJECT = Path(__file__).parents[1] / "dbt_project"

# What a parsing leaves: by the first file the next one reads only what has changed since.
PARSED = ("partial_parse.msgpack", "manifest.json")
# Stands for a warehouse where none is opened; with another path dbt parses all anew.
NO_WAREHOUSE = DBT_PROJECT / "target" / "warehouse.duckdb"

_KINDS = {"model", "seed", "test"}
# How long a child has to end when it is asked to.
_PATIENCE_SECONDS = 5.0
_OPTIONS = (
    *("--no-send-anonymous-usage-stats", "--no-version-check", "--no-use-colors"),
    *("--log-level-file", "none"),
)
# Making lines of a log that nobody reads costs as much as a model.
_SILENT = (*_OPTIONS, "--log-level", "none")
_OUTCOMES = {"success": "passed", "pass": "passed", "warn": "warned", "skipped": "skipped"}


class BuildError(Exception):
    """dbt did not build everything; the message names each failed model or test."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test. `outcome` is passed, failed, warned or skipped.

    `kind` is model, seed or test. `layer` is that of the model itself or that a test is about;
    `failures` counts the rows a test found; `message` is dbt's.
    """

    unique_id: str
    name: str
    kind: str
    layer: str
    outcome: str
    seconds: float
    failures: int
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
        """Begin to read the project, where that has not begun yet."""
        if self._child is None:
            self.target.mkdir(parents=True, exist_ok=True)
            self._child = subprocess.Popen(
                [sys.executable, "-m", __name__, str(self.target)],
                env={**os.environ, **self._environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                pass_fds=[self._lock],
            )

    def build(self, arguments: Sequence[str]) -> Iterator[NodeResult]:
        """Run `dbt build`; gives each result as it comes.

        Raises BuildError at the end where dbt did not come to all of them.
        """
        self.start()
        child, self._child = self._child, None
        assert child is not None and child.stdin is not None and child.stdout is not None
        other_lines: list[str] = []
        try:
            with suppress(BrokenPipeError):  # its last words say why it ended
                child.stdin.write(json.dumps(list(arguments)) + "\n")
                child.stdin.close()
            for line in child.stdout:
                try:
                    result = NodeResult(**json.loads(line))
                except (ValueError, TypeError):
                    other_lines.append(line.rstrip())
                    continue
                yield result
            code = child.wait()
        finally:
            _end(child)
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
    dbt = str(Path(sys.executable).with_name("dbt"))
    done = subprocess.run(
        [dbt, *_OPTIONS, "--log-level", "error", *command, *_project(target)],
        env={**os.environ, "PASSPORT_WAREHOUSE": str(NO_WAREHOUSE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildError(f"{failure}:\n{done.stdout}")


def _project(target: Path) -> tuple[str, ...]:
    """What tells dbt where the project is, and where to put what it writes."""
    folder = str(DBT_PROJECT)
    return ("--target-path", str(target), "--project-dir", folder, "--profiles-dir", folder)


def _end(child: subprocess.Popen[str]) -> None:
    """Ask it to end; kill it where it was begun deaf to that, as children of some shells are."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def tested_model(nodes: Mapping[str, Any], test: str) -> str | None:
    """The model a test is about, by unique ids of a manifest's `nodes`: the one it is written at,
    or the last of those it reads; None for a test of sources alone."""
    models = [node for node in nodes[test]["depends_on"]["nodes"] if node in nodes]
    attached: str | None = nodes[test].get("attached_node")
    return attached or (models[-1] if models else None)


def _finished(nodes: Mapping[str, Any], event: Any, index: int, total: int) -> NodeResult:
    """The result that an event of dbt (NodeFinished) tells of."""
    node, result = event.data.node_info, event.data.run_result
    about = tested_model(nodes, node.unique_id) if node.resource_type == "test" else None
    return NodeResult(
        unique_id=node.unique_id,
        name=node.node_name,
        kind=node.resource_type,
        layer=nodes[about or node.unique_id]["schema"],
        outcome=_OUTCOMES.get(result.status, "failed"),
        seconds=result.execution_time,
        failures=result.num_failures,
        message=result.message,
        index=index,
        total=total,
    )


def main() -> None:
    """The child: read the project into the folder named, wait for the arguments, build."""
    from dbt.cli.main import dbtRunner

    target = Path(sys.argv[1])
    options = (*_SILENT, "--no-write-json")
    parsed = dbtRunner().invoke([*options, "parse", *_project(target)])
    if parsed.exception is not None:
        sys.exit(_ended(parsed.exception))
    line = sys.stdin.readline()
    if not line:
        return
    manifest: Any = parsed.result
    nodes = manifest.flat_graph["nodes"]
    told = count(1)
    total = 0

    def tell(event: Any) -> None:
        nonlocal total
        if event.info.name == "ConcurrencyLine":
            total = event.data.node_count
        if event.info.name == "NodeFinished" and event.data.node_info.resource_type in _KINDS:
            result = _finished(nodes, event, next(told), total)
            sys.stdout.write(json.dumps(asdict(result)) + "\n")
            sys.stdout.flush()

    arguments = json.loads(line)
    done = dbtRunner(manifest, [tell]).invoke([*options, "build", *arguments, *_project(target)])
    if done.exception is not None:
        sys.exit(_ended(done.exception))
    sys.exit(0 if done.success else 1)


def _ended(error: BaseException) -> int:
    sys.stderr.write(f"{error}\n")
    return 2


if __name__ == "__main__":
    main()
