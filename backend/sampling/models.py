"""Sampling plans with their versions, where each stands for a product and supplier, the lots that counted, and every switch."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, SmallInteger, Text, Uuid

from infra.schema import Key, tenant_table

# What is current; every state of it stands in `sampling_plan_version`.
sampling_plan = tenant_table(
    "sampling_plan",
    Column("plan_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("definition", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("archived_at", DateTime(timezone=True)),
    key=("plan_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
sampling_plan_version = tenant_table(
    "sampling_plan_version",
    Column("plan_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("made_by", Uuid, nullable=False),
    key=("plan_id", "version"),
    append_only=True,
)
# `supplier` is "" where lots have none; `nonce` draws the lots that are skipped, so that nobody can tell beforehand which.
sampling_state = tenant_table(
    "sampling_state",
    Column("state_id", Uuid, nullable=False),
    Column("plan_id", Uuid, nullable=False),
    Column("product", Key, nullable=False),
    Column("supplier", Key, nullable=False),
    Column("class", SmallInteger, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("score", Integer, nullable=False),
    Column("recent", Text, nullable=False),
    Column("refused", SmallInteger, nullable=False),
    Column("skipping", SmallInteger, nullable=False),
    Column("frequency", SmallInteger, nullable=False),
    Column("skip_run", Integer, nullable=False),
    Column("skip_lots", Integer, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    key=("state_id",),
    unique=[("plan_id", "product", "supplier", "class")],
    references=[(("plan_id",), "sampling_plan.plan_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
# A lot that counted, once for each class and inspection.
sampling_lot = tenant_table(
    "sampling_lot",
    Column("state_id", Uuid, nullable=False),
    Column("inspection_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("score", Integer, nullable=False),
    Column("concluded_at", DateTime(timezone=True), nullable=False),
    key=("state_id", "inspection_id"),
    append_only=True,
)
Index("ix_sampling_lot_number", sampling_lot.c.tenant_id, sampling_lot.c.state_id, sampling_lot.c.number)
# `lots`: the inspections that caused it, as JSON text, oldest first. `actor_id` and `reason` where a person decided.
sampling_switch = tenant_table(
    "sampling_switch",
    Column("switch_id", Uuid, nullable=False),
    Column("state_id", Uuid, nullable=False),
    Column("rule", SmallInteger, nullable=False),
    Column("from_severity", SmallInteger, nullable=False),
    Column("to_severity", SmallInteger, nullable=False),
    Column("skipping", SmallInteger, nullable=False),
    Column("frequency", SmallInteger, nullable=False),
    Column("lots", Text, nullable=False),
    Column("switched_at", DateTime(timezone=True), nullable=False),
    Column("actor_id", Uuid),
    Column("reason", Text),
    key=("state_id", "switch_id"),
    append_only=True,
)
