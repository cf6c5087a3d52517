"""Notices of recalls, contacts and connections as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.catalog.types import Partner, load_partner
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.recall_notices import kinds, loaders, query_service, stored
from backend.recall_notices.content import Lot, told
from infra import clock
from tenants.permissions import Permission

strawberry.enum(kinds.ContactRole, name="RecallContactRole", description="What a contact does at the partner's.")
strawberry.enum(kinds.NoticeKind, name="RecallNoticeKind", description="The first notice, one of what was added, or that the recall has ended.")
strawberry.enum(
    kinds.NoticeState, name="RecallNoticeState",
    description="Where a notice stands. NO_ADDRESS: nobody can be written to. FAILED: nothing of it could be delivered. WOULD_SEND: a drill.",
)  # fmt: skip
strawberry.enum(kinds.Way, name="RecallNoticeWay", description="By mail, to the customer's company in this service, by letter, or by a link.")
strawberry.enum(kinds.SendState, name="RecallDeliveryState", description="What became of one message to one receiver.")
strawberry.enum(kinds.AnswerSource, name="RecallAnswerSource", description="From whom we have an answer: by link, from his company, or told to us.")
strawberry.enum(kinds.Direction, name="RecallConnectionDirection", description="CUSTOMER takes our notices; SENDER sends us his.")
READ: Final = requires(Permission.RECALLS_READ)
SEVERAL: Final = ListSize(assumed_size=5)


@strawberry.type(description="Whom to tell of recalls at a partner's.", directives=READ)
class RecallContact(Node):
    """`party` is the partner's URI; `language` is zh or en, in which he is written to."""

    id: ID
    party: str
    name: str
    email: str
    phone: str
    language: str
    role: kinds.ContactRole
    updated_at: datetime

    @classmethod
    def of(cls, one: stored.Contact) -> "RecallContact":
        """From the stored one."""
        return cls(
            id=global_id("RecallContact", one.contact_id), party=one.party, name=one.name, email=one.email, phone=one.phone, language=one.language,
            role=one.role, updated_at=one.updated_at,
        )  # fmt: skip

    @field(description="The partner.")
    async def partner(self, info: Info) -> Partner | None:
        """From the catalogue."""
        return await load_partner(info.context, self.party)


@strawberry.type(description="One delivery of a lot to the customer.")
class RecallNoticeShipment:
    """`quantity` is null where nobody knows how much came with it."""

    shipped_at: datetime | None
    document: str
    quantity: Decimal | None
    uom: str


@strawberry.type(description="What a customer says of one lot; of a lot the last answer counts.", directives=READ)
class RecallAnswer:
    """`over`: more than was delivered, and meant so. `recordedByUs`: told to our staff, who wrote it down at `recordedAt`."""

    line: int
    found: Decimal
    returned: Decimal
    destroyed: Decimal
    forwarded: Decimal
    uom: str
    nothing: bool
    over: bool
    forwarded_to: str
    note: str
    source: kinds.AnswerSource
    said_by: str
    said_at: datetime
    recorded_by_us: bool
    recorded_at: datetime

    @classmethod
    def of(cls, one: stored.Answer) -> "RecallAnswer":
        """From the stored one."""
        return cls(
            line=one.line, found=one.found, returned=one.returned, destroyed=one.destroyed, forwarded=one.forwarded, uom=one.uom,
            nothing=one.nothing, over=one.over, forwarded_to=one.forwarded_to, note=one.note, source=one.source, said_by=one.said_by,
            said_at=one.said_at, recorded_by_us=one.recorded_by is not None, recorded_at=one.at,
        )  # fmt: skip


@strawberry.type(description="One line of a notice: a lot, or other goods, that the customer received.", directives=READ)
class RecallNoticeLot:
    """`key` is the URI, `quantity` null where nobody knows; `certain` is false for goods that are possibly affected."""

    line: int
    key: str
    code: str
    gtin: str
    name: str
    quantity: Decimal | None
    uom: str
    certain: bool
    shipments: list[RecallNoticeShipment]
    more_shipments: int
    answer: RecallAnswer | None

    @classmethod
    def of(cls, lot: Lot, language: str, answer: RecallAnswer | None) -> "RecallNoticeLot":
        """From the notice's content."""
        shipments = [
            RecallNoticeShipment(
                shipped_at=datetime.fromisoformat(one.at) if one.at else None, document=one.document,
                quantity=Decimal(one.quantity) if one.quantity else None, uom=one.uom,
            )
            for one in lot.deliveries
        ]  # fmt: skip
        return cls(
            line=lot.line, key=lot.key, code=lot.code, gtin=lot.gtin, name=told(lot.names, language), quantity=lot.received, uom=lot.uom,
            certain=lot.certain, shipments=shipments, more_shipments=lot.more_deliveries, answer=answer,
        )  # fmt: skip


