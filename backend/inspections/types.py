"""Inspections and results as GraphQL shows them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import ID

from backend.catalog.loaders import sites_for
from backend.catalog.types import Location, Partner, Product, load_location, load_partner, load_product
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from backend.holds.types import Hold, load_hold
from backend.inspections import inspections as stored
from backend.inspections import query_service, rules
from backend.inspections.inspections import Kind, Origin, Status
from backend.inspections.rules import Conclusion, Judged
from backend.objects.types import TraceableObject, load_object
from backend.specifications.characteristics import SeverityClass
from backend.specifications.types import SpecificationVersion, load_version
from tenants.permissions import Permission

strawberry.enum(Status, name="InspectionStatus", description="How far an inspection is.")
strawberry.enum(Origin, name="InspectionOrigin", description="Who asked for an inspection.")
strawberry.enum(Conclusion, name="InspectionConclusion", description="What an inspection comes to.")
strawberry.enum(Judged, name="ResultJudgement", description="What a result is by its limits.")
_SHORT = (ListSize(assumed_size=5),)


@strawberry.type(description="What was found on a sample unit.", directives=requires(Permission.QUALITY_READ))
class InspectionResult:
    """`value` is as it was entered, in `unit`; `low` and `high` are what it says in the characteristic's unit, equal for a plain number."""

    id: ID
    characteristic: str
    sample: int
    measurement: int
    value: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    uncertainty: Decimal | None
    judged: Judged
    judged_why: str
    instrument_id: ID | None
    instrument_valid: bool | None = strawberry.field(description="Whether the instrument was fit when it measured; null without one.")
    instrument_note: str
    photo_ids: list[ID]
    note: str
    method: str
    measured_at: datetime
    recorded_at: datetime
    recorded_by: str
    replaced_at: datetime | None = strawberry.field(description="When it was entered anew; it doesn't count from then on.")

    @classmethod
    def of(cls, found: stored.Result) -> "InspectionResult":
        """From the stored one."""
        return cls(
            id=global_id("InspectionResult", found.result_id), characteristic=found.characteristic, sample=found.sample,
            measurement=found.measurement, value=found.value, unit=found.unit, low=found.low, high=found.high, uncertainty=found.uncertainty,
            judged=found.judged, judged_why=found.judged_why, instrument_id=_id("Instrument", found.instrument_id),
            instrument_valid=found.instrument_valid,
            instrument_note=found.instrument_note, photo_ids=[global_id("Photo", one) for one in found.photo_ids],
            note=found.note, method=found.method,
            measured_at=found.measured_at, recorded_at=found.recorded_at, recorded_by=found.recorded_by, replaced_at=found.replaced_at,
        )  # fmt: skip


@strawberry.type(description="What the rules say of an inspection's results; lists are cut after 50.")
class InspectionVerdict:
    """`proposed` is null while results are missing. `critical`, `major` and `minor` count sample units that fail so."""

    proposed: Conclusion | None
    critical: int
    major: int
    minor: int
    missing: list[str] = strawberry.field(description="Characteristic and sample unit, e.g. LEAD #1.")
    photos: list[str] = strawberry.field(description="Results that lack the photo that they need.")
    uncertain: list[str]
    flagged: list[str] = strawberry.field(description="Characteristics that were measured with an instrument that wasn't fit.")
    failed: list[str]

    @classmethod
    def of(cls, verdict: rules.Verdict) -> "InspectionVerdict":
        """From the rules'."""
        return cls(
            proposed=verdict.proposed, critical=verdict.critical, major=verdict.major, minor=verdict.minor, missing=list(verdict.missing),
            photos=list(verdict.photos), uncertain=list(verdict.uncertain), flagged=list(verdict.flagged), failed=list(verdict.failed),
        )  # fmt: skip


@strawberry.type(description="What a class of nonconformities asks for.")
class SampleClass:
    """By variables `k` counts, and not the numbers."""

    severity: SeverityClass
    sample_size: int
    accept_number: int
    reject_number: int
    k: Decimal | None


def _id(kind: str, found: UUID | None) -> ID | None:
    return global_id(kind, found) if found is not None else None


