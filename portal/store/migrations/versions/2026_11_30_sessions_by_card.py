"""sessions by card."""

import sqlalchemy as sa
from alembic import op

revision = "b3f1a7c9d204"
down_revision = "5f0c2c8d1be7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go on to this version."""
    with op.batch_alter_table("certificate_binding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("distribution_points", sa.JSON(), nullable=True))
    op.execute("UPDATE certificate_binding SET distribution_points = '[]'")
    with op.batch_alter_table("certificate_binding", schema=None) as batch_op:
        batch_op.alter_column("distribution_points", existing_type=sa.JSON(), nullable=False)

    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("binding_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_login_session_binding_id"), ["binding_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_login_session_binding_id_certificate_binding"),
            "certificate_binding",
            ["binding_id"],
            ["id"],
        )


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_login_session_binding_id_certificate_binding"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_login_session_binding_id"))
        batch_op.drop_column("binding_id")

    with op.batch_alter_table("certificate_binding", schema=None) as batch_op:
        batch_op.drop_column("distribution_points")
