"""Count how often a learner started over."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "beginning",
        sa.Column("learner_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["learner.id"], name=op.f("fk_beginning_learner_id_learner")
        ),
        sa.PrimaryKeyConstraint("learner_id", "scope", name=op.f("pk_beginning")),
    )


def downgrade():
    op.drop_table("beginning")
