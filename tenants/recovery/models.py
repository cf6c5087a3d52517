"""The global table of reset links; each person has at most one, so it never grows beyond the people."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Integer, LargeBinary, Uuid

from infra.roles import AUTH
from infra.schema import global_table

password_reset = global_table(
    "password_reset",
    Column("person_id", Uuid, ForeignKey("person.person_id"), primary_key=True),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    # The company whose administrator issued it: whether it may is looked at again when the link is used. None: whoever runs the service.
    Column("issuer", Integer, ForeignKey("tenant.tenant_id")),
    Column("removes_second_factor", Boolean, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    grants={AUTH: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    reason="the link comes before any sign-in, and sets the one password that a person has everywhere",
)
