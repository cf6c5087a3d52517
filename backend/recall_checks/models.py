"""Plans of effectiveness checks, the checks of sampled customers and what each said, and the board's points over time."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Numeric, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

# Each choice of a level; the newest counts. `percentage` is level B's. A sample is drawn again from `seed` and the frozen `version`.
recall_check_plan = tenant_table(
    "recall_check_plan",
    Column("case_id", Uuid, nullable=False),
    Column("plan_id", Uuid, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("percentage", Numeric),
    Column("seed", Key, nullable=False),
    Column("version", Integer, nullable=False),
    Column("population", Integer, nullable=False),
    Column("method", SmallInteger, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Column("chosen_at", DateTime(timezone=True), nullable=False),
    # Without a person the service itself drew again, because the scope was extended.
    Column("chosen_by", Uuid),
    Column("chosen_name", Text, nullable=False),
    key=("case_id", "plan_id"),
    append_only=True,
)

# One consignee of a sample; `position` is its place in the draw.
recall_check = tenant_table(
    "recall_check",
    Column("case_id", Uuid, nullable=False),
    Column("check_id", Uuid, nullable=False),
    Column("party", Key, nullable=False),
    Column("plan_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("method", SmallInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("checked_at", DateTime(timezone=True)),
    key=("check_id",),
    unique=[("case_id", "party")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_recall_check_case", recall_check.c.tenant_id, recall_check.c.case_id, recall_check.c.check_id)
Index("ix_recall_check_due", recall_check.c.tenant_id, recall_check.c.due_at, postgresql_where=text("state < 4"))

# What was asked and answered, each time.
recall_check_record = tenant_table(
    "recall_check_record",
    Column("check_id", Uuid, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    Column("recorded_name", Text, nullable=False),
    Column("method", SmallInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("reached", Boolean, nullable=False),
    Column("received_notice", Boolean),
    Column("acted", Boolean),
    Column("stock", SmallInteger, nullable=False),
    Column("stock_quantity", Numeric),
    Column("stock_uom", Key, nullable=False),
    Column("told_onward", Boolean),
    Column("note", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("follow_up", Text, nullable=False),
    Column("follow_up_due", DateTime(timezone=True)),
    key=("check_id", "record_id"),
    append_only=True,
)

# How the board stood, a row for each unit of measure, whenever it had changed by the full hour. Certain and possible together.
recall_board_point = tenant_table(
    "recall_board_point",
    Column("case_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("uom", Key, nullable=False),
    Column("shipped", Numeric, nullable=False),
    Column("recovered", Numeric, nullable=False),
    Column("destroyed", Numeric, nullable=False),
    Column("sold", Numeric, nullable=False),
    Column("used", Numeric, nullable=False),
    Column("held", Numeric, nullable=False),
    Column("unknown", Numeric, nullable=False),
    Column("over", Numeric, nullable=False),
    key=("case_id", "at", "uom"),
    append_only=True,
)
