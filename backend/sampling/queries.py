"""Reading sampling plans and states, and looking plans up in the tables."""

from decimal import Decimal

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.sampling import plans, query_service
from backend.sampling.attributes import Severity
from backend.sampling.errors import SamplingDiscontinuedError, SamplingPlanNotFoundError
from backend.sampling.plans import DefectClass, Definition, Scheme
from backend.sampling.types import ClassSample, SamplingPlan, SamplingState
from backend.sampling.variables import Method
from infra.errors import InvalidInputError
from tenants.permissions import Permission


@strawberry.type
class SamplingQueries:
    """Plans and states are the whole company's; the calculator is everybody's who reads quality."""

    @field(
        description="Look a plan up in the tables: what to draw from a lot of this size, and when to accept it.",
        directives=requires(Permission.QUALITY_READ),
    )
    async def sampling_plan(
        self, lot_size: int, level: str, aql: Decimal, *, severity: Severity = Severity.NORMAL, scheme: Scheme = Scheme.ATTRIBUTES,
        method: Method = Method.S,
    ) -> ClassSample | None:  # fmt: skip
        """Nothing is stored, and no state is asked."""
        if severity is Severity.DISCONTINUED:
            raise SamplingDiscontinuedError
        if lot_size < 1:
            raise InvalidInputError("The lot size must be a whole number of items.", field="lotSize")
        definition = Definition(scheme, level, {DefectClass.MAJOR: aql}, method=method)
        plans.check(definition)
        return ClassSample.of(plans.sample_of(definition, DefectClass.MAJOR, severity, lot_size))

    @field(description="The company's sampling plans, newest first.", directives=requires(Permission.QUALITY_READ))
    async def sampling_plans(
        self, info: Info, *, archived: bool = False, first: int | None = None, after: str | None = None, last: int | None = None,
        before: str | None = None,
    ) -> Connection[SamplingPlan] | None:  # fmt: skip
        """With `archived`, also those that inspect no lots any more."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.page_of_plans(tx, archived=archived, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=SamplingPlan.of, cursor=lambda row: str(row.plan_id))

    @field(
        description="Where plans stand for products and suppliers, newest first; all of one plan, or of one severity.",
        directives=requires(Permission.QUALITY_READ),
    )
    async def sampling_states(
        self, info: Info, *, plan_id: strawberry.ID | None = None, severity: Severity | None = None, first: int | None = None,
        after: str | None = None, last: int | None = None, before: str | None = None,
    ) -> Connection[SamplingState] | None:  # fmt: skip
        """A state begins with the first lot that was inspected by the plan."""
        page = Page.of(first, after, last, before)
        wanted = uuid_of(plan_id, "SamplingPlan") if plan_id is not None else None
        if plan_id is not None and wanted is None:
            raise SamplingPlanNotFoundError
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.page_of_states(tx, plan_id=wanted, severity=severity, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=SamplingState.of, cursor=lambda row: str(row.state_id))
