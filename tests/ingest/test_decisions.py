"""Held batches and quarantined rows: what people decide, and what mends itself."""

import pytest
from ingest_world import HOUR, NOW, Installation, csv_text, row, tokens

from orchestration.gate_decisions import (
    GateDecisionError,
    held_batches,
    quarantined,
    reject_batch,
    release_batch,
    release_quarantined,
    show_batch,
)
from orchestration.run_context import RunContext

RUN = RunContext("decision", NOW, "gate")


@pytest.fixture
def doubled(installation: Installation) -> Installation:
    """An installation that holds a doubled file of 300 tokens and one bad row."""
    text = csv_text([*tokens(300), row("queue_tokens", token_id="b", service="haircut")])
    installation.put("queue_tokens", "doubled.csv", text + text.split("\n", 1)[1])
    installation.run()
    return installation


def test_a_held_batch_is_listed_and_shown_with_its_rules(doubled: Installation) -> None:
    (listed,) = held_batches(doubled.store)
    assert (listed.record, listed.rows_held) == ("queue_tokens", 602)
    shown = show_batch(doubled.settings, doubled.store, listed.batch_id)
    assert shown.files == ("doubled.csv",)
    assert [(rule.rule, rule.rows) for rule in shown.rules] == [("code_service", 1)]
    assert held_batches(doubled.store, "applications") == []
    with pytest.raises(GateDecisionError, match="no batch 99"):
        show_batch(doubled.settings, doubled.store, 99)


def test_a_released_batch_comes_in_once_and_keeps_its_bad_rows_out(doubled: Installation) -> None:
    doubled.put("queue_tokens", "part.csv", tokens(100))
    doubled.run()
    (held,) = held_batches(doubled.store)
    summary = release_batch(
        doubled.settings, doubled.store, RUN, held.batch_id, "Amna", "sent twice, is right"
    )
    assert summary is not None
    assert (summary.rows_admitted, summary.rows_repeated, summary.rows_quarantined) == (300, 100, 1)
    assert len(doubled.rows("queue_tokens")) == 300
    old, new = (doubled.ledger("batches")[i] for i in (0, -1))
    assert (old["verdict"], new["releases_batch_id"]) == ("released", old["batch_id"])
    assert {entry["verdict"] for entry in doubled.ledger("files")} == {"loaded"}
    shown = show_batch(doubled.settings, doubled.store, held.batch_id)
    assert [(d.decided_by, d.why) for d in shown.decisions] == [("Amna", "sent twice, is right")]
    with pytest.raises(GateDecisionError, match="not held"):
        release_batch(doubled.settings, doubled.store, RUN, held.batch_id, "Amna", "again")


def test_a_rejected_file_stays_out_until_it_changes(doubled: Installation) -> None:
    (held,) = held_batches(doubled.store)
    reject_batch(doubled.settings, doubled.store, RUN, held.batch_id, "Amna", "a copy")
    assert doubled.run()["queue_tokens"].batches == []
    (entry,) = doubled.ledger("files")
    assert (entry["verdict"], entry["reason"]) == ("refused", "rejected by Amna: a copy")
    doubled.put("queue_tokens", "doubled.csv", tokens(300))
    assert doubled.run()["queue_tokens"].state == "ok"
    assert len(doubled.rows("queue_tokens")) == 300


def test_a_decision_needs_a_name_and_a_reason(doubled: Installation) -> None:
    (held,) = held_batches(doubled.store)
    for by, why in (("", "why"), ("Amna", " ")):
        with pytest.raises(GateDecisionError, match="who decides and why"):
            release_batch(doubled.settings, doubled.store, RUN, held.batch_id, by, why)
    assert len(held_batches(doubled.store)) == 1
    assert doubled.rows("queue_tokens") == []


