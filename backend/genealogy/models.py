"""Projections of events: links, membership, class inputs, movements and containment (MODEL: Objects and links).

Each row says from which moment on it is known (`backend/events/moments.py`); what an event stated and a declaration took out of force
stays, with the moment. What is derived and taken away or changed goes into a table of the past, which is evidence and is never purged.
"""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Numeric, SmallInteger, Text, text

from backend.events.moments import known_columns, known_from, past_columns
from infra.schema import Key, tenant_table

LIVE = text("superseded_by is null")
SUPERSEDED = text("superseded_by is not null")

lot_link = tenant_table(
    "lot_link",
    Column("parent_id", BigInteger, nullable=False),
    Column("child_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("quantity", Numeric),
    Column("uom", Text),
    Column("certainty", SmallInteger, nullable=False),
    *known_columns(),
    key=("parent_id", "child_id", "event_id", "kind"),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
)
_INCLUDED = ["occurred_at", "event_id", "kind", "certainty"]
Index("ix_lot_link_forward", lot_link.c.tenant_id, lot_link.c.parent_id, lot_link.c.child_id, postgresql_include=_INCLUDED, postgresql_where=LIVE)
Index("ix_lot_link_backward", lot_link.c.tenant_id, lot_link.c.child_id, lot_link.c.parent_id, postgresql_include=_INCLUDED, postgresql_where=LIVE)
Index("ix_lot_link_event", lot_link.c.tenant_id, lot_link.c.event_id)
# Few lots have units with links of their own: whether one has is asked at each use.
Index("ix_lot_link_member", lot_link.c.tenant_id, lot_link.c.parent_id, postgresql_where=text("kind = 3 and superseded_by is null"))
# For reading what was known.
Index("ix_lot_link_superseded_forward", lot_link.c.tenant_id, lot_link.c.parent_id, postgresql_where=SUPERSEDED)
Index("ix_lot_link_superseded_backward", lot_link.c.tenant_id, lot_link.c.child_id, postgresql_where=SUPERSEDED)

lot_link_past = tenant_table(
    "lot_link_past",
    Column("parent_id", BigInteger, nullable=False),
    Column("child_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("quantity", Numeric),
    Column("uom", Text),
    Column("certainty", SmallInteger, nullable=False),
    *past_columns(),
    key=("parent_id", "child_id", "event_id", "kind", "known_from"),
    append_only=True,
)
Index("ix_lot_link_past_backward", lot_link_past.c.tenant_id, lot_link_past.c.child_id)

membership = tenant_table(
    "unit_membership",
    Column("unit_id", BigInteger, nullable=False),
    Column("lot_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    *known_columns(),
    key=("unit_id", "lot_id", "event_id"),
)
Index("ix_unit_membership_lot", membership.c.tenant_id, membership.c.lot_id, membership.c.unit_id, postgresql_where=LIVE)
Index("ix_unit_membership_superseded", membership.c.tenant_id, membership.c.lot_id, postgresql_where=SUPERSEDED)
Index("ix_unit_membership_event", membership.c.tenant_id, membership.c.event_id)

# An input told without its lot: it stands for the lots of that product that were present, as far as is known (possible).
class_input = tenant_table(
    "class_input",
    Column("event_id", BigInteger, nullable=False),
    Column("node_id", BigInteger, nullable=False),
    Column("product_id", BigInteger, nullable=False),
    Column("gtin", Key, nullable=False),
    Column("place", Key),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    *known_columns(),
    key=("event_id", "product_id"),
)
Index("ix_class_input_gtin", class_input.c.tenant_id, class_input.c.gtin, class_input.c.occurred_at)
Index("ix_class_input_node", class_input.c.tenant_id, class_input.c.node_id)

movement = tenant_table(
    "movement",
    Column("object_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("line", Integer, nullable=False),
    Column("place", Key, nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False),
    Column("delta", Numeric, nullable=False),
    Column("uom", Text, nullable=False),
    Column("counterparty", Key),
    *known_columns(),
    key=("object_id", "event_id", "line"),
)
Index("ix_movement_event", movement.c.tenant_id, movement.c.event_id)

containment = tenant_table(
    "containment",
    Column("content_id", BigInteger, nullable=False),
    Column("container_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_to", DateTime(timezone=True), nullable=False),
    Column("opened_by", BigInteger, nullable=False),
    Column("closed_by", BigInteger),
    Column("quantity", Numeric),
    Column("uom", Text),
    known_from(),
    key=("content_id", "container_id", "kind", "opened_by", "valid_from"),
)
Index("ix_containment_container", containment.c.tenant_id, containment.c.container_id, containment.c.valid_from)

# Which container a state stands for, as of which event's time. It says who the node is, not that it is in force: that its links say.
container_state = tenant_table(
    "container_state",
    Column("state_id", BigInteger, nullable=False),
    Column("container_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
    Column("filled", Boolean, nullable=False),
    key=("state_id",),
    grants={"suyuan_app": ("SELECT", "INSERT")},
)
Index("ix_container_state_container", container_state.c.tenant_id, container_state.c.container_id, container_state.c.used_at)

containment_past = tenant_table(
    "containment_past",
    Column("content_id", BigInteger, nullable=False),
    Column("container_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_to", DateTime(timezone=True), nullable=False),
    Column("opened_by", BigInteger, nullable=False),
    Column("closed_by", BigInteger),
    Column("quantity", Numeric),
    Column("uom", Text),
    *past_columns(),
    key=("content_id", "container_id", "kind", "opened_by", "valid_from", "known_from"),
    append_only=True,
)
Index("ix_containment_past_container", containment_past.c.tenant_id, containment_past.c.container_id, containment_past.c.valid_from)
