"""Shipments and the rollup from lot to shipment."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Numeric, SmallInteger, Text, text

from backend.events.moments import known_columns, known_from, past_columns
from infra.schema import Key, tenant_table

# One row per shipping event; its id is the event's.
shipment = tenant_table(
    "shipment",
    Column("shipment_id", BigInteger, nullable=False),
    Column("shipped_at", DateTime(timezone=True), nullable=False),
    Column("direction", SmallInteger, nullable=False),
    Column("from_place", Key),
    Column("to_party", Key),
    Column("document", Key),
    *known_columns(),
    key=("shipment_id",),
)
Index("ix_shipment_party", shipment.c.tenant_id, shipment.c.to_party, shipment.c.shipped_at, postgresql_where=text("superseded_by is null"))

# Whose a shipment was believed to be, before the catalogue told more of its place; never purged.
shipment_past = tenant_table(
    "shipment_past",
    Column("shipment_id", BigInteger, nullable=False),
    Column("direction", SmallInteger, nullable=False),
    *past_columns(),
    key=("shipment_id", "known_from"),
    append_only=True,
)

# `lot_id` is a lot, or a unit whose lot isn't known. Recomputed for a shipment whenever what it carries is learnt or corrected.
lot_shipment = tenant_table(
    "lot_shipment",
    Column("lot_id", BigInteger, nullable=False),
    Column("shipment_id", BigInteger, nullable=False),
    Column("uom", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("certainty", SmallInteger, nullable=False),
    known_from(),
    key=("lot_id", "shipment_id", "uom"),
)
Index("ix_lot_shipment_shipment", lot_shipment.c.tenant_id, lot_shipment.c.shipment_id)

# What a rollup said before it was recomputed: evidence, never purged.
lot_shipment_past = tenant_table(
    "lot_shipment_past",
    Column("lot_id", BigInteger, nullable=False),
    Column("shipment_id", BigInteger, nullable=False),
    Column("uom", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("certainty", SmallInteger, nullable=False),
    *past_columns(),
    key=("lot_id", "shipment_id", "uom", "known_from"),
    append_only=True,
)
