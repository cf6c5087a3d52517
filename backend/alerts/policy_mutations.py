"""Making, changing and archiving escalation policies."""

from typing import Annotated
from uuid import UUID

import strawberry

from backend.alerts import policies
from backend.alerts.errors import EscalationPolicyNotFoundError
from backend.alerts.policy_types import EscalationPolicy, load_policy
from backend.alerts.rules import Policy, Severity, Step
from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from infra.database import TenantTransaction
from tenants.permissions import Permission

MANAGE = requires(Permission.NOTIFICATIONS_MANAGE)


@strawberry.input
class EscalationStepInput:
    """`afterMinutes` from the raising on. Each of `receivers` is `owner`, `member:<id>`, `role:<key>` or `team:<id>`."""

    after_minutes: int
    receivers: list[str]


@strawberry.input
class PutEscalationPolicyInput:
    """Without `id` a new policy. The last step comes again `repeats` times, each time after `repeatMinutes`."""

    name: str
    steps: list[EscalationStepInput]
    id: strawberry.ID | None = None
    position: int = 100
    least_severity: Severity = Severity.NOTICE
    kinds: list[str] = strawberry.field(default_factory=list)
    repeats: int = 0
    repeat_minutes: int = 0


@strawberry.input
class ArchiveEscalationPolicyInput:
    """What it is escalating isn't escalated further."""

    id: strawberry.ID


@strawberry.type
class EscalationPolicyPayload:
    """The policy as it is now, null once it is archived; or why nothing was changed."""

    user_errors: list[UserError]
    policy_id: strawberry.Private[UUID | None]

    @field()
    async def policy(self, info: Info) -> EscalationPolicy | None:
        """With all its steps."""
        return await load_policy(info.context, self.policy_id)


@strawberry.type
class EscalationMutations:
    """A change counts for steps that are yet to be done."""

    @mutation(description="Make an escalation policy, or change one. Needs an Idempotency-Key.", directives=MANAGE)
    async def put_escalation_policy(
        self, info: Info, given: Annotated[PutEscalationPolicyInput, strawberry.argument(name="input")]
    ) -> EscalationPolicyPayload | None:
        """Its steps are exactly those given."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            policy_id = uuid_of(given.id, "EscalationPolicy") if given.id is not None else None
            if given.id is not None and policy_id is None:
                raise EscalationPolicyNotFoundError
            steps = tuple(Step(step.after_minutes, tuple(step.receivers)) for step in given.steps[: policies.MOST_STEPS + 1])
            stored = await policies.put_policy(
                tx, info.context.caller_principal, policy_id=policy_id, name=given.name, position=given.position,
                least_severity=given.least_severity, kinds=given.kinds, policy=Policy(steps, given.repeats, given.repeat_minutes),
            )  # fmt: skip
            return {"policy": str(stored.policy_id)}

        done = await perform(info, given, use_case)
        return EscalationPolicyPayload(user_errors=done.user_errors, policy_id=UUID(done.reply["policy"]) if done.reply else None)

    @mutation(description="Take an escalation policy out of use.", directives=MANAGE)
    async def archive_escalation_policy(
        self, info: Info, given: Annotated[ArchiveEscalationPolicyInput, strawberry.argument(name="input")]
    ) -> EscalationPolicyPayload | None:
        """Also for what it is escalating now."""

        async def use_case(tx: TenantTransaction) -> Reply:
            policy_id = uuid_of(given.id, "EscalationPolicy")
            if policy_id is None:
                raise EscalationPolicyNotFoundError
            await policies.archive_policy(tx, info.context.caller_principal, policy_id)
            return {}

        done = await perform(info, given, use_case)
        return EscalationPolicyPayload(user_errors=done.user_errors, policy_id=None)