@strawberry.type(description="One message of a notice to one receiver.", directives=READ)
class RecallNoticeDelivery:
    """`occasion` is "notice", a reminder such as "acknowledge-24", "end", or what somebody has sent again; `receiver` an address or a company."""

    id: ID
    occasion: str
    way: kinds.Way
    receiver: str
    name: str
    state: kinds.SendState
    reason: str | None
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, one: stored.Delivery) -> "RecallNoticeDelivery":
        """From the stored one."""
        by_company = one.way is kinds.Way.COMPANY
        return cls(
            id=global_id("RecallNoticeDelivery", one.delivery_id), occasion=one.occasion, way=one.way,
            receiver=one.name if by_company else one.receiver, name=one.name, state=one.state, reason=one.reason, attempts=one.attempts,
            next_attempt_at=one.next_attempt_at, created_at=one.created_at, done_at=one.done_at,
        )  # fmt: skip


@strawberry.type(description="A link that was made for somebody. The token itself is kept by nobody.", directives=READ)
class RecallNoticeLink:
    """`receiver` is for whom it was made: an address, a customer, or whoever of us has asked for it."""

    way: kinds.Way
    receiver: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, one: stored.Link) -> "RecallNoticeLink":
        """From the stored one."""
        return cls(
            way=one.way, receiver=one.receiver, created_at=one.created_at, expires_at=one.expires_at, opened_at=one.opened_at,
            revoked_at=one.revoked_at,
        )  # fmt: skip


@strawberry.type(description="A notice of a recall to one customer: his own part of the goods, and nothing of anybody else's.", directives=READ)
class RecallNotice(Node):
    """`party` is the customer's URI; `overdue`: it was to be answered by now. Of a drill everything is written, and nothing sent."""

    id: ID
    kind: kinds.NoticeKind
    state: kinds.NoticeState
    version: int
    party: str
    drill: bool
    language: str
    number: str
    title: str
    lot_count: int
    queued_at: datetime
    due_at: datetime
    overdue: bool
    sent_at: datetime | None
    opened_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_through: kinds.AnswerSource | None
    reported_at: datetime | None
    closed_at: datetime | None
    escalated_at: datetime | None
    stored: strawberry.Private[stored.Notice]

    @classmethod
    def of(cls, one: stored.Notice) -> "RecallNotice":
        """From the stored one."""
        waits = one.reported_at is None and one.closed_at is None and one.kind is not kinds.NoticeKind.END
        return cls(
            id=global_id("RecallNotice", one.notice_id), kind=one.kind, state=one.state, version=one.version, party=one.party, drill=one.drill,
            language=one.language, number=one.content.case_number, title=one.content.title, lot_count=one.lot_count, queued_at=one.queued_at,
            due_at=one.due_at, overdue=waits and one.due_at <= clock.now(), sent_at=one.sent_at, opened_at=one.opened_at,
            acknowledged_at=one.acknowledged_at, acknowledged_by=one.acknowledged_by, acknowledged_through=one.acknowledged_through,
            reported_at=one.reported_at, closed_at=one.closed_at, escalated_at=one.escalated_at, stored=one,
        )  # fmt: skip

    @field(description="The customer.")
    async def partner(self, info: Info) -> Partner | None:
        """From the catalogue."""
        return await load_partner(info.context, self.party)

    @field(description="What the customer received, line by line, with what he says of it.")
    async def lots(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallNoticeLot]:
        """At most 2,000."""
        answers = {one.line: RecallAnswer.of(one) for one in await info.context.load(loaders.answers, self.stored.notice_id)}
        return page_of_lots(info, self.stored.lots, answers, Page.of(first, after, last, before))

    @field(description="What was sent of it to whom, oldest first.", directives=(SEVERAL,))
    async def deliveries(self, info: Info) -> list[RecallNoticeDelivery]:
        """Reminders too."""
        return [RecallNoticeDelivery.of(one) for one in await info.context.load(loaders.deliveries, self.stored.notice_id)]

    @field(description="The links that open it, oldest first, those that were revoked too.", directives=(SEVERAL,))
    async def links(self, info: Info) -> list[RecallNoticeLink]:
        """Without their tokens."""
        return [RecallNoticeLink.of(one) for one in await info.context.load(loaders.links_of, self.stored.notice_id)]

    @field(description="Everything that was said about its lots, newest first: corrections stand before what they correct.")
    async def answers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallAnswer]:
        """Nobody can change it."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.page_of_answers(tx, self.stored, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=RecallAnswer.of, cursor=lambda row: str(row.answer_id))


def page_of_lots(info: Info, lots: tuple[Lot, ...], answers: dict[int, RecallAnswer], page: Page) -> Connection[RecallNoticeLot]:
    """A page of a notice's lines."""
    rows = cut(page, lots, key=lambda lot: lot.line, cursor_key=int)
    language = info.context.language
    return connect(page, rows, node=lambda lot: RecallNoticeLot.of(lot, language, answers.get(lot.line)), cursor=lambda lot: str(lot.line))


