"""A case's sources and bounds as they were declared one after the other, scopes as they were frozen, and what was found since."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Numeric, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

# One row a change: the newest revision counts. `bounds` and `sources` are JSON, with canonical keys (`stored.py`).
recall_question = tenant_table(
    "recall_question",
    Column("case_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sources", Text, nullable=False),
    Column("bounds", Text, nullable=False),
    Column("digest", Key, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Uuid),
    key=("case_id", "revision"),
    append_only=True,
)

# `counts` is JSON. `known_at` is the moment from which `unit_membership` and links tell again what was known.
recall_version = tenant_table(
    "recall_version",
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("frozen_at", DateTime(timezone=True), nullable=False),
    Column("frozen_by", Uuid),
    Column("signature_id", Uuid),
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("digest", Key, nullable=False),
    Column("counts", Text, nullable=False),
    key=("case_id", "version"),
    append_only=True,
)

# `quantities` and `places` are JSON; `doubts` are words with a space between. `position` is the place in the list: by role, certainty, distance.
recall_item = tenant_table(
    "recall_item",
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("key", Key, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("gtin", Key),
    Column("code", Text, nullable=False),
    Column("role", SmallInteger, nullable=False),
    Column("certainty", SmallInteger, nullable=False),
    Column("doubts", Text, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("root", Boolean, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("quantities", Text, nullable=False),
    Column("places", Text, nullable=False),
    key=("case_id", "version", "position"),
    append_only=True,
)
Index("ix_recall_item_object", recall_item.c.tenant_id, recall_item.c.object_id, recall_item.c.case_id)

# How much of an object a shipment took to a customer, by the rollup. An empty `party`: the shipment names nobody.
recall_shipped = tenant_table(
    "recall_shipped",
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("party", Key, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("shipment_id", BigInteger, nullable=False),
    Column("uom", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("gtin", Key),
    Column("code", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("certainty", SmallInteger, nullable=False),
    Column("shipment", Uuid, nullable=False),
    Column("shipped_at", DateTime(timezone=True), nullable=False),
    Column("from_place", Key),
    Column("document", Key),
    key=("case_id", "version", "party", "object_id", "shipment_id", "uom"),
    append_only=True,
)

# Where a version's walk began: what a late event leads from one of these is an addition.
recall_seed = tenant_table(
    "recall_seed",
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    key=("case_id", "version", "object_id"),
    append_only=True,
)
Index("ix_recall_seed_object", recall_seed.c.tenant_id, recall_seed.c.object_id)

# The cases whose frozen scope is watched; `state` as in `watching.Watch`.
recall_watch = tenant_table(
    "recall_watch",
    Column("case_id", Uuid, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("looked_at", DateTime(timezone=True)),
    key=("case_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_recall_watch_on", recall_watch.c.tenant_id, recall_watch.c.case_id, postgresql_where=text("state > 0"))

# What the watcher has told of, once each: goods, and shipments of them (`shipment_id` 0 for goods).
recall_addition = tenant_table(
    "recall_addition",
    Column("case_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("shipment_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("certainty", SmallInteger, nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    key=("case_id", "object_id", "shipment_id", "kind", "version"),
    append_only=True,
)
