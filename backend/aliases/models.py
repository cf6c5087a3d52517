"""The table of aliases."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, SmallInteger, Text, Uuid, text

from infra.schema import tenant_table

# `number` is what the alias's links carry, negative, in place of an event: no event states them. `first_id` is the smaller of the two.
alias = tenant_table(
    "alias",
    Column("alias_id", Uuid, nullable=False),
    Column("number", BigInteger, Identity(), nullable=False),
    Column("first_id", BigInteger, nullable=False),
    Column("second_id", BigInteger, nullable=False),
    Column("cause", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asserted_at", DateTime(timezone=True), nullable=False),
    Column("asserted_by", Uuid, nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_by", Uuid),
    Column("revoke_reason", Text),
    key=("alias_id",),
    references=[(("first_id",), "traceable_object.object_id"), (("second_id",), "traceable_object.object_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("uq_alias_pair", alias.c.tenant_id, alias.c.first_id, alias.c.second_id, unique=True, postgresql_where=text("revoked_at is null"))
Index("ix_alias_first", alias.c.tenant_id, alias.c.first_id)
Index("ix_alias_second", alias.c.tenant_id, alias.c.second_id)
