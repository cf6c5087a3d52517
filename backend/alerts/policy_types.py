"""Escalation policies as GraphQL shows them, and reading them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.alerts import policies
from backend.alerts.rules import Severity
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from tenants.permissions import Permission

SHORT: Final = ListSize(assumed_size=10)


@strawberry.type(description="A step of an escalation.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class EscalationStep:
    """Each of `receivers` is `owner`, `member:<id>`, `role:<key>` or `team:<id>`; of roles and teams those on duty are told."""

    after_minutes: int
    receivers: list[str]


@strawberry.type(description="Who is told when nobody acknowledges an alert.", directives=requires(Permission.NOTIFICATIONS_MANAGE))
class EscalationPolicy:
    """For alerts at least as severe as `leastSeverity` and of one of `kinds`, or of any. The first that fits in order of `position` counts."""

    id: ID
    name: str
    position: int
    least_severity: Severity
    kinds: list[str]
    steps: list[EscalationStep]
    repeats: int
    repeat_minutes: int
    updated_at: datetime

    @classmethod
    def of(cls, stored: policies.StoredPolicy) -> "EscalationPolicy":
        """From the stored one."""
        steps = [EscalationStep(after_minutes=step.after_minutes, receivers=list(step.receivers)) for step in stored.policy.steps]
        return cls(
            id=global_id("EscalationPolicy", stored.policy_id), name=stored.name, position=stored.position, least_severity=stored.least_severity,
            kinds=list(stored.kinds), steps=steps, repeats=stored.policy.repeats, repeat_minutes=stored.policy.repeat_minutes,
            updated_at=stored.updated_at,
        )  # fmt: skip


@strawberry.type
class EscalationQueries:
    """Escalation policies."""

    @field(
        description="The escalation policies, in the order in which they are tried; 50 at most.",
        directives=requires(Permission.NOTIFICATIONS_MANAGE, SHORT),
    )
    async def escalation_policies(self, info: Info) -> list[EscalationPolicy]:
        """Those in use."""
        return await load_policies(info.context)


async def load_policies(context: Context) -> list[EscalationPolicy]:
    """All of them."""
    async with context.reading() as tx:
        return [EscalationPolicy.of(stored) for stored in await policies.policies(tx, context.caller_principal)]


async def load_policy(context: Context, policy_id: UUID | None) -> EscalationPolicy | None:
    """One of them."""
    wanted = global_id("EscalationPolicy", policy_id) if policy_id else None
    return next((each for each in await load_policies(context) if each.id == wanted), None) if wanted else None
