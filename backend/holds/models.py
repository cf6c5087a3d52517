"""Holds, the objects on which they stand, the cuts of releases, goods that wait for a decision, and the list of what is held."""

from sqlalchemy import BigInteger, Column, DateTime, Index, SmallInteger, Text, Uuid, text

from infra.schema import APPEND_ONLY, Key, tenant_table

# `object_id` is the first of the objects on which it stands; none where nothing has fallen into its scope so far. The columns of the scope
# are as declared (`scopes.py`); of a scope of objects, the objects are its roots.
hold = tenant_table(
    "hold",
    Column("hold_id", Uuid, nullable=False),
    Column("object_id", BigInteger),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    # Without a person the service itself placed or released it.
    Column("placed_by", Uuid),
    Column("released_at", DateTime(timezone=True)),
    Column("released_by", Uuid),
    Column("release_reason", Text),
    Column("origin_kind", SmallInteger, nullable=False, server_default="1"),
    Column("origin_reference", Key, nullable=False, server_default=""),
    Column("scope_kind", SmallInteger, nullable=False, server_default="1"),
    Column("scope_digest", Key, nullable=False, server_default=""),
    Column("party", Key),
    Column("gtin", Key),
    Column("equipment", Key),
    Column("step", Key),
    Column("place", Key),
    Column("since", DateTime(timezone=True)),
    Column("until", DateTime(timezone=True)),
    key=("hold_id",),
    references=[(("object_id",), "traceable_object.object_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_hold_active", hold.c.tenant_id, hold.c.object_id, postgresql_where=text("status = 1"))
Index("ix_hold_watching", hold.c.tenant_id, hold.c.hold_id, postgresql_where=text("status = 1 and scope_kind > 1"))
Index("ix_hold_placed", hold.c.tenant_id, hold.c.placed_at)
Index("ix_hold_origin", hold.c.tenant_id, hold.c.origin_kind, hold.c.origin_reference)

# An object on which a hold stands: named at placing (event 0), or about which an event in the hold's scope is. What lay in a container
# from `held_from` to `held_to` is held with it, perhaps only of the product `gtin`; without an end the container is held by name.
hold_root = tenant_table(
    "hold_root",
    Column("hold_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("held_from", DateTime(timezone=True), nullable=False),
    Column("held_to", DateTime(timezone=True), nullable=False),
    Column("gtin", Key),
    Column("added_at", DateTime(timezone=True), nullable=False),
    # The declaration that took the event out of force: the object waits for somebody's decision then.
    Column("superseded_by", BigInteger),
    key=("hold_id", "object_id", "event_id"),
    references=[(("hold_id",), "hold.hold_id"), (("object_id",), "traceable_object.object_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_hold_root_object", hold_root.c.tenant_id, hold_root.c.object_id, hold_root.c.hold_id)
Index("ix_hold_root_event", hold_root.c.tenant_id, hold_root.c.event_id, postgresql_where=text("event_id > 0"))

# An object named at a partial release: the hold no longer passes through it. The signature under what decided it may be another act's.
hold_cut = tenant_table(
    "hold_cut",
    Column("hold_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("released_at", DateTime(timezone=True), nullable=False),
    Column("released_by", Uuid),
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
Index("ix_hold_pending_object", hold_pending.c.tenant_id, hold_pending.c.object_id, postgresql_where=text("released_at is null"))

# The list of what a hold reaches, filled behind it and for showing only: enforcement never reads it. `walk` counts up with each time that
# the list is made anew; `walked_to` is how far an object's own children were looked through, null when to the end.
hold_goods = tenant_table(
    "hold_goods",
    Column("hold_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("key", Key, nullable=False),
    Column("walk", BigInteger, nullable=False),
    Column("walked_to", BigInteger),
    key=("hold_id", "object_id"),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
)
Index("ix_hold_goods_open", hold_goods.c.tenant_id, hold_goods.c.hold_id, hold_goods.c.object_id, postgresql_where=text("walked_to is not null"))
Index("ix_hold_goods_object", hold_goods.c.tenant_id, hold_goods.c.object_id)
Index("ix_hold_goods_kind", hold_goods.c.tenant_id, hold_goods.c.hold_id, hold_goods.c.kind, hold_goods.c.key)

# How far the list of a hold is: `complete` until something changes; then as of `filled_at`.
hold_listing = tenant_table(
    "hold_listing",
    Column("hold_id", Uuid, nullable=False),
    Column("walk", BigInteger, nullable=False),
    Column("complete", SmallInteger, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("filled_at", DateTime(timezone=True)),
    key=("hold_id",),
    references=[(("hold_id",), "hold.hold_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
