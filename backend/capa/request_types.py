"""Requests to suppliers as GraphQL shows them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.capa import loaders, rules, stored
from backend.capa.requests import subject_of
from backend.catalog.types import Partner, load_partner
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.nonconformance.history_types import QualityHistoryEntry, history_of
from backend.objects.types import TraceableObject, load_object
from infra import clock
from tenants.permissions import Permission

strawberry.enum(rules.RequestStatus, name="SupplierRequestStatus", description="Where a request to a supplier stands.")
strawberry.enum(rules.Verdict, name="SupplierAnswerVerdict", description="What was said of a supplier's answer.")
SEVERAL: Final = ListSize(assumed_size=3)


@strawberry.type(description="What a supplier wrote, each time as a whole, and what was said of it.")
class SupplierAnswer:
    """`doneBy` is the supplier's own word for when its action is done."""

    at: datetime
    written_by: str
    containment: str
    root_cause: str
    corrective_action: str
    done_by: str
    verdict: rules.Verdict | None
    comment: str | None

    @classmethod
    def of(cls, one: stored.Answer) -> "SupplierAnswer":
        """From the stored one."""
        return cls(
            at=one.at, written_by=one.written_by, containment=one.containment, root_cause=one.root_cause,
            corrective_action=one.corrective_action, done_by=one.done_by, verdict=rules.Verdict(one.verdict) if one.verdict else None,
            comment=one.comment,
        )  # fmt: skip


@strawberry.type(
    description="A request to a supplier for corrective action, answered through a link without an account.",
    directives=requires(Permission.QUALITY_READ),
)
class SupplierRequest(Node):
    """`supplier` is a party's URI; `late`: it was to be answered by now."""

    id: ID
    number: str
    status: rules.RequestStatus
    supplier: str
    text: str
    due_at: datetime
    late: bool
    sent_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    link_expires_at: datetime
    supplier_request_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, one: stored.SupplierRequest) -> "SupplierRequest":
        """From the stored one."""
        waits = one.status in (rules.RequestStatus.SENT, rules.RequestStatus.ACKNOWLEDGED, rules.RequestStatus.SENT_BACK)
        return cls(
            id=global_id("SupplierRequest", one.supplier_request_id), number=one.number, status=one.status, supplier=one.supplier, text=one.text,
            due_at=one.due_at, late=waits and rules.is_late(one.due_at, None, clock.now()), sent_at=one.sent_at,
            acknowledged_at=one.acknowledged_at, closed_at=one.closed_at, link_expires_at=one.token_expires_at,
            supplier_request_id=one.supplier_request_id,
        )  # fmt: skip

    @field(description="The supplier.")
    async def supplier_partner(self, info: Info) -> Partner | None:
        """From the catalogue."""
        return await load_partner(info.context, self.supplier)

    @field(description="The lots that it is about, at most 50.", directives=(SEVERAL,))
    async def lots(self, info: Info) -> list[TraceableObject]:
        """The supplier sees their numbers and their products' names."""
        ids = await info.context.load(loaders.lots, self.supplier_request_id)
        found = [await load_object(info.context, one) for one in ids]
        return [one for one in found if one is not None]

    @field(description="The answers, newest first, at most 50.", directives=(SEVERAL,))
    async def answers(self, info: Info) -> list[SupplierAnswer]:
        """Those that were sent back, too."""
        return [SupplierAnswer.of(one) for one in await info.context.load(loaders.answers, self.supplier_request_id)]

    @field(description="What became of it, newest first.")
    async def history(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[QualityHistoryEntry]:
        """Nobody can change it."""
        return await history_of(info, subject_of(self.supplier_request_id), Page.of(first, after, last, before))


async def load_supplier_request(context: Context, request_id: UUID | None) -> SupplierRequest | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.requests, request_id) if request_id is not None else None
    return SupplierRequest.of(found) if found else None


async def find_supplier_request(context: Context, public_id: str) -> SupplierRequest | None:
    """One by its public id."""
    return await load_supplier_request(context, parse_uuid(public_id))


NODES = (NodeKind("SupplierRequest", Permission.QUALITY_READ, find_supplier_request),)
