"""What the company tells of itself; one row."""

from sqlalchemy import Column, DateTime, Text

from infra.schema import tenant_table

company_profile = tenant_table(
    "company_profile",
    Column("legal_name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("legal_representative", Text, nullable=False),
    Column("registration_number", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    key=(),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
