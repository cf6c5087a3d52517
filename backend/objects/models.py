"""The table of traceable objects."""

from sqlalchemy import BigInteger, Column, Identity, Index, SmallInteger

from infra.schema import Key, tenant_table

# `code` is the variable part (lot, serial, or the whole key of anything else); `gtin` the product. Both are what people type.
traceable_object = tenant_table(
    "traceable_object",
    Column("object_id", BigInteger, Identity(), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("key", Key, nullable=False),
    Column("gtin", Key),
    Column("code", Key, nullable=False),
    key=("object_id",),
    grants={"suyuan_app": ("SELECT", "INSERT")},
)
Index(
    "uq_traceable_object_key",
    traceable_object.c.tenant_id,
    traceable_object.c.key,
    unique=True,
    postgresql_include=["object_id", "kind"],
)
Index("ix_traceable_object_code", traceable_object.c.tenant_id, traceable_object.c.code)
Index("ix_traceable_object_gtin", traceable_object.c.tenant_id, traceable_object.c.gtin, traceable_object.c.kind, traceable_object.c.object_id)
