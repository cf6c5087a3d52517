"""The event log, who took part in each event, the order for readers, capture jobs and the review queue."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Integer, LargeBinary, Numeric, SmallInteger, Text, Uuid, text

from backend.events.moments import MOMENT
from infra.schema import APPEND_ONLY, Key, tenant_table

event = tenant_table(
    "event",
    Column("event_id", BigInteger, Identity(), nullable=False),
    Column("public_id", Uuid, nullable=False),
    Column("event_key", Key, nullable=False),
    # The key without declaration time and digest: an error declaration shares it with the event that it corrects.
    Column("base_key", Key, nullable=False),
    Column("content_sha256", LargeBinary, nullable=False),
    Column("event_hash", Key, nullable=False),
    Column("event_type", SmallInteger, nullable=False),
    Column("action", SmallInteger),
    Column("event_time", DateTime(timezone=True), nullable=False),
    Column("event_offset", Text, nullable=False),
    Column("record_time", DateTime(timezone=True), nullable=False),
    Column("declared_at", DateTime(timezone=True)),
    Column("superseded_by", BigInteger),
    Column("biz_step", Key),
    Column("disposition", Key),
    Column("read_point", Key),
    Column("biz_location", Key),
    Column("transformation_id", Key),
    Column("source", SmallInteger, nullable=False),
    Column("job_id", Uuid),
    Column("anomaly", SmallInteger),
    Column("body", Text, nullable=False),
    Column("context", Text, nullable=False),
    key=("event_id",),
    unique=[("event_key",), ("public_id",)],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_event_base_key", event.c.tenant_id, event.c.base_key)
Index("ix_event_time", event.c.tenant_id, event.c.event_time, event.c.event_id)
Index("ix_event_biz_step", event.c.tenant_id, event.c.biz_step, event.c.event_time)
Index("ix_event_biz_location", event.c.tenant_id, event.c.biz_location, event.c.event_time)
Index("ix_event_read_point", event.c.tenant_id, event.c.read_point)
Index("ix_event_anomaly", event.c.tenant_id, event.c.event_time, postgresql_where=text("anomaly is not null"))

# Rows here and in the projections carry no foreign key: ids are resolved under the tenant's policy in the same transaction,
# every join pins the tenant on both sides, and a check per row would cost more than the row (docs/adr).
event_object = tenant_table(
    "event_object",
    Column("object_id", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("role", SmallInteger, nullable=False),
    Column("line", SmallInteger, nullable=False),
    Column("event_time", DateTime(timezone=True), nullable=False),
    Column("quantity", Numeric),
    Column("uom", Text),
    key=("object_id", "event_id", "role", "line"),
    grants=APPEND_ONLY,
)
Index("ix_event_object_event", event_object.c.tenant_id, event_object.c.event_id)

tenant_sequence = tenant_table(
    "tenant_sequence",
    Column("last_seq", BigInteger, nullable=False),
    # Of the last transaction that derived something (`backend/events/moments.py`).
    Column("last_moment", DateTime(timezone=True)),
    key=(),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)

event_feed = tenant_table(
    "event_feed",
    Column("seq", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    # From when on the event is known; null before moments were kept: since its record time.
    Column("known_at", DateTime(timezone=True), server_default=text(MOMENT)),
    key=("seq",),
    unique=[("event_id",)],
    append_only=True,
)

capture_job = tenant_table(
    "capture_job",
    Column("job_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("error_behaviour", Text, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("errors", Text, nullable=False),
    Column("created_by", Uuid, nullable=False),
    # How many events there are, and with how many of them it is decided what became of them.
    Column("total", Integer),
    # What was wrong with the master data in the header, which keeps no event from being captured.
    Column("warnings", Text, nullable=False, server_default="[]"),
    Column("done", Integer, nullable=False, server_default="0"),
    # Of a document that was staged (`backend/bulk`): what it is, and in whose name it is captured.
    Column("content_type", Text),
    Column("content_encoding", Text),
    Column("size", BigInteger),
    Column("sha256", LargeBinary),
    Column("told_by", Text),
    # What became of each event, one JSON text a line; of a staged document in `capture_result`.
    Column("results", Text),
    key=("job_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_capture_job_open", capture_job.c.tenant_id, capture_job.c.job_id, postgresql_where=text("finished_at is null"))

capture_result = tenant_table(
    "capture_result",
    Column("job_id", Uuid, nullable=False),
    Column("first", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("results", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    key=("job_id", "first"),
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
    purge="(recorded_at < (now() - '180 days'::interval))",
)

# Facts that can't be taken as they are (same key, other content) wait here for a person; nothing that was told is lost.
review_entry = tenant_table(
    "review_entry",
    Column("review_id", Uuid, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("source", SmallInteger, nullable=False),
    Column("event_key", Key, nullable=False),
    Column("content_sha256", LargeBinary, nullable=False),
    Column("raw", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # "conflict", "unreadable", "not_taken" or "revoked_device": what a person can do about it (`backend/events/review.py`).
    Column("kind", Key, nullable=False),
    # The bytes that came, where `raw` doesn't give them back exactly.
    Column("raw_bytes", LargeBinary),
    # As EPCIS JSON, where it could be read and isn't what stands in `raw`.
    Column("event", Text),
    Column("place", Key),
    Column("device_id", Uuid),
    Column("resolved_at", DateTime(timezone=True)),
    Column("resolution", Key),
    Column("resolved_by", Uuid),
    Column("resolved_by_name", Text),
    Column("resolution_reason", Text),
    Column("accepted_as", Uuid),
    key=("review_id",),
    unique=[("event_key", "content_sha256")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_review_entry_open", review_entry.c.tenant_id, review_entry.c.review_id, postgresql_where=text("resolved_at is null"))
Index("ix_review_entry_device", review_entry.c.tenant_id, review_entry.c.device_id, postgresql_where=text("device_id is not null"))
