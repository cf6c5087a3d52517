"""Products, locations and partners; names by language as JSON text."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, SmallInteger, Text, func

from infra.schema import Key, tenant_table

product = tenant_table(
    "product",
    Column("gtin", Key, nullable=False),
    Column("names", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("uom", Text, nullable=False),
    Column("shelf_life_days", Integer),
    Column("published", Boolean, nullable=False, server_default="false"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("gtin",),
)

# `place` is the canonical URI that events carry; `own` decides whether a shipment from here is outbound.
location = tenant_table(
    "location",
    Column("place", Key, nullable=False),
    Column("parent_place", Key),
    Column("names", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("place",),
)

# What lies in a place: walked down from somebody's sites.
Index("ix_location_parent", location.c.tenant_id, location.c.parent_place)

partner = tenant_table(
    "partner",
    Column("party", Key, nullable=False),
    Column("names", Text, nullable=False),
    Column("supplier", Boolean, nullable=False),
    Column("customer", Boolean, nullable=False),
    Column("address", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("party",),
)
