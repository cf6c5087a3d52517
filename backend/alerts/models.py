"""Alerts and the notices that they turn into."""

from sqlalchemy import Column, DateTime, Index, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

alert = tenant_table(
    "alert",
    Column("alert_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    # The same thing never raises two alerts: the key says what it is about.
    Column("dedupe_key", Key, nullable=False),
    Column("subject", Key, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("notified_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    key=("alert_id",),
    unique=[("dedupe_key",)],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_alert_open", alert.c.tenant_id, alert.c.raised_at, alert.c.alert_id, postgresql_where=text("closed_at is null"))
