"""What the operations store keeps about access. All times are UTC without zone.

A change here needs a migration in `migrations/versions/`; a test compares the two.
"""

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Text

metadata = MetaData()

# The audit log: one line an act, numbered without a gap. Each line's hash covers the line before.
# Neither changed nor deleted: triggers refuse both.
audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False),
    Column("who", Text, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("row_count", BigInteger),
    Column("generation", Text),
    Column("hash", Text, nullable=False),
)

# One row: how many lines there are and the hash of the last, so that lines missing at the end show.
audit_head = Table(
    "audit_head",
    metadata,
    Column("head_id", Integer, primary_key=True, autoincrement=False),
    Column("entries", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

# One row a login: what it gave, and when it was last used.
sessions = Table(
    "sessions",
    metadata,
    Column("who", Text, primary_key=True),
    Column("issued_at", DateTime, primary_key=True),
    Column("standings", Text, nullable=False),
    Column("last_used_at", DateTime, nullable=False),
)

# People who are shut out until somebody lets them in again.
revocations = Table(
    "revocations",
    metadata,
    Column("who", Text, primary_key=True),
    Column("revoked_at", DateTime, nullable=False),
    Column("revoked_by", Text, nullable=False),
    Column("why", Text, nullable=False),
)
