"""The tables of recall notices: whom to tell, what was told and how it got there, what came back, and connections between companies."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, LargeBinary, Numeric, SmallInteger, Text, Uuid, text

from infra.schema import Grants, Key, tenant_table

_CHANGED: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_NOTICE = (("notice_id",), "recall_notice.notice_id")

recall_contact = tenant_table(
    "recall_contact",
    Column("contact_id", Uuid, nullable=False),
    # The partner's URI, whether the catalogue has it or not.
    Column("party", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("language", Key, nullable=False),
    Column("role", SmallInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("archived_at", DateTime(timezone=True)),
    key=("contact_id",),
    grants=_CHANGED,
)
Index("ix_recall_contact_party", recall_contact.c.tenant_id, recall_contact.c.party, postgresql_where=text("archived_at is null"))

# When to remind and whom to call in: the company's own ("company"), or one case's ("case:…").
recall_notice_plan = tenant_table(
    "recall_notice_plan",
    Column("plan_key", Key, nullable=False),
    # JSON of `rules.Plan`.
    Column("definition", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    key=("plan_key",),
    grants=_CHANGED,
)

# The writing of a case's notices: how far it has come, and when its reminders are to be looked at next.
recall_notice_run = tenant_table(
    "recall_notice_run",
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("written", Integer, nullable=False),
    # The party after which to go on.
    Column("after_party", Key, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    key=("case_id", "version", "kind"),
    grants=_CHANGED,
)
recall_notice_watch = tenant_table(
    "recall_notice_watch",
    Column("case_id", Uuid, nullable=False),
    # The doorbell that counts: of several only the one for this moment.
    Column("look_at", DateTime(timezone=True)),
    key=("case_id",),
    grants=_CHANGED,
)

recall_notice = tenant_table(
    "recall_notice",
    Column("notice_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("party", Key, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("language", Key, nullable=False),
    # What it says, frozen: JSON of `content.Content`; and how many lots that are.
    Column("content", Text, nullable=False),
    Column("lots", Integer, nullable=False),
    Column("queued_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True)),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("acknowledged_by", Text),
    Column("acknowledged_through", SmallInteger),
    Column("reported_at", DateTime(timezone=True)),
    # The case is closed: its links show what was said, and take nothing more.
    Column("closed_at", DateTime(timezone=True)),
    # How many steps of the plan's reminders are behind it, and when the next one is due.
    Column("steps", Integer, nullable=False),
    Column("next_look_at", DateTime(timezone=True)),
    Column("escalated_at", DateTime(timezone=True)),
    key=("notice_id",),
    unique=[("case_id", "version", "kind", "party")],
    grants=_CHANGED,
)
Index("ix_recall_notice_case", recall_notice.c.tenant_id, recall_notice.c.case_id, recall_notice.c.notice_id)
Index("ix_recall_notice_look", recall_notice.c.tenant_id, recall_notice.c.case_id, recall_notice.c.next_look_at,
      postgresql_where=text("next_look_at is not null"))  # fmt: skip
Index("ix_recall_notice_party", recall_notice.c.tenant_id, recall_notice.c.case_id, recall_notice.c.party)

# A link opens one notice. Several may be good at a time: each mail, letter and person who asked has one. Only hashes are kept.
recall_notice_link = tenant_table(
    "recall_notice_link",
    Column("link_id", Uuid, nullable=False),
    Column("notice_id", Uuid, nullable=False),
    Column("token_sha256", LargeBinary, nullable=False),
    Column("way", SmallInteger, nullable=False),
    # For whom it was made, in words.
    Column("receiver", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("opened_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    key=("link_id",),
    unique=[("token_sha256",)],
    references=[_NOTICE],
    grants=_CHANGED,
)
Index("ix_recall_notice_link_of", recall_notice_link.c.tenant_id, recall_notice_link.c.notice_id)

recall_notice_delivery = tenant_table(
    "recall_notice_delivery",
    Column("delivery_id", Uuid, nullable=False),
    Column("notice_id", Uuid, nullable=False),
    # What is sent: "notice", "acknowledge-1", "again:…": of each nobody gets two.
    Column("occasion", Key, nullable=False),
    Column("way", SmallInteger, nullable=False),
    # The address, or the connection's id; the name beside it; and the language in which it is written.
    Column("receiver", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("language", Key, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("lease_id", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    key=("delivery_id",),
    unique=[("notice_id", "occasion", "way", "receiver")],
    references=[_NOTICE],
    grants=_CHANGED,
)

# What a customer says of one lot as a whole; of a lot the last one counts. Evidence: nobody changes it, corrections stand behind it.
recall_answer = tenant_table(
    "recall_answer",
    Column("answer_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("notice_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("found", Numeric, nullable=False),
    Column("returned", Numeric, nullable=False),
    Column("destroyed", Numeric, nullable=False),
    Column("forwarded", Numeric, nullable=False),
    Column("uom", Key, nullable=False),
    # Nothing of it was found, and nothing went on.
    Column("nothing", Boolean, nullable=False),
    # More than was delivered, and said again when asked.
    Column("over", Boolean, nullable=False),
    Column("forwarded_to", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("source", SmallInteger, nullable=False),
    # Who said so, and when; who of us has written it down.
    Column("said_by", Text, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    key=("answer_id",),
    append_only=True,
)
Index("ix_recall_answer_case", recall_answer.c.tenant_id, recall_answer.c.case_id)
Index("ix_recall_answer_notice", recall_answer.c.tenant_id, recall_answer.c.notice_id, recall_answer.c.line, recall_answer.c.answer_id)

# Two companies of the service that know each other as sender and customer: a row on each side, under the same id.
recall_connection = tenant_table(
    "recall_connection",
    Column("connection_id", Uuid, nullable=False),
    Column("direction", SmallInteger, nullable=False),
    # The customer, as the sender names him.
    Column("party", Key, nullable=False),
    Column("other_id", Uuid, nullable=False),
    Column("other_name", Text, nullable=False),
    Column("connected_at", DateTime(timezone=True), nullable=False),
    Column("connected_by", Text, nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_by", Text),
    key=("connection_id",),
    unique=[("direction", "other_id", "party")],
    grants=_CHANGED,
)
Index("ix_recall_connection_party", recall_connection.c.tenant_id, recall_connection.c.direction, recall_connection.c.party)

# A notice that another company has sent to this one.
received_recall_notice = tenant_table(
    "received_recall_notice",
    Column("received_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    # The sender's: by it answers find back.
    Column("notice_id", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("lots", Integer, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("acknowledged_at", DateTime(timezone=True)),
    Column("reported_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    key=("received_id",),
    unique=[("connection_id", "notice_id")],
    references=[(("connection_id",), "recall_connection.connection_id")],
    grants=_CHANGED,
)
received_recall_answer = tenant_table(
    "received_recall_answer",
    Column("answer_id", Uuid, nullable=False),
    Column("received_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("found", Numeric, nullable=False),
    Column("returned", Numeric, nullable=False),
    Column("destroyed", Numeric, nullable=False),
    Column("forwarded", Numeric, nullable=False),
    Column("uom", Key, nullable=False),
    Column("nothing", Boolean, nullable=False),
    Column("over", Boolean, nullable=False),
    Column("forwarded_to", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    key=("answer_id",),
    append_only=True,
)
Index("ix_received_recall_answer_of", received_recall_answer.c.tenant_id, received_recall_answer.c.received_id,
      received_recall_answer.c.line, received_recall_answer.c.answer_id)  # fmt: skip
