"""Access as first released: a log that only grows, sessions, revocations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REFUSED = "the audit log only grows"


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=True),
        sa.Column("generation", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index("ix_audit_log_who", "audit_log", ["who"])
    op.create_table(
        "audit_head",
        sa.Column("head_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("head_id"),
    )
    op.execute("insert into audit_head (head_id, entries, hash) values (1, 0, '')")
    op.create_table(
        "sessions",
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("standings", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("who", "issued_at"),
    )
    op.create_table(
        "revocations",
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("who"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger audit_log_no_{change} before {change} on audit_log "
                f"begin select raise(abort, '{REFUSED}'); end"
            )
    else:
        op.execute(
            "create function refuse_change_of_audit_log() returns trigger language plpgsql as "
            f"$$ begin raise exception '{REFUSED}'; end $$"
        )
        op.execute(
            "create trigger audit_log_only_grows before update or delete or truncate on audit_log "
            "for each statement execute function refuse_change_of_audit_log()"
        )


def downgrade() -> None:
    for name in ("revocations", "sessions", "audit_head", "audit_log"):
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("drop function refuse_change_of_audit_log()")
