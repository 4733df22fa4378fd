"""The whole path, as a data engineer runs it: a good night by the command line, then a bad day
through Dagster, then a release, at last a model that does not build.

One simulated network, small in volume but whole, written as file drops. The bad day brings a
doubled file, one cut short beside its manifest and one in another encoding. The story is lived
once; each test looks at what was seen on the way.
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
from orchestration.dbt_process import BuildError
from orchestration.run import new_run, transform, writer
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

    def value(self, sql: str) -> object:
        """The one value of a query on it."""
        [row] = self.rows(sql)
        [value] = row.values()
        return value

    def number(self, sql: str) -> int:
        """The one count of a query on it."""
        return int(str(self.value(sql)))


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def installed(folder: Path) -> Installation:
    """An empty home and two days of the network in its drop."""
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


# Tables of every kind: places, flows, cases, the pipeline's own.
SHOWN = (
    *("rpt_places", "rpt_volumes", "rpt_applications", "rpt_case_events", "rpt_turnaround"),
    *("rpt_backlog_daily", "rpt_load", "rpt_quarantine", "rpt_checks", "rpt_reconciliation"),
    *("rpt_freshness", "rpt_generations", "rpt_metrics"),
)
CASES = "select count(*) from rpt_applications"


@dataclass(frozen=True)
class Night:
    """What a nightly run came to: the records' states, the newest generation, and what it shows:
    what the gate set aside (`found`), the same as the simulator tells it (`told`), rows by table,
    and whether all rows read are accounted for."""

    states: dict[str, str]
    has_star: bool
    found: Counts
    told: Counts
    rows: dict[str, int]
    records_loaded: int
    has_lost_none: bool


@dataclass(frozen=True)
class BadDay:
    """What Dagster came to on the day of the broken files, and what was told of it then."""

    status: dg.DagsterRunStatus
    verdicts: dict[str, bool]
    generations: int
    newest_reading_is_new: bool
    reasons: dict[str, str]
    held: dict[str, int]
    status_words: str
    cases: int


@dataclass(frozen=True)
class BrokenBuild:
    """What became of models of which one cannot be built, in which layer; and what was said."""

    outcomes: dict[str, tuple[str, str]]
    words: str


@dataclass(frozen=True)
class Story:
    """The good night, the bad day, how many cases there are after the release, and the build that
    failed at the end."""

    night: Night
    bad_day: BadDay
    cases_after_release: int
    broken_build: BrokenBuild


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    installation = installed(tmp_path_factory.mktemp("installation"))
    night = good_night(installation)
    day = bad_day(installation)
    cases = cases_after_release(installation, day.held["applications"])
    return Story(night, day, cases, broken_build(installation))


def good_night(installation: Installation) -> Night:
    """A night by the command line, with every test and the star for analysts."""
    until = GOOD_DAY.isoformat()
    outcome = json.loads(installation.passport("run", "nightly", "--until", until, "--json"))
    counted = " union all ".join(
        f"select '{name}' as name, count(*) as n from {name}" for name in SHOWN
    )
    balance = "sum(rows_read - rows_admitted - rows_quarantined - rows_held)"
    return Night(
        states={result["record"]: result["state"] for result in outcome["records"]},
        has_star=json.loads(installation.passport("generations", "--json"))[0]["has_star"],
        found=found(installation.home),
        told=told(installation.truth),
        rows={str(row["name"]): int(str(row["n"])) for row in installation.rows(counted)},
        records_loaded=installation.number("select count(distinct record) from rpt_load"),
        has_lost_none=installation.value(f"select {balance} = 0 from rpt_load") is True,
    )


def bad_day(installation: Installation) -> BadDay:
    """A day more in the drop, spoilt, and loaded by Dagster."""
    before = {path for path in installation.drop.rglob("*") if path.is_file()}
    simulate(until=BAD_DAY, to=f"file://{installation.drop}", continue_=True)
    assert {path for path in installation.drop.rglob("*") if path.is_file()} > before
    spoil(installation.drop)
    run = installation.job("hourly", BAD_DAY)
    newest = (
        "select max(newest_source_at) > timestamptz '2026-10-29 11:00:00+00' from rpt_freshness"
    )
    serving = "select count(*) from rpt_generations where not is_rolled_back"
    held = json.loads(installation.passport("gate", "list", "--json", code=3))
    return BadDay(
        status=run.status,
        verdicts=checks_of(installation, run),
        generations=installation.number(serving),
        newest_reading_is_new=installation.value(f"{newest} where record = 'machine_readings'")
        is True,
        reasons={
            str(row["record"]): str(row["reasons"])
            for row in installation.rows(
                "select record, reasons from rpt_load where verdict = 'held' and rows_held > 0"
            )
        },
        held={entry["record"]: entry["batch_id"] for entry in held},
        status_words=installation.passport("status"),
        cases=installation.number(CASES),
    )


def cases_after_release(installation: Installation, batch: int) -> int:
    """The shift leader releases a held batch, and the next hour builds it."""
    installation.passport(
        *("gate", "release", str(batch)),
        *("--by", "shift-leader", "--why", "the sender confirmed it wrote the file twice"),
    )
    until = (BAD_DAY + timedelta(hours=1)).isoformat()
    assert installation.passport("run", "hourly", "--until", until).startswith("serves ")
    return installation.number(CASES)


def broken_build(installation: Installation) -> BrokenBuild:
    """A table that lost a column, and a model that reads it."""
    settings = load_settings(installation.home)
    with closing(duckdb.connect(settings.home.warehouse)) as warehouse:
        warehouse.execute("alter table marts.fct_link_hours drop column link")
    run, results = new_run("run hourly", BAD_DAY + timedelta(hours=2)), []
    with writer(settings, run, print) as writing_run, pytest.raises(BuildError) as caught:
        for result in transform(writing_run, print, ["fct_link_hours", "rpt_links"]):
            results.append(result)
    outcomes = {one.name: (one.layer, one.outcome) for one in results if one.kind == "model"}
    return BrokenBuild(outcomes, str(caught.value))


def checks_of(installation: Installation, run: dg.DagsterRun) -> dict[str, bool]:
    """The gate's verdict by record, as Dagster shows it."""
    with installation.dagster() as instance:
        records = instance.get_records_for_run(
            run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    verdicts = {}
    for record in records:
        dagster_event = record.event_log_entry.dagster_event
        assert dagster_event is not None
        evaluation = dagster_event.asset_check_evaluation_data
        if evaluation.check_name == "gate":
            verdicts[evaluation.asset_key.path[-1]] = evaluation.passed
    return verdicts


def test_a_good_day_is_loaded_judged_and_published(story: Story) -> None:
    night = story.night
    assert len(night.states) == 19 and set(night.states.values()) == {"ok"}
    assert night.has_star
    assert night.has_lost_none
    assert night.records_loaded > 15
    assert night.rows["rpt_applications"] > 500


def test_the_gate_finds_the_dirty_and_doubled_rows_and_no_other(story: Story) -> None:
    assert story.night.found == story.night.told
    assert story.night.found.total() > 50


def test_every_kind_of_table_is_published(story: Story) -> None:
    assert set(story.night.rows) == set(SHOWN)
    assert [table for table, rows in story.night.rows.items() if not rows] == []


def test_a_bad_day_keeps_the_bad_out_and_publishes_the_rest(story: Story) -> None:
    day = story.bad_day
    assert day.status == dg.DagsterRunStatus.SUCCESS
    assert len(day.verdicts) == 19
    assert not day.verdicts["applications"] and not day.verdicts["stage_events"]
    assert day.verdicts["print_jobs"] and day.verdicts["deliveries"]
    assert day.generations == 2
    assert day.newest_reading_is_new


@pytest.mark.parametrize(
    ("record", "word"), [("applications", "repeat"), ("stage_events", "manifest")]
)
def test_what_is_held_says_why(story: Story, record: str, word: str) -> None:
    assert word in story.bad_day.reasons[record]
    assert record in story.bad_day.held


def test_another_encoding_is_refused_and_said(story: Story) -> None:
    assert "queue_tokens" in story.bad_day.status_words and "UTF-8" in story.bad_day.status_words


def test_a_release_lets_the_held_rows_in(story: Story) -> None:
    assert story.cases_after_release > story.bad_day.cases


def test_a_model_that_fails_is_named_with_the_reason_and_what_reads_it_is_left(
    story: Story,
) -> None:
    broken = story.broken_build
    assert broken.outcomes == {
        "fct_link_hours": ("marts", "failed"),
        "rpt_links": ("reporting", "skipped"),
    }
    assert "model fct_link_hours:" in broken.words and "link" in broken.words
    assert "the old publication serves" in broken.words
