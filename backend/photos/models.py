"""Photos from the moment on at which their upload was allowed, and what they belong to."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, SmallInteger, Text, Uuid

from infra.schema import Key, tenant_table

# `sha256`, `size` and `content_type` are the original's, which isn't kept; `taken_at` is what its camera wrote, if anything.
photo = tenant_table(
    "photo",
    Column("photo_id", Uuid, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("allowed_at", DateTime(timezone=True), nullable=False),
    Column("allowed_by", Uuid),
    Column("checked_at", DateTime(timezone=True)),
    Column("refusal", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("taken_at", Text),
    key=("photo_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
photo_subject = tenant_table(
    "photo_subject",
    Column("subject", Key, nullable=False),
    Column("photo_id", Uuid, nullable=False),
    Column("attached_at", DateTime(timezone=True), nullable=False),
    Column("attached_by", Uuid, nullable=False),
    key=("subject", "photo_id"),
    append_only=True,
)
Index("ix_photo_subject_photo", photo_subject.c.tenant_id, photo_subject.c.photo_id)
