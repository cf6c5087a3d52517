"""Exports of the audit trail that were asked for; the trail itself stands in `tenants/models.py`."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, Text, Uuid, func

from infra.roles import APPLICATION
from infra.schema import tenant_table

audit_export = tenant_table(
    "audit_export",
    Column("export_id", Uuid, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # `Principal.subject` of who asked: how many exports each has under way is limited.
    Column("requested_by", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("language", Text, nullable=False),
    # The filter as JSON.
    Column("filter", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("parts", Integer, nullable=False, server_default="0"),
    Column("entries", BigInteger, nullable=False, server_default="0"),
    # None until the first part has counted them.
    Column("entries_expected", BigInteger),
    # Bytes.
    Column("size", BigInteger, nullable=False, server_default="0"),
    # The newest entry there was when it was asked for: what came later isn't in it.
    Column("last_audit_id", BigInteger, nullable=False),
    Column("sha256", LargeBinary),
    Column("failure", Text),
    Column("finished_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    key=("export_id",),
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    purge="(expires_at < now())",
)
