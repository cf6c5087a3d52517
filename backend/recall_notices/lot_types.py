"""Lots of a notice and what customers say of them, as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Final

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.recall_notices import kinds, stored
from backend.recall_notices.content import Lot, told
from tenants.permissions import Permission

strawberry.enum(kinds.AnswerSource, name="RecallAnswerSource", description="From whom we have an answer: by link, from his company, or told to us.")
READ: Final = requires(Permission.RECALLS_READ)


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


def page_of_lots(info: Info, lots: tuple[Lot, ...], answers: dict[int, RecallAnswer], page: Page) -> Connection[RecallNoticeLot]:
    """A page of a notice's lines."""
    rows = cut(page, lots, key=lambda lot: lot.line, cursor_key=int)
    language = info.context.language
    return connect(page, rows, node=lambda lot: RecallNoticeLot.of(lot, language, answers.get(lot.line)), cursor=lambda lot: str(lot.line))
