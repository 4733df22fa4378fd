"""A row that breaks a rule is quarantined with rule, file and row; the rest is loaded."""

import json
from typing import Any

import pytest
from ingest_world import NOW, Installation, row, tokens

from contract import RECORDS
from expectations.rules import row_rules

# record, the values that break the rule, the rule's name
BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("queue_tokens", {"token_id": None}, "null_token_id"),
    ("queue_tokens", {"office_code": None}, "null_office_code"),
    ("queue_tokens", {"updated_at": None}, "null_updated_at"),
    ("queue_tokens", {"service": "haircut"}, "code_service"),
    ("queue_tokens", {"outcome": "lost"}, "code_outcome"),
    ("queue_tokens", {"called_at": "2026-03-10T07:59:59Z"}, "called_at_before_issued_at"),
    ("queue_tokens", {"updated_at": "0001-01-01T00:00:00Z"}, "implausible_updated_at"),
    ("queue_tokens", {"issued_at": "yesterday"}, "bad_value"),
    ("queue_tokens", {"issued_at": "2026-03-10T08:00:00"}, "bad_value"),
    ("applications", {"applicant_cnic": "12345"}, "invalid_applicant_cnic"),
    ("applications", {"applicant_cnic": "9" * 13}, "invalid_applicant_cnic"),
    ("applications", {"fee_pkr": "-1"}, "negative_fee_pkr"),
    ("applications", {"pages": "37"}, "code_pages"),
    ("applications", {"pages": "36.5"}, "bad_value"),
    ("applications", {"fee_pkr": "1_0"}, "bad_value"),
    ("applications", {"fee_pkr": "nan"}, "bad_value"),
    ("applications", {"is_suspect": "perhaps"}, "bad_value"),
    ("applications", {"cancelled_at": "2026-03-09T08:00:00Z"}, "cancelled_at_before_submitted_at"),
    ("link_readings", {"latency_ms": "-3"}, "negative_latency_ms"),
    ("machine_readings", {"produced_count": "-3"}, "negative_produced_count"),
    ("machine_readings", {"consumable_pct": "101"}, "range_consumable_pct"),
    ("consumables", {"quantity": "-3"}, "negative_quantity"),
    (
        "staff_shifts",
        {"planned_until": "2026-03-10T07:00:00Z"},
        "planned_until_before_planned_from",
    ),
    ("offices", {"latitude": "91"}, "range_latitude"),
    ("offices", {"longitude": "-181"}, "range_longitude"),
    ("offices", {"timezone": "Asia/Islamabad"}, "invalid_timezone"),
    ("offices", {"country_code": "Pakistan"}, "invalid_country_code"),
    ("office_hours", {"closes_at": "24:30"}, "bad_value"),
    ("office_hours", {"weekday": "8"}, "code_weekday"),
    ("service_levels", {"valid_to": "2025-12-31"}, "valid_to_before_valid_from"),
]

# What sets a row apart; a key of codes cannot, so an unknown column does, which is ignored.
KEYS = {name: RECORDS[name].key[0] for name in RECORDS} | {"service_levels": "name_of_row"}


@pytest.fixture
def seen(installation: Installation) -> dict[str, list[dict[str, Any]]]:
    """One run over all broken rows: the landed rows of each record, in the order of the file."""
    by_record: dict[str, list[dict[str, str]]] = {}
    for number, (record, values, _) in enumerate(BROKEN):
        made = row(record, **values)
        # Each row has a key of its own, so that none repeats another.
        if KEYS[record] not in values:
            made[KEYS[record]] = f"k{number}"
        by_record.setdefault(record, [row(record, **{KEYS[record]: "good"})]).append(made)
    for record, rows in by_record.items():
        installation.put(record, "rows.csv", rows)
    # The offices come last, since they make the others' offices unknown.
    others = [record for record in by_record if record != "offices"]
    results = installation.run(records=others) | installation.run(records=["offices"])
    for record, rows in by_record.items():
        (batch,) = results[record].batches
        assert (batch.rows_read, batch.rows_admitted) == (len(rows), 1)
        assert batch.rows_quarantined == len(rows) - 1
    found = {record: installation.rows(record, "true") for record in by_record}
    return {record: sorted(rows, key=lambda r: r["source_row"]) for record, rows in found.items()}


