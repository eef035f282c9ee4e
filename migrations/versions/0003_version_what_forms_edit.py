"""Version what forms edit."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VERSIONED = ("slo", "workbench_panel", "workbench_dashboard")


def upgrade():
    for table in VERSIONED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(
                sa.Column("version", sa.Integer(), server_default="0", nullable=False)
            )
    with op.batch_alter_table("impact_statement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE impact_statement SET number = (SELECT count(*) FROM impact_statement AS other "
        "WHERE other.learner_id = impact_statement.learner_id AND other.id <= impact_statement.id)"
    )
    with op.batch_alter_table("impact_statement", schema=None) as batch_op:
        batch_op.alter_column("number", server_default=None)
        batch_op.create_unique_constraint(
            batch_op.f("uq_impact_statement_learner_id"), ["learner_id", "number"]
        )


def downgrade():
    with op.batch_alter_table("impact_statement", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_impact_statement_learner_id"), type_="unique")
        batch_op.drop_column("number")
    for table in reversed(VERSIONED):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("version")
