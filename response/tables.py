"""The tables of the response. All timestamps are UTC without zone.

A change here needs a migration in `migrations/versions/`; a test compares the two.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()

# SQLite makes a key rise by itself only where its type is INTEGER.
RISING_ID = BigInteger().with_variant(Integer, "sqlite")

# What the events of each incident come to: `history.follow` over them, kept with every append.
# One incident of a rule and a thing at most is not resolved.
incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("rule", Text, nullable=False),
    Column("thing", Text, nullable=False),
    Column("place_scope", Text, nullable=False),
    Column("zone", Text),
    Column("is_mission", Boolean, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("parent_incident_id", BigInteger, ForeignKey("incidents.incident_id"), index=True),
    Column("since_at", DateTime, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("measured", Double),
    Column("expected", Double),
    Column("parameters", JSON, nullable=False),
    Column("notified_at", DateTime),
    Column("acknowledged_at", DateTime),
    Column("acknowledged_by", Text),
    Column("assigned_to", Text),
    Column("snoozed_until", DateTime),
    Column("escalation_level", Integer, nullable=False),
    Column("escalated_at", DateTime),
    Column("reply_due_at", DateTime),
    Column("reply_due_from", Text),
    Column("resolved_at", DateTime),
    Column("resolved_by", Text),
    Column("cause", Text),
    Column("outcome", Text),
    Column("reopened_at", DateTime),
    Column("reopened_count", Integer, nullable=False),
    Column("last_event_id", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

Index(
    "one_open_incident",
    incidents.c.rule,
    incidents.c.thing,
    unique=True,
    sqlite_where=text("state <> 'resolved'"),
    postgresql_where=text("state <> 'resolved'"),
)

# What happened to an incident, in order; rows are only added. `at` is the run's now or the moment
# of the action, `recorded_at` the clock when it was written.
incident_events = Table(
    "incident_events",
    metadata,
    Column("event_id", RISING_ID, primary_key=True, autoincrement=True),
    Column(
        "incident_id", BigInteger, ForeignKey("incidents.incident_id"), nullable=False, index=True
    ),
    Column("kind", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("recorded_at", DateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("details", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# What the findings said last of each thing that is found, or whose incident is open.
sightings = Table(
    "sightings",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("thing", Text, primary_key=True),
    Column("place_scope", Text, nullable=False),
    Column("zone", Text),
    Column("is_mission", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("measured", Double),
    Column("expected", Double),
    Column("since_at", DateTime, nullable=False),
    Column("clear_since_at", DateTime),
    Column("seen_at", DateTime, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("explained_by_rule", Text),
    Column("explained_by_thing", Text),
)

# Announced work: what is found at these places meanwhile opens nothing. An empty `rule` is every
# rule.
maintenance_windows = Table(
    "maintenance_windows",
    metadata,
    Column("window_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("rule", Text, nullable=False),
    Column("place_scope", Text, nullable=False),
    Column("starts_at", DateTime, nullable=False),
    Column("ends_at", DateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)
