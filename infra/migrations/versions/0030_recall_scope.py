"""What a recall reaches, as computed and as announced

Revision: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recall_addition",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("certainty", sa.SmallInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "object_id", "shipment_id", "kind", "version", name=op.f("pk_recall_addition")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_addition", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_item",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("gtin", sa.Text(collation="C"), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("certainty", sa.SmallInteger(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("root", sa.Boolean(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("quantities", sa.Text(), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "version", "position", name=op.f("pk_recall_item")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_item", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_index("ix_recall_item_object", "recall_item", ["tenant_id", "object_id", "case_id"], unique=False)
    op.create_table(
        "recall_question",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("bounds", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(collation="C"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "revision", name=op.f("pk_recall_question")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_question", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_seed",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "version", "object_id", name=op.f("pk_recall_seed")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_seed", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_index("ix_recall_seed_object", "recall_seed", ["tenant_id", "object_id"], unique=False)
    op.create_table(
        "recall_shipped",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(collation="C"), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("uom", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("gtin", sa.Text(collation="C"), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("certainty", sa.SmallInteger(), nullable=False),
        sa.Column("shipment", sa.Uuid(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_place", sa.Text(collation="C"), nullable=True),
        sa.Column("document", sa.Text(collation="C"), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "version", "party", "object_id", "shipment_id", "uom", name=op.f("pk_recall_shipped")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_shipped", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_version",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.Uuid(), nullable=True),
        sa.Column("signature_id", sa.Uuid(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(collation="C"), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", "version", name=op.f("pk_recall_version")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}, "append_only": True, "purge": None},
    )
    op.secure_table("recall_version", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")}, append_only=True)
    op.create_table(
        "recall_watch",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "case_id", name=op.f("pk_recall_watch")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("recall_watch", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_index("ix_recall_watch_on", "recall_watch", ["tenant_id", "case_id"], unique=False, postgresql_where=sa.text("state > 0"))


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
