"""Sampling plans, states and samples as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import strawberry
from strawberry import ID

from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from backend.sampling import attributes, plans, query_service, service, switching, variables
from backend.sampling.errors import SamplingStateNotFoundError
from tenants.permissions import Permission

strawberry.enum(attributes.Severity, name="InspectionSeverity", description="How strictly lots are inspected (ISO 2859-1, 9).")
strawberry.enum(plans.Scheme, name="SamplingScheme", description="By which tables a plan samples.")
strawberry.enum(plans.DefectClass, name="DefectClass", description="How grave a nonconformity is.")
strawberry.enum(variables.Method, name="VariablesMethod", description="By variables: S estimates the standard deviation, SIGMA knows it.")
strawberry.enum(switching.Skipping, name="SkipLotState", description="State of skip-lot sampling (ISO 2859-3).")
strawberry.enum(switching.Rule, name="SwitchingRule", description="Why a severity or the skipping of lots changed.")
_CLASSES = ListSize(assumed_size=len(plans.DefectClass))


@strawberry.type
class ClassAql:
    """The AQL of a class of nonconformities: percent nonconforming up to 10, nonconformities per 100 items above."""

    defect_class: plans.DefectClass
    aql: Decimal


@strawberry.type
class ClassSample:
    """What is drawn for a class, and when it accepts: at most `accept` nonconforming items, or by variables a quality statistic of `k`."""

    defect_class: plans.DefectClass
    aql: Decimal
    severity: attributes.Severity
    code_letter: str
    sample_size: int
    accept: int | None
    reject: int | None
    k: Decimal | None
    full: bool

    @classmethod
    def of(cls, one: plans.ClassSample) -> "ClassSample":
        """From the worked out one."""
        return cls(
            defect_class=one.kind, aql=one.aql, severity=one.severity, code_letter=one.code_letter, sample_size=one.sample_size,
            accept=one.accept, reject=one.reject, k=one.k, full=one.full,
        )  # fmt: skip


@strawberry.type
class LotSample:
    """What is asked of a lot now. `inspected`: false where the lot would be skipped and accepted without inspection."""

    lot_size: int
    sample_size: int
    inspected: bool
    classes: list[ClassSample] = strawberry.field(directives=(_CLASSES,))

    @classmethod
    def of(cls, sample: service.Sample) -> "LotSample":
        """From the worked out one."""
        return cls(
            lot_size=sample.lot_size, sample_size=sample.sample_size, inspected=sample.inspected,
            classes=[ClassSample.of(one) for one in sample.classes],
        )  # fmt: skip


@strawberry.type
class SamplingDefinition:
    """What a version of a plan says. `start` is the severity of the first lot of a product and supplier."""

    scheme: plans.Scheme
    level: str
    aqls: list[ClassAql] = strawberry.field(directives=(_CLASSES,))
    start: attributes.Severity
    reduced_allowed: bool
    skip_allowed: bool
    method: variables.Method
    agreed_size: int | None
    agreed_k: Decimal | None

    @classmethod
    def of(cls, one: plans.Definition) -> "SamplingDefinition":
        """From the stored one."""
        return cls(
            scheme=one.scheme, level=one.level, start=one.start, reduced_allowed=one.reduced_allowed, skip_allowed=one.skip_allowed,
            aqls=[ClassAql(defect_class=kind, aql=one.aqls[kind]) for kind in plans.ordered(one.aqls)], method=one.method,
            agreed_size=one.agreed_size, agreed_k=one.agreed_k,
        )  # fmt: skip


@strawberry.type
class SamplingPlanVersion:
    """What a plan said from then on."""

    version: int
    name: str
    made_at: datetime
    definition: SamplingDefinition


@strawberry.type(description="A plan by which lots are sampled.", directives=requires(Permission.QUALITY_READ))
class SamplingPlan(Node):
    """Its current version; archived plans inspect no lots any more."""

    id: ID
    name: str
    version: int
    definition: SamplingDefinition
    changed_at: datetime
    archived_at: datetime | None
    plan_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, plan: service.SamplingPlan) -> "SamplingPlan":
        """From the stored one."""
        return cls(
            id=global_id("SamplingPlan", plan.plan_id), name=plan.name, version=plan.version, definition=SamplingDefinition.of(plan.definition),
            changed_at=plan.changed_at, archived_at=plan.archived_at, plan_id=plan.plan_id,
        )  # fmt: skip

    @field(description="Its versions, newest first; the last twenty.", directives=(ListSize(assumed_size=query_service.VERSIONS),))
    async def versions(self, info: Info) -> list[SamplingPlanVersion]:
        """What was inspected by an older one stays so."""
        return [
            SamplingPlanVersion(version=one.version, name=one.name, made_at=one.made_at, definition=SamplingDefinition.of(one.definition))
            for one in await info.context.load(_versions, self.plan_id)
        ]

    @field(description="What would be drawn now from a lot of a product and supplier (their identifiers); supplier is empty where there is none.")
    async def sample(self, info: Info, product: str, lot_size: int, supplier: str = "", lot: str = "") -> LotSample | None:
        """`lot` decides whether it would be skipped."""
        async with info.context.reading() as tx:
            found = await service.plan_for_inspection(tx, plan_id=self.plan_id, product=product, supplier=supplier, lot_size=lot_size, reference=lot)
        return LotSample.of(found)


@strawberry.type
class SamplingSwitch:
    """A change of severity or of skipping. `inspections` are the ids of those that caused it, oldest first; none where a person decided."""

    rule: switching.Rule
    from_severity: attributes.Severity
    to_severity: attributes.Severity
    skipping: switching.Skipping
    frequency: int
    switched_at: datetime
    reason: str | None
    inspections: list[ID] = strawberry.field(directives=(ListSize(assumed_size=10),))

    @classmethod
    def of(cls, one: query_service.Switch) -> "SamplingSwitch":
        """From the stored one."""
        return cls(
            rule=one.rule, from_severity=one.from_severity, to_severity=one.to_severity, skipping=one.skipping, frequency=one.frequency,
            switched_at=one.switched_at, reason=one.reason, inspections=[global_id("Inspection", lot) for lot in msgspec.json.decode(one.lots)],
        )  # fmt: skip


@strawberry.type(description="Where a class of a plan stands for a product and supplier.", directives=requires(Permission.QUALITY_READ))
class SamplingState(Node):
    """`recent`: the last lots of this severity, newest last, 1 accepted and 0 not. One lot of `frequency` is inspected while lots are skipped."""

    id: ID
    product: str
    supplier: str
    defect_class: plans.DefectClass
    severity: attributes.Severity
    switching_score: int
    recent: str
    skipping: switching.Skipping
    frequency: int
    since: datetime
    plan_id: strawberry.Private[UUID]
    state_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, stored: service.StoredState) -> "SamplingState":
        """From the stored one."""
        state = stored.state
        return cls(
            id=global_id("SamplingState", stored.state_id), product=stored.product, supplier=stored.supplier, defect_class=stored.kind,
            severity=state.severity, switching_score=state.score, recent=state.recent, skipping=state.skipping, frequency=state.frequency,
            since=stored.since, plan_id=stored.plan_id, state_id=stored.state_id,
        )  # fmt: skip

    @field()
    async def plan(self, info: Info) -> SamplingPlan | None:
        """The plan."""
        return await load_plan(info.context, self.plan_id)

    @field(description="Every switch, newest first.")
    async def history(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[SamplingSwitch]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.page_of_switches(tx, self.state_id, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=SamplingSwitch.of, cursor=lambda row: str(row.switch_id))


async def _plans(context: Context, plan_ids: list[UUID]) -> list[service.SamplingPlan | None]:
    async with context.reading() as tx:
        found = await query_service.plans_by_ids(tx, plan_ids)
    return [found.get(plan_id) for plan_id in plan_ids]


async def _versions(context: Context, plan_ids: list[UUID]) -> list[list[query_service.Version]]:
    async with context.reading() as tx:
        found = await query_service.versions_of(tx, plan_ids)
    return [found.get(plan_id, []) for plan_id in plan_ids]


async def load_plan(context: Context, plan_id: UUID | None) -> SamplingPlan | None:
    """A plan by its id, through the batch."""
    found = await context.load(_plans, plan_id) if plan_id is not None else None
    return SamplingPlan.of(found) if found else None


async def load_state(context: Context, state_id: UUID | None) -> SamplingState | None:
    """A state by its id."""
    if state_id is None:
        return None
    try:
        async with context.reading() as tx:
            return SamplingState.of(await service.get_state(tx, state_id))
    except SamplingStateNotFoundError:
        return None


async def find_plan(context: Context, public_id: str) -> SamplingPlan | None:
    """A plan by its public id."""
    return await load_plan(context, parse_uuid(public_id))


async def find_state(context: Context, public_id: str) -> SamplingState | None:
    """A state by its public id."""
    return await load_state(context, parse_uuid(public_id))


NODES = (
    NodeKind("SamplingPlan", Permission.QUALITY_READ, find_plan),
    NodeKind("SamplingState", Permission.QUALITY_READ, find_state),
)
