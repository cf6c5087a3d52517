"""Recall notices, and what customers answer

Revision: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recall_answer",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("found", sa.Numeric(), nullable=False),
        sa.Column("returned", sa.Numeric(), nullable=False),
        sa.Column("destroyed", sa.Numeric(), nullable=False),
        sa.Column("forwarded", sa.Numeric(), nullable=False),
        sa.Column("uom", sa.Text(collation="C"), nullable=False),
        sa.Column("nothing", sa.Boolean(), nullable=False),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.Column("forwarded_to", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "answer_id", name=op.f("pk_recall_answer")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_answer", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_index("ix_recall_answer_case", "recall_answer", ["tenant_id", "case_id"], unique=False)
    op.create_index("ix_recall_answer_notice", "recall_answer", ["tenant_id", "notice_id", "line", "answer_id"], unique=False)
    op.create_table(
        "recall_connection",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.SmallInteger(), nullable=False),
        sa.Column("party", sa.Text(collation="C"), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("other_name", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connected_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "connection_id", name=op.f("pk_recall_connection")),
        sa.UniqueConstraint("tenant_id", "direction", "other_id", "party", name=op.f("uq_recall_connection_tenant_id_direction_other_id_party")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_connection", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_recall_connection_party", "recall_connection", ["tenant_id", "direction", "party"], unique=False)
    op.create_table(
        "recall_contact",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(collation="C"), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "contact_id", name=op.f("pk_recall_contact")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_contact", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index(
        "ix_recall_contact_party", "recall_contact", ["tenant_id", "party"], unique=False, postgresql_where=sa.text("archived_at is null")
    )
    op.create_table(
        "recall_notice",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("party", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(collation="C"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("lots", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_through", sa.SmallInteger(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "notice_id", name=op.f("pk_recall_notice")),
        sa.UniqueConstraint("tenant_id", "case_id", "version", "kind", "party", name=op.f("uq_recall_notice_tenant_id_case_id_version_kind_party")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_notice", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_recall_notice_case", "recall_notice", ["tenant_id", "case_id", "notice_id"], unique=False)
    op.create_index(
        "ix_recall_notice_look",
        "recall_notice",
        ["tenant_id", "case_id", "next_look_at"],
        unique=False,
        postgresql_where=sa.text("next_look_at is not null"),
    )
    op.create_index("ix_recall_notice_party", "recall_notice", ["tenant_id", "case_id", "party"], unique=False)
    op.create_table(
        "recall_notice_plan",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_key", sa.Text(collation="C"), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "plan_key", name=op.f("pk_recall_notice_plan")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_notice_plan", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "recall_notice_run",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("after_party", sa.Text(collation="C"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "version", "kind", name=op.f("pk_recall_notice_run")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_notice_run", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "recall_notice_watch",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", name=op.f("pk_recall_notice_watch")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_notice_watch", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "received_recall_answer",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("received_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("found", sa.Numeric(), nullable=False),
        sa.Column("returned", sa.Numeric(), nullable=False),
        sa.Column("destroyed", sa.Numeric(), nullable=False),
        sa.Column("forwarded", sa.Numeric(), nullable=False),
        sa.Column("uom", sa.Text(collation="C"), nullable=False),
        sa.Column("nothing", sa.Boolean(), nullable=False),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.Column("forwarded_to", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "answer_id", name=op.f("pk_received_recall_answer")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("received_recall_answer", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_index("ix_received_recall_answer_of", "received_recall_answer", ["tenant_id", "received_id", "line", "answer_id"], unique=False)
    op.create_table(
        "recall_notice_delivery",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.Text(collation="C"), nullable=False),
        sa.Column("way", sa.SmallInteger(), nullable=False),
        sa.Column("receiver", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(collation="C"), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "notice_id"],
            ["recall_notice.tenant_id", "recall_notice.notice_id"],
            name=op.f("fk_recall_notice_delivery_tenant_id_notice_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "delivery_id", name=op.f("pk_recall_notice_delivery")),
        sa.UniqueConstraint(
            "tenant_id", "notice_id", "occasion", "way", "receiver", name=op.f("uq_recall_notice_delivery_tenant_id_notice_id_occasion_way_receiver")
        ),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_notice_delivery", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "recall_notice_link",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("way", sa.SmallInteger(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "notice_id"], ["recall_notice.tenant_id", "recall_notice.notice_id"], name=op.f("fk_recall_notice_link_tenant_id_notice_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "link_id", name=op.f("pk_recall_notice_link")),
        sa.UniqueConstraint("tenant_id", "token_sha256", name=op.f("uq_recall_notice_link_tenant_id_token_sha256")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_notice_link", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_recall_notice_link_of", "recall_notice_link", ["tenant_id", "notice_id"], unique=False)
    op.create_table(
        "received_recall_notice",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("lots", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["recall_connection.tenant_id", "recall_connection.connection_id"],
            name=op.f("fk_received_recall_notice_tenant_id_connection_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "received_id", name=op.f("pk_received_recall_notice")),
        sa.UniqueConstraint("tenant_id", "connection_id", "notice_id", name=op.f("uq_received_recall_notice_tenant_id_connection_id_notice_id")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("received_recall_notice", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
