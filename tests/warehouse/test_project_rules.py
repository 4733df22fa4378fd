"""The rules of the dbt project, held from its manifest: layers, descriptions, promises, metrics."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestration import insight_tables
from orchestration.published_tables import FROM_THE_STORE, PUBLISHED_TABLES

PROJECT = Path(__file__).parents[2] / "dbt_project"
BUILT = sorted(
    name
    for name, table in PUBLISHED_TABLES.items()
    if name not in FROM_THE_STORE and table.schema == "reporting"
)
FORESEEN = sorted(n for n, table in PUBLISHED_TABLES.items() if table.schema == "insight")

Node = Mapping[str, Any]

# What a layer may read: source schemas by name, and the layers of models and seeds.
MAY_READ = {
    "staging": {"raw"},
    "marts": {"staging", "marts", "seeds", "meta"},
    "reporting": {"marts", "reporting", "seeds", "ledger", "meta"},
    # what was scored after the build is looked at, and nothing derived from it
    "reporting view": {"marts", "reporting", "seeds", "meta", "insight"},
}

CLOCKS = re.compile(
    r"\b(current_timestamp|current_date|current_time|localtimestamp|get_current_timestamp"
    r"|(?:now|today|sysdate)\s*\(\s*\))",
    re.IGNORECASE,
)

# Constructs that DuckDB and Spark do not share; what must differ is a macro of portable.sql.
NOT_PORTABLE = {
    "//": r"//",
    "date - date": r"\bcurrent_date\s*-|_on\s+-\s+[a-z_.]*_on\b|_date\s+-\s+[a-z_.]*_date\b",
    "strpos": r"\bstrpos\s*\(",
    "exclude": r"\*\s*exclude\b",
    "union by name": r"\bunion\s+(all\s+)?by\s+name\b",
    "asof join": r"\basof\b",
    "generate_series": r"\bgenerate_series\s*\(",
    "count(distinct a, b)": r"count\s*\(\s*distinct\s+[a-z_.]+\s*,",
    "quantile_cont": r"\bquantile_(cont|disc)\s*\(",
    "approximations": r"\bapprox_",
    "lists": r"\blist_|\barray_agg\s*\(|\bunnest\s*\(",
    "structs": r"\bstruct_pack\s*\(",
    "hash": r"\bhash\s*\(",
    "any_value": r"\bany_value\s*\(",
    "datediff": r"\bdbt\.(datediff|dateadd|date_spine|safe_cast)\b",
    "merge": r"\bmerge\s+into\b",
}

MEASURE_TYPES = re.compile(r"^(bigint|integer|int|double|decimal)", re.IGNORECASE)
# Numbers that measure nothing.
ATTRIBUTES = {"latitude", "longitude"}


@pytest.fixture(scope="module")
def manifest(parsed: Path) -> Mapping[str, Any]:
    return json.loads((parsed / "manifest.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def models(manifest: Mapping[str, Any]) -> dict[str, Node]:
    return {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "model"}


@pytest.fixture(scope="module")
def foreseen(manifest: Mapping[str, Any]) -> dict[str, Node]:
    """The tables of the step after the build, as the project describes them."""
    sources = manifest["sources"].values()
    return {n["name"]: n for n in sources if n["source_name"] == insight_tables.SCHEMA}


@pytest.fixture(scope="module")
def metrics() -> list[dict[str, str]]:
    with (PROJECT / "seeds" / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def without_comments(sql: str) -> str:
    """SQL as it would run: Jinja and SQL comments and quoted texts left out."""
    sql = re.sub(r"\{#.*?#\}", "", sql, flags=re.DOTALL)
    sql = re.sub(r"--[^\n]*", "", sql)
    return re.sub(r"'[^'\n]*'", "''", sql)


def layer_read(manifest: Mapping[str, Any], unique_id: str) -> str:
    """The layer a dependency lies in: a source's schema, a model's folder, or the seeds."""
    if unique_id.startswith("source."):
        return str(manifest["sources"][unique_id]["source_name"])
    node = manifest["nodes"][unique_id]
    return "seeds" if node["resource_type"] == "seed" else str(node["fqn"][1])


def sql_files() -> Iterator[Path]:
    for folder in ("models", "macros", "tests"):
        yield from sorted((PROJECT / folder).rglob("*.sql"))


def test_every_model_and_column_is_described(
    models: Mapping[str, Node], foreseen: Mapping[str, Node]
) -> None:
    tables = {**models, **foreseen}
    undescribed = [name for name, node in tables.items() if not node["description"].strip()]
    undescribed += [
        f"{name}.{column}"
        for name, node in tables.items()
        for column, entry in node["columns"].items()
        if not entry["description"].strip()
    ]
    assert not undescribed


def test_every_mart_and_report_opens_with_its_grain(
    models: Mapping[str, Node], foreseen: Mapping[str, Node]
) -> None:
    vague = [
        name
        for name, node in [*models.items(), *foreseen.items()]
        if node["fqn"][1] != "staging" and not node["description"].startswith("One row per ")
    ]
    assert not vague


def test_a_model_reads_only_the_layer_below_or_its_own(
    manifest: Mapping[str, Any], models: Mapping[str, Node]
) -> None:
    for name, node in models.items():
        layer = node["fqn"][1]
        if layer == "reporting" and node["config"]["materialized"] == "view":
            layer = "reporting view"
        for dependency in node["depends_on"]["nodes"]:
            read = layer_read(manifest, dependency)
            assert read in MAY_READ[layer], f"{name} ({layer}) reads {dependency}"


def test_nothing_but_the_runs_now_tells_the_time() -> None:
    for file in sql_files():
        sql = without_comments(file.read_text("utf-8"))
        # what stands in Jinja asks the run: `now_at()`, `today()`
        outside = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", sql, flags=re.DOTALL)
        found = CLOCKS.search(outside)
        assert not found, f"{file.relative_to(PROJECT)}: {found and found.group()}"


def test_staging_and_marts_are_portable() -> None:
    for layer in ("staging", "marts"):
        for file in sorted((PROJECT / "models" / layer).glob("*.sql")):
            sql = without_comments(file.read_text("utf-8"))
            for construct, pattern in NOT_PORTABLE.items():
                found = re.search(pattern, sql, re.IGNORECASE)
                assert not found, f"{file.name} uses {construct}: {found and found.group()}"


def test_the_published_tables_are_those_of_their_documentation() -> None:
    """Each is in a row of the table of docs/published.md that names its columns, and no others."""
    documented = set()
    text = (PROJECT.parent / "docs" / "published.md").read_text("utf-8")
    for row in re.findall(r"^\| (`rpt_\w+`.*) \|$", text, re.MULTILINE):
        tables = set(re.findall(r"rpt_\w+", row))
        promised = {table: set(PUBLISHED_TABLES[table].columns) for table in tables}
        listed = re.split(r"[,;:|]", re.sub(r"\([^)]*\)|`[^`]*`", "", row))
        named = {name.strip() for name in listed if "_" in name and " " not in name.strip()}
        assert named <= set().union(*promised.values()), tables
        for table, columns in promised.items():
            assert columns <= set(re.findall(r"\w+", row)), table
        documented |= tables
    assert documented == set(PUBLISHED_TABLES)


@pytest.mark.parametrize("table", BUILT)
def test_a_published_table_keeps_its_promise(table: str, models: Mapping[str, Node]) -> None:
    assert table in models, f"{table} is promised and not built"
    columns = models[table]["columns"]
    missing = set(PUBLISHED_TABLES[table].columns) - set(columns)
    assert not missing, f"{table} lacks {sorted(missing)}"
    assert models[table]["config"]["contract"]["enforced"], f"{table} has no contract"


@pytest.mark.parametrize("table", FORESEEN)
def test_a_table_of_insight_is_what_the_project_says(
    table: str, foreseen: Mapping[str, Node]
) -> None:
    described = {name: column["data_type"] for name, column in foreseen[table]["columns"].items()}
    assert described == insight_tables.COLUMNS[table]
    assert set(PUBLISHED_TABLES[table].columns) <= set(described)


def test_the_project_describes_what_is_published_of_insight(
    foreseen: Mapping[str, Node],
) -> None:
    assert sorted(foreseen) == FORESEEN


@pytest.mark.parametrize("table", BUILT)
def test_the_grain_of_a_published_table_is_tested(table: str, manifest: Mapping[str, Any]) -> None:
    grains = set()
    for node in manifest["nodes"].values():
        attached = node.get("attached_node") or ""
        if node["resource_type"] != "test" or not attached.endswith(f".{table}"):
            continue
        kind = (node.get("test_metadata") or {}).get("name")
        if kind == "unique":
            grains.add(frozenset([node["column_name"]]))
        if kind == "unique_combination":
            grains.add(frozenset(node["test_metadata"]["kwargs"]["columns"]))
    promised = frozenset(PUBLISHED_TABLES[table].grain)
    assert any(grain <= promised for grain in grains), f"{table}: {sorted(map(sorted, grains))}"


def test_every_measure_of_a_published_table_is_a_metric(
    models: Mapping[str, Node], foreseen: Mapping[str, Node], metrics: list[dict[str, str]]
) -> None:
    tables = {**models, **foreseen}
    defined = {(row["table_name"], row["column_name"]) for row in metrics}
    measures = {
        (table, column)
        for table, promised in PUBLISHED_TABLES.items()
        if table in BUILT + FORESEEN
        for column in set(promised.columns) - set(promised.grain) - ATTRIBUTES
        if column in tables[table]["columns"]
        and MEASURE_TYPES.match(tables[table]["columns"][column]["data_type"] or "")
    }
    assert not measures - defined, f"no metric for {sorted(measures - defined)}"


def test_every_metric_is_whole_and_points_at_a_column(
    models: Mapping[str, Node], foreseen: Mapping[str, Node], metrics: list[dict[str, str]]
) -> None:
    tables = {**models, **foreseen}
    assert len({row["metric"] for row in metrics}) == len(metrics)
    for row in metrics:
        assert all(row.values()), row
        assert row["column_name"] in tables[row["table_name"]]["columns"], row["metric"]


def test_pages_and_briefings_read_what_is_published_alone(manifest: Mapping[str, Any]) -> None:
    for exposure in manifest["exposures"].values():
        for dependency in exposure["depends_on"]["nodes"]:
            assert layer_read(manifest, dependency) in ("reporting", "insight"), exposure["name"]
