"""Nonconformances as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access.signatures import ElectronicSignature, signatures_of
from backend.catalog.types import Location, Partner, load_location, load_partner
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.holds.types import Hold, load_hold
from backend.nonconformance import loaders, rules, stored
from backend.nonconformance.history_types import QualityHistoryEntry, history_of
from backend.nonconformance.service import subject_of
from backend.objects.types import TraceableObject, load_object
from backend.photos.types import Photo
from tenants.permissions import Permission

strawberry.enum(rules.NcSourceKind, name="NonconformanceSource", description="What a nonconformance came from.")
strawberry.enum(rules.NcSeverity, name="NonconformanceSeverity", description="How grave a nonconformance is.")
strawberry.enum(rules.NcStatus, name="NonconformanceStatus", description="Where a nonconformance stands.")
strawberry.enum(rules.DispositionKind, description="What becomes of nonconforming goods (ISO 9001:2015, 8.7.1).")
strawberry.enum(rules.DispositionStatus, description="How far a disposition is.")
strawberry.enum(rules.DecisionStatus, description="Whether a decision counts.")
SEVERAL: Final = ListSize(assumed_size=5)


@strawberry.type(description="Goods that a nonconformance concerns; without a quantity all of the object.")
class NonconformingGoods:
    """Of a lot, so much."""

    quantity: Decimal | None
    uom: str | None
    object_id: strawberry.Private[int]

    @field(description="The goods.")
    async def object(self, info: Info) -> TraceableObject | None:
        """A lot, a unit or a container."""
        return await load_object(info.context, self.object_id)


@strawberry.type(description="What becomes of so much of the goods; without a quantity of all that is concerned.")
class Disposition:
    """`released`: its goods, or of a rework what came of it, were let go from the nonconformance's holds."""

    id: ID
    kind: rules.DispositionKind
    status: rules.DispositionStatus
    quantity: Decimal | None
    uom: str | None
    instruction: str
    approval_reference: str | None = strawberry.field(description="Of a concession, the customer's approval.")
    valid_until: datetime | None = strawberry.field(description="Of a concession, until when it counts.")
    done_at: datetime | None
    released: bool
    object_id: strawberry.Private[int]
    outcome_id: strawberry.Private[int | None]

    @classmethod
    def of(cls, one: stored.Disposition) -> "Disposition":
        """From the stored one."""
        return cls(
            id=global_id("Disposition", one.disposition_id), kind=one.kind, status=one.status, quantity=one.quantity, uom=one.uom,
            instruction=one.instruction, approval_reference=one.approval_reference, valid_until=one.valid_until, done_at=one.done_at,
            released=one.released, object_id=one.object_id, outcome_id=one.outcome_id,
        )  # fmt: skip

    @field(description="The goods.")
    async def object(self, info: Info) -> TraceableObject | None:
        """As the nonconformance names them."""
        return await load_object(info.context, self.object_id)

    @field(description="What came of a rework.")
    async def outcome(self, info: Info) -> TraceableObject | None:
        """Null before it was reported, and for anything else."""
        return await load_object(info.context, self.outcome_id) if self.outcome_id is not None else None


@strawberry.type(description="A signed decision about nonconforming goods.")
class NonconformanceDecision:
    """Where two people decide it counts from the second signature on."""

    id: ID
    status: rules.DecisionStatus
    reason: str
    decided_at: datetime
    second_at: datetime | None
    second_reason: str | None
    decision_id: strawberry.Private[UUID]
    nonconformance_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, one: stored.Decision) -> "NonconformanceDecision":
        """From the stored one."""
        return cls(
            id=global_id("NonconformanceDecision", one.decision_id), status=one.status, reason=one.reason, decided_at=one.decided_at,
            second_at=one.second_at, second_reason=one.second_reason, decision_id=one.decision_id, nonconformance_id=one.nonconformance_id,
        )  # fmt: skip

    @field(description="Its lines.", directives=(SEVERAL,))
    async def lines(self, info: Info) -> list[Disposition]:
        """In the order in which they were decided."""
        found = await info.context.load(loaders.dispositions, self.nonconformance_id)
        return [Disposition.of(one) for one in found if one.decision_id == self.decision_id]


