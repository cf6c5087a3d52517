"""Effectiveness checks and drills

Revision: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recall_board_point",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uom", sa.Text(collation="C"), nullable=False),
        sa.Column("shipped", sa.Numeric(), nullable=False),
        sa.Column("recovered", sa.Numeric(), nullable=False),
        sa.Column("destroyed", sa.Numeric(), nullable=False),
        sa.Column("sold", sa.Numeric(), nullable=False),
        sa.Column("used", sa.Numeric(), nullable=False),
        sa.Column("held", sa.Numeric(), nullable=False),
        sa.Column("unknown", sa.Numeric(), nullable=False),
        sa.Column("over", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "at", "uom", name=op.f("pk_recall_board_point")),
    )
    op.secure_table("recall_board_point", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_check",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(collation="C"), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("method", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "check_id", name=op.f("pk_recall_check")),
        sa.UniqueConstraint("tenant_id", "case_id", "party", name=op.f("uq_recall_check_tenant_id_case_id_party")),
    )
    op.secure_table("recall_check", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_recall_check_case", "recall_check", ["tenant_id", "case_id", "check_id"], unique=False)
    op.create_index("ix_recall_check_due", "recall_check", ["tenant_id", "due_at"], unique=False, postgresql_where=sa.text("state < 4"))
    op.create_table(
        "recall_check_plan",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("percentage", sa.Numeric(), nullable=True),
        sa.Column("seed", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("method", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by", sa.Uuid(), nullable=True),
        sa.Column("chosen_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "plan_id", name=op.f("pk_recall_check_plan")),
    )
    op.secure_table("recall_check_plan", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_check_record",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_name", sa.Text(), nullable=False),
        sa.Column("method", sa.SmallInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("received_notice", sa.Boolean(), nullable=True),
        sa.Column("acted", sa.Boolean(), nullable=True),
        sa.Column("stock", sa.SmallInteger(), nullable=False),
        sa.Column("stock_quantity", sa.Numeric(), nullable=True),
        sa.Column("stock_uom", sa.Text(collation="C"), nullable=False),
        sa.Column("told_onward", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("follow_up", sa.Text(), nullable=False),
        sa.Column("follow_up_due", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "check_id", "record_id", name=op.f("pk_recall_check_record")),
    )
    op.secure_table("recall_check_record", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_drill",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("drill_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("seed", sa.Text(collation="C"), nullable=False),
        sa.Column("participants", sa.Text(), nullable=False),
        sa.Column("target_seconds", sa.Integer(), nullable=False),
        sa.Column("target_percent", sa.Numeric(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_name", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Numeric(), nullable=True),
        sa.Column("forward_percent", sa.Numeric(), nullable=True),
        sa.Column("backward_percent", sa.Numeric(), nullable=True),
        sa.Column("completeness_percent", sa.Numeric(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_by", sa.Uuid(), nullable=True),
        sa.Column("concluded_name", sa.Text(), nullable=False),
        sa.Column("signature_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "drill_id", name=op.f("pk_recall_drill")),
        sa.UniqueConstraint("tenant_id", "case_id", name=op.f("uq_recall_drill_tenant_id_case_id")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_recall_drill_tenant_id_number")),
    )
    op.secure_table("recall_drill", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_recall_drill_finished", "recall_drill", ["tenant_id", "finished_at"], unique=False, postgresql_where=sa.text("finished_at is not null")
    )
    op.create_table(
        "recall_drill_policy",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target_seconds", sa.Integer(), nullable=False),
        sa.Column("target_percent", sa.Numeric(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("warn_days", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_recall_drill_policy")),
    )
    op.secure_table("recall_drill_policy", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "recall_drill_step",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("drill_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.Column("machine_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.Column("done_name", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "drill_id", "step", name=op.f("pk_recall_drill_step")),
    )
    op.secure_table("recall_drill_step", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_drill_finding",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("drill_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_by", sa.Uuid(), nullable=False),
        sa.Column("found_name", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("corrective_action_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "corrective_action_id"],
            ["corrective_action.tenant_id", "corrective_action.corrective_action_id"],
            name=op.f("fk_recall_drill_finding_tenant_id_corrective_action_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "drill_id"], ["recall_drill.tenant_id", "recall_drill.drill_id"], name=op.f("fk_recall_drill_finding_tenant_id_drill_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "finding_id", name=op.f("pk_recall_drill_finding")),
    )
    op.secure_table("recall_drill_finding", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_recall_drill_finding_of", "recall_drill_finding", ["tenant_id", "drill_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
