"""The tables of fields and of the words and places that occur."""

from sqlalchemy import BigInteger, Column, DateTime, Double, Index, SmallInteger, text

from backend.events.models import event
from infra.schema import APPEND_ONLY, Key, tenant_table

# `field` is the code of the field's name (`names.py`). A number has no text; a text that reads as a number or a time has that too.
# All three are compared by operators that may use an index under row level security.
event_field = tenant_table(
    "event_field",
    Column("field", BigInteger, nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("line", SmallInteger, nullable=False),
    Column("text_value", Key),
    Column("number_value", Double),
    Column("time_value", DateTime(timezone=True)),
    Column("unit", Key),
    key=("field", "event_id", "line"),
    grants=APPEND_ONLY,
)
for _name in ("text", "number", "time"):
    Index(
        f"ix_event_field_{_name}",
        event_field.c.tenant_id,
        event_field.c.field,
        event_field.c[f"{_name}_value"],
        event_field.c.event_id,
        postgresql_where=text(f"{_name}_value is not null"),
    )

# Each word and place that occurs, with each place of an event in which it does (empty where the event tells none).
event_vocabulary = tenant_table(
    "event_vocabulary",
    Column("dimension", SmallInteger, nullable=False),
    Column("value", Key, nullable=False),
    Column("place", Key, nullable=False),
    key=("dimension", "value", "place"),
    grants=APPEND_ONLY,
)

Index("ix_event_record_time", event.c.tenant_id, event.c.record_time, event.c.event_id)
Index("ix_event_declared", event.c.tenant_id, event.c.declared_at, postgresql_where=text("declared_at is not null"))
