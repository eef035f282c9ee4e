"""Keep what Grafana has: the version of what was pushed, and where bursts are marked."""

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
    op.create_table(
        "burst_annotation",
        sa.Column("burst_id", sa.Integer(), nullable=False),
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("boards", sa.JSON(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["burst_id"], ["burst.id"], name=op.f("fk_burst_annotation_burst_id_burst")
        ),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name=op.f("fk_burst_annotation_learner_id_learner")
        ),
        sa.PrimaryKeyConstraint("burst_id", name=op.f("pk_burst_annotation")),
    )
    with op.batch_alter_table("burst_annotation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_burst_annotation_learner_id"), ["learner_id"], unique=False
        )


def downgrade():
    op.drop_table("burst_annotation")
    with op.batch_alter_table("workbench_dashboard", schema=None) as batch_op:
        batch_op.drop_column("grafana_version")
