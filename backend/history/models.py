"""What is published of a lot or unit: the only table that the public pages read."""

from sqlalchemy import Column, DateTime, Text, func

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