@strawberry.type(description="How far the notices of a recall have come.", directives=READ)
class RecallNoticeProgress:
    """`customers` are to be told, `written` of them by now (`whole`: all). `waiting` has not gone out yet, `overdue` was to be answered by now."""

    customers: int
    written: int
    whole: bool
    notices: int
    waiting: int
    sent: int
    opened: int
    acknowledged: int
    reported: int
    no_address: int
    failed: int
    would_send: int
    overdue: int

    @classmethod
    def of(cls, one: query_service.Progress) -> "RecallNoticeProgress":
        """From the counted one."""
        return cls(
            customers=one.customers, written=one.written, whole=one.whole, notices=one.notices, waiting=one.waiting, sent=one.sent,
            opened=one.opened, acknowledged=one.acknowledged, reported=one.reported, no_address=one.no_address, failed=one.failed,
            would_send=one.would_send, overdue=one.overdue,
        )  # fmt: skip


@strawberry.type(description="A customer in a recall's scope.", directives=READ)
class RecallCustomer:
    """`party` is null for goods whose shipments name nobody; `lotCount` is how many lines a notice to him has."""

    party: str | None
    lot_count: int
    contact_count: int
    connected: bool

    @classmethod
    def of(cls, one: query_service.Customer) -> "RecallCustomer":
        """From the counted one."""
        return cls(party=one.party, lot_count=one.lots, contact_count=one.contacts, connected=one.connected)

    @field(description="The customer.")
    async def partner(self, info: Info) -> Partner | None:
        """From the catalogue."""
        return await load_partner(info.context, self.party) if self.party else None


@strawberry.type(description="By when customers are to answer, and when they are reminded.", directives=READ)
class RecallNoticePlan:
    """Hours count from when a notice is written. `team` is on duty for what nobody answers, beside the case's owner; `own`: of this case alone."""

    own: bool
    answer_hours: int
    acknowledge_reminder_hours: list[int]
    report_reminder_hours: list[int]
    escalate_hours: int
    team: str


async def load_notice(context: Context, notice_id: UUID | None) -> RecallNotice | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.notices, notice_id) if notice_id is not None else None
    return RecallNotice.of(found) if found else None


async def load_contact(context: Context, contact_id: UUID | None) -> RecallContact | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.contacts_by_id, contact_id) if contact_id is not None else None
    return RecallContact.of(found) if found else None


async def find_notice(context: Context, public_id: str) -> RecallNotice | None:
    """One by its public id."""
    return await load_notice(context, parse_uuid(public_id))


async def find_contact(context: Context, public_id: str) -> RecallContact | None:
    """One by its public id."""
    return await load_contact(context, parse_uuid(public_id))


NOTICE_NODES: Final = (
    NodeKind("RecallNotice", Permission.RECALLS_READ, find_notice), NodeKind("RecallContact", Permission.RECALLS_READ, find_contact),
)  # fmt: skip
