"""The tables of specifications and their versions."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, SmallInteger, Text, Uuid

from infra.schema import Key, tenant_table

# What it is for never changes: another scope is another specification. "" (or 0) means any.
specification = tenant_table(
    "specification",
    Column("specification_id", Uuid, nullable=False),
    Column("code", Key, nullable=False),
    Column("names", Text, nullable=False),
    Column("product", Key, nullable=False),
    Column("material", Key, nullable=False),
    Column("supplier", Key, nullable=False),
    Column("step", Key, nullable=False),
    Column("customer", Key, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Uuid, nullable=False),
    key=("specification_id",),
    unique=[("code",), ("product", "material", "supplier", "step", "customer", "kind")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)

# `status`: 1 draft, 2 released, 3 withdrawn. A released version's words and limits never change; the newest released one whose `valid_from`
# has come is in force. `withdrawn_from` ends the specification without a successor.
specification_version = tenant_table(
    "specification_version",
    Column("specification_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("characteristics", Text, nullable=False),
    Column("sampling_plan_id", Uuid),
    Column("on_failure", SmallInteger, nullable=False),
    Column("photos_required", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True)),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("written_by", Uuid, nullable=False),
    Column("released_at", DateTime(timezone=True)),
    Column("released_by", Uuid),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("withdrawn_reason", Text),
    key=("specification_id", "version"),
    references=[(("specification_id",), "specification.specification_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_specification_product", specification.c.tenant_id, specification.c.product)
