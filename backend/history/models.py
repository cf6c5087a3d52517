"""What is published of a lot or unit, the only table that the public pages read, and which goods a published recall reaches."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, SmallInteger, Text, Uuid, func, text

from infra.schema import Key, tenant_table

published_history = tenant_table(
    "published_history",
    Column("key", Key, nullable=False),
    # For a unit: the lot whose history it shares. Its own document then holds only what is the unit's.
    Column("lot_key", Key),
    Column("document", Text, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("key",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE"), "suyuan_public": ("SELECT",)},
)

# How far the publication of a recall is.
recall_publication = tenant_table(
    "recall_publication",
    Column("case_id", Uuid, nullable=False),
    # The frozen scope's; and the last of its goods that is published.
    Column("version", Integer, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    # None while goods of this version are still to come.
    Column("done_at", DateTime(timezone=True)),
    key=("case_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)

# Lots and units that a published recall reaches: what pages say of them is made of this.
recalled_goods = tenant_table(
    "recalled_goods",
    Column("case_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("key", Key, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("gtin", Key, nullable=False),
    # The lot or serial number.
    Column("number", Key, nullable=False),
    # The records don't prove it; of a lot only single units are recalled.
    Column("possible", Boolean, nullable=False),
    Column("partly", Boolean, nullable=False),
    key=("case_id", "object_id"),
    unique=[("case_id", "key")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_recalled_goods_object", recalled_goods.c.tenant_id, recalled_goods.c.object_id)
Index(
    "ix_recalled_goods_lots", recalled_goods.c.tenant_id, recalled_goods.c.case_id, recalled_goods.c.gtin, recalled_goods.c.number,
    postgresql_where=text("kind = 1"),
)  # fmt: skip

# The same by product, with the number of lots.
recalled_product = tenant_table(
    "recalled_product",
    Column("gtin", Key, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("lots", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    key=("gtin", "case_id"),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
