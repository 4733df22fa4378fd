"""A generation says from which day on it tells otherwise what was published before."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("generations", sa.Column("restated_from_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("generations", "restated_from_on")
