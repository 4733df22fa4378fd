"""Only a source that is proved wrong is held; rush, strike and crisis pass."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from ingest_world import DAY, HOUR, NOW, Installation, csv_text, row, tokens, with_history

from expectations import gate
from orchestration.gate_decisions import held_batches, release_batch
from orchestration.run_context import RunContext


def test_a_doubled_file_is_held_alone_with_its_reason(installation: Installation) -> None:
    text = csv_text(tokens(300))
    installation.put("queue_tokens", "doubled.csv", text + text.split("\n", 1)[1])
    installation.put("queue_tokens", "good.csv", tokens(300, office="PK-2"))
    result = installation.run()["queue_tokens"]
    assert result.state == "held"
    assert "comes twice" in result.message
    held, admitted = sorted(result.batches, key=lambda b: b.verdict, reverse=True)
    assert (held.verdict, held.rows_held, held.rows_admitted) == ("held", 600, 0)
    assert (admitted.rows_read, admitted.rows_admitted) == (300, 300)
    assert {r["office_code"] for r in installation.rows("queue_tokens")} == {"PK-2"}
    verdicts = {entry["name"]: entry["verdict"] for entry in installation.ledger("files")}
    assert verdicts == {"doubled.csv": "held", "good.csv": "loaded"}


def test_a_file_sent_again_is_repeated_and_not_held(installation: Installation) -> None:
    installation.put("queue_tokens", "a.csv", tokens(300))
    installation.put("queue_tokens", "copy of a.csv", tokens(300))
    installation.run()
    installation.put("queue_tokens", "another copy.csv", tokens(300))
    result = installation.run()["queue_tokens"]
    assert result.state == "ok"
    assert (result.batches[0].rows_repeated, result.batches[0].rows_admitted) == (300, 300)
    assert len(installation.rows("queue_tokens")) == 300


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"rows": 10}, "9 rows, its manifest says 10"),
        ({"sha256": "0" * 64}, "SHA-256"),
        ({"rows": 9, "control_totals": {"fee_pkr": 1}}, "control total of fee_pkr"),
        ({"rows": 9, "control_totals": {"tier": 1}}, "control total of tier"),
        ("not JSON", "cannot be read as JSON"),
        ([], "is not an object"),
        ({"rows": "9"}, "no whole number"),
    ],
)
def test_a_manifest_that_disagrees_holds_its_file_alone(
    installation: Installation, manifest: object, reason: str
) -> None:
    rows = [row("applications", application_id=n, fee_pkr=100) for n in range(9)]
    installation.put("applications", "a.csv", rows)
    told = manifest if isinstance(manifest, str) else json.dumps(manifest)
    installation.put("applications", "a.csv.manifest.json", told)
    installation.put("applications", "b.csv", [row("applications", application_id="other")])
    result = installation.run()["applications"]
    assert result.state == "held"
    assert reason in result.message
    assert [r["application_id"] for r in installation.rows("applications")] == ["other"]


def test_a_manifest_that_agrees_lets_its_file_in(installation: Installation) -> None:
    rows = [row("applications", application_id=n, fee_pkr=100.5) for n in range(9)]
    path = installation.put("applications", "a.csv", rows)
    manifest = {
        "rows": 9,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "control_totals": {"fee_pkr": 904.5},
    }
    installation.put("applications", "a.csv.manifest.json", json.dumps(manifest))
    assert installation.run()["applications"].state == "ok"


def test_a_key_twice_with_other_contents_at_one_cursor_is_held(
    make_installation: Callable[[], Installation],
) -> None:
    once = row("queue_tokens", token_id="t", office_code="PK-1")
    other = once | {"office_code": "PK-2"}
    within = make_installation()
    within.put("queue_tokens", "a.csv", [once, other])
    assert "other" not in within.run()["queue_tokens"].message
    assert within.run()["queue_tokens"].batches == []
    assert within.rows("queue_tokens") == []

    against = make_installation()
    against.put("queue_tokens", "a.csv", [once])
    against.run()
    against.put("queue_tokens", "b.csv", [other])
    result = against.run()["queue_tokens"]
    assert "different contents" in result.message
    newer = other | {"updated_at": "2026-03-10T09:00:00Z"}
    against.put("queue_tokens", "c.csv", [newer])
    assert against.run()["queue_tokens"].state == "ok"
    assert len(against.rows("queue_tokens")) == 2


def test_quarantine_holds_a_batch_from_the_set_share_and_size_on(
    make_installation: Callable[[], Installation],
) -> None:
    bad = [row("queue_tokens", token_id=f"b{n}", service="haircut") for n in range(20)]
    small = make_installation()
    small.put("queue_tokens", "a.csv", tokens(100) + bad)
    assert small.run()["queue_tokens"].state == "ok"
    large = make_installation()
    large.put("queue_tokens", "a.csv", tokens(300) + bad)
    result = large.run()["queue_tokens"]
    assert result.state == "held"
    assert "broke a row rule" in result.message
    (batch,) = result.batches
    assert (batch.rows_held, batch.rows_quarantined) == (320, 0)


def test_a_rush_of_five_times_at_one_office_passes(installation: Installation) -> None:
    with_history(installation, {"queue_tokens": 80})
    rush = tokens(1500, office="PK-1")
    rest = [made for n in range(7) for made in tokens(100, office=f"PK-{n + 2}")]
    installation.put("queue_tokens", "a.csv", rush + rest)
    assert installation.run()["queue_tokens"].state == "ok"


def events(count: int, start: datetime = NOW - HOUR) -> list[dict[str, str]]:
    return [
        row(
            "stage_events",
            event_id=f"{start:%d%H}-{n}",
            recorded_at=f"{start + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}",
        )
        for n in range(count)
    ]


def test_a_strike_everywhere_passes_and_a_lost_source_does_not(
    make_installation: Callable[[], Installation],
) -> None:
    strike, lost = make_installation(), make_installation()
    for installation in (strike, lost):
        with_history(installation, {"queue_tokens": 50, "stage_events": 50})
        installation.put("queue_tokens", "a.csv", tokens(20))
    # the print sites work on
    strike.put("stage_events", "a.csv", events(650))
    lost.put("stage_events", "a.csv", events(1100))
    assert {result.state for result in strike.run().values()} == {"ok"}
    results = lost.run()
    assert (results["queue_tokens"].state, results["stage_events"].state) == ("held", "ok")
    assert "no other record" in results["queue_tokens"].message


def test_a_strike_passes_where_a_companion_brings_no_file_at_all(
    make_installation: Callable[[], Installation],
) -> None:
    for known, state in (({"queue_tokens": 50, "stage_events": 50}, "ok"),
                         ({"queue_tokens": 50}, "held")):  # fmt: skip
        installation = make_installation()
        with_history(installation, known)
        (installation.drop / "stage_events").mkdir(parents=True)
        installation.put("queue_tokens", "a.csv", tokens(20))
        results = installation.run()
        assert results["queue_tokens"].state == state
        assert results["stage_events"].state == "ok"


def test_a_national_rush_passes_and_an_exploding_source_does_not(
    make_installation: Callable[[], Installation],
) -> None:
    rush, broken = make_installation(), make_installation()
    for installation in (rush, broken):
        with_history(installation, {"queue_tokens": 15, "stage_events": 15})
        installation.put("queue_tokens", "a.csv", tokens(2000))
    rush.put("stage_events", "a.csv", events(900))
    broken.put("stage_events", "a.csv", events(370))
    assert {result.state for result in rush.run().values()} == {"ok"}
    assert broken.run()["queue_tokens"].state == "held"


def counts(count: int) -> list[dict[str, str]]:
    return [
        row("consumables", item=n, recorded_at=f"{NOW - HOUR:%Y-%m-%dT%H:%M:%SZ}")
        for n in range(count)
    ]


def shifts(count: int) -> list[dict[str, str]]:
    return [
        row("staff_shifts", staff_id=n, updated_at=f"{NOW - HOUR:%Y-%m-%dT%H:%M:%SZ}")
        for n in range(count)
    ]


def test_where_nobody_is_at_work_nothing_is_counted(
    make_installation: Callable[[], Installation],
) -> None:
    for at_work, state in ((20, "ok"), (1000, "held")):
        installation = make_installation()
        with_history(installation, {"consumables": 50, "staff_shifts": 50})
        installation.put("consumables", "a.csv", counts(20))
        installation.put("staff_shifts", "a.csv", shifts(at_work))
        assert installation.run()["consumables"].state == state


def test_one_row_of_a_clock_that_is_ahead_holds_no_file(installation: Installation) -> None:
    with_history(installation, {"queue_tokens": 50})
    ahead = tokens(1, start=datetime(2099, 1, 1, tzinfo=UTC), office="PK-2")
    installation.put("queue_tokens", "a.csv", tokens(1000) + ahead)
    assert installation.run()["queue_tokens"].state == "ok"


def test_late_rows_do_not_hide_a_source_that_lost_the_rest(installation: Installation) -> None:
    with_history(installation, {"queue_tokens": 50, "stage_events": 50})
    late = tokens(2, start=NOW - 20 * DAY, office="PK-2")
    installation.put("queue_tokens", "a.csv", tokens(100) + late)
    installation.put("stage_events", "a.csv", events(1000))
    assert installation.run()["queue_tokens"].state == "held"


def test_rows_that_wait_for_a_decision_are_not_missing(installation: Installation) -> None:
    """One doubled day holds itself, not each hour after it."""
    with_history(installation, {"queue_tokens": 50, "stage_events": 50})
    day = csv_text(tokens(1000, start=NOW - HOUR))
    installation.put("queue_tokens", "day.csv", day + day.split("\n", 1)[1])
    installation.put("stage_events", "day.csv", events(1000))
    assert installation.run()["queue_tokens"].state == "held"
    installation.put("queue_tokens", "hour.csv", tokens(50, start=NOW))
    assert installation.run(now=NOW + HOUR)["queue_tokens"].state == "ok"


def test_who_releases_a_total_vouches_for_the_hours_that_others_share_with_it(
    installation: Installation,
) -> None:
    with_history(installation, {"queue_tokens": 50, "stage_events": 50})
    installation.put("queue_tokens", "a.csv", tokens(20))
    installation.put("stage_events", "a.csv", events(1000))
    assert installation.run()["queue_tokens"].state == "held"
    installation.put("queue_tokens", "b.csv", tokens(20, start=NOW))
    assert installation.run(now=NOW + HOUR)["queue_tokens"].state == "held"
    first, _ = held_batches(installation.store)
    run = RunContext("r", NOW, "gate")
    release_batch(installation.settings, installation.store, run, first.batch_id, "Amna", "a fair")
    installation.put("queue_tokens", "c.csv", tokens(20, start=NOW + HOUR))
    assert installation.run(now=NOW + 2 * HOUR)["queue_tokens"].state == "ok"
    installation.put("queue_tokens", "d.csv", tokens(20, start=NOW + 2 * DAY))
    installation.put("stage_events", "d.csv", events(1000, start=NOW + 2 * DAY))
    assert installation.run(now=NOW + 2 * DAY + HOUR)["queue_tokens"].state == "held"


@pytest.mark.parametrize(("per_hour", "days"), [(6, 28), (1000, 10)])
def test_volume_is_not_judged_where_little_is_expected_or_known(
    installation: Installation, per_hour: int, days: int
) -> None:
    with_history(installation, {"queue_tokens": per_hour}, days)
    installation.put("queue_tokens", "a.csv", tokens(1))
    assert installation.run()["queue_tokens"].state == "ok"


def test_any_exception_of_the_gate_holds(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(gate, "_validate", broken)
    installation.put("queue_tokens", "a.csv", tokens(3))
    result = installation.run()["queue_tokens"]
    assert result.state == "held"
    assert "MemoryError" in result.message
    assert installation.rows("queue_tokens") == []


def test_a_profile_judges_as_rows_do(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.put("queue_tokens", "a.csv", tokens(30))
    monkeypatch.setattr(gate, "FRAME_ROWS_MAX", 10)
    assert installation.run()["queue_tokens"].state == "ok"
    checks = {c["check_name"]: c for c in installation.ledger("checks")}
    assert checks["queue_tokens.unique_key"]["outcome"] == "passed"
    assert "profile of 30 rows" in checks["queue_tokens.unique_key"]["observed"]


@pytest.mark.parametrize("frame_rows_max", [10, 1000])
def test_good_rows_that_are_not_good_hold_the_batch(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, frame_rows_max: int
) -> None:
    """A control: with the row rules taken away, Great Expectations still keeps the rows out."""
    monkeypatch.setattr(gate, "FRAME_ROWS_MAX", frame_rows_max)
    monkeypatch.setattr("orchestration.extract.row_rules", lambda *_: ())
    monkeypatch.setattr("orchestration.landing.first_broken", lambda _: "null::VARCHAR")
    bad = [row("queue_tokens", token_id="b1", service="haircut"), row("queue_tokens", token_id="")]
    installation.put("queue_tokens", "a.csv", tokens(30) + bad)
    result = installation.run()["queue_tokens"]
    assert result.state == "held"
    assert "code_service" in result.message
    assert "not_null_token_id" in result.message
