"""The numbers that were given."""

from sqlalchemy import Column, Integer, SmallInteger

from infra.schema import Key, tenant_table

# The last number given in a series and year: NC-2026-0001 is the series "NC". Whoever draws a number holds the row until he commits.
quality_number = tenant_table(
    "quality_number",
    Column("series", Key, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("last_number", Integer, nullable=False),
    key=("series", "year"),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
