"""Specifications as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import ID

from backend.catalog.languages import name_in
from backend.catalog.version_types import Names
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from backend.specifications import characteristics as stored
from backend.specifications import service
from backend.specifications.characteristics import CharacteristicKind, FailureAction, PhotoRule, SeverityClass
from backend.specifications.rules import Kind, Scope
from tenants.permissions import Permission

strawberry.enum(CharacteristicKind, description="What a result looks like.")
strawberry.enum(SeverityClass, description="How bad it is to fail.")
strawberry.enum(PhotoRule, description="When a result needs a photo.")
strawberry.enum(FailureAction, description="What an inspection that fails does at once.")
strawberry.enum(Kind, name="InspectionKind", description="When goods are inspected.")
strawberry.enum(service.VersionStatus, name="SpecificationStatus", description="How far a version is.")
_MANY = (ListSize(assumed_size=20),)


@strawberry.type(description="A bound; what lies on an inclusive one is inside.")
class Limit:
    """In the characteristic's unit."""

    value: Decimal
    inclusive: bool

    @classmethod
    def of(cls, found: stored.Limit | None) -> "Limit | None":
        """From the stored one."""
        return cls(value=found.value, inclusive=found.inclusive) if found else None


@strawberry.type(description="One thing that is looked at, measured or asked of each sample unit.")
class Characteristic:
    """`unit` is a UN/CEFACT Recommendation 20 code. `samples` is 0 where it is taken on every unit of the sample."""

    code: str
    name: str
    kind: CharacteristicKind
    severity: SeverityClass
    unit: str
    lower: Limit | None
    upper: Limit | None
    target: Decimal | None
    choices: list[str]
    accepted: list[str]
    photo: PhotoRule
    method: str
    measurements: int
    samples: int
    required: bool
    guarded: bool = strawberry.field(description="A value whose stated uncertainty reaches over a limit is neither inside nor outside.")
    note: str

    @classmethod
    def of(cls, one: stored.Characteristic) -> "Characteristic":
        """From the stored one."""
        return cls(
            code=one.code, name=one.name, kind=one.kind, severity=one.severity, unit=one.unit, lower=Limit.of(one.lower), upper=Limit.of(one.upper),
            target=one.target, choices=list(one.choices), accepted=list(one.accepted), photo=one.photo, method=one.method,
            measurements=one.measurements, samples=one.samples, required=one.required, guarded=one.guarded, note=one.note,
        )  # fmt: skip


@strawberry.type(description="One version of a specification; once released it never changes.", directives=requires(Permission.QUALITY_READ))
class SpecificationVersion:
    """In force from `validFrom` until a newer one is, or until it is withdrawn."""

    version: int
    status: service.VersionStatus
    on_failure: list[FailureAction]
    sampling_plan_id: ID | None
    note: str
    valid_from: datetime | None
    written_at: datetime
    released_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    specification_id: strawberry.Private[UUID]
    asked: strawberry.Private[tuple[stored.Characteristic, ...]]

    @classmethod
    def of(cls, found: service.Version) -> "SpecificationVersion":
        """From the stored one."""
        return cls(
            version=found.version, status=found.status, on_failure=sorted(found.on_failure),
            sampling_plan_id=global_id("SamplingPlan", found.sampling_plan_id) if found.sampling_plan_id else None,

            note=found.note, valid_from=found.valid_from, written_at=found.written_at, released_at=found.released_at,
            withdrawn_at=found.withdrawn_at, withdrawn_reason=found.withdrawn_reason, specification_id=found.specification_id,
            asked=found.characteristics,
        )  # fmt: skip

    @field(description="What it asks for, in the order in which it is looked at; at most 200.", directives=_MANY)
    def characteristics(self) -> list[Characteristic]:
        """As they were released."""
        return [Characteristic.of(one) for one in self.asked]

    @field()
    async def specification(self, info: Info) -> "Specification | None":
        """What it is a version of."""
        return await load_specification(info.context, self.specification_id)


@strawberry.type(description="What a specification is for; null is any.")
class SpecificationScope:
    """The specification that names most of what the goods are is in force for them."""

    product: str | None
    material: str | None
    supplier: str | None
    step: str | None
    customer: str | None
    kind: Kind | None

    @classmethod
    def of(cls, scope: Scope) -> "SpecificationScope":
        """From the stored one."""
        return cls(
            product=scope.product or None, material=scope.material or None, supplier=scope.supplier or None, step=scope.step or None,
            customer=scope.customer or None, kind=Kind(scope.kind) if scope.kind else None,
        )  # fmt: skip


@strawberry.type(description="What goods have to be like.", directives=requires(Permission.QUALITY_READ))
class Specification(Node):
    """`name` is in the language of Accept-Language."""

    id: ID
    code: str
    name: str
    names: Names
    scope: SpecificationScope
    created_at: datetime
    specification_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, found: service.Specification, languages: tuple[str, ...]) -> "Specification":
        """From the stored one."""
        return cls(
            id=global_id("Specification", found.specification_id), code=found.code, name=name_in(found.names, languages),
            names=Names.of(found.names), scope=SpecificationScope.of(found.scope), created_at=found.created_at,
            specification_id=found.specification_id,
        )  # fmt: skip

    @field(description="Its versions, newest first.")
    async def versions(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[SpecificationVersion]:
        """Drafts among them."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await service.page_of_versions(tx, self.specification_id, cursor=page.number(), backward=page.backward, limit=page.limit)
        return connect(page, rows, node=SpecificationVersion.of, cursor=lambda row: str(row.version))

    @field(description="The version in force now, or then; null where there is none.")
    async def in_force(self, info: Info, at: datetime | None = None) -> SpecificationVersion | None:
        """The newest released one whose time has come."""
        async with info.context.reading() as tx:
            found = await service.version_in_force(tx, self.specification_id, at)
        return SpecificationVersion.of(found) if found else None


async def specifications_by_id(context: Context, ids: list[UUID]) -> list[service.Specification | None]:
    """A batch."""
    async with context.reading() as tx:
        found = await service.specifications_by_id(tx, ids)
    return [found.get(one) for one in ids]


async def versions_by_number(context: Context, wanted: list[tuple[UUID, int]]) -> list[service.Version | None]:
    """A batch."""
    async with context.reading() as tx:
        found = await service.versions_of(tx, wanted)
    return [found.get(one) for one in wanted]


async def load_specification(context: Context, specification_id: UUID | None) -> Specification | None:
    """A specification by its id, through the batch."""
    found = await context.load(specifications_by_id, specification_id) if specification_id is not None else None
    return Specification.of(found, context.languages) if found else None


async def load_version(context: Context, specification_id: UUID, version: int) -> SpecificationVersion | None:
    """A version, through the batch."""
    found = await context.load(versions_by_number, (specification_id, version))
    return SpecificationVersion.of(found) if found else None


async def find_specification(context: Context, public_id: str) -> Specification | None:
    """A specification by its public id."""
    return await load_specification(context, parse_uuid(public_id))


NODES = (NodeKind("Specification", Permission.QUALITY_READ, find_specification),)
