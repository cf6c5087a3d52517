"""Second factors, recovery codes and reset links of persons; whether a password is long enough to stand alone

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_GLOBAL = {"tenant_owned": False, "grants": {"suyuan_auth": ("SELECT", "INSERT", "UPDATE", "DELETE")}}


def upgrade() -> None:
    # Every password so far had to stand alone; a constant default fills what is there without rewriting the table.
    op.add_column("person", sa.Column("password_long", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.create_table(
        "person_factor",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_person_factor_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_factor")),
        info=_GLOBAL,
    )
    op.secure_table("person_factor", **_GLOBAL)
    op.create_table(
        "recovery_code",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("person_id", "code_sha256", name=op.f("pk_recovery_code")),
        info=_GLOBAL,
    )
    op.secure_table("recovery_code", **_GLOBAL)
    op.create_table(
        "password_reset",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("issuer", sa.Integer(), nullable=False),
        sa.Column("removes_second_factor", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["tenant.tenant_id"], name=op.f("fk_password_reset_issuer")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_password_reset_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_password_reset_token_sha256")),
        info=_GLOBAL,
    )
    op.secure_table("password_reset", **_GLOBAL)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
