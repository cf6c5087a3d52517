"""Instruments and what was found at each calibration."""

from sqlalchemy import Column, DateTime, Index, Integer, Numeric, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

# `place` is a canonical URI; `due_at` that of the last calibration that counts, so that what is due is found without looking at all.
instrument = tenant_table(
    "instrument",
    Column("instrument_id", Uuid, nullable=False),
    Column("identifier", Key, nullable=False),
    Column("serial", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("range_low", Numeric),
    Column("range_high", Numeric),
    Column("resolution", Numeric),
    Column("uom", Text, nullable=False),
    Column("place", Key),
    Column("owner", Text, nullable=False),
    Column("interval_days", Integer),
    Column("due_at", DateTime(timezone=True)),
    Column("out_of_service_at", DateTime(timezone=True)),
    Column("out_of_service_reason", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    key=("instrument_id",),
    unique=[("identifier",)],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_instrument_due", instrument.c.tenant_id, instrument.c.due_at, postgresql_where=text("out_of_service_at is null"))

# Evidence: what was entered wrongly is replaced by another entry that names it. `file_id` is a photo or PDF of the certificate.
calibration = tenant_table(
    "calibration",
    Column("calibration_id", Uuid, nullable=False),
    Column("instrument_id", Uuid, nullable=False),
    Column("performed_at", DateTime(timezone=True), nullable=False),
    Column("performed_by", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("as_found", SmallInteger, nullable=False),
    Column("as_left", SmallInteger, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("file_id", Uuid),
    Column("note", Text, nullable=False),
    Column("replaces", Uuid),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    key=("instrument_id", "calibration_id"),
    append_only=True,
)
# When it was out of service: what was measured then doesn't count, although it is in service again.
instrument_outage = tenant_table(
    "instrument_outage",
    Column("instrument_id", Uuid, nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("reason", Text, nullable=False),
    key=("instrument_id", "began_at"),
    references=[(("instrument_id",), "instrument.instrument_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
