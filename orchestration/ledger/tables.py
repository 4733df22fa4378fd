"""The tables of the load ledger. All timestamps are UTC without zone.

A change here needs a migration in `migrations/versions/`; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    MetaData,
    Table,
    Text,
)

from operations import RISING_ID

metadata = MetaData()

# One row per allocated batch id: ids rise over all records and are never given twice.
batch_ids = Table(
    "batch_ids",
    metadata,
    Column("batch_id", RISING_ID, primary_key=True, autoincrement=True),
    sqlite_autoincrement=True,
)

# One row per batch that was read and judged. `path` is relative to the landing folder and null
# where every row of the batch was a repeat of a landed one.
batches = Table(
    "batches",
    metadata,
    Column("batch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("record", Text, nullable=False, index=True),
    Column("run_id", Text, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("window_from", DateTime),
    Column("window_until", DateTime),
    Column("cursor_min", DateTime),
    Column("cursor_max", DateTime),
    Column("rows_read", BigInteger, nullable=False),
    Column("rows_admitted", BigInteger, nullable=False),
    Column("rows_repeated", BigInteger, nullable=False),
    Column("rows_quarantined", BigInteger, nullable=False),
    Column("rows_held", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reasons", Text, nullable=False, default=""),
    Column("path", Text),
    Column("sha256", Text),
    Column("releases_batch_id", BigInteger, ForeignKey("batches.batch_id")),
    Column("loaded_at", DateTime, nullable=False),
)

# Quarantined rows of an admitted batch by the first rule each broke.
batch_rules = Table(
    "batch_rules",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("batches.batch_id"), primary_key=True),
    Column("record", Text, nullable=False),
    Column("rule", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("oldest_at", DateTime),
    Column("example_position", Text, nullable=False),
    Column("released_rows", BigInteger, nullable=False, default=0),
)

# The files of a drop as last seen. `batch_id` is the first batch that holds rows of the file.
files = Table(
    "files",
    metadata,
    Column("record", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("rows", BigInteger, nullable=False, default=0),
    Column("seen_at", DateTime, nullable=False),
    Column("batch_id", BigInteger, ForeignKey("batches.batch_id")),
)

# Disjoint half-open intervals of the cursor that have been read.
coverage = Table(
    "coverage",
    metadata,
    Column("record", Text, primary_key=True),
    Column("covered_from", DateTime, primary_key=True),
    Column("covered_until", DateTime, nullable=False),
)

# Where each record's first load began (`first_load:<record>`), and up to which reference batch
# quarantined rows were tried again (`quarantine_retried`).
marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", DateTime),
    Column("batch_id", BigInteger),
)

source_states = Table(
    "source_states",
    metadata,
    Column("record", Text, primary_key=True),
    Column("source_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("checked_at", DateTime, nullable=False),
    Column("unknown_columns", Text, nullable=False, default=""),
)

# Admitted rows, repeats left out, by the hour of their cursor: what volume is judged by.
hourly_rows = Table(
    "hourly_rows",
    metadata,
    Column("record", Text, primary_key=True),
    Column("hour_start", DateTime, primary_key=True),
    Column("rows", BigInteger, nullable=False),
)

# Distinct keys by the UTC day of their newest cursor, at the source and here.
record_counts = Table(
    "record_counts",
    metadata,
    Column("record", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("source_rows", BigInteger, nullable=False),
    Column("landed_rows", BigInteger, nullable=False),
)

gate_decisions = Table(
    "gate_decisions",
    metadata,
    Column("decision_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("batch_id", BigInteger, ForeignKey("batches.batch_id"), nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("decided_at", DateTime, nullable=False),
    sqlite_autoincrement=True,
)

# What each check of a run saw: gate, dbt tests, audit. Never a value of a row.
checks = Table(
    "checks",
    metadata,
    Column("check_id", RISING_ID, primary_key=True, autoincrement=True),
    Column("run_id", Text, nullable=False, index=True),
    Column("run_day", Date, nullable=False),
    Column("check_name", Text, nullable=False),
    Column("layer", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("observed", Text, nullable=False, default=""),
    Column("expected", Text, nullable=False, default=""),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("now_at", DateTime, nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
)

generations = Table(
    "generations",
    metadata,
    Column("generation", Text, primary_key=True),
    Column("run_id", Text),
    Column("as_of", DateTime, nullable=False),
    Column("published_at", DateTime, nullable=False),
    Column("code_version", Text, nullable=False, default=""),
    Column("fingerprint", Text, nullable=False, default=""),
    Column("newest_batch_id", BigInteger),
    Column("state", Text, nullable=False),
    Column("is_rolled_back", Boolean, nullable=False, default=False),
    Column("cited_by", Text, nullable=False, default=""),
    Column("restated_from_on", Date),
    Column("detail", Text, nullable=False, default=""),
)
