"""Record bursts by the second."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("burst", schema=None) as batch_op:
        batch_op.add_column(sa.Column("record", sa.LargeBinary(), nullable=True))


def downgrade():
    with op.batch_alter_table("burst", schema=None) as batch_op:
        batch_op.drop_column("record")
