"""What was decided on recommendations; rows are only added."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RISING_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
REFUSED = "a decision is never changed: decide again"


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", RISING_ID, autoincrement=True, nullable=False),
        sa.Column("recommendation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_place", sa.Text(), nullable=True),
        sa.Column("to_place", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False),
        sa.Column("expected_late_avoided", sa.Double(), nullable=False),
        sa.Column("expected_waiting_minutes_avoided", sa.Double(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.incident_id"]),
        sa.PrimaryKeyConstraint("decision_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_recommendation_id", "decisions", ["recommendation_id"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"create trigger decisions_no_{change} before {change} on decisions "
                f"begin select raise(abort, '{REFUSED}'); end"
            )
    else:
        op.execute(
            "create function refuse_change_of_decisions() returns trigger language plpgsql as "
            f"$$ begin raise exception '{REFUSED}'; end $$"
        )
        op.execute(
            "create trigger decisions_only_grow before update or delete or truncate on decisions "
            "for each statement execute function refuse_change_of_decisions()"
        )


def downgrade() -> None:
    op.drop_table("decisions")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("drop function refuse_change_of_decisions()")
