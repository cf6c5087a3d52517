"""Hold roots, the cuts of releases, and goods that wait for a decision after a correction."""

from sqlalchemy import BigInteger, Column, DateTime, Index, SmallInteger, Text, Uuid, text

from infra.schema import APPEND_ONLY, tenant_table

hold = tenant_table(
    "hold",
    Column("hold_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("placed_by", Uuid, nullable=False),
    Column("released_at", DateTime(timezone=True)),
    Column("released_by", Uuid),
    Column("release_reason", Text),
    key=("hold_id",),
    references=[(("object_id",), "traceable_object.object_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_hold_active", hold.c.tenant_id, hold.c.object_id, postgresql_where=text("status = 1"))

# An object named at a partial release: the hold no longer passes through it.
hold_cut = tenant_table(
    "hold_cut",
    Column("hold_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("released_at", DateTime(timezone=True), nullable=False),
    Column("released_by", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    key=("hold_id", "object_id"),
    references=[(("hold_id",), "hold.hold_id"), (("object_id",), "traceable_object.object_id")],
    grants=APPEND_ONLY,
)

# Goods that a correction cut off from the hold's root: they stay held until somebody who may release them does.
hold_pending = tenant_table(
    "hold_pending",
    Column("hold_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("since_event", BigInteger, nullable=False),
    Column("released_at", DateTime(timezone=True)),
    key=("hold_id", "object_id"),
    references=[(("hold_id",), "hold.hold_id"), (("object_id",), "traceable_object.object_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
