"""Alerts, what becomes of them, and who is told when nobody acts."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

alert = tenant_table(
    "alert",
    Column("alert_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    # What it is about: while such an alert is open, or for good where it tells a fact, the same never raises another one.
    Column("dedupe_key", Key, nullable=False),
    Column("subject", Key, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("notified_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    # Alerts of one cause are shown and acted on together.
    Column("cause_key", Key, nullable=False, server_default=""),
    Column("rule_id", Uuid),
    # Tells a condition, which ends and may come again, and not a fact, which stays one.
    Column("resets", Boolean, nullable=False, server_default=text("false")),
    Column("recurrence_of", Uuid),
    # Further occurrences wait in `alert_occurrence` until the worker has counted them.
    Column("occurrences", Integer, nullable=False, server_default="1"),
    Column("last_at", DateTime(timezone=True)),
    Column("latest_detail", Text),
    # One of a storm: counted and listed, and nobody is told of it by itself.
    Column("folded", Boolean, nullable=False, server_default=text("false")),
    Column("owner_id", Uuid),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Uuid),
    Column("snoozed_until", DateTime(timezone=True)),
    Column("resolution", SmallInteger),
    Column("close_reason", Text),
    # Steps of the escalation policy; `escalation` counts its runs, so that a bell of an earlier one is known.
    Column("policy_id", Uuid),
    Column("escalation", Integer, nullable=False, server_default="0"),
    Column("escalated_steps", Integer, nullable=False, server_default="0"),
    key=("alert_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_alert_open", alert.c.tenant_id, alert.c.alert_id, postgresql_where=text("closed_at is null"))
Index("ix_alert_subject", alert.c.tenant_id, alert.c.subject, alert.c.alert_id)
Index("uq_alert_dedupe", alert.c.tenant_id, alert.c.dedupe_key, unique=True, postgresql_where=text("closed_at is null or not resets"))
Index("ix_alert_recurring", alert.c.tenant_id, alert.c.dedupe_key, alert.c.alert_id, postgresql_where=text("closed_at is not null and resets"))
Index("ix_alert_cause", alert.c.tenant_id, alert.c.cause_key, alert.c.alert_id, postgresql_where=text("closed_at is null"))
Index("ix_alert_storm", alert.c.tenant_id, alert.c.cause_key, alert.c.kind, alert.c.raised_at, postgresql_where=text("not folded"))

# Added by whoever meets the condition again, which waits for nobody; the worker counts it and takes it out.
alert_occurrence = tenant_table(
    "alert_occurrence",
    Column("occurrence_id", Uuid, nullable=False),
    Column("dedupe_key", Key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("subject", Key, nullable=False),
    Column("detail", Text, nullable=False),
    Column("cause_key", Key, nullable=False),
    Column("rule_id", Uuid),
    Column("resets", Boolean, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    key=("occurrence_id",),
)
Index("ix_alert_occurrence_dedupe", alert_occurrence.c.tenant_id, alert_occurrence.c.dedupe_key)

# Who did what to an alert and when; without an actor's id the service itself.
alert_history = tenant_table(
    "alert_history",
    Column("entry_id", Uuid, nullable=False),
    Column("alert_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", SmallInteger, nullable=False),
    Column("actor_kind", Key, nullable=False),
    Column("actor_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("comment", Text),
    Column("detail", Text),
    key=("entry_id",),
    append_only=True,
)
Index("ix_alert_history_alert", alert_history.c.tenant_id, alert_history.c.alert_id, alert_history.c.entry_id)

# The first policy in order of position that fits an alert says who is told when nobody acknowledges it.
escalation_policy = tenant_table(
    "escalation_policy",
    Column("policy_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("least_severity", SmallInteger, nullable=False),
    # Kinds of alerts as a JSON list, empty for all; steps as a JSON list.
    Column("kinds", Text, nullable=False),
    Column("steps", Text, nullable=False),
    # The last step comes again so often, each time after so many minutes.
    Column("repeats", Integer, nullable=False),
    Column("repeat_minutes", Integer, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("archived_at", DateTime(timezone=True)),
    key=("policy_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
