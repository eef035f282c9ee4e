"""Number the bursts of each learner."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("burst", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), server_default="0", nullable=False))
    # Those of before keep the number under which their learner has written of them.
    op.execute("UPDATE burst SET number = id")
    with op.batch_alter_table("burst", schema=None) as batch_op:
        batch_op.alter_column("number", server_default=None)
        batch_op.create_unique_constraint(batch_op.f("uq_burst_number"), ["learner_id", "number"])


def downgrade():
    with op.batch_alter_table("burst", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_burst_number"), type_="unique")
        batch_op.drop_column("number")
