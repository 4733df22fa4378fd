"""The command line keeps its word: exit codes, errors without tracebacks, output for scripts."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import typer
from small_home import CASES, small_home, write_warehouse

from config import Settings, load_settings
from orchestration import cli, run
from orchestration.cli.answers import FAILED, HELD, UNTOLD, USAGE
from orchestration.cli.arguments import moment_of
from orchestration.extract import RecordResult
from orchestration.generations import Generation
from orchestration.ledger import open_store, tables, writing
from orchestration.pseudonyms import pseudonym_key

COMMANDS = {
    "simulate",
    "load",
    "run",
    "gate",
    "quarantine",
    "publish",
    "rollback",
    "rebuild",
    "generations",
    "brief",
    "briefings",
    "subscriptions",
    "query",
    "case",
    "try",
    "status",
    "doctor",
    "watch",
    "serve",
    "incidents",
    "outbox",
    "roster",
    "access",
    "audit",
}


@dataclass(frozen=True)
class Said:
    """What a command came to: exit code, what it answered, what it said beside."""

    code: int
    out: str
    err: str


Passport = Callable[..., Said]


@pytest.fixture
def passport(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Passport:
    """`passport …` on the home below the test's folder."""
    monkeypatch.setenv("PASSPORT_PSEUDONYM_KEY_FILE", str(tmp_path / "pseudonym.key"))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["passport", "--home", str(tmp_path / "home"), *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Said(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call


def test_help_names_every_command_and_no_other(passport: Passport) -> None:
    said = passport("--help")
    assert said.code == 0
    assert set(typer.main.get_command(cli.app).commands) == COMMANDS  # type: ignore[attr-defined]
    assert all(f" {command} " in said.out for command in COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(passport: Passport, command: str) -> None:
    said = passport(command, "--help")
    assert said.code == 0
    assert "Usage: passport" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("load", "--from", "2026-10-01"),
        ("load", "--from", "yesterday", "--to", "2026-10-02"),
        ("load", "--from", "2026-10-02", "--to", "2026-10-02"),
        ("load", "--from", "2026-10-01", "--to", "2026-10-02", "--record", "nonsense"),
        ("run", "hourly", "--until", "noon"),
        ("run", "live", "--every", "often"),
        ("query", "select 1", "--format", "xml"),
    ],
)
def test_a_wrong_use_is_2(passport: Passport, arguments: tuple[str, ...]) -> None:
    said = passport(*arguments)
    assert said.code == USAGE
    assert "Traceback" not in said.err


def test_until_is_iso_8601_and_utc_where_no_offset_says_otherwise() -> None:
    expected = datetime(2026, 11, 1, 6, tzinfo=UTC)
    for text in ("2026-11-01T06:00:00Z", "2026-11-01T11:00:00+05:00", "2026-11-01 06:00"):
        assert moment_of(text) == expected
        assert moment_of(text).tzinfo is UTC


def test_nothing_published_yet_is_told_with_the_remedy(passport: Passport) -> None:
    for arguments in (("query", "select 1"), ("case", "A1"), ("publish",), ("watch",)):
        said = passport(*arguments)
        # the watchdog says besides that it knows nobody to tell
        expected = UNTOLD if arguments == ("watch",) else FAILED
        assert said.code == expected, arguments
        assert said.err.splitlines()[-1].startswith("passport: ")
        assert "Traceback" not in said.err


def test_publish_query_and_roll_back(passport: Passport, tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    first = json.loads(passport("publish", "--json").out)
    said = passport("query", "select count(*) as cases from rpt_applications", "--format", "json")
    assert json.loads(said.out) == [{"cases": CASES}]
    write_warehouse(settings, "run-2", cases=10)
    second = json.loads(passport("publish", "--json").out)
    assert second["fingerprint"] != first["fingerprint"]
    old = passport(
        *("query", "select count(*) as cases from rpt_applications"),
        *("--generation", first["generation"], "--format", "csv"),
    )
    assert old.out == f"cases\n{CASES}\n"
    today = datetime.now(ZoneInfo(settings.authority_timezone)).date()
    cases = ("query", "select count(*) as cases from rpt_applications", "--format", "csv")
    assert passport(*cases, "--generation", str(today)).out == "cases\n10\n"
    never = passport(*cases, "--generation", "2020-01-01")
    assert never.code == FAILED
    assert f"no generation of 2020-01-01 is kept in {settings.home.published}" in never.err
    assert passport("rollback").out == f"serves {first['generation']}\n"
    listed = json.loads(passport("generations", "--json").out)
    assert [(entry["generation"], entry["state"]) for entry in listed] == [
        (second["generation"], "rolled_back"),
        (first["generation"], "current"),
    ]
    assert passport("watch", "--max-age", "1h").code == 0


def test_moments_of_the_store_say_that_they_are_utc(
    passport: Passport, published: Settings
) -> None:
    assert " 2026-11-01 06:00:00+00:00 " in passport("generations").out
    (generation,) = json.loads(passport("generations", "--json").out)
    assert generation["as_of"] == "2026-11-01 06:00:00+00:00"
    query = "select timestamp '2026-11-01 11:00' as local"
    for format_ in ("table", "csv", "json"):
        assert "+00:00" not in passport("query", query, "--format", format_).out


def test_csv_prints_utc_with_an_offset_and_null_as_nothing(
    passport: Passport, published: Settings
) -> None:
    said = passport(
        *("query", "select submitted_at, completed_at from rpt_applications limit 1"),
        *("--format", "csv"),
    )
    [_, row] = csv.reader(io.StringIO(said.out))
    assert row == ["2026-10-01 00:00:00+00:00", ""]


def test_a_query_that_cannot_be_answered_is_1_without_a_traceback(
    passport: Passport, published: Settings
) -> None:
    for sql in ("select nothing from rpt_applications", "drop table rpt_applications", "select"):
        said = passport("query", sql)
        assert said.code == FAILED
        assert said.err.startswith("passport: ")
        assert "Traceback" not in said.err


def test_a_case_tells_its_story(passport: Passport, tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    write_warehouse(
        settings,
        "run-2",
        extra="insert into reporting.rpt_case_events (event_id, application_id, occurred_at,"
        " stage_code, event) values ('E1', 'A000001', '2026-10-02', 'token', 'completed')",
    )
    passport("publish")
    told = json.loads(passport("case", "A000001", "--json").out)
    assert told["office_code"] == "LHR"
    assert [event["stage_code"] for event in told["events"]] == ["token"]
    assert passport("case", "nobody").code == FAILED


def test_status_and_doctor_are_true_of_an_empty_home(passport: Passport, tmp_path: Path) -> None:
    told = json.loads(passport("status", "--json").out)
    assert told["generation"] is None
    assert len(told["records"]) == 19
    said = passport("doctor")
    assert said.code == FAILED
    assert "no record has a source → name them under [sources]" in said.out


@pytest.mark.parametrize("simulated", [True, False])
def test_the_doctor_tells_of_a_key_that_nobody_chose(
    passport: Passport, tmp_path: Path, simulated: bool
) -> None:
    home, key = tmp_path / "home", tmp_path / "pseudonym.key"
    home.mkdir()
    (home / "passport.toml").write_text(f"simulated = {str(simulated).lower()}\n")
    pseudonym_key(load_settings(home))
    said = passport("doctor").out
    assert (f"{key} was made automatically" in said) == (not simulated)
    key.write_text(key.read_text().splitlines()[0] + "\n")
    assert f"ok       pseudonym key: {key}" in passport("doctor").out
    key.write_text("no key\n")
    assert "wrong    pseudonym key" in passport("doctor").out


def test_wrong_settings_are_told_by_file_and_entry(passport: Passport, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "passport.toml").write_text('threads = "many"\n')
    said = passport("status")
    assert said.code == FAILED
    assert str(home / "passport.toml") in said.err
    assert "threads" in said.err


def test_a_held_batch_makes_the_list_3(passport: Passport, tmp_path: Path) -> None:
    settings = small_home(tmp_path / "home")
    store = open_store(settings)
    assert passport("gate", "list").code == 0
    moment = datetime(2026, 11, 1)
    with writing(store) as connection:
        connection.execute(
            sa.insert(tables.batches),
            {
                "batch_id": 1,
                "record": "applications",
                "run_id": "r",
                "source_name": "file:///drop/applications",
                "rows_read": 10,
                "rows_admitted": 0,
                "rows_repeated": 0,
                "rows_quarantined": 0,
                "rows_held": 10,
                "verdict": "held",
                "reasons": "a fifth of the usual",
                "loaded_at": moment,
            },
        )
    store.dispose()
    said = passport("gate", "list")
    assert said.code == HELD
    assert "a fifth of the usual" in said.out
    assert passport("gate", "release", "1").code == USAGE, "a decision says why"
    assert passport("gate", "reject", "1", "--why", "a test file").code == 0
    assert passport("gate", "list").code == 0
    shown = json.loads(passport("gate", "show", "1", "--json").out)
    assert shown["verdict"] == "rejected"
    assert shown["decisions"][0]["why"] == "a test file"
    assert passport("gate", "reject", "1", "--why", "again").code == FAILED


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (("ok", "absent"), 0),
        (("ok", "held"), HELD),
        (("ok", "failed"), FAILED),
        (("held", "failed"), FAILED),
    ],
)
def test_a_run_ends_with_what_became_of_its_records(
    passport: Passport, monkeypatch: pytest.MonkeyPatch, states: tuple[str, ...], code: int
) -> None:
    moment = datetime(2026, 11, 1)
    generation = Generation("000001-x", "r", moment, moment, "1", "f", 1)
    names = ("applications", "stage_events")

    def execute(*arguments: object) -> run.Outcome:
        results = tuple(
            RecordResult(name, state, [], "why")  # type: ignore[arg-type]
            for name, state in zip(names, states, strict=True)
        )
        return run.Outcome(arguments[1], results, generation)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "execute", execute)
    said = passport("run", "hourly", "--until", "2026-11-01T00:00:00Z", "--json")
    assert said.code == code
    assert json.loads(said.out)["generation"] == "000001-x"
    assert ("stage_events is held: why; `passport gate list`" in said.err) == (states[1] == "held")


def test_a_source_that_is_down_fails_its_record_and_says_so(
    passport: Passport, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "passport.toml").write_text(f'[sources]\noffices = "file://{tmp_path}/nowhere"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "transform", lambda *_: iter(()))
        patch.setattr(run, "foresee", lambda *_: None)
        patch.setattr(run, "respond", lambda *_: None)
        patch.setattr(
            run,
            "publish",
            lambda *_: Generation("g", "r", *[datetime(2026, 1, 1)] * 2, "1", "f", 1),
        )
        said = passport("run", "hourly")
    assert said.code == FAILED
    assert "not read: offices: " in said.err
    assert str(tmp_path / "nowhere") in said.err
    assert "Traceback" not in said.err
    told = passport("status").out
    assert "run hourly, failed: offices: " in told


def test_the_simulator_is_found_by_entry_point_only(
    passport: Passport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.runs, "entry_points", lambda **_: ())
    said = passport("simulate", "--to", "file:///nowhere")
    assert said.code == FAILED
    assert "the simulator is not installed" in said.err
