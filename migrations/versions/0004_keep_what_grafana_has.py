"""Keep what Grafana has: the version of the dashboard that was pushed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("workbench_dashboard", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("grafana_version", sa.BigInteger(), server_default="0", nullable=False)
        )


def downgrade():
    with op.batch_alter_table("workbench_dashboard", schema=None) as batch_op:
        batch_op.drop_column("grafana_version")
