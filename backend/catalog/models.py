"""Products, locations and partners as they are today and as they were, and the master data that documents tell; names by language as JSON text."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Integer, SmallInteger, Text, func

from infra.schema import Key, tenant_table

# Today's rows. `told`: nobody of the company has entered it, it is known from others' documents only.
product = tenant_table(
    "product",
    Column("gtin", Key, nullable=False),
    Column("names", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("uom", Text, nullable=False),
    Column("shelf_life_days", Integer),
    Column("published", Boolean, nullable=False, server_default="false"),
    Column("told", Boolean, nullable=False, server_default="false"),
    Column("valid_from", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("gtin",),
)

# `place` is the canonical URI that events carry; `own` decides whether a shipment from here is outbound. Whose a place is that only
# documents tell of is `undetermined`, whatever `own` says.
location = tenant_table(
    "location",
    Column("place", Key, nullable=False),
    Column("parent_place", Key),
    Column("names", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("undetermined", Boolean, nullable=False, server_default="false"),
    Column("time_zone", Text, nullable=False),
    Column("told", Boolean, nullable=False, server_default="false"),
    Column("valid_from", DateTime(timezone=True), nullable=False, server_default=func.now()),
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
    Column("told", Boolean, nullable=False, server_default="false"),
    Column("valid_from", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("party",),
)

# What held from when on: every state of today's rows, as JSON text. What holds at a moment is the last `valid_from` up to it, and of
# equal ones the last written. Kinds: 1 product, 2 location, 3 partner.
catalog_version = tenant_table(
    "catalog_version",
    Column("kind", SmallInteger, nullable=False),
    Column("key", Key, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("version_id", BigInteger, Identity(), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("told", Boolean, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("entry", Text, nullable=False),
    key=("kind", "key", "valid_from", "version_id"),
    append_only=True,
)

# A vocabulary element (EPCIS 2.0 §9) as each source tells it now; `body` holds everything but its id, as it was told.
vocabulary_element = tenant_table(
    "vocabulary_element",
    Column("vocabulary", Key, nullable=False),
    Column("element", Key, nullable=False),
    Column("source", Key, nullable=False),
    Column("captured", Text, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("teller", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("vocabulary", "element", "source"),
)
Index("ix_vocabulary_element_element", vocabulary_element.c.tenant_id, vocabulary_element.c.element)

# The same through time; `digest` is the SHA-256 of `body`, by which what is told again is known.
vocabulary_version = tenant_table(
    "vocabulary_version",
    Column("vocabulary", Key, nullable=False),
    Column("element", Key, nullable=False),
    Column("source", Key, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("version_id", BigInteger, Identity(), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("own", Boolean, nullable=False),
    Column("teller", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    key=("vocabulary", "element", "source", "valid_from", "version_id"),
    append_only=True,
)

# By what elements are found: one row for each value of an attribute told now, and one for each child under `CHILDREN`.
vocabulary_attribute = tenant_table(
    "vocabulary_attribute",
    Column("attribute", Key, nullable=False),
    Column("value", Key, nullable=False),
    Column("element", Key, nullable=False),
    Column("vocabulary", Key, nullable=False),
    Column("source", Key, nullable=False),
    key=("attribute", "value", "element", "vocabulary", "source"),
)
Index(
    "ix_vocabulary_attribute_element", vocabulary_attribute.c.tenant_id, vocabulary_attribute.c.element, vocabulary_attribute.c.vocabulary,
    vocabulary_attribute.c.source,
)  # fmt: skip
