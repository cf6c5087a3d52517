"""Alert rules and control charts

Revision: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_rule",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_findings", sa.Integer(), nullable=True),
        sa.Column("from_seq", sa.BigInteger(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hour_began", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hour_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("muted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "rule_id", name=op.f("pk_alert_rule")),
    )
    op.secure_table("alert_rule", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_alert_rule_on", "alert_rule", ["tenant_id", "rule_id"], unique=False, postgresql_where=sa.text("state = 2"))
    op.create_table(
        "alert_rule_version",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "rule_id", "version", name=op.f("pk_alert_rule_version")),
    )
    op.secure_table("alert_rule_version", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "rule_progress",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_rule_progress")),
    )
    op.secure_table("rule_progress", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "supplier_certificate",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "certificate_id", name=op.f("pk_supplier_certificate")),
    )
    op.secure_table("supplier_certificate", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_supplier_certificate_party", "supplier_certificate", ["tenant_id", "party"], unique=False)
    op.create_table(
        "rule_firing",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("firing_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("series", sa.Text(collation="C"), nullable=False),
        sa.Column("effect_key", sa.Text(collation="C"), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("muted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("object_keys", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("outcomes", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"], ["alert_rule.tenant_id", "alert_rule.rule_id"], name=op.f("fk_rule_firing_tenant_id_rule_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "firing_id", name=op.f("pk_rule_firing")),
        sa.UniqueConstraint("tenant_id", "rule_id", "effect_key", name=op.f("uq_rule_firing_tenant_id_rule_id_effect_key")),
    )
    op.secure_table("rule_firing", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_rule_firing_open", "rule_firing", ["tenant_id", "rule_id", "series"], unique=False, postgresql_where=sa.text("ended_at is null")
    )
    op.create_index("ix_rule_firing_rule", "rule_firing", ["tenant_id", "rule_id", "firing_id"], unique=False)
    op.create_table(
        "rule_series",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Text(collation="C"), nullable=False),
        sa.Column("open_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_value", sa.Double(), nullable=True),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"], ["alert_rule.tenant_id", "alert_rule.rule_id"], name=op.f("fk_rule_series_tenant_id_rule_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "rule_id", "series", name=op.f("pk_rule_series")),
    )
    op.secure_table("rule_series", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")})
    op.create_index("ix_rule_series_last", "rule_series", ["tenant_id", "rule_id", "last_at"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
