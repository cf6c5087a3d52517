"""Members are deactivated at a moment, are last seen by an index, and come in by invitations

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_GRANTS = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}


def upgrade() -> None:
    op.add_column("membership", sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_session_last_used", "session", ["tenant_id", "membership_id", "last_used_at"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("login_name", sa.Text(collation="C"), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("grants", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_as", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invited_by"], ["membership.tenant_id", "membership.membership_id"], name=op.f("fk_invitation_tenant_id_invited_by")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "accepted_as"], ["membership.tenant_id", "membership.membership_id"], name=op.f("fk_invitation_tenant_id_accepted_as")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "invitation_id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("tenant_id", "token_sha256", name=op.f("uq_invitation_tenant_id_token_sha256")),
        info={"tenant_owned": True, "grants": _GRANTS},
    )
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["tenant_id", "login_name"],
        unique=True,
        postgresql_where=sa.text("accepted_at is null and revoked_at is null"),
    )
    op.secure_table("invitation", tenant_owned=True, grants=_GRANTS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