@strawberry.type(description="An inspection of goods, judged by one specification version for ever.", directives=requires(Permission.QUALITY_READ))
class Inspection(Node):
    """Awaits its results, and never changes once it is concluded; what corrects it is a new one that supersedes it."""

    id: ID
    kind: Kind
    origin: Origin
    status: Status
    conclusion: Conclusion | None
    receipt: str | None
    equipment: str | None
    material: str | None
    step: str | None
    lot_size: int | None
    sample_size: int
    sampling_plan_id: ID | None
    sampling_note: str
    reason: str
    note: str
    flagged: bool = strawberry.field(description="Concluded on results of an instrument that wasn't fit.")
    opened_at: datetime
    due_at: datetime | None
    overdue: bool
    concluded_at: datetime | None
    concluded_by: str | None
    nonconformance_id: ID | None
    found: strawberry.Private[stored.Inspection]

    @classmethod
    def of(cls, found: stored.Inspection, now: datetime) -> "Inspection":
        """From the stored one, as it is now."""
        return cls(
            id=global_id("Inspection", found.inspection_id), kind=found.kind, origin=found.origin, status=found.status, conclusion=found.conclusion,
            receipt=found.receipt or None, equipment=found.equipment or None, material=found.goods.material or None, step=found.goods.step or None,
            lot_size=found.lot_size, sample_size=found.plan.size,
            sampling_plan_id=_id("SamplingPlan", found.sampling_plan_id), sampling_note=found.sampling_note, reason=found.reason, note=found.note,
            flagged=found.flagged, opened_at=found.opened_at, due_at=found.due_at,
            overdue=found.is_open and found.due_at is not None and found.due_at < now, concluded_at=found.concluded_at,
            concluded_by=found.concluded_by or None, nonconformance_id=_id("Nonconformance", found.nonconformance_id), found=found,
        )  # fmt: skip

    @field(description="The lot, unit or logistic unit that is inspected; null for a delivery, a place or a machine.")
    async def object(self, info: Info) -> TraceableObject | None:
        """Through the batch."""
        return await load_object(info.context, self.found.object_id) if self.found.object_id is not None else None

    @field()
    async def product(self, info: Info) -> Product | None:
        """The catalogue's entry."""
        return await load_product(info.context, self.found.goods.product or None)

    @field()
    async def supplier(self, info: Info) -> Partner | None:
        """The catalogue's entry."""
        return await load_partner(info.context, self.found.goods.supplier or None)

    @field()
    async def customer(self, info: Info) -> Partner | None:
        """The catalogue's entry."""
        return await load_partner(info.context, self.found.goods.customer or None)

    @field()
    async def location(self, info: Info) -> Location | None:
        """The catalogue's entry for the place."""
        return await load_location(info.context, self.found.place) if self.found.place else None

    @field(description="What it is judged by, as it was when the inspection was opened.")
    async def specification_version(self, info: Info) -> SpecificationVersion | None:
        """With its characteristics."""
        return await load_version(info.context, self.found.specification_id, self.found.version)

    @field(description="What each class of nonconformities asks for by the sampling plan; empty without one.", directives=_SHORT)
    def sample_classes(self) -> list[SampleClass]:
        """At most three."""
        return [
            SampleClass(severity=one.severity, sample_size=one.size, accept_number=one.accept, reject_number=one.reject, k=one.k)
            for one in self.found.plan.classes
        ]

    @field(description="What the rules said when it was concluded; null before.")
    def verdict(self) -> InspectionVerdict | None:
        """Kept with the conclusion."""
        return InspectionVerdict.of(self.found.verdict) if self.found.verdict else None

    @field(description="Its results in the order in which they were recorded; with replaced: true those that were entered anew too.")
    async def results(
        self,
        info: Info,
        *,
        replaced: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[InspectionResult]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.page_of_results(
                tx, self.found.inspection_id, replaced=replaced, cursor=cursor, backward=page.backward, limit=page.limit
            )
        return connect(page, rows, node=InspectionResult.of, cursor=lambda row: str(row.result_id))

    @field(description="The hold that its failing placed.")
    async def hold(self, info: Info) -> Hold | None:
        """Through the batch."""
        return await load_hold(info.context, self.found.hold_id) if self.found.hold_id is not None else None

    @field(description="The concluded inspection in whose place it counts.")
    async def supersedes(self, info: Info) -> "Inspection | None":
        """Through the batch."""
        return await load_inspection(info.context, self.found.supersedes)

    @field(description="The one that counts in its place.")
    async def superseded_by(self, info: Info) -> "Inspection | None":
        """Through the batch."""
        return await load_inspection(info.context, self.found.superseded_by)

    @field(description="The failed inspection because of which it was asked for.")
    async def follows(self, info: Info) -> "Inspection | None":
        """Through the batch."""
        return await load_inspection(info.context, self.found.follows)


@strawberry.type(description="What is to be inspected on goods whose code was read.", directives=requires(Permission.QUALITY_READ))
class InspectionTask:
    """Open inspections, those that are begun first, then what is due first; without any, what a new one would be judged by."""

    version: SpecificationVersion | None
    object_id: strawberry.Private[int]
    opened: strawberry.Private[Sequence[stored.Inspection]]

    @classmethod
    def of(cls, task: query_service.Task) -> "InspectionTask":
        """From the service's."""
        version = SpecificationVersion.of(task.version) if task.version else None
        return cls(version=version, object_id=task.goods.object_id, opened=task.open)

    @field()
    async def object(self, info: Info) -> TraceableObject | None:
        """What the code means."""
        return await load_object(info.context, self.object_id)

    @field(description="At most 50.", directives=_SHORT)
    def inspections(self, info: Info) -> list[Inspection]:
        """The first is the one to go on with."""
        return [Inspection.of(one, info.context.started_at) for one in self.opened]


async def inspections_by_id(context: Context, ids: list[UUID]) -> list[stored.Inspection | None]:
    """A batch, of what concerns the caller's sites."""
    sites = await sites_for(context, Permission.QUALITY_READ)
    async with context.reading() as tx:
        found = await query_service.inspections_by_id(tx, ids, sites)
    return [found.get(one) for one in ids]


async def load_inspection(context: Context, inspection_id: UUID | None) -> Inspection | None:
    """An inspection by its id, through the batch."""
    found = await context.load(inspections_by_id, inspection_id) if inspection_id is not None else None
    return Inspection.of(found, context.started_at) if found else None


async def find_inspection(context: Context, public_id: str) -> Inspection | None:
    """An inspection by its public id."""
    return await load_inspection(context, parse_uuid(public_id))


NODES = (NodeKind("Inspection", Permission.QUALITY_READ, find_inspection),)
