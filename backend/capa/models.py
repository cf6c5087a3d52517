"""Corrective actions with their disciplines and items, requests to suppliers, and what suppliers answered."""

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, SmallInteger, Text, Uuid, text

from infra.schema import Grants, Key, tenant_table

_CHANGED: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}

corrective_action = tenant_table(
    "corrective_action",
    Column("corrective_action_id", Uuid, nullable=False),
    Column("number", Key, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("title", Text, nullable=False),
    # A membership.
    Column("owner_id", Uuid, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("opened_by", Uuid, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    # The effectiveness check: when, by what criterion, and what it watches for recurrence.
    Column("check_at", DateTime(timezone=True)),
    Column("criterion", Text),
    Column("watched_gtin", Key),
    Column("watched_characteristic", Key),
    Column("watched_from", DateTime(timezone=True)),
    Column("watched_days", Integer),
    key=("corrective_action_id",),
    unique=[("number",)],
    grants=_CHANGED,
)
Index("ix_corrective_action_due", corrective_action.c.tenant_id, corrective_action.c.due_at, postgresql_where=text("closed_at is null"))
Index("ix_corrective_action_check", corrective_action.c.tenant_id, corrective_action.c.check_at, postgresql_where=text("closed_at is null"))
Index("ix_corrective_action_owner", corrective_action.c.tenant_id, corrective_action.c.owner_id, corrective_action.c.corrective_action_id)
Index("ix_corrective_action_open", corrective_action.c.tenant_id, corrective_action.c.corrective_action_id,
      postgresql_where=text("closed_at is null"))  # fmt: skip

corrective_action_cause = tenant_table(
    "corrective_action_cause",
    Column("corrective_action_id", Uuid, nullable=False),
    Column("nonconformance_id", Uuid, nullable=False),
    key=("corrective_action_id", "nonconformance_id"),
    references=[
        (("corrective_action_id",), "corrective_action.corrective_action_id"), (("nonconformance_id",), "nonconformance.nonconformance_id"),
    ],
    grants={"suyuan_app": ("SELECT", "INSERT")},
)  # fmt: skip
Index("ix_corrective_action_cause_of", corrective_action_cause.c.tenant_id, corrective_action_cause.c.nonconformance_id)

# D1 to D8, as far as they are written. `detail` is JSON: the team of D1, the whys and causes of D4.
discipline = tenant_table(
    "discipline",
    Column("corrective_action_id", Uuid, nullable=False),
    Column("discipline", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("done_at", DateTime(timezone=True)),
    key=("corrective_action_id", "discipline"),
    references=[(("corrective_action_id",), "corrective_action.corrective_action_id")],
    grants=_CHANGED,
)
Index("ix_discipline_due", discipline.c.tenant_id, discipline.c.due_at, postgresql_where=text("done_at is null and due_at is not null"))

action_item = tenant_table(
    "action_item",
    Column("action_item_id", Uuid, nullable=False),
    Column("corrective_action_id", Uuid, nullable=False),
    Column("discipline", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("owner_id", Uuid, nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("done_at", DateTime(timezone=True)),
    Column("done_by", Uuid),
    Column("evidence", Text),
    key=("action_item_id",),
    references=[(("corrective_action_id",), "corrective_action.corrective_action_id")],
    grants=_CHANGED,
)
Index("ix_action_item_of", action_item.c.tenant_id, action_item.c.corrective_action_id)
Index("ix_action_item_due", action_item.c.tenant_id, action_item.c.due_at, postgresql_where=text("done_at is null and due_at is not null"))

supplier_request = tenant_table(
    "supplier_request",
    Column("supplier_request_id", Uuid, nullable=False),
    Column("number", Key, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("supplier", Key, nullable=False),
    Column("corrective_action_id", Uuid),
    Column("text", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("sent_by", Uuid, nullable=False),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    # Of the last link's token; the ones before it are void, and so is this one once the answer is accepted.
    Column("token_sha256", LargeBinary, nullable=False),
    # Of the link in its mails, as long as the one above is good.
    Column("mail_token_sha256", LargeBinary),
    Column("token_expires_at", DateTime(timezone=True), nullable=False),
    key=("supplier_request_id",),
    unique=[("number",), ("token_sha256",)],
    references=[(("corrective_action_id",), "corrective_action.corrective_action_id")],
    grants=_CHANGED,
)
Index("ix_supplier_request_supplier", supplier_request.c.tenant_id, supplier_request.c.supplier, supplier_request.c.supplier_request_id)
Index("ix_supplier_request_due", supplier_request.c.tenant_id, supplier_request.c.due_at, postgresql_where=text("closed_at is null"))

supplier_request_object = tenant_table(
    "supplier_request_object",
    Column("supplier_request_id", Uuid, nullable=False),
    Column("object_id", BigInteger, nullable=False),
    key=("supplier_request_id", "object_id"),
    references=[(("supplier_request_id",), "supplier_request.supplier_request_id"), (("object_id",), "traceable_object.object_id")],
    grants={"suyuan_app": ("SELECT", "INSERT")},
)

# What a supplier wrote, each time as a whole; the last one counts.
supplier_answer = tenant_table(
    "supplier_answer",
    Column("supplier_request_id", Uuid, nullable=False),
    Column("answer_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("written_by", Text, nullable=False),
    Column("containment", Text, nullable=False),
    Column("root_cause", Text, nullable=False),
    Column("corrective_action", Text, nullable=False),
    Column("done_by", Text, nullable=False),
    key=("supplier_request_id", "answer_id"),
    append_only=True,
)
# What was said of an answer: one for each.
supplier_answer_review = tenant_table(
    "supplier_answer_review",
    Column("supplier_request_id", Uuid, nullable=False),
    Column("answer_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("reviewed_by", Uuid, nullable=False),
    Column("verdict", SmallInteger, nullable=False),
    Column("comment", Text, nullable=False),
    key=("supplier_request_id", "answer_id"),
    append_only=True,
)