def test_rows_of_an_unknown_office_come_in_when_the_office_is_known(
    installation: Installation,
) -> None:
    installation.put("offices", "a.csv", [row("offices", office_code="PK-1")])
    new_office = tokens(3, office="PK-2")
    new_office[0]["service"] = "haircut"
    installation.put("queue_tokens", "a.csv", tokens(60) + new_office + tokens(1, office="PK-3"))
    installation.run()
    assert len(installation.rows("queue_tokens")) == 60
    found = {(entry.rule, entry.rows) for entry in quarantined(installation.store)}
    assert found == {("unknown_office_code", 3), ("code_service", 1)}

    installation.put("offices", "b.csv", [row("offices", office_code="PK-2")])
    result = installation.run(now=NOW + HOUR)["queue_tokens"]
    assert [(b.rows_read, b.rows_admitted) for b in result.batches] == [(2, 2)]
    assert len(installation.rows("queue_tokens")) == 62
    assert {(e.rule, e.rows) for e in quarantined(installation.store)} == {
        ("unknown_office_code", 1),
        ("code_service", 1),
    }
    assert installation.run(now=NOW + 2 * HOUR)["queue_tokens"].batches == []
    assert installation.ledger("batches")[-1]["releases_batch_id"] is not None


def test_quarantined_rows_are_released_by_a_person_but_not_without_what_is_required(
    installation: Installation,
) -> None:
    bad = [
        row("applications", application_id="fee", fee_pkr="-1"),
        row("applications", application_id="office", office_code=None),
        row("applications", application_id="time", submitted_at="soon"),
    ]
    installation.put("applications", "a.csv", [row("applications"), *bad])
    installation.run()
    summaries = release_quarantined(
        installation.settings, installation.store, RUN, "Bilal", "checked", record="applications"
    )
    assert [summary.rows_admitted for summary in summaries] == [1]
    assert {r["application_id"] for r in installation.rows("applications")} == {"x", "fee"}
    assert [d["decided_by"] for d in installation.ledger("gate_decisions")] == ["Bilal"]
    assert {entry.rule for entry in quarantined(installation.store)} == {
        "null_office_code",
        "bad_value",
    }
    with pytest.raises(GateDecisionError, match="no row can be released"):
        release_quarantined(
            installation.settings, installation.store, RUN, "Bilal", "x", record="applications"
        )
    with pytest.raises(GateDecisionError, match="not everything"):
        release_quarantined(installation.settings, installation.store, RUN, "Bilal", "x")


def test_a_release_and_who_decided_it_are_one(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before its end, a release has let nothing in; told again, it lets each row in once."""
    bad = [row("queue_tokens", token_id=f"b{n}", service="haircut") for n in range(3)]
    installation.put("queue_tokens", "a.csv", tokens(100) + bad)
    installation.run()

    def release() -> None:
        release_quarantined(
            installation.settings, installation.store, RUN, "Bilal", "ok", rule="code_service"
        )

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("orchestration.gate_decisions._log_decision", killed)
        release()
    assert len(installation.rows("queue_tokens")) == 100
    assert [entry.rows for entry in quarantined(installation.store)] == [3]
    release()
    with pytest.raises(GateDecisionError, match="no row can be released"):
        release()
    assert len(installation.rows("queue_tokens")) == 103
    assert len(installation.ledger("gate_decisions")) == 1


def test_a_quarantined_row_read_again_is_not_quarantined_twice(installation: Installation) -> None:
    rows = [*tokens(3), row("queue_tokens", token_id="b", service="haircut")]
    rows.append(row("queue_tokens", token_id="c", updated_at=None))
    installation.put("queue_tokens", "a.csv", rows)
    installation.run()
    installation.put("queue_tokens", "b.csv", rows)
    result = installation.run()["queue_tokens"]
    (batch,) = result.batches
    assert (batch.rows_admitted, batch.rows_repeated, batch.rows_quarantined) == (3, 3, 2)
    assert sum(entry.rows for entry in quarantined(installation.store)) == 2
