"""The tables of a tenant's API clients and of their keys."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, Text, Uuid, func, text

from infra.roles import APPLICATION
from infra.schema import tenant_table

client = tenant_table(
    "client",
    Column("client_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    # Permissions, sites (canonical URIs) and addresses (CIDR) as JSON lists; no site or address means any.
    Column("scopes", Text, nullable=False),
    Column("sites", Text, nullable=False),
    Column("addresses", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_by", Uuid, nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    key=("client_id",),
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE")},
)

client_secret = tenant_table(
    "client_secret",
    # Stands in the key's text and finds this row; of no use without the rest.
    Column("secret_id", Uuid, nullable=False),
    Column("client_id", Uuid, nullable=False),
    # Of the whole text, so that a key is good with its own prefix alone.
    Column("key_sha256", LargeBinary, nullable=False),
    # The last characters, by which people tell their keys apart.
    Column("hint", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("revoked_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("last_used_address", Text),
    key=("secret_id",),
    references=[(("client_id",), "client.client_id")],
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_client_secret_client", client_secret.c.tenant_id, client_secret.c.client_id, postgresql_where=text("revoked_at is null"))
