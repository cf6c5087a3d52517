"""Nonconformances, the goods and holds concerned, decisions with their dispositions, and a history that nobody can change."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Numeric, SmallInteger, Text, Uuid, text

from infra.schema import Grants, Key, tenant_table

_CHANGED: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}

nonconformance = tenant_table(
    "nonconformance",
    Column("nonconformance_id", Uuid, nullable=False),
    Column("number", Key, nullable=False),
    Column("source", SmallInteger, nullable=False),
    # The public id of what it came from ("inspection:0190…"); empty where somebody opened it by hand.
    Column("source_reference", Key, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    # What was found wrong, in the specification's word for it: by it recurrences are told.
    Column("characteristic", Key),
    Column("place", Key),
    Column("supplier", Key),
    Column("customer", Key),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    # None where the service itself opened it.
    Column("opened_by", Uuid),
    Column("closed_at", DateTime(timezone=True)),
    key=("nonconformance_id",),
    unique=[("number",)],
    grants=_CHANGED,
)
Index(
    "uq_nonconformance_source", nonconformance.c.tenant_id, nonconformance.c.source, nonconformance.c.source_reference, unique=True,
    postgresql_where=text("closed_at is null and source_reference <> ''"),
)  # fmt: skip
Index("ix_nonconformance_open", nonconformance.c.tenant_id, nonconformance.c.nonconformance_id, postgresql_where=text("closed_at is null"))
Index("ix_nonconformance_opened", nonconformance.c.tenant_id, nonconformance.c.opened_at)
Index("ix_nonconformance_supplier", nonconformance.c.tenant_id, nonconformance.c.supplier, nonconformance.c.nonconformance_id)
Index("ix_nonconformance_characteristic", nonconformance.c.tenant_id, nonconformance.c.characteristic, nonconformance.c.opened_at)

nonconformance_object = tenant_table(
    "nonconformance_object",
    Column("nonconformance_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    # None: all of it.
    Column("quantity", Numeric),
    Column("uom", Text),
    key=("nonconformance_id", "object_id"),
    references=[(("nonconformance_id",), "nonconformance.nonconformance_id"), (("object_id",), "traceable_object.object_id")],
    grants=_CHANGED,
)
Index("ix_nonconformance_object_object", nonconformance_object.c.tenant_id, nonconformance_object.c.object_id)

nonconformance_hold = tenant_table(
    "nonconformance_hold",
    Column("nonconformance_id", Uuid, nullable=False),
    Column("hold_id", Uuid, nullable=False),
    key=("nonconformance_id", "hold_id"),
    references=[(("nonconformance_id",), "nonconformance.nonconformance_id"), (("hold_id",), "hold.hold_id")],
    grants={"suyuan_app": ("SELECT", "INSERT")},
)

# One signed act; where two have to sign, it waits for the second.
nonconformance_decision = tenant_table(
    "nonconformance_decision",
    Column("decision_id", Uuid, nullable=False),
    Column("nonconformance_id", Uuid, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Uuid, nullable=False),
    Column("signature_id", Uuid, nullable=False),
    Column("second_at", DateTime(timezone=True)),
    Column("second_by", Uuid),
    Column("second_reason", Text),
    Column("second_signature_id", Uuid),
    key=("decision_id",),
    references=[(("nonconformance_id",), "nonconformance.nonconformance_id")],
    grants=_CHANGED,
)
Index("ix_nonconformance_decision_of", nonconformance_decision.c.tenant_id, nonconformance_decision.c.nonconformance_id)
Index(
    "uq_nonconformance_decision_waiting", nonconformance_decision.c.tenant_id, nonconformance_decision.c.nonconformance_id, unique=True,
    postgresql_where=text("status = 1"),
)  # fmt: skip

disposition = tenant_table(
    "disposition",
    Column("disposition_id", Uuid, nullable=False),
    Column("decision_id", Uuid, nullable=False),
    Column("nonconformance_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("quantity", Numeric),
    Column("uom", Text),
    # How to rework, what it is regraded to, where to return it.
    Column("instruction", Text, nullable=False),
    # Of a concession: the customer's approval, and until when it counts.
    Column("approval_reference", Text),
    Column("valid_until", DateTime(timezone=True)),
    # Of a rework: the goods that came of it, which alone its re-inspection clears.
    Column("outcome_id", BigInteger),
    # What proves that it was done: the event's public id.
    Column("event_id", Uuid),
    Column("done_at", DateTime(timezone=True)),
    Column("done_by", Uuid),
    Column("released", Boolean, nullable=False),
    key=("disposition_id",),
    references=[
        (("decision_id",), "nonconformance_decision.decision_id"), (("nonconformance_id",), "nonconformance.nonconformance_id"),
        (("object_id",), "traceable_object.object_id"), (("outcome_id",), "traceable_object.object_id"),
    ],
    grants=_CHANGED,
)  # fmt: skip
Index("ix_disposition_nonconformance", disposition.c.tenant_id, disposition.c.nonconformance_id)

# The tenant's own rule, in one row: from which severity on two people decide.
decision_policy = tenant_table(
    "decision_policy", Column("two_people_from", SmallInteger, nullable=False), key=(), grants=_CHANGED,
)  # fmt: skip

# What became of nonconformances, corrective actions and requests to suppliers: `subject` is "nonconformance:0190…" and the like.
quality_history = tenant_table(
    "quality_history",
    Column("subject", Key, nullable=False),
    Column("entry_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("act", Key, nullable=False),
    Column("note", Text, nullable=False),
    Column("detail", Text, nullable=False),
    key=("subject", "entry_id"),
    append_only=True,
)
