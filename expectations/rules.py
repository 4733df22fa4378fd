"""Row rules: what each row must obey by itself and by the reference lists, as data.

Most rules follow from the contract (required, codes, references, time order); the tables below
hold what the contract's types do not say. A row keeps the first rule it breaks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import available_timezones

from contract import RECORDS, Column, Record, Type, landed_columns

# Where the rows of a reference record are looked up: a table with the one column `code`.
KNOWN_CODES = {"offices": "known_offices", "stages": "known_stages", "machines": "known_machines"}

BAD_VALUE = "bad_value"

# Quantities and durations that cannot be negative, and numbers with a natural range.
RANGES: dict[str, tuple[float, float | None]] = {
    "fee_pkr": (0, None),
    "counters": (0, None),
    "promise": (0, None),
    "rated_per_hour": (0, None),
    "produced_count": (0, None),
    "latency_ms": (0, None),
    "quantity": (0, None),
    "received_quantity": (0, None),
    "on_order": (0, None),
    "target_pct": (0, 100),
    "consumable_pct": (0, 100),
    "temperature_celsius": (-60, 300),
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "birth_year": (1850, 2100),
}

# A timestamp outside these years is a fault of a clock or a converter, not a moment.
PLAUSIBLE_YEARS = ("1970-01-01", "2100-01-01")


@dataclass(frozen=True)
class Rule:
    """One rule: `broken` is SQL over a row's landed columns and `uncast`, true where broken.

    `refers_to` names the reference record whose change may mend the row.
    """

    name: str
    broken: str
    because: str
    refers_to: str | None = None


def row_rules(record: Record, known: Collection[str]) -> tuple[Rule, ...]:
    """The rules of `record`; `known` names the reference records that have rows.

    What refers to a record without rows is not judged: a deployment may lack it.
    """
    columns = landed_columns(record)
    return (
        Rule(BAD_VALUE, "uncast is not null", "a value could not be cast to its column's type"),
        *(rule for column in columns if (rule := _required(record, column))),
        *(_code(column) for column in columns if column.codes),
        *(_plausible(column) for column in columns if column.type is Type.TIMESTAMP),
        *(_range(column) for column in columns if column.name in RANGES),
        *(_special(record)),
        *(_order(first, second) for first, second in record.time_order),
        *(_reference(column) for column in columns if column.refers_to in known),
    )


def first_broken(rules: tuple[Rule, ...]) -> str:
    """One SQL CASE: the name of the first rule a row breaks, null for a good row."""
    if not rules:
        return "null::VARCHAR"
    cases = " ".join(f"when {rule.broken} then '{rule.name}'" for rule in rules)
    return f"case {cases} end"


def rule_names(refers_to: str) -> set[str]:
    """The names of all rules, over all records, that a change of this reference may mend."""
    return {
        f"unknown_{column.name}"
        for record in RECORDS.values()
        for column in record.columns
        if column.refers_to == refers_to
    }


def _required(record: Record, column: Column) -> Rule | None:
    if not (column.required or column.name == record.cursor):
        return None
    return Rule(f"null_{column.name}", f'"{column.name}" is null', f"{column.name} is required")


def _code(column: Column) -> Rule:
    listed = ", ".join(f"'{code}'" for code in column.codes)
    value = f'"{column.name}"' if column.type is Type.TEXT else f'"{column.name}"::VARCHAR'
    return Rule(
        f"code_{column.name}", f"{value} not in ({listed})", f"{column.name} is one of {listed}"
    )


def _plausible(column: Column) -> Rule:
    first, last = PLAUSIBLE_YEARS
    value = f'"{column.name}"'
    return Rule(
        f"implausible_{column.name}",
        f"({value} < TIMESTAMP '{first}' or {value} >= TIMESTAMP '{last}')",
        f"{column.name} lies between {first} and {last}",
    )


def _range(column: Column) -> Rule:
    low, high = RANGES[column.name]
    value = f'"{column.name}"'
    if low == 0 and high is None:
        return Rule(f"negative_{column.name}", f"{value} < 0", f"{column.name} is not negative")
    return Rule(
        f"range_{column.name}",
        f"({value} < {low} or {value} > {high})",
        f"{column.name} lies between {low} and {high}",
    )


def _special(record: Record) -> tuple[Rule, ...]:
    match record.name:
        case "applications":
            return (
                Rule(
                    "invalid_applicant_cnic",
                    "not applicant_cnic_is_valid",
                    "a CNIC has 13 digits and begins with a province, 1 to 8",
                ),
            )
        case "offices":
            zones = ", ".join(f"'{zone}'" for zone in sorted(available_timezones()))
            return (
                Rule(
                    "invalid_timezone",
                    f"timezone not in ({zones})",
                    "timezone is a name of the IANA time zone database",
                ),
                Rule(
                    "invalid_country_code",
                    "not regexp_full_match(country_code, '[A-Z]{2}')",
                    "country_code has two capital letters (ISO 3166-1 alpha-2)",
                ),
            )
        case _:
            return ()


def _order(first: str, second: str) -> Rule:
    return Rule(
        f"{second}_before_{first}",
        f'"{second}" < "{first}"',
        f"{second} does not lie before {first}",
    )


def _reference(column: Column) -> Rule:
    assert column.refers_to is not None
    return Rule(
        f"unknown_{column.name}",
        f'("{column.name}" is not null and "{column.name}" not in '
        f"(select code from {KNOWN_CODES[column.refers_to]}))",
        f"{column.name} is in the record {column.refers_to}",
        refers_to=column.refers_to,
    )