@strawberry.type(description="What was found wrong with which goods, and what is done about it.", directives=requires(Permission.QUALITY_READ))
class Nonconformance(Node):
    """`sourceReference` is the public id of what it came from; `place`, `supplier` and `customer` are URIs."""

    id: ID
    number: str
    source: rules.NcSourceKind
    source_reference: str
    severity: rules.NcSeverity
    status: rules.NcStatus
    title: str
    description: str
    characteristic: str | None
    place: str | None
    supplier: str | None
    customer: str | None
    opened_at: datetime
    closed_at: datetime | None
    nonconformance_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, one: stored.Nonconformance) -> "Nonconformance":
        """From the stored one."""
        return cls(
            id=global_id("Nonconformance", one.nonconformance_id), number=one.number, source=one.source, source_reference=one.source_reference,
            severity=one.severity, status=one.status, title=one.title, description=one.description, characteristic=one.characteristic,
            place=one.place, supplier=one.supplier, customer=one.customer, opened_at=one.opened_at, closed_at=one.closed_at,
            nonconformance_id=one.nonconformance_id,
        )  # fmt: skip

    @field(description="The goods concerned, at most 100.", directives=(SEVERAL,))
    async def goods(self, info: Info) -> list[NonconformingGoods]:
        """A lot stands for its units, and for what was made of it."""
        found = await info.context.load(loaders.goods, self.nonconformance_id)
        return [NonconformingGoods(quantity=one.quantity, uom=one.uom, object_id=one.object_id) for one in found]

    @field(description="The decisions, oldest first.", directives=(SEVERAL,))
    async def decisions(self, info: Info) -> list[NonconformanceDecision]:
        """Those that were refused or failed, too."""
        return [NonconformanceDecision.of(one) for one in await info.context.load(loaders.decisions, self.nonconformance_id)]

    @field(description="The holds that its decisions release.", directives=(SEVERAL,))
    async def holds(self, info: Info) -> list[Hold]:
        """Placed when it was opened, or linked to it."""
        found = [await load_hold(info.context, one) for one in await info.context.load(loaders.holds, self.nonconformance_id)]
        return [hold for hold in found if hold is not None]

    @field(description="Its photos, oldest first.", directives=(SEVERAL,))
    async def photos(self, info: Info) -> list[Photo]:
        """Of what was found."""
        return [Photo.of(one) for one in await info.context.load(loaders.photos_of, subject_of(self.nonconformance_id))]

    @field(description="Where it was found.")
    async def location(self, info: Info) -> Location | None:
        """From the catalogue."""
        return await load_location(info.context, self.place)

    @field(description="The supplier whom it concerns.")
    async def supplier_partner(self, info: Info) -> Partner | None:
        """From the catalogue."""
        return await load_partner(info.context, self.supplier)

    @field(description="What became of it, newest first.")
    async def history(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[QualityHistoryEntry]:
        """Nobody can change it."""
        return await history_of(info, subject_of(self.nonconformance_id), Page.of(first, after, last, before))

    @field(description="The signatures under it, newest first.")
    async def signatures(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ElectronicSignature]:
        """Of decisions, second signatures, re-inspections and the closing."""
        return await signatures_of(info, subject_of(self.nonconformance_id), Page.of(first, after, last, before))


async def load_nonconformance(context: Context, nonconformance_id: UUID | None) -> Nonconformance | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.nonconformances, nonconformance_id) if nonconformance_id is not None else None
    return Nonconformance.of(found) if found else None


async def find_nonconformance(context: Context, public_id: str) -> Nonconformance | None:
    """One by its public id."""
    return await load_nonconformance(context, parse_uuid(public_id))


NODES = (NodeKind("Nonconformance", Permission.QUALITY_READ, find_nonconformance),)
