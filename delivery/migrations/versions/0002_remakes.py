"""That somebody asked for a briefing to be made again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RISING_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "remakes",
        sa.Column("remake_id", RISING_ID, autoincrement=True, nullable=False),
        *_text("kind", "subject", "scope", "language"),
        sa.Column("morning", sa.Date(), nullable=False),
        *_text("media"),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        *_text("asked_by", "role", "place"),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("briefing_id", sa.BigInteger(), nullable=True),
        *_text("error"),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.briefing_id"]),
        sa.PrimaryKeyConstraint("remake_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_remakes_settled_at", "remakes", ["settled_at"])


def downgrade() -> None:
    op.drop_table("remakes")
