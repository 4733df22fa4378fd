"""Notes on days of places; rows are only added."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RISING_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
REFUSED = "a note on a day is never changed: write another"


def upgrade() -> None:
    op.create_table(
        "day_notes",
        sa.Column("note_id", RISING_ID, autoincrement=True, nullable=False),
        sa.Column("office_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("note_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_day_notes_office_code_day", "day_notes", ["office_code", "day"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger day_notes_no_{change} before {change} on day_notes "
                f"begin select raise(abort, '{REFUSED}'); end"
            )
    else:
        op.execute(
            "create function refuse_change_of_day_notes() returns trigger language plpgsql as "
            f"$$ begin raise exception '{REFUSED}'; end $$"
        )
        op.execute(
            "create trigger day_notes_only_grow before update or delete or truncate on day_notes "
            "for each statement execute function refuse_change_of_day_notes()"
        )


def downgrade() -> None:
    op.drop_table("day_notes")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("drop function refuse_change_of_day_notes()")
