"""Contacts, notices, deliveries, links, answers and connections as they are stored."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from backend.recall_notices import content as contents
from backend.recall_notices.content import Content, Lot
from backend.recall_notices.kinds import AnswerSource, ContactRole, Direction, NoticeKind, NoticeState, SendState, Way
from infra.database import Record


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to tell at a partner. `email` and `phone` may be empty, not both."""

    contact_id: UUID
    party: str
    name: str
    email: str
    phone: str
    language: str
    role: ContactRole
    updated_at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "Contact":
        """From a row of the table."""
        return cls(
            row["contact_id"], row["party"], row["name"], row["email"], row["phone"], row["language"], ContactRole(row["role"]), row["updated_at"]
        )


@dataclass(frozen=True)
class Notice:
    """One notice to one customer: what it says (`content`), by which version of the scope, and how far it has come.

    `lots` are the customer's own; `answers_of` tells what he says of them. Times are None for what hasn't been.
    """

    notice_id: UUID
    case_id: UUID
    version: int
    kind: NoticeKind
    party: str
    state: NoticeState
    drill: bool
    language: str
    content_text: str
    lot_count: int
    queued_at: datetime
    due_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_through: AnswerSource | None
    reported_at: datetime | None
    closed_at: datetime | None
    steps: int
    next_look_at: datetime | None
    escalated_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Notice":
        """From a row of the table."""
        through = row["acknowledged_through"]
        return cls(
            row["notice_id"], row["case_id"], row["version"], NoticeKind(row["kind"]), row["party"], NoticeState(row["state"]), row["drill"],
            row["language"], row["content"], row["lots"], row["queued_at"], row["due_at"], row["sent_at"], row["opened_at"],
            row["acknowledged_at"], row["acknowledged_by"], AnswerSource(through) if through else None, row["reported_at"], row["closed_at"],
            row["steps"], row["next_look_at"], row["escalated_at"],
        )  # fmt: skip

    @cached_property
    def content(self) -> Content:
        """What it says."""
        return contents.decode(self.content_text)

    @property
    def lots(self) -> tuple[Lot, ...]:
        """What the customer received."""
        return self.content.lots


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one receiver, and what became of it."""

    delivery_id: UUID
    notice_id: UUID
    occasion: str
    way: Way
    receiver: str
    name: str
    language: str
    state: SendState
    reason: str | None
    attempts: int
    failures: int
    next_attempt_at: datetime | None
    due_at: datetime | None
    lease_id: UUID | None
    lease_until: datetime | None
    created_at: datetime
    done_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Delivery":
        """From a row of the table."""
        return cls(
            row["delivery_id"], row["notice_id"], row["occasion"], Way(row["way"]), row["receiver"], row["name"], row["language"],
            SendState(row["state"]), row["reason"], row["attempts"], row["failures"], row["next_attempt_at"], row["due_at"], row["lease_id"],
            row["lease_until"], row["created_at"], row["done_at"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was made for somebody; its token is known to nobody any more."""

    link_id: UUID
    notice_id: UUID
    way: Way
    receiver: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Link":
        """From a row of the table."""
        return cls(
            row["link_id"], row["notice_id"], Way(row["way"]), row["receiver"], row["created_at"], row["expires_at"], row["opened_at"],
            row["revoked_at"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a customer says of one lot (`key`), in `uom`. `received` is what he was told that he has got, None where nobody knows.

    `over`: he accounts for more than that, and means it. `said_by` and `said_at` are the customer's; `recorded_by` is who of us wrote
    it down, None where the customer did.
    """

    answer_id: UUID
    notice_id: UUID
    case_id: UUID
    party: str
    version: int
    line: int
    key: str
    received: Decimal | None
    found: Decimal
    returned: Decimal
    destroyed: Decimal
    forwarded: Decimal
    uom: str
    nothing: bool
    over: bool
    forwarded_to: str
    note: str
    source: AnswerSource
    said_by: str
    said_at: datetime
    recorded_by: UUID | None
    at: datetime

    @classmethod
    def of(cls, row: Record, notice: Notice) -> "Answer":
        """From a row of the table, and the notice that it answers."""
        lot = notice.lots[row["line"] - 1]
        return cls(
            row["answer_id"], row["notice_id"], notice.case_id, notice.party, notice.version, row["line"], lot.key, lot.received, row["found"],
            row["returned"], row["destroyed"], row["forwarded"], row["uom"], row["nothing"], row["over"], row["forwarded_to"], row["note"],
            AnswerSource(row["source"]), row["said_by"], row["said_at"], row["recorded_by"], row["at"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Connection:
    """Another company of the service that sends its notices here, or takes ours; `party` is the customer's name with the sender."""

    connection_id: UUID
    direction: Direction
    party: str
    other_id: UUID
    other_name: str
    connected_at: datetime
    connected_by: str
    revoked_at: datetime | None
    revoked_by: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Connection":
        """From a row of the table."""
        return cls(
            row["connection_id"], Direction(row["direction"]), row["party"], row["other_id"], row["other_name"], row["connected_at"],
            row["connected_by"], row["revoked_at"], row["revoked_by"],
        )  # fmt: skip


@dataclass(frozen=True)
class Received:
    """A notice that another company has sent to this one; `sender` and `revoked_at` are its connection's."""

    received_id: UUID
    connection_id: UUID
    notice_id: UUID
    case_id: UUID
    version: int
    kind: NoticeKind
    content_text: str
    lot_count: int
    due_at: datetime
    received_at: datetime
    acknowledged_at: datetime | None
    reported_at: datetime | None
    closed_at: datetime | None
    sender_id: UUID
    sender: str

    @classmethod
    def from_row(cls, row: Record) -> "Received":
        """From a row of the table with its connection's."""
        return cls(
            row["received_id"], row["connection_id"], row["notice_id"], row["case_id"], row["version"], NoticeKind(row["kind"]), row["content"],
            row["lots"], row["due_at"], row["received_at"], row["acknowledged_at"], row["reported_at"], row["closed_at"], row["other_id"],
            row["other_name"],
        )  # fmt: skip

    @cached_property
    def content(self) -> Content:
        """What it says."""
        return contents.decode(self.content_text)
