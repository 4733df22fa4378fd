"""The 19 records: their columns in order, what identifies a row and what says that it changed."""

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What a column holds. Timestamps are UTC; a clock time is text, since `24:00` is one."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CLOCK_TIME = "clock_time"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True)
class Column:
    """One column of a record.

    `codes` lists the only values allowed (as text). `refers_to` names the reference record whose
    key a value must be. A sensitive column is replaced by a keyed reference in the extraction step.
    """

    name: str
    type: Type = Type.TEXT
    required: bool = True
    codes: tuple[str, ...] = ()
    refers_to: str | None = None
    sensitive: bool = False


@dataclass(frozen=True)
class Record:
    """One record: `cursor` is None for reference records, which are read whole at every run.

    `time_order` lists pairs of columns of which the first may not lie after the second.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    cursor: str | None = None
    time_order: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"record {self.name} has no column {name}")


def _column(
    kind: Type,
    name: str,
    codes: tuple[str, ...] = (),
    refers_to: str | None = None,
    sensitive: bool = False,
) -> Column:
    return Column(name.rstrip("?"), kind, not name.endswith("?"), codes, refers_to, sensitive)


def _text(
    name: str,
    codes: tuple[str, ...] = (),
    refers_to: str | None = None,
    sensitive: bool = False,
) -> Column:
    return _column(Type.TEXT, name, codes, refers_to, sensitive)


def _at(name: str) -> Column:
    return _column(Type.TIMESTAMP, name)


def _on(name: str) -> Column:
    return _column(Type.DATE, name)


def _integer(name: str, codes: tuple[str, ...] = ()) -> Column:
    return _column(Type.INTEGER, name, codes)


def _number(name: str) -> Column:
    return _column(Type.NUMBER, name)


def _flag(name: str) -> Column:
    return _column(Type.BOOLEAN, name)


def _clock(name: str) -> Column:
    return _column(Type.CLOCK_TIME, name)


_OFFICE = "offices"
_TIERS = ("normal", "urgent", "fast_track")
_DELETED = _at("deleted_at?")

_REFERENCE = (
    Record(
        "offices",
        ("office_code",),
        (
            _text("office_code"),
            _text("name"),
            _text(
                "kind",
                (
                    "regional",
                    "executive",
                    "counter",
                    "nadra_centre",
                    "mission",
                    "headquarters",
                    "print_site",
                ),
            ),
            _text("zone?"),
            _text("province?"),
            _text("district?"),
            _text("city"),
            _text("country_code"),
            _number("latitude"),
            _number("longitude"),
            _text("timezone"),
            _integer("counters"),
            _flag("works_holidays?"),
            _at("updated_at?"),
            _DELETED,
        ),
    ),
    Record(
        "office_hours",
        ("office_code", "weekday", "opens_at", "valid_from"),
        (
            _text("office_code", refers_to=_OFFICE),
            _integer("weekday", ("1", "2", "3", "4", "5", "6", "7")),
            _clock("opens_at"),
            _clock("closes_at"),
            _on("valid_from"),
            _on("valid_to?"),
            _DELETED,
        ),
        time_order=(("valid_from", "valid_to"),),
    ),
    Record(
        "holidays",
        ("country_code", "holiday_date", "office_code"),
        (
            _text("country_code"),
            _on("holiday_date"),
            _text("office_code?", refers_to=_OFFICE),
            _text("name"),
            _flag("is_working_day?"),
            _DELETED,
        ),
    ),
    Record(
        "stages",
        ("stage_code",),
        (
            _text("stage_code"),
            _text("name"),
            _integer("sequence"),
            _text("owner", ("office", "headquarters", "print_site", "carrier", "applicant")),
            _text("clock", ("runs", "stopped")),
            _flag("is_terminal"),
            _flag("is_waiting_by_design"),
            _DELETED,
        ),
    ),
    Record(
        "service_levels",
        ("service", "place_kind", "tier", "valid_from"),
        (
            _text("service", ("passport", "complaint", "transit", "counter")),
            _text("place_kind", ("domestic", "mission")),
            _text("tier?"),
            _number("promise"),
            _text("unit", ("working_days", "calendar_days", "minutes")),
            _number("target_pct"),
            _on("valid_from"),
            _on("valid_to?"),
            _DELETED,
        ),
        time_order=(("valid_from", "valid_to"),),
    ),
    Record(
        "staff",
        ("staff_id",),
        (
            _text("staff_id"),
            _text("office_code", refers_to=_OFFICE),
            _text("role"),
            _on("joined_on"),
            _on("left_on?"),
            _at("updated_at?"),
            _DELETED,
        ),
        time_order=(("joined_on", "left_on"),),
    ),
    Record(
        "machines",
        ("machine_id",),
        (
            _text("machine_id"),
            _text("office_code", refers_to=_OFFICE),
            _text("kind", ("printer", "laminator", "inspector", "biometric")),
            _text("model"),
            _number("rated_per_hour?"),
            _on("commissioned_on"),
            _on("retired_on?"),
            _DELETED,
        ),
        time_order=(("commissioned_on", "retired_on"),),
    ),
)

_OPERATIONAL = (
    Record(
        "applications",
        ("application_id",),
        (
            _text("application_id"),
            _text("office_code", refers_to=_OFFICE),
            _at("submitted_at"),
            _text("tier", _TIERS),
            _text("category", ("new", "renewal", "lost", "modification")),
            _text("channel", ("counter", "online")),
            _integer("pages?", ("36", "72", "100")),
            _integer("validity_years?", ("5", "10")),
            _flag("is_e_passport?"),
            _number("fee_pkr?"),
            _text("applicant_cnic?", sensitive=True),
            _text("sex?"),
            _integer("birth_year?"),
            _text("home_district?"),
            _text("priority_reason?"),
            _flag("is_suspect?"),
            _at("cancelled_at?"),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(("submitted_at", "cancelled_at"),),
    ),
    Record(
        "stage_events",
        ("event_id",),
        (
            _text("event_id"),
            _text("application_id"),
            _text("stage_code", refers_to="stages"),
            _text("event", ("entered", "started", "completed", "deferred", "returned")),
            _at("occurred_at"),
            _text("office_code", refers_to=_OFFICE),
            _text("staff_id?"),
            _text("desk?"),
            _text("reason_code?"),
            _at("recorded_at"),
            _DELETED,
        ),
        cursor="recorded_at",
    ),
    Record(
        "queue_tokens",
        ("token_id",),
        (
            _text("token_id"),
            _text("office_code", refers_to=_OFFICE),
            _text("service", ("application", "delivery", "enquiry")),
            _at("issued_at"),
            _at("called_at?"),
            _at("closed_at?"),
            _text("counter?"),
            _text("staff_id?"),
            _text("application_id?"),
            _text("outcome?", ("served", "left", "no_show")),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(
            ("issued_at", "called_at"),
            ("called_at", "closed_at"),
            ("issued_at", "closed_at"),
        ),
    ),
    Record(
        "print_jobs",
        ("job_id",),
        (
            _text("job_id"),
            _text("application_id"),
            _text("machine_id", refers_to="machines"),
            _at("queued_at"),
            _at("started_at?"),
            _at("finished_at?"),
            _text("outcome?", ("good", "spoiled")),
            _text("reason_code?"),
            _text("booklet_number?", sensitive=True),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(("queued_at", "started_at"), ("started_at", "finished_at")),
    ),
    Record(
        "machine_readings",
        ("machine_id", "read_at"),
        (
            _text("machine_id", refers_to="machines"),
            _at("read_at"),
            _text("state", ("running", "idle", "down", "maintenance")),
            _text("fault_code?"),
            _number("temperature_celsius?"),
            _integer("produced_count?"),
            _number("consumable_pct?"),
            _at("recorded_at"),
            _DELETED,
        ),
        cursor="recorded_at",
    ),
    Record(
        "link_readings",
        ("office_code", "link", "read_at"),
        (
            _text("office_code", refers_to=_OFFICE),
            _text("link", ("headquarters", "nadra", "internet")),
            _at("read_at"),
            _text("state", ("up", "degraded", "down")),
            _number("latency_ms?"),
            _at("recorded_at"),
            _DELETED,
        ),
        cursor="recorded_at",
    ),
    Record(
        "consumables",
        ("office_code", "item", "counted_at"),
        (
            _text("office_code", refers_to=_OFFICE),
            _text("item"),
            _at("counted_at"),
            _number("quantity"),
            _text("unit"),
            _number("received_quantity?"),
            _number("on_order?"),
            _on("due_on?"),
            _at("recorded_at"),
            _DELETED,
        ),
        cursor="recorded_at",
    ),
    Record(
        "technical_issues",
        ("issue_id",),
        (
            _text("issue_id"),
            _text("office_code", refers_to=_OFFICE),
            _text("machine_id?", refers_to="machines"),
            _text("kind"),
            _at("opened_at"),
            _at("resolved_at?"),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(("opened_at", "resolved_at"),),
    ),
    Record(
        "consignments",
        ("box_id",),
        (
            _text("box_id"),
            _text("from_office_code", refers_to=_OFFICE),
            _text("to_office_code", refers_to=_OFFICE),
            _text("carrier"),
            _at("dispatched_at"),
            _at("due_at?"),
            _at("received_at?"),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(("dispatched_at", "received_at"), ("dispatched_at", "due_at")),
    ),
    Record(
        "deliveries",
        ("application_id",),
        (
            _text("application_id"),
            _text("office_code", refers_to=_OFFICE),
            _text("box_id?"),
            _at("ready_at?"),
            _at("collected_at?"),
            _text("outcome?", ("collected", "returned", "lost")),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(("ready_at", "collected_at"),),
    ),
    Record(
        "staff_shifts",
        ("staff_id", "planned_from"),
        (
            _text("staff_id"),
            _at("planned_from"),
            _text("office_code", refers_to=_OFFICE),
            _at("planned_until"),
            _at("started_at?"),
            _at("ended_at?"),
            _text("desk?"),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(("planned_from", "planned_until"), ("started_at", "ended_at")),
    ),
    Record(
        "complaints",
        ("complaint_id",),
        (
            _text("complaint_id"),
            _text("office_code", refers_to=_OFFICE),
            _text("application_id?"),
            _text("channel"),
            _text("category"),
            _at("opened_at"),
            _at("acknowledged_at?"),
            _at("resolved_at?"),
            _text("outcome?"),
            _at("updated_at"),
            _DELETED,
        ),
        cursor="updated_at",
        time_order=(("opened_at", "acknowledged_at"), ("opened_at", "resolved_at")),
    ),
)

REFERENCE = tuple(record.name for record in _REFERENCE)
OPERATIONAL = tuple(record.name for record in _OPERATIONAL)
RECORDS = {record.name: record for record in (*_REFERENCE, *_OPERATIONAL)}


def landed_columns(record: Record) -> tuple[Column, ...]:
    """The columns of a record as they are landed: each sensitive one gives way to its reference."""
    landed: list[Column] = []
    for column in record.columns:
        if not column.sensitive:
            landed.append(column)
            continue
        landed.append(Column(f"{column.name}_ref", Type.TEXT, required=False))
        if column.name.endswith("_cnic"):
            landed.append(Column(f"{column.name}_is_valid", Type.BOOLEAN, required=False))
            landed.append(Column(f"{column.name}_province", Type.TEXT, required=False))
    return tuple(landed)
