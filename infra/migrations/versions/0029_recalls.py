"""Recall cases, their acts and clocks

Revision: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recall_act",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("signature_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "act_id", name=op.f("pk_recall_act")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_act", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_case",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hazard", sa.Text(), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("source_reference", sa.Text(collation="C"), nullable=False),
        sa.Column("sector", sa.SmallInteger(), nullable=True),
        sa.Column("countries", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.SmallInteger(), nullable=True),
        sa.Column("recall_class", sa.SmallInteger(), nullable=True),
        sa.Column("depth", sa.SmallInteger(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_name", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_by", sa.Uuid(), nullable=True),
        sa.Column("scope_version", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("root_cause", sa.Text(), nullable=False),
        sa.Column("capa_waiver", sa.Text(), nullable=False),
        sa.Column("effect_waiver", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("grown_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", name=op.f("pk_recall_case")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_recall_case_tenant_id_number")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_case", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_recall_case_open", "recall_case", ["tenant_id", "case_id"], unique=False, postgresql_where=sa.text("closed_at is null"))
    op.create_index(
        "ix_recall_case_source", "recall_case", ["tenant_id", "source_reference"], unique=False, postgresql_where=sa.text("source_reference <> ''")
    )
    op.create_table(
        "recall_policy",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target_hours", sa.Integer(), nullable=False),
        sa.Column("holidays", sa.Text(), nullable=False),
        sa.Column("workdays", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_recall_policy")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_policy", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "recall_clock",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target", sa.Boolean(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_by", sa.Uuid(), nullable=True),
        sa.Column("met_name", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=False),
        sa.Column("waived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"], ["recall_case.tenant_id", "recall_case.case_id"], name=op.f("fk_recall_clock_tenant_id_case_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "rule", "occurrence", name=op.f("pk_recall_clock")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_clock", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "recall_link",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(collation="C"), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"], ["recall_case.tenant_id", "recall_case.case_id"], name=op.f("fk_recall_link_tenant_id_case_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "reference", name=op.f("pk_recall_link")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_link", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")})
    op.create_index("ix_recall_link_reference", "recall_link", ["tenant_id", "reference"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
