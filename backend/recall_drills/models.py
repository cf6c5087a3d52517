"""Drills with their steps and findings, and how often and how well the company wants to drill."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Numeric, SmallInteger, Text, Uuid, text

from infra.schema import Grants, Key, tenant_table

_CHANGED: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}

# `case_id` is its recall case, which is a drill's. Targets are kept as they were when it began, the score as it was when it was finished.
recall_drill = tenant_table(
    "recall_drill",
    Column("drill_id", Uuid, nullable=False),
    Column("number", Key, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("seed", Key, nullable=False),
    # JSON: names, and what each does.
    Column("participants", Text, nullable=False),
    Column("target_seconds", Integer, nullable=False),
    Column("target_percent", Numeric, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("started_by", Uuid, nullable=False),
    Column("started_name", Text, nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("seconds", Numeric),
    Column("forward_percent", Numeric),
    Column("backward_percent", Numeric),
    Column("completeness_percent", Numeric),
    Column("passed", Boolean),
    Column("conclusion", Text, nullable=False),
    Column("concluded_at", DateTime(timezone=True)),
    Column("concluded_by", Uuid),
    Column("concluded_name", Text, nullable=False),
    Column("signature_id", Uuid),
    key=("drill_id",),
    unique=[("number",), ("case_id",)],
    grants=_CHANGED,
)
Index("ix_recall_drill_finished", recall_drill.c.tenant_id, recall_drill.c.finished_at, postgresql_where=text("finished_at is not null"))

# When each step was done, and what it found (JSON). `elapsed_ms` counts from the drill's start, `machine_ms` is what the service itself took.
recall_drill_step = tenant_table(
    "recall_drill_step",
    Column("drill_id", Uuid, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("elapsed_ms", BigInteger, nullable=False),
    Column("machine_ms", BigInteger, nullable=False),
    Column("done_by", Uuid, nullable=False),
    Column("done_name", Text, nullable=False),
    Column("detail", Text, nullable=False),
    key=("drill_id", "step"),
    append_only=True,
)

recall_drill_finding = tenant_table(
    "recall_drill_finding",
    Column("finding_id", Uuid, nullable=False),
    Column("drill_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("found_by", Uuid, nullable=False),
    Column("found_name", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("corrective_action_id", Uuid),
    key=("finding_id",),
    references=[(("drill_id",), "recall_drill.drill_id"), (("corrective_action_id",), "corrective_action.corrective_action_id")],
    grants=_CHANGED,
)
Index("ix_recall_drill_finding_of", recall_drill_finding.c.tenant_id, recall_drill_finding.c.drill_id)

recall_drill_policy = tenant_table(
    "recall_drill_policy",
    Column("target_seconds", Integer, nullable=False),
    Column("target_percent", Numeric, nullable=False),
    Column("every_days", Integer, nullable=False),
    Column("warn_days", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    key=(),
    grants=_CHANGED,
)
