"""The house keeps its walls: who may import whom (docs/architecture.md)."""

import ast
import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ROOMS = {
    "contract": set(),
    "config": {"contract"},
    "language": set(),
    "operations": {"config"},
    "access": {"contract", "config", "operations"},
    "expectations": {"contract", "config"},
    "insight": {"contract", "config"},
    "response": {"contract", "config", "language", "operations"},
    "reports": {"contract", "config", "language"},
    "delivery": {"contract", "config", "language", "operations", "access", "reports", "response"},
    "streamlit_app": {
        "contract",
        "config",
        "language",
        "access",
        "reports",
        "response",
        "delivery",
    },
    "orchestration": {
        "contract",
        "config",
        "language",
        "operations",
        "access",
        "expectations",
        "insight",
        "response",
        "reports",
        "delivery",
    },
    "simulator": {"contract"},
}

FRAMEWORKS = {"dagster", "dagster_dbt", "streamlit"}
MAY_USE = {"orchestration": {"dagster", "dagster_dbt"}, "streamlit_app": {"streamlit"}}


def imported_packages(file: Path) -> set[str]:
    """The top-level packages that a file imports, wherever the import stands."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for file in (ROOT / room).rglob("*.py"):
        imported = imported_packages(file)
        rooms = imported & ROOMS.keys() - {room}
        assert rooms <= ROOMS[room], f"{file.relative_to(ROOT)} imports {rooms - ROOMS[room]}"
        frameworks = imported & FRAMEWORKS
        allowed = MAY_USE.get(room, set())
        assert frameworks <= allowed, f"{file.relative_to(ROOT)} imports {frameworks - allowed}"


def test_only_defs_and_definitions_know_dagster() -> None:
    for file in (ROOT / "orchestration").rglob("*.py"):
        inside = file.relative_to(ROOT / "orchestration")
        if inside.parts[0] not in {"defs", "definitions.py"}:
            assert not imported_packages(file) & {"dagster", "dagster_dbt"}, inside


def test_only_settings_read_the_environment() -> None:
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            if file.relative_to(ROOT) == Path("config/settings.py"):
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                reads = (
                    isinstance(node, ast.Attribute)
                    and node.attr in {"getenv", "putenv"}
                    and isinstance(node.value, ast.Name)
                    and node.value.id == "os"
                )
                assert not reads, f"{file.relative_to(ROOT)}:{node.lineno} reads the environment"


def test_no_lock_file_holds_an_address() -> None:
    for file in ROOT.glob("requirements*.lock"):
        text = file.read_text(encoding="utf-8")
        assert "://" not in text and "--index" not in text, file.name


def test_the_lock_of_node_packages_holds_hashes_and_no_address() -> None:
    text = (ROOT / "tests/pages/oidc_provider/package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text and '"resolved"' not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in found for name, found in packages.items() if name)


def test_every_pinned_package_has_a_hash() -> None:
    for file in ROOT.glob("requirements*.lock"):
        text = file.read_text(encoding="utf-8")
        pins = [block for block in text.replace("\\\n", " ").splitlines() if "==" in block]
        assert pins
        assert all("--hash=sha256:" in pin for pin in pins), file.name


def test_data_is_not_committed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    allowed = ("data/README.md", "data/reference/")
    assert all(name.startswith(allowed) for name in tracked), tracked
