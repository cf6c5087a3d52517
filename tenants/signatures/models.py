"""Electronic signatures, to which the application may add and nothing else."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, Text, Uuid

from infra.schema import Key, tenant_table

electronic_signature = tenant_table(
    "electronic_signature",
    Column("signature_id", Uuid, nullable=False),
    Column("signer_id", Uuid, nullable=False),
    # As they were when it was signed (21 CFR 11.50).
    Column("signer_name", Text, nullable=False),
    Column("meaning", Key, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("subject", Key, nullable=False),
    # Canonical JSON of what was signed, signer and meaning included, so that the signature can't be moved under anything else (11.70).
    Column("content", Text, nullable=False),
    Column("content_sha256", LargeBinary, nullable=False),
    # JSON lists: the signer's roles, and what was proved for this signature.
    Column("roles", Text, nullable=False),
    Column("factors", Text, nullable=False),
    Column("session_id", Uuid, nullable=False),
    Column("device_id", Uuid),
    Column("address", Text, nullable=False),
    key=("signature_id",),
    append_only=True,
)
Index("ix_electronic_signature_subject", electronic_signature.c.tenant_id, electronic_signature.c.subject, electronic_signature.c.signature_id)
