"""Notices that other companies have sent to this one, and connections with them, as GraphQL shows them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.graphql.context import Context, Info
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.recall_notices import kinds, loaders, stored
from backend.recall_notices.content import told
from backend.recall_notices.kinds import AnswerSource, NoticeKind
from backend.recall_notices.types import NOTICE_NODES, READ, RecallAnswer, RecallNoticeLot, page_of_lots
from infra import clock
from infra.database import Record
from tenants.permissions import Permission


@strawberry.type(description="A notice of a recall that another company has sent to this one.", directives=READ)
class ReceivedRecallNotice(Node):
    """`number` is the sender's; `closedAt`: he has closed the recall, and nothing more is needed."""

    id: ID
    sender: str
    number: str
    kind: NoticeKind
    title: str
    reason: str
    hazard: str
    instructions: str
    phone: str
    email: str
    lot_count: int
    left_out: int
    due_at: datetime
    overdue: bool
    received_at: datetime
    acknowledged_at: datetime | None
    reported_at: datetime | None
    closed_at: datetime | None
    stored: strawberry.Private[stored.Received]

    @classmethod
    def of(cls, one: stored.Received, language: str) -> "ReceivedRecallNotice":
        """From the stored one, in a reader's language."""
        content = one.content
        waits = one.reported_at is None and one.closed_at is None and one.kind is not NoticeKind.END
        return cls(
            id=global_id("ReceivedRecallNotice", one.received_id), sender=one.sender, number=content.case_number, kind=one.kind, title=content.title,
            reason=content.reason, hazard=content.hazard, instructions=told(content.instructions, language), phone=content.phone,
            email=content.email, lot_count=one.lot_count, left_out=content.left_out, due_at=one.due_at,
            overdue=waits and one.due_at <= clock.now(), received_at=one.received_at, acknowledged_at=one.acknowledged_at,
            reported_at=one.reported_at, closed_at=one.closed_at, stored=one,
        )  # fmt: skip

    @field(description="What this company received, line by line, with what it says of it.")
    async def lots(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallNoticeLot]:
        """At most 2,000."""
        rows = await info.context.load(loaders.own_answers, self.stored.received_id)
        return page_of_lots(info, self.stored.content.lots, {row["line"]: _answer(row) for row in rows}, Page.of(first, after, last, before))


def _answer(row: Record) -> RecallAnswer:
    return RecallAnswer(
        line=row["line"], found=row["found"], returned=row["returned"], destroyed=row["destroyed"], forwarded=row["forwarded"], uom=row["uom"],
        nothing=row["nothing"], over=row["over"], forwarded_to=row["forwarded_to"], note=row["note"], source=AnswerSource.COMPANY,
        said_by=row["said_by"], said_at=row["at"], recorded_by_us=True, recorded_at=row["at"],
    )  # fmt: skip


@strawberry.type(description="Another company of this service that takes our recall notices, or sends us its own.", directives=READ)
class RecallConnection(Node):
    """`party` is the customer, as the sender's catalogue names him. `connectedBy` has claimed to be this customer, by a link that he was sent."""

    id: ID
    direction: kinds.Direction
    company: str
    party: str
    connected_at: datetime
    connected_by: str
    revoked_at: datetime | None
    revoked_by: str | None

    @classmethod
    def of(cls, one: stored.Connection) -> "RecallConnection":
        """From the stored one."""
        return cls(
            id=global_id("RecallConnection", one.connection_id), direction=one.direction, company=one.other_name, party=one.party,
            connected_at=one.connected_at, connected_by=one.connected_by, revoked_at=one.revoked_at, revoked_by=one.revoked_by,
        )  # fmt: skip


async def load_received(context: Context, received_id: UUID | None) -> ReceivedRecallNotice | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.received, received_id) if received_id is not None else None
    return ReceivedRecallNotice.of(found, context.language) if found else None


async def load_connection(context: Context, connection_id: UUID | None) -> RecallConnection | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.connections, connection_id) if connection_id is not None else None
    return RecallConnection.of(found) if found else None


async def find_received(context: Context, public_id: str) -> ReceivedRecallNotice | None:
    """One by its public id."""
    return await load_received(context, parse_uuid(public_id))


async def find_connection(context: Context, public_id: str) -> RecallConnection | None:
    """One by its public id."""
    return await load_connection(context, parse_uuid(public_id))


NODES: Final = (
    *NOTICE_NODES, NodeKind("ReceivedRecallNotice", Permission.RECALLS_READ, find_received),
    NodeKind("RecallConnection", Permission.RECALLS_READ, find_connection),
)  # fmt: skip
