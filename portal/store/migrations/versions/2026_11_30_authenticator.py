"""authenticator."""

import sqlalchemy as sa
from alembic import op

revision = "c41d7b2e9f06"
down_revision = "b3f1a7c9d204"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on to this version."""
    op.create_table(
        "authenticator",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_authenticator_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_authenticator")),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("authenticator")
