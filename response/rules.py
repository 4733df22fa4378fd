"""The alert rules: what is found, who owns it, and what is asked of them.

They stand in a dbt seed, since the models that find things read the same rows.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Severity = Literal["minor", "major", "critical"]
FoundBy = Literal["models", "run", "person", "watch"]


@dataclass(frozen=True)
class Rule:
    """One row of `dbt_project/seeds/incident_rules.csv`; the seed's yml tells each column."""

    rule: str
    title: str
    owner_role: str
    reason: str
    severity: Severity
    found_by: FoundBy
    action: str
    threshold: float | None
    unit: str
    minimum_volume: int
    window_minutes: int
    windows_in: int
    clear_windows_out: int
    reopen_within_minutes: int
    merge_from: int
    grows_into: tuple[str, ...]
    swallowed_by: tuple[str, ...]
    escalation_path: tuple[str, ...]
    escalate_after_minutes: int
    waits_for_morning: bool
    batch_minutes: int


@cache
def load_rules() -> dict[str, Rule]:
    """The rules of this version, by name. Raises ValueError for a row that is none."""
    text = files("dbt_project").joinpath("seeds/incident_rules.csv").read_text(encoding="utf-8")
    return {row["rule"]: _rule(row) for row in csv.DictReader(text.splitlines())}


def headline(rule: Rule | None, name: str, parameters: Mapping[str, Any]) -> str:
    """What is wrong, in English: the rule's title with its blanks filled in. Of a rule that was
    deleted its name is left. What differs within a merged incident is `several`."""
    if rule is None:
        return name
    told = {key: value for key, value in parameters.items() if value is not None}
    return rule.title.format_map(defaultdict(lambda: "several", told))


def _rule(row: dict[str, Any]) -> Rule:
    whole = {
        name: int(row[name])
        for name in (
            "minimum_volume",
            "window_minutes",
            "windows_in",
            "clear_windows_out",
            "reopen_within_minutes",
            "merge_from",
            "escalate_after_minutes",
            "batch_minutes",
        )
    }
    several = {
        name: tuple(row[name].split()) for name in ("grows_into", "swallowed_by", "escalation_path")
    }
    return Rule(
        **{
            **row,
            **whole,
            **several,
            "threshold": float(row["threshold"]) if row["threshold"] else None,
            "waits_for_morning": row["waits_for_morning"] == "true",
        }
    )
