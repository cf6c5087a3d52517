"""Making sampling plans, and deciding on a severity."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.sampling import service
from backend.sampling.attributes import Severity
from backend.sampling.errors import SamplingPlanNotFoundError, SamplingStateNotFoundError
from backend.sampling.plans import DefectClass, Definition, Scheme
from backend.sampling.types import SamplingPlan, SamplingState, load_plan, load_state
from backend.sampling.variables import Method
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission


@strawberry.input
class ClassAqlInput:
    """One of the preferred AQLs."""

    defect_class: DefectClass
    aql: Decimal


@strawberry.input
class PutSamplingPlanInput:
    """With `planId` the next version of that plan. `agreedSize` and `agreedK`: by variables, from a table that both parties agreed on."""

    name: str
    scheme: Scheme
    aqls: list[ClassAqlInput]
    plan_id: strawberry.ID | None = None
    level: str = "II"
    start: Severity = Severity.NORMAL
    reduced_allowed: bool = False
    skip_allowed: bool = False
    method: Method = Method.S
    agreed_size: int | None = None
    agreed_k: Decimal | None = None

    def definition(self) -> Definition:
        """What the plan says; raises `InvalidInputError` where a class comes twice."""
        aqls = {one.defect_class: one.aql for one in self.aqls}
        if len(aqls) < len(self.aqls):
            raise InvalidInputError("“aqls” names a class of nonconformities twice; give each one AQL.", field="aqls")
        return Definition(
            self.scheme, self.level, aqls, self.start, self.reduced_allowed, self.skip_allowed, self.method, self.agreed_size, self.agreed_k
        )


@strawberry.input
class ArchiveSamplingPlanInput:
    """Which plan."""

    plan_id: strawberry.ID


@strawberry.input
class SwitchSamplingSeverityInput:
    """`reason`: what the supplier has done, or why production isn't steady any more."""

    state_id: strawberry.ID
    severity: Severity
    reason: str


@strawberry.type
class SamplingPlanPayload:
    """The plan, or why nothing was changed."""

    user_errors: list[UserError]
    plan_id: strawberry.Private[UUID | None]

    @field()
    async def plan(self, info: Info) -> SamplingPlan | None:
        """The plan as it is now."""
        return await load_plan(info.context, self.plan_id)


@strawberry.type
class SamplingStatePayload:
    """The state, or why nothing was switched."""

    user_errors: list[UserError]
    state_id: strawberry.Private[UUID | None]

    @field()
    async def state(self, info: Info) -> SamplingState | None:
        """The state as it is now."""
        return await load_state(info.context, self.state_id)


def _id(given: strawberry.ID) -> UUID:
    found = uuid_of(given, "SamplingPlan")
    if found is None:
        raise SamplingPlanNotFoundError
    return found


@strawberry.type
class SamplingMutations:
    """Plans are the whole company's."""

    @mutation(
        description="Make a sampling plan, or the next version of one. Needs an Idempotency-Key.",
        directives=requires(Permission.SPECIFICATIONS_WRITE),
    )
    async def put_sampling_plan(
        self, info: Info, given: Annotated[PutSamplingPlanInput, strawberry.argument(name="input")]
    ) -> SamplingPlanPayload | None:
        """Lots that were inspected keep the version that they were inspected by."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            plan_id = _id(given.plan_id) if given.plan_id is not None else None
            definition = given.definition()
            plan = await service.put_plan(tx, info.context.caller_principal, plan_id=plan_id, name=given.name, definition=definition)
            return {"plan": str(plan.plan_id)}

        done = await perform(info, given, use_case)
        return SamplingPlanPayload(user_errors=done.user_errors, plan_id=UUID(done.reply["plan"]) if done.reply else None)

    @mutation(description="Inspect no more lots by a plan.", directives=requires(Permission.SPECIFICATIONS_WRITE))
    async def archive_sampling_plan(
        self, info: Info, given: Annotated[ArchiveSamplingPlanInput, strawberry.argument(name="input")]
    ) -> SamplingPlanPayload | None:
        """What was inspected by it stays."""

        async def use_case(tx: TenantTransaction) -> Reply:
            plan = await service.archive_plan(tx, info.context.caller_principal, plan_id=_id(given.plan_id))
            return {"plan": str(plan.plan_id)}

        done = await perform(info, given, use_case)
        return SamplingPlanPayload(user_errors=done.user_errors, plan_id=UUID(done.reply["plan"]) if done.reply else None)

    @mutation(
        description="Decide on a severity: resume after discontinuation, tighten, end reduced inspection, or reduce at a full switching score.",
        directives=requires(Permission.SPECIFICATIONS_WRITE),
    )
    async def switch_sampling_severity(
        self, info: Info, given: Annotated[SwitchSamplingSeverityInput, strawberry.argument(name="input")]
    ) -> SamplingStatePayload | None:
        """The lots switch by themselves; this is what ISO 2859-1 leaves to the responsible authority."""

        async def use_case(tx: TenantTransaction) -> Reply:
            state_id = uuid_of(given.state_id, "SamplingState")
            if state_id is None:
                raise SamplingStateNotFoundError
            principal = info.context.caller_principal
            state = await service.change_severity(tx, principal, state_id=state_id, severity=given.severity, reason=given.reason)
            return {"state": str(state.state_id)}

        done = await perform(info, given, use_case)
        return SamplingStatePayload(user_errors=done.user_errors, state_id=UUID(done.reply["state"]) if done.reply else None)
