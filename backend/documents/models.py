"""The table of documents: what was asked for, how far it is, and what the file is."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

document = tenant_table(
    "document",
    Column("document_id", Uuid, nullable=False),
    # As people say it: D-2026-0001.
    Column("number", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("reference", Key, nullable=False),
    # JSON, an object of texts.
    Column("parameters", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    # `Principal.subject` and name of who asked, as he was then (`asked_by.py`); empty where the service did.
    Column("requested_by", Text, nullable=False),
    Column("requested_name", Text, nullable=False),
    Column("asked_by", Text),
    # The sites to which his rights were limited, one a line; empty for none. Whoever is limited reads what he asked for with the same limits.
    Column("limited_to", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    # Who works on it, until when nobody else may; how often somebody has begun.
    Column("run_id", Uuid),
    Column("run_until", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("failure", Text),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    # Where the file lies under the tenant's prefix; none before it is ready, and none any more once it has expired.
    Column("storage_key", Text),
    Column("file_name", Text),
    Column("content_type", Text),
    Column("size", BigInteger),
    Column("pages", Integer),
    Column("rows", BigInteger),
    Column("notes", Text, nullable=False),
    Column("sha256", LargeBinary),
    Column("content_sha256", Text),
    Column("generator", Text),
    key=("document_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
    purge="((storage_key IS NULL) AND (expires_at < (now() - '90 days'::interval)))",
)
_c = document.c
Index("ix_document_reference", _c.tenant_id, _c.reference, _c.document_id)
Index("ix_document_kind", _c.tenant_id, _c.kind, _c.document_id)
Index("ix_document_open", _c.tenant_id, _c.state, _c.run_until, postgresql_where=text("state in (1, 2)"))
Index("ix_document_expires", _c.tenant_id, _c.expires_at, postgresql_where=text("storage_key is not null"))
