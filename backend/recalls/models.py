"""Recall cases, their acts, the law's clocks, what they are linked to, and how the company computes periods."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, SmallInteger, Text, Uuid, text

from infra.schema import APPEND_ONLY, Grants, Key, tenant_table

_CHANGED: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}

recall_case = tenant_table(
    "recall_case",
    Column("case_id", Uuid, nullable=False),
    Column("number", Key, nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hazard", Text, nullable=False),
    # What people call the goods; {"zh": …, "en": …}, as is what to do with them.
    Column("products", Text, nullable=False),
    Column("instructions", Text, nullable=False),
    # The public id of what told of it ("inspection:0190…"); empty where somebody opened it by hand.
    Column("source_reference", Key, nullable=False),
    Column("sector", SmallInteger),
    # ISO 3166 codes, comma-separated.
    Column("countries", Text, nullable=False),
    Column("contact_phone", Text, nullable=False),
    Column("contact_email", Text, nullable=False),
    # A membership; None where the service itself opened it.
    Column("owner_id", Uuid),
    # When the company came to know: from then on the first clocks run.
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("opened_by", Uuid),
    Column("decision", SmallInteger),
    Column("recall_class", SmallInteger),
    Column("depth", SmallInteger),
    Column("decision_reason", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", Uuid),
    Column("decided_name", Text, nullable=False),
    Column("announced_at", DateTime(timezone=True)),
    Column("announced_by", Uuid),
    # The last frozen scope that was signed; 0 before the announcement.
    Column("scope_version", Integer, nullable=False),
    Column("completed_at", DateTime(timezone=True)),
    Column("root_cause", Text, nullable=False),
    Column("capa_waiver", Text, nullable=False),
    Column("effect_waiver", Text, nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", Uuid),
    # Since when late events wait for somebody to extend or to reopen it.
    Column("grown_at", DateTime(timezone=True)),
    key=("case_id",),
    unique=[("number",)],
    grants=_CHANGED,
)
Index("ix_recall_case_open", recall_case.c.tenant_id, recall_case.c.case_id, postgresql_where=text("closed_at is null"))
Index("ix_recall_case_source", recall_case.c.tenant_id, recall_case.c.source_reference, postgresql_where=text("source_reference <> ''"))

# What was done in a case, by whom. Nobody can change it.
recall_act = tenant_table(
    "recall_act",
    Column("case_id", Uuid, nullable=False),
    Column("act_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("actor_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("signature_id", Uuid),
    key=("case_id", "act_id"),
    append_only=True,
)

# A duty of the law that runs for a case (`law.py` says what `rule` means). A duty that recurs counts its occurrences up.
recall_clock = tenant_table(
    "recall_clock",
    Column("case_id", Uuid, nullable=False),
    Column("rule", Key, nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("begins_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    # The law says "without delay": the period is the company's own target.
    Column("target", Boolean, nullable=False),
    Column("met_at", DateTime(timezone=True)),
    Column("met_by", Uuid),
    Column("met_name", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    # It doesn't apply, as somebody said (waived), or applies no longer.
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_reason", Text, nullable=False),
    Column("waived", Boolean, nullable=False),
    key=("case_id", "rule", "occurrence"),
    references=[(("case_id",), "recall_case.case_id")],
    grants=_CHANGED,
)

# What belongs to a case: "nonconformance:0190…", "corrective_action:0190…".
recall_link = tenant_table(
    "recall_link",
    Column("case_id", Uuid, nullable=False),
    Column("reference", Key, nullable=False),
    Column("linked_at", DateTime(timezone=True), nullable=False),
    Column("linked_by", Uuid),
    key=("case_id", "reference"),
    references=[(("case_id",), "recall_case.case_id")],
    grants=APPEND_ONLY,
)
Index("ix_recall_link_reference", recall_link.c.tenant_id, recall_link.c.reference)

# One row: the hours that "without delay" means here, and by country the days off and the weekends worked ({"CN": ["2026-10-01", …]}).
recall_policy = tenant_table(
    "recall_policy",
    Column("target_hours", Integer, nullable=False),
    Column("holidays", Text, nullable=False),
    Column("workdays", Text, nullable=False),
    key=(),
    grants=_CHANGED,
)
