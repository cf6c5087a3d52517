"""The tables of inspections, their results, periodic inspection, and what laboratories reported."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Numeric, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

# `status`: 1 awaiting, 2 begun, 3 concluded, 4 cancelled. Of a concluded one nothing changes but `superseded_by`.
inspection = tenant_table(
    "inspection",
    Column("inspection_id", Uuid, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("origin", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("object_id", BigInteger),
    Column("receipt", Key, nullable=False),
    Column("place", Key, nullable=False),
    Column("equipment", Key, nullable=False),
    Column("product", Key, nullable=False),
    Column("material", Key, nullable=False),
    Column("supplier", Key, nullable=False),
    Column("step", Key, nullable=False),
    Column("customer", Key, nullable=False),
    Column("specification_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sampling_plan_id", Uuid),
    Column("lot_size", Integer),
    Column("sample_size", Integer, nullable=False),
    # By class of nonconformities, as JSON; empty without a sampling plan.
    Column("sample_classes", Text, nullable=False),
    Column("sampling_note", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("schedule_id", Uuid),
    Column("due_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("opened_by", Uuid),
    Column("conclusion", SmallInteger),
    Column("verdict", Text),
    Column("note", Text, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("concluded_at", DateTime(timezone=True)),
    Column("concluded_by", Uuid),
    Column("concluded_name", Text, nullable=False),
    Column("supersedes", Uuid),
    Column("superseded_by", Uuid),
    Column("follows", Uuid),
    Column("hold_id", Uuid),
    Column("nonconformance_id", Uuid),
    key=("inspection_id",),
    references=[
        (("object_id",), "traceable_object.object_id"),
        (("specification_id", "version"), "specification_version.specification_id version"),
    ],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_inspection_object", inspection.c.tenant_id, inspection.c.object_id, inspection.c.inspection_id)
Index("ix_inspection_open", inspection.c.tenant_id, inspection.c.inspection_id, postgresql_where=text("concluded_at is null"))
Index("ix_inspection_product", inspection.c.tenant_id, inspection.c.product, inspection.c.inspection_id)
Index("ix_inspection_supplier", inspection.c.tenant_id, inspection.c.supplier, inspection.c.inspection_id)
Index("ix_inspection_receipt", inspection.c.tenant_id, inspection.c.receipt, postgresql_where=text("receipt <> ''"))
Index("ix_inspection_version", inspection.c.tenant_id, inspection.c.specification_id, inspection.c.version)

# What was found. One that was entered anew stays with `replaced_at`. `low` and `high` are what the value says in the characteristic's unit:
# equal for a plain number, one of them empty for "<0.01" or ">5".
inspection_result = tenant_table(
    "inspection_result",
    Column("result_id", Uuid, nullable=False),
    Column("inspection_id", Uuid, nullable=False),
    Column("characteristic", Key, nullable=False),
    Column("sample", Integer, nullable=False),
    Column("measurement", Integer, nullable=False),
    Column("value", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("low", Numeric),
    Column("high", Numeric),
    Column("uncertainty", Numeric),
    Column("judged", SmallInteger, nullable=False),
    Column("judged_why", Text, nullable=False),
    Column("instrument_id", Uuid),
    Column("instrument_valid", Boolean),
    Column("instrument_note", Text, nullable=False),
    Column("photo_ids", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("measured_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    Column("recorded_name", Text, nullable=False),
    Column("replaced_at", DateTime(timezone=True)),
    # For whoever reads a characteristic over all inspections, in order.
    Column("product", Key, nullable=False),
    Column("step", Key, nullable=False),
    key=("result_id",),
    references=[(("inspection_id",), "inspection.inspection_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index(
    "uq_inspection_result_cell",
    inspection_result.c.tenant_id,
    inspection_result.c.inspection_id,
    inspection_result.c.characteristic,
    inspection_result.c.sample,
    inspection_result.c.measurement,
    unique=True,
    postgresql_where=text("replaced_at is null"),
)
Index(
    "ix_inspection_result_series",
    inspection_result.c.tenant_id,
    inspection_result.c.characteristic,
    inspection_result.c.product,
    inspection_result.c.measured_at,
    inspection_result.c.result_id,
)

# `every_days` or `every_lots`; `counted_lot` is the last object that was counted, `next_due_at` when the next is due by time.
inspection_schedule = tenant_table(
    "inspection_schedule",
    Column("schedule_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("specification_id", Uuid, nullable=False),
    Column("every_days", Integer),
    Column("every_lots", Integer),
    Column("product", Key, nullable=False),
    Column("place", Key, nullable=False),
    Column("equipment", Key, nullable=False),
    Column("lead_hours", Integer, nullable=False),
    Column("next_due_at", DateTime(timezone=True)),
    Column("counted_lot", BigInteger, nullable=False),
    Column("lots_since", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    key=("schedule_id",),
    references=[(("specification_id",), "specification.specification_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_inspection_schedule_lots", inspection_schedule.c.tenant_id, inspection_schedule.c.product, postgresql_where=text("ended_at is null"))

# A laboratory's line is taken once: by its report, sample, characteristic and number of measurement.
laboratory_line = tenant_table(
    "laboratory_line",
    Column("laboratory", Key, nullable=False),
    Column("report", Key, nullable=False),
    Column("sample", Key, nullable=False),
    Column("characteristic", Key, nullable=False),
    Column("measurement", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("inspection_id", Uuid, nullable=False),
    Column("result_id", Uuid, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    key=("laboratory", "report", "sample", "characteristic", "measurement"),
    references=[(("inspection_id",), "inspection.inspection_id")],
    grants={"suyuan_app": ("SELECT", "INSERT")},
)
Index("ix_laboratory_line_inspection", laboratory_line.c.tenant_id, laboratory_line.c.inspection_id)
