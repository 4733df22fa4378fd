"""The whole path, as a data engineer runs it: a good night by the command line, then a bad day
through Dagster, then a release.

One simulated network, small in volume but whole, written as file drops. The bad day brings a
doubled file, one cut short beside its manifest and one in another encoding.
"""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml

from benchmarks.told_and_found import Counts, found, told
from config import Home, load_settings
from orchestration.serve import prepare_dagster, service_environment
from reports.broker import open_publication, run_sql
from simulator.command import simulate

GOOD_DAY = datetime(2026, 10, 28, 12, tzinfo=UTC)
BAD_DAY = GOOD_DAY + timedelta(days=1)
SCALE = 0.02


@dataclass(frozen=True)
class Installation:
    """A home, the drop it reads, the environment of its commands, and the lines of truth of the
    good day."""

    home: Path
    drop: Path
    environment: dict[str, str]
    truth: list[dict[str, Any]]

    def job(self, name: str, until: datetime) -> dg.DagsterRun:
        """Run a Dagster job as of `until`; the run as Dagster recorded it."""
        config = self.home / "run.yaml"
        config.write_text(
            yaml.safe_dump({"resources": {"writer": {"config": {"until": until.isoformat()}}}})
        )
        done = subprocess.run(
            [
                *(script("dagster"), "job", "execute"),
                *("--module-name", "orchestration.definitions"),
                *("--job", name, "--config", str(config)),
            ],
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        with self.dagster() as instance:
            return instance.get_runs(limit=1)[0]

    def dagster(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(self.home / "dagster"))

    def passport(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [script("passport"), *arguments], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def rows(self, sql: str) -> list[dict[str, object]]:
        """The answer of the generation that serves now."""
        with closing(open_publication(Home(self.home))) as publication:
            answer = run_sql(publication, sql)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("installation")
    home, drop = folder / "home", folder / "drop"
    home.mkdir()
    (home / "passport.toml").write_text(f'simulated = true\n[sources]\ndefault = "file://{drop}"\n')
    settings = load_settings(home)
    environment = {
        **os.environ,
        **service_environment(settings),
        "PASSPORT_PSEUDONYM_KEY_FILE": str(folder / "pseudonym.key"),
    }
    prepare_dagster(settings)
    with pytest.MonkeyPatch.context() as patch:
        # a short past: what is open and under way from before is told all the same
        patch.setattr("simulator.world.WARM_UP_DAYS", 14)
        truth = folder / "truth.jsonl"
        simulate(days=2, until=GOOD_DAY, scale=SCALE, seed=7, to=f"file://{drop}", truth=truth)
    lines = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]
    return Installation(home, drop, environment, lines)


def newest(folder: Path) -> Path:
    """The data file written last (names carry the window)."""
    return max(folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)


def without_manifest(file: Path) -> None:
    file.with_name(file.name + ".manifest.json").unlink(missing_ok=True)


def as_csv(file: Path) -> Path:
    """`file` as CSV beside it, with ISO times in UTC; the Parquet file goes."""
    out = file.with_suffix(".csv")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"copy (from '{file}') to '{out}' (header, timestampformat '%xT%XZ')")
    without_manifest(file)
    file.unlink()
    return out


