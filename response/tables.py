"""The tables of the response. All timestamps are UTC without zone.

A change here needs a migration in `migrations/versions/`; a test compares the two.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
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

from operations import RISING_ID

metadata = MetaData()

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

# Who is told, and how they are reached. Both addresses may be empty.
people = Table(
    "people",
    metadata,
    Column("person", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
)

# A shift, or, without a beginning and an end, a duty that stands always.
duties = Table(
    "duties",
    metadata,
    Column("duty_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("person", Text, ForeignKey("people.person"), nullable=False),
    Column("role", Text, nullable=False),
    Column("place_scope", Text, nullable=False),
    Column("starts_at", DateTime),
    Column("ends_at", DateTime),
    sqlite_autoincrement=True,
)

# An event that people are to hear of, written with the event itself. `addressed_at` is when it was
# settled who.
notices = Table(
    "notices",
    metadata,
    Column("notice_id", RISING_ID, primary_key=True, autoincrement=True),
    Column(
        "event_id", BigInteger, ForeignKey("incident_events.event_id"), nullable=False, unique=True
    ),
    Column("addressed_at", DateTime, index=True),
    sqlite_autoincrement=True,
)

# A message to one recipient, as it is sent: the same words and the same key at every attempt.
# An attempt is counted before it is made, so that a kill in the middle costs one and no more.
messages = Table(
    "messages",
    metadata,
    Column("message_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("short", Text, nullable=False),
    Column("is_alarm", Boolean, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime),
    Column("sent_at", DateTime),
    Column("dead_at", DateTime),
    Column("last_error", Text, nullable=False),
    # files that go with it: path, name and SHA-256 of each
    Column("attachments", JSON, nullable=False),
    sqlite_autoincrement=True,
)

Index("waiting_messages", messages.c.channel, messages.c.next_attempt_at)

# A notice for one recipient by one channel. Until `due_at`, and while the recipient is left in
# peace where it waits for the morning, it has no message; what waited together becomes one.
deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("notice_id", BigInteger, ForeignKey("notices.notice_id"), nullable=False),
    Column(
        "incident_id", BigInteger, ForeignKey("incidents.incident_id"), nullable=False, index=True
    ),
    Column("channel", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("waits_for_morning", Boolean, nullable=False),
    Column("message_id", BigInteger, ForeignKey("messages.message_id"), index=True),
    Column("is_dropped", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

# What a shift leaves to the next: words that people wrote while it lasted.
handover_notes = Table(
    "handover_notes",
    metadata,
    Column("note_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("role", Text, nullable=False),
    Column("place_scope", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_autoincrement=True,
)

# Shifts whose end was told to who follows, once each.
handovers = Table(
    "handovers",
    metadata,
    Column("role", Text, primary_key=True),
    Column("place_scope", Text, primary_key=True),
    Column("ended_at", DateTime, primary_key=True),
    Column("told_at", DateTime, nullable=False),
)

# What was decided on a recommendation of `rpt_redistribution`, which is kept as it was then; rows
# are only added, triggers refuse all else. The newest of a recommendation counts.
decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("recommendation_id", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("from_place", Text),
    Column("to_place", Text, nullable=False),
    Column("quantity", Double, nullable=False),
    Column("unit", Text, nullable=False),
    Column("from_day", Date, nullable=False),
    Column("to_day", Date, nullable=False),
    Column("expected_late_avoided", Double, nullable=False),
    Column("expected_waiting_minutes_avoided", Double, nullable=False),
    Column("cost", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("incident_id", BigInteger, ForeignKey("incidents.incident_id")),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)

# What somebody wrote about a day of a place; rows are only added, triggers refuse all else.
day_notes = Table(
    "day_notes",
    metadata,
    Column("note_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("office_code", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("text", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)

Index("ix_day_notes_office_code_day", day_notes.c.office_code, day_notes.c.day)
