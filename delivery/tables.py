"""What the operations store keeps about briefings. All times are UTC without zone.

A change here needs a migration in `migrations/versions/`; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Time,
    UniqueConstraint,
)

from operations import RISING_ID

metadata = MetaData()

# Who gets which briefing, by which channel and when. `role` and `place` are the standing by which
# the person may see what is sent. A subscription is never changed: it ends, and another begins.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscription_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("hour", Time, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("on_days_off", Boolean, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ended_at", DateTime),
    Column("ended_by", Text, nullable=False),
    sqlite_autoincrement=True,
)

# Each file that was made, below the home's `briefings`; rows are only added. `subject` is the
# incident of an incident report, else empty. Made again is another version; both stay.
briefings = Table(
    "briefings",
    metadata,
    Column("briefing_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("morning", Date, nullable=False),
    Column("media", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("generation", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("file", Text, nullable=False, unique=True),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    UniqueConstraint("kind", "subject", "scope", "language", "morning", "media", "version"),
    sqlite_autoincrement=True,
)

Index("briefings_of_a_morning", briefings.c.morning, briefings.c.kind)

# That somebody asked for a briefing to be made again, in which standing; settled by the version
# that it became, or by why there is none.
remakes = Table(
    "remakes",
    metadata,
    Column("remake_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("morning", Date, nullable=False),
    Column("media", Text, nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("settled_at", DateTime, index=True),
    Column("briefing_id", BigInteger, ForeignKey("briefings.briefing_id")),
    Column("error", Text, nullable=False),
    sqlite_autoincrement=True,
)

# What may leave the house: who released it, in which role.
releases = Table(
    "releases",
    metadata,
    Column("briefing_id", BigInteger, ForeignKey("briefings.briefing_id"), primary_key=True),
    Column("released_at", DateTime, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("role", Text, nullable=False),
)

# A briefing for one recipient: written when its hour has come or somebody asks for it, settled by a
# message of the outbox or by a refusal. The key holds it to one for each recipient and period.
briefing_deliveries = Table(
    "briefing_deliveries",
    metadata,
    Column("delivery_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.subscription_id")),
    Column("occasion", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("morning", Date, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("entered_at", DateTime, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("briefing_id", BigInteger, ForeignKey("briefings.briefing_id")),
    Column("message_id", BigInteger, index=True),
    Column("settled_at", DateTime, index=True),
    Column("tried_at", DateTime),
    Column("refused", Text, nullable=False),
    Column("error", Text, nullable=False),
    sqlite_autoincrement=True,
)
