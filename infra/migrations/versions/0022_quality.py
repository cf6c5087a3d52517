"""Specifications, inspections and their results

Revision: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "specification",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(collation="C"), nullable=False),
        sa.Column("material", sa.Text(collation="C"), nullable=False),
        sa.Column("supplier", sa.Text(collation="C"), nullable=False),
        sa.Column("step", sa.Text(collation="C"), nullable=False),
        sa.Column("customer", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "specification_id", name=op.f("pk_specification")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_specification_tenant_id_code")),
        sa.UniqueConstraint(
            "tenant_id",
            "product",
            "material",
            "supplier",
            "step",
            "customer",
            "kind",
            name=op.f("uq_specification_tenant_id_product_material_supplier_step_customer_kind"),
        ),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("specification", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_specification_product", "specification", ["tenant_id", "product"], unique=False)
    op.create_table(
        "inspection_schedule",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=True),
        sa.Column("every_lots", sa.Integer(), nullable=True),
        sa.Column("product", sa.Text(collation="C"), nullable=False),
        sa.Column("place", sa.Text(collation="C"), nullable=False),
        sa.Column("equipment", sa.Text(collation="C"), nullable=False),
        sa.Column("lead_hours", sa.Integer(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_lot", sa.BigInteger(), nullable=False),
        sa.Column("lots_since", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "specification_id"],
            ["specification.tenant_id", "specification.specification_id"],
            name=op.f("fk_inspection_schedule_tenant_id_specification_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "schedule_id", name=op.f("pk_inspection_schedule")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("inspection_schedule", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_inspection_schedule_lots", "inspection_schedule", ["tenant_id", "product"], unique=False, postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "specification_version",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("characteristics", sa.Text(), nullable=False),
        sa.Column("sampling_plan_id", sa.Uuid(), nullable=True),
        sa.Column("on_failure", sa.SmallInteger(), nullable=False),
        sa.Column("photos_required", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "specification_id"],
            ["specification.tenant_id", "specification.specification_id"],
            name=op.f("fk_specification_version_tenant_id_specification_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "specification_id", "version", name=op.f("pk_specification_version")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("specification_version", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "inspection",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("origin", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.Text(collation="C"), nullable=False),
        sa.Column("place", sa.Text(collation="C"), nullable=False),
        sa.Column("equipment", sa.Text(collation="C"), nullable=False),
        sa.Column("product", sa.Text(collation="C"), nullable=False),
        sa.Column("material", sa.Text(collation="C"), nullable=False),
        sa.Column("supplier", sa.Text(collation="C"), nullable=False),
        sa.Column("step", sa.Text(collation="C"), nullable=False),
        sa.Column("customer", sa.Text(collation="C"), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sampling_plan_id", sa.Uuid(), nullable=True),
        sa.Column("lot_size", sa.Integer(), nullable=True),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("sample_classes", sa.Text(), nullable=False),
        sa.Column("sampling_note", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("conclusion", sa.SmallInteger(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_by", sa.Uuid(), nullable=True),
        sa.Column("concluded_name", sa.Text(), nullable=False),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("follows", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "object_id"], ["traceable_object.tenant_id", "traceable_object.object_id"], name=op.f("fk_inspection_tenant_id_object_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "specification_id", "version"],
            ["specification_version.tenant_id", "specification_version.specification_id", "specification_version.version"],
            name=op.f("fk_inspection_tenant_id_specification_id_version"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "inspection_id", name=op.f("pk_inspection")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("inspection", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_inspection_object", "inspection", ["tenant_id", "object_id", "inspection_id"], unique=False)
    op.create_index(
        "ix_inspection_open", "inspection", ["tenant_id", "inspection_id"], unique=False, postgresql_where=sa.text("concluded_at is null")
    )
    op.create_index("ix_inspection_product", "inspection", ["tenant_id", "product", "inspection_id"], unique=False)
    op.create_index("ix_inspection_receipt", "inspection", ["tenant_id", "receipt"], unique=False, postgresql_where=sa.text("receipt <> ''"))
    op.create_index("ix_inspection_supplier", "inspection", ["tenant_id", "supplier", "inspection_id"], unique=False)
    op.create_index("ix_inspection_version", "inspection", ["tenant_id", "specification_id", "version"], unique=False)
    op.create_table(
        "inspection_result",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("characteristic", sa.Text(collation="C"), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("measurement", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("low", sa.Numeric(), nullable=True),
        sa.Column("high", sa.Numeric(), nullable=True),
        sa.Column("uncertainty", sa.Numeric(), nullable=True),
        sa.Column("judged", sa.SmallInteger(), nullable=False),
        sa.Column("judged_why", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Uuid(), nullable=True),
        sa.Column("instrument_valid", sa.Boolean(), nullable=True),
        sa.Column("instrument_note", sa.Text(), nullable=False),
        sa.Column("photo_ids", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_name", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("product", sa.Text(collation="C"), nullable=False),
        sa.Column("step", sa.Text(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "inspection_id"],
            ["inspection.tenant_id", "inspection.inspection_id"],
            name=op.f("fk_inspection_result_tenant_id_inspection_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "result_id", name=op.f("pk_inspection_result")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("inspection_result", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_inspection_result_series", "inspection_result", ["tenant_id", "characteristic", "product", "measured_at", "result_id"], unique=False
    )
    op.create_index(
        "uq_inspection_result_cell",
        "inspection_result",
        ["tenant_id", "inspection_id", "characteristic", "sample", "measurement"],
        unique=True,
        postgresql_where=sa.text("replaced_at is null"),
    )
    op.create_table(
        "laboratory_line",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("laboratory", sa.Text(collation="C"), nullable=False),
        sa.Column("report", sa.Text(collation="C"), nullable=False),
        sa.Column("sample", sa.Text(collation="C"), nullable=False),
        sa.Column("characteristic", sa.Text(collation="C"), nullable=False),
        sa.Column("measurement", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "inspection_id"],
            ["inspection.tenant_id", "inspection.inspection_id"],
            name=op.f("fk_laboratory_line_tenant_id_inspection_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "laboratory", "report", "sample", "characteristic", "measurement", name=op.f("pk_laboratory_line")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": False, "purge": None},
    )
    op.secure_table("laboratory_line", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")})
    op.create_index("ix_laboratory_line_inspection", "laboratory_line", ["tenant_id", "inspection_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
