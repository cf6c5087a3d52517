"""Nonconformances, dispositions, corrective actions

Revision: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrective_action",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("corrective_action_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("criterion", sa.Text(), nullable=True),
        sa.Column("watched_gtin", sa.Text(collation="C"), nullable=True),
        sa.Column("watched_characteristic", sa.Text(collation="C"), nullable=True),
        sa.Column("watched_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("watched_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "corrective_action_id", name=op.f("pk_corrective_action")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_corrective_action_tenant_id_number")),
    )
    op.secure_table("corrective_action", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_corrective_action_open",
        "corrective_action",
        ["tenant_id", "corrective_action_id"],
        unique=False,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "decision_policy",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("two_people_from", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_decision_policy")),
    )
    op.secure_table("decision_policy", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "nonconformance",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("source_reference", sa.Text(collation="C"), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("characteristic", sa.Text(collation="C"), nullable=True),
        sa.Column("place", sa.Text(collation="C"), nullable=True),
        sa.Column("supplier", sa.Text(collation="C"), nullable=True),
        sa.Column("customer", sa.Text(collation="C"), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "nonconformance_id", name=op.f("pk_nonconformance")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_nonconformance_tenant_id_number")),
    )
    op.secure_table("nonconformance", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_nonconformance_characteristic", "nonconformance", ["tenant_id", "characteristic", "opened_at"], unique=False)
    op.create_index(
        "ix_nonconformance_open", "nonconformance", ["tenant_id", "nonconformance_id"], unique=False, postgresql_where=sa.text("closed_at is null")
    )
    op.create_index(
        "uq_nonconformance_source",
        "nonconformance",
        ["tenant_id", "source", "source_reference"],
        unique=True,
        postgresql_where=sa.text("closed_at is null and source_reference <> ''"),
    )
    op.create_table(
        "quality_history",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(collation="C"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject", "entry_id", name=op.f("pk_quality_history")),
    )
    op.secure_table("quality_history", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "quality_number",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("series", sa.Text(collation="C"), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "series", "year", name=op.f("pk_quality_number")),
    )
    op.secure_table("quality_number", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "supplier_answer",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("supplier_request_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("containment", sa.Text(), nullable=False),
        sa.Column("root_cause", sa.Text(), nullable=False),
        sa.Column("corrective_action", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "supplier_request_id", "answer_id", name=op.f("pk_supplier_answer")),
    )
    op.secure_table("supplier_answer", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "supplier_answer_review",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("supplier_request_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "supplier_request_id", "answer_id", name=op.f("pk_supplier_answer_review")),
    )
    op.secure_table("supplier_answer_review", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "action_item",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action_item_id", sa.Uuid(), nullable=False),
        sa.Column("corrective_action_id", sa.Uuid(), nullable=False),
        sa.Column("discipline", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "corrective_action_id"],
            ["corrective_action.tenant_id", "corrective_action.corrective_action_id"],
            name=op.f("fk_action_item_tenant_id_corrective_action_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "action_item_id", name=op.f("pk_action_item")),
    )
    op.secure_table("action_item", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_action_item_due", "action_item", ["tenant_id", "due_at"], unique=False, postgresql_where=sa.text("done_at is null and due_at is not null")
    )
    op.create_index("ix_action_item_of", "action_item", ["tenant_id", "corrective_action_id"], unique=False)
    op.create_table(
        "corrective_action_cause",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("corrective_action_id", sa.Uuid(), nullable=False),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "corrective_action_id"],
            ["corrective_action.tenant_id", "corrective_action.corrective_action_id"],
            name=op.f("fk_corrective_action_cause_tenant_id_corrective_action_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "nonconformance_id"],
            ["nonconformance.tenant_id", "nonconformance.nonconformance_id"],
            name=op.f("fk_corrective_action_cause_tenant_id_nonconformance_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "corrective_action_id", "nonconformance_id", name=op.f("pk_corrective_action_cause")),
    )
    op.secure_table("corrective_action_cause", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")})
    op.create_index("ix_corrective_action_cause_of", "corrective_action_cause", ["tenant_id", "nonconformance_id"], unique=False)
    op.create_table(
        "discipline",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("corrective_action_id", sa.Uuid(), nullable=False),
        sa.Column("discipline", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "corrective_action_id"],
            ["corrective_action.tenant_id", "corrective_action.corrective_action_id"],
            name=op.f("fk_discipline_tenant_id_corrective_action_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "corrective_action_id", "discipline", name=op.f("pk_discipline")),
    )
    op.secure_table("discipline", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_discipline_due", "discipline", ["tenant_id", "due_at"], unique=False, postgresql_where=sa.text("done_at is null and due_at is not null")
    )
    op.create_table(
        "nonconformance_decision",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("signature_id", sa.Uuid(), nullable=False),
        sa.Column("second_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_by", sa.Uuid(), nullable=True),
        sa.Column("second_reason", sa.Text(), nullable=True),
        sa.Column("second_signature_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "nonconformance_id"],
            ["nonconformance.tenant_id", "nonconformance.nonconformance_id"],
            name=op.f("fk_nonconformance_decision_tenant_id_nonconformance_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "decision_id", name=op.f("pk_nonconformance_decision")),
    )
    op.secure_table("nonconformance_decision", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_nonconformance_decision_of", "nonconformance_decision", ["tenant_id", "nonconformance_id"], unique=False)
    op.create_index(
        "uq_nonconformance_decision_waiting",
        "nonconformance_decision",
        ["tenant_id", "nonconformance_id"],
        unique=True,
        postgresql_where=sa.text("status = 1"),
    )
    op.create_table(
        "nonconformance_object",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("uom", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "nonconformance_id"],
            ["nonconformance.tenant_id", "nonconformance.nonconformance_id"],
            name=op.f("fk_nonconformance_object_tenant_id_nonconformance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "object_id"],
            ["traceable_object.tenant_id", "traceable_object.object_id"],
            name=op.f("fk_nonconformance_object_tenant_id_object_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "nonconformance_id", "object_id", name=op.f("pk_nonconformance_object")),
    )
    op.secure_table("nonconformance_object", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_nonconformance_object_object", "nonconformance_object", ["tenant_id", "object_id"], unique=False)
    op.create_table(
        "supplier_request",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("supplier_request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("supplier", sa.Text(collation="C"), nullable=False),
        sa.Column("corrective_action_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "corrective_action_id"],
            ["corrective_action.tenant_id", "corrective_action.corrective_action_id"],
            name=op.f("fk_supplier_request_tenant_id_corrective_action_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "supplier_request_id", name=op.f("pk_supplier_request")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_supplier_request_tenant_id_number")),
        sa.UniqueConstraint("tenant_id", "token_sha256", name=op.f("uq_supplier_request_tenant_id_token_sha256")),
    )
    op.secure_table("supplier_request", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_supplier_request_due", "supplier_request", ["tenant_id", "due_at"], unique=False, postgresql_where=sa.text("closed_at is null")
    )
    op.create_table(
        "disposition",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("disposition_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("uom", sa.Text(), nullable=True),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("approval_reference", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_id", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "decision_id"],
            ["nonconformance_decision.tenant_id", "nonconformance_decision.decision_id"],
            name=op.f("fk_disposition_tenant_id_decision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "nonconformance_id"],
            ["nonconformance.tenant_id", "nonconformance.nonconformance_id"],
            name=op.f("fk_disposition_tenant_id_nonconformance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "object_id"], ["traceable_object.tenant_id", "traceable_object.object_id"], name=op.f("fk_disposition_tenant_id_object_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "outcome_id"],
            ["traceable_object.tenant_id", "traceable_object.object_id"],
            name=op.f("fk_disposition_tenant_id_outcome_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "disposition_id", name=op.f("pk_disposition")),
    )
    op.secure_table("disposition", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_disposition_nonconformance", "disposition", ["tenant_id", "nonconformance_id"], unique=False)
    op.create_table(
        "nonconformance_hold",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "hold_id"], ["hold.tenant_id", "hold.hold_id"], name=op.f("fk_nonconformance_hold_tenant_id_hold_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "nonconformance_id"],
            ["nonconformance.tenant_id", "nonconformance.nonconformance_id"],
            name=op.f("fk_nonconformance_hold_tenant_id_nonconformance_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "nonconformance_id", "hold_id", name=op.f("pk_nonconformance_hold")),
    )
    op.secure_table("nonconformance_hold", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")})
    op.create_table(
        "supplier_request_object",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("supplier_request_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "object_id"],
            ["traceable_object.tenant_id", "traceable_object.object_id"],
            name=op.f("fk_supplier_request_object_tenant_id_object_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supplier_request_id"],
            ["supplier_request.tenant_id", "supplier_request.supplier_request_id"],
            name=op.f("fk_supplier_request_object_tenant_id_supplier_request_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "supplier_request_id", "object_id", name=op.f("pk_supplier_request_object")),
    )
    op.secure_table("supplier_request_object", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")})


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
