"""Subscriptions, the archive, releases and deliveries as first released."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

RISING_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("subscription_id", RISING_ID, autoincrement=True, nullable=False),
        *_text("person", "role", "place", "kind", "scope", "language", "channel", "recipient"),
        sa.Column("hour", sa.Time(), nullable=False),
        *_text("timezone"),
        sa.Column("on_days_off", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        *_text("made_by"),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        *_text("ended_by"),
        sa.PrimaryKeyConstraint("subscription_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "briefings",
        sa.Column("briefing_id", RISING_ID, autoincrement=True, nullable=False),
        *_text("kind", "subject", "scope", "language"),
        sa.Column("morning", sa.Date(), nullable=False),
        *_text("media"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_text("generation", "run_id"),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        *_text("made_by"),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        *_text("file", "sha256"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("briefing_id"),
        sa.UniqueConstraint("file"),
        sa.UniqueConstraint("kind", "subject", "scope", "language", "morning", "media", "version"),
        sqlite_autoincrement=True,
    )
    op.create_index("briefings_of_a_morning", "briefings", ["morning", "kind"])
    op.create_table(
        "releases",
        sa.Column("briefing_id", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.DateTime(), nullable=False),
        *_text("released_by", "role"),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.briefing_id"]),
        sa.PrimaryKeyConstraint("briefing_id"),
    )
    op.create_table(
        "briefing_deliveries",
        sa.Column("delivery_id", RISING_ID, autoincrement=True, nullable=False),
        *_text("key"),
        sa.Column("subscription_id", sa.BigInteger(), nullable=True),
        *_text("occasion", "asked_by", "person", "role", "place"),
        *_text("kind", "subject", "scope", "language"),
        sa.Column("morning", sa.Date(), nullable=False),
        *_text("channel", "recipient", "timezone"),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("briefing_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("tried_at", sa.DateTime(), nullable=True),
        *_text("refused", "error"),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.subscription_id"]),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.briefing_id"]),
        sa.PrimaryKeyConstraint("delivery_id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_briefing_deliveries_message_id", "briefing_deliveries", ["message_id"])
    op.create_index("ix_briefing_deliveries_settled_at", "briefing_deliveries", ["settled_at"])


def downgrade() -> None:
    for name in ("briefing_deliveries", "releases", "briefings", "subscriptions"):
        op.drop_table(name)
