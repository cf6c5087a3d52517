"""What a company tells of its foods and of places for the food traceability rule, beyond the catalogue."""

from sqlalchemy import Boolean, Column, DateTime, SmallInteger, Text

from infra.schema import Key, tenant_table

# `listed` is `foods.Listed`: 0 lets the classifier decide. `produce` and `aquaculture` are null where nobody said.
food_product = tenant_table(
    "food_product",
    Column("gtin", Key, nullable=False),
    Column("listed", SmallInteger, nullable=False),
    Column("brand", Text, nullable=False),
    Column("commodity", Text, nullable=False),
    Column("variety", Text, nullable=False),
    Column("packaging_size", Text, nullable=False),
    Column("packaging_style", Text, nullable=False),
    Column("species", Text, nullable=False),
    Column("produce", Boolean),
    Column("aquaculture", Boolean),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    key=("gtin",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)

# `place` is a place's or a party's canonical URI. `exempt`: a person to whom the rule doesn't apply (1.1305).
food_place = tenant_table(
    "food_place",
    Column("place", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("postal_code", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("coordinates", Text, nullable=False),
    Column("tlc_reference", Text, nullable=False),
    Column("exempt", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    key=("place",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