def test_each_broken_row_is_quarantined_by_its_rule(seen: dict[str, list[dict[str, Any]]]) -> None:
    for record in dict.fromkeys(record for record, _, _ in BROKEN):
        expected = [None, *(rule for name, _, rule in BROKEN if name == record)]
        assert [landed["rejected_by"] for landed in seen[record]] == expected
        assert {landed["source_file"] for landed in seen[record]} == {"rows.csv"}


def test_what_could_not_be_cast_is_kept_as_text(seen: dict[str, list[dict[str, Any]]]) -> None:
    uncast = [json.loads(r["uncast"]) for r in seen["applications"] if r["uncast"]]
    assert uncast == [
        {"pages": "36.5"},
        {"fee_pkr": "1_0"},
        {"fee_pkr": "nan"},
        {"is_suspect": "perhaps"},
    ]


def test_the_ledger_tells_rule_file_and_row_without_values(installation: Installation) -> None:
    good = tokens(3)
    installation.put("queue_tokens", "a.csv", [*good, row("queue_tokens", service="haircut")])
    installation.run()
    (rule,) = installation.ledger("batch_rules")
    assert (rule["rule"], rule["rows"], rule["example_position"]) == (
        "code_service",
        1,
        "a.csv, row 4",
    )


def test_clock_times_and_numbers_are_read_as_they_are_meant(installation: Installation) -> None:
    hours = [
        row("office_hours", weekday=day, opens_at=opens, closes_at=closes)
        for day, opens, closes in ((1, "9:00", "24:00"), (2, "09:30:15", "23:59:59"))
    ]
    installation.put("office_hours", "a.csv", hours)
    installation.put("applications", "a.csv", [row("applications", pages="36.0", fee_pkr="1e3")])
    installation.run()
    assert [(r["opens_at"], r["closes_at"]) for r in installation.rows("office_hours")] == [
        ("09:00:00", "24:00:00"),
        ("09:30:15", "23:59:59"),
    ]
    (application,) = installation.rows("applications")
    assert (application["pages"], application["fee_pkr"]) == (36, 1000.0)


def test_offsets_are_turned_to_utc(installation: Installation) -> None:
    told = ["2026-03-10T13:00:00+05:00", "2026-03-10 08:00:00Z", "2026-03-10T08:00Z"]
    installation.put(
        "queue_tokens",
        "a.csv",
        [row("queue_tokens", token_id=n, issued_at=at) for n, at in enumerate(told)],
    )
    installation.run()
    assert {f"{r['issued_at']:%H:%M}" for r in installation.rows("queue_tokens")} == {"08:00"}


def test_unknown_codes_are_judged_only_where_the_reference_has_rows(
    installation: Installation,
) -> None:
    installation.put("queue_tokens", "a.csv", tokens(2, office="PK-9"))
    installation.run()
    assert len(installation.rows("queue_tokens")) == 2

    installation.put("offices", "a.csv", [row("offices", office_code="PK-1")])
    installation.put("queue_tokens", "b.csv", tokens(2, NOW, "PK-8") + tokens(2, NOW, "PK-1"))
    installation.run()
    assert len(installation.rows("queue_tokens")) == 4
    assert {r["office_code"] for r in installation.rows("queue_tokens", "true")} >= {"PK-8"}


def test_rule_names_are_unique_and_no_rule_fails_on_a_null(installation: Installation) -> None:
    for record in RECORDS.values():
        names = [rule.name for rule in row_rules(record, ("offices", "stages", "machines"))]
        assert len(names) == len(set(names)), record.name