def spoil(drop: Path) -> None:
    """What three broken senders leave: doubled, cut short, in another encoding."""
    doubled = newest(drop / "applications")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (from '{doubled}' union all from '{doubled}') to '{doubled}.twice' "
            "(format parquet)"
        )
    Path(f"{doubled}.twice").replace(doubled)
    without_manifest(doubled)

    whole = as_csv(newest(drop / "stage_events"))
    content = whole.read_bytes()
    lines = content.splitlines(keepends=True)
    manifest = {"rows": len(lines) - 1, "sha256": hashlib.sha256(content).hexdigest()}
    whole.with_name(whole.name + ".manifest.json").write_text(json.dumps(manifest))
    whole.write_bytes(b"".join(lines[: len(lines) // 2]))

    other = as_csv(newest(drop / "queue_tokens"))
    other.write_bytes(other.read_text(encoding="utf-8").encode("utf-16"))


@pytest.fixture(scope="module")
def good_day(installation: Installation) -> dict[str, str]:
    """The states of the records after a night, with every test and the star for analysts."""
    until = GOOD_DAY.isoformat()
    outcome = json.loads(installation.passport("run", "nightly", "--until", until, "--json"))
    return {result["record"]: result["state"] for result in outcome["records"]}


@pytest.fixture(scope="module")
def bad_day(
    installation: Installation, good_day: dict[str, str], set_aside: Counts
) -> dg.DagsterRun:
    before = {path for path in installation.drop.rglob("*") if path.is_file()}
    simulate(until=BAD_DAY, to=f"file://{installation.drop}", continue_=True)
    assert {path for path in installation.drop.rglob("*") if path.is_file()} > before
    spoil(installation.drop)
    return installation.job("hourly", BAD_DAY)


def checks_of(installation: Installation, run: dg.DagsterRun) -> dict[str, bool]:
    """The gate's verdict by record, as Dagster shows it."""
    with installation.dagster() as instance:
        records = instance.get_records_for_run(
            run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    found = {}
    for record in records:
        dagster_event = record.event_log_entry.dagster_event
        assert dagster_event is not None
        evaluation = dagster_event.asset_check_evaluation_data
        if evaluation.check_name == "gate":
            found[evaluation.asset_key.path[-1]] = evaluation.passed
    return found


def test_a_good_day_is_loaded_judged_and_published(
    installation: Installation, good_day: dict[str, str]
) -> None:
    assert len(good_day) == 19 and set(good_day.values()) == {"ok"}
    assert json.loads(installation.passport("generations", "--json"))[0]["has_star"]
    [load] = installation.rows(
        "select count(distinct record) > 15 as has_most_records, "
        "sum(rows_read - rows_admitted - rows_quarantined - rows_held) = 0 as has_lost_none "
        "from rpt_load"
    )
    assert load == {"has_most_records": True, "has_lost_none": True}
    [applications] = installation.rows("select count(*) as cases from rpt_applications")
    assert int(str(applications["cases"])) > 500


@pytest.fixture(scope="module")
def set_aside(installation: Installation, good_day: dict[str, str]) -> Counts:
    """What the gate found amiss in the rows of the good day."""
    return found(installation.home)


def test_the_gate_finds_the_dirty_and_doubled_rows_and_no_other(
    installation: Installation, set_aside: Counts
) -> None:
    assert set_aside == told(installation.truth)
    assert set_aside.total() > 50


def test_every_table_of_the_first_piece_is_published(
    installation: Installation, good_day: dict[str, str]
) -> None:
    for table in (
        *("rpt_places", "rpt_volumes", "rpt_applications", "rpt_case_events", "rpt_turnaround"),
        *("rpt_backlog_daily", "rpt_load", "rpt_quarantine", "rpt_checks", "rpt_reconciliation"),
        *("rpt_freshness", "rpt_generations", "rpt_metrics"),
    ):
        [found] = installation.rows(f"select count(*) as rows from {table}")
        assert int(str(found["rows"])) > 0, table


def test_a_bad_day_keeps_the_bad_out_and_publishes_the_rest(
    installation: Installation, bad_day: dg.DagsterRun
) -> None:
    assert bad_day.status == dg.DagsterRunStatus.SUCCESS
    verdicts = checks_of(installation, bad_day)
    assert len(verdicts) == 19
    assert not verdicts["applications"] and not verdicts["stage_events"]
    assert verdicts["print_jobs"] and verdicts["deliveries"]
    [serving] = installation.rows(
        "select count(*) as generations from rpt_generations where not is_rolled_back"
    )
    assert int(str(serving["generations"])) == 2
    [newest_reading] = installation.rows(
        "select max(newest_source_at) > timestamptz '2026-10-29 11:00:00+00' as is_new "
        "from rpt_freshness where record = 'machine_readings'"
    )
    assert newest_reading["is_new"] is True


@pytest.mark.parametrize(
    ("record", "verdict", "word"),
    [("applications", "held", "repeat"), ("stage_events", "held", "manifest")],
)
def test_what_is_held_says_why(
    installation: Installation, bad_day: dg.DagsterRun, record: str, verdict: str, word: str
) -> None:
    [held] = installation.rows(
        f"select rows_held > 0 as has_rows, reasons from rpt_load "
        f"where record = '{record}' and verdict = '{verdict}'"
    )
    assert held["has_rows"] is True
    assert word in str(held["reasons"])
    assert record in installation.passport("gate", "list", code=3)


def test_another_encoding_is_refused_and_said(
    installation: Installation, bad_day: dg.DagsterRun
) -> None:
    said = installation.passport("status")
    assert "queue_tokens" in said and "UTF-8" in said


def test_a_release_lets_the_held_rows_in(
    installation: Installation, bad_day: dg.DagsterRun
) -> None:
    before = installation.rows("select count(*) as cases from rpt_applications")[0]["cases"]
    held = json.loads(installation.passport("gate", "list", "--json", code=3))
    [batch] = [entry for entry in held if entry["record"] == "applications"]
    installation.passport(
        *("gate", "release", str(batch["batch_id"])),
        *("--by", "shift-leader", "--why", "the sender confirmed it wrote the file twice"),
    )
    until = (BAD_DAY + timedelta(hours=1)).isoformat()
    assert installation.passport("run", "hourly", "--until", until).startswith("serves ")
    after = installation.rows("select count(*) as cases from rpt_applications")[0]["cases"]
    assert int(str(after)) > int(str(before))
