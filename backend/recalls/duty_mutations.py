"""What follows from a recall: its cause, what belongs to it, its completion, and the law's clocks by hand."""

from typing import Annotated
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.errors import UserError
from backend.graphql.fields import mutation
from backend.recalls import clocks, duties, improving
from backend.recalls.duty_inputs import (
    BeginRecallDutyInput,
    CompleteRecallInput,
    LinkToRecallInput,
    MeetRecallDutyInput,
    OpenRecallCorrectiveActionInput,
    OpenRecallNonconformanceInput,
    SetRecallPolicyInput,
    WaiveRecallDutyInput,
    WriteRecallCauseInput,
)
from backend.recalls.inputs import RecallPayload
from backend.recalls.mutations import MANAGE, NOBODY, member_of, on_case
from backend.recalls.queries import RecallPolicy
from infra.database import TenantTransaction
from tenants.principal import Principal


@strawberry.type
class RecallPolicyPayload:
    """How periods are counted now, or why it stays."""

    policy: RecallPolicy | None
    user_errors: list[UserError]


@strawberry.type
class RecallDutyMutations:
    """For whoever may manage recalls, in the whole company."""

    @mutation(description="Write the root cause, or why something isn't done about it.", directives=MANAGE)
    async def write_recall_cause(
        self, info: Info, given: Annotated[WriteRecallCauseInput, strawberry.argument(name="input")]
    ) -> RecallPayload | None:
        """What it said before stands in the timeline."""

        async def act(tx: TenantTransaction, principal: Principal, case_id: UUID) -> None:
            await improving.write_cause(
                tx, principal, case_id, root_cause=given.root_cause, capa_waiver=given.capa_waiver, effect_waiver=given.effect_waiver
            )

        return await on_case(info, given, given.case_id, act)

    @mutation(description="Say that something belongs to a case.", directives=MANAGE)
    async def link_to_recall(self, info: Info, given: Annotated[LinkToRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Once; again it changes nothing."""
        return await on_case(info, given, given.case_id, lambda tx, by, case_id: improving.link(tx, by, case_id, given.reference))

    @mutation(description="Open a nonconformance about what a case suspects. Needs an Idempotency-Key.", directives=MANAGE)
    async def open_recall_nonconformance(
        self, info: Info, given: Annotated[OpenRecallNonconformanceInput, strawberry.argument(name="input")]
    ) -> RecallPayload | None:
        """The open one of the case is linked again. Needs the right to open nonconformances, too."""
        require_key(info.context)
        return await on_case(
            info, given, given.case_id, lambda tx, by, case_id: improving.open_nonconformance(tx, by, case_id, description=given.description)
        )

    @mutation(description="Open a corrective action for a case. Needs an Idempotency-Key.", directives=MANAGE)
    async def open_recall_corrective_action(
        self, info: Info, given: Annotated[OpenRecallCorrectiveActionInput, strawberry.argument(name="input")]
    ) -> RecallPayload | None:
        """Closing the case waits for the check of its effect. Needs the right to manage corrective actions, too."""
        require_key(info.context)

        async def act(tx: TenantTransaction, principal: Principal, case_id: UUID) -> None:
            owner_id = member_of(given.owner_id) or principal.membership_id or NOBODY
            await improving.open_corrective_action(tx, principal, case_id, title=given.title, owner_id=owner_id, due_at=given.due_at)

        return await on_case(info, given, given.case_id, act)

    @mutation(description="Say that the goods are taken back as far as they can be. Needs an Idempotency-Key.", directives=MANAGE)
    async def complete_recall(self, info: Info, given: Annotated[CompleteRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """The concluding reports are due from then on."""
        require_key(info.context)
        return await on_case(
            info, given, given.case_id, lambda tx, by, case_id: improving.complete(tx, by, case_id, reason=given.reason, at=given.at)
        )

    @mutation(description="Say that a duty of the law was done, and what proves it. Needs an Idempotency-Key.", directives=MANAGE)
    async def meet_recall_duty(self, info: Info, given: Annotated[MeetRecallDutyInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """One that recurs begins again."""
        require_key(info.context)
        return await on_case(
            info, given, given.case_id, lambda tx, by, case_id: duties.meet(tx, by, case_id, given.rule, evidence=given.evidence, at=given.at)
        )

    @mutation(description="Say why a duty of the law doesn't apply. Needs an Idempotency-Key.", directives=MANAGE)
    async def waive_recall_duty(self, info: Info, given: Annotated[WaiveRecallDutyInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Its clock stops."""
        require_key(info.context)
        return await on_case(info, given, given.case_id, lambda tx, by, case_id: duties.waive(tx, by, case_id, given.rule, reason=given.reason))

    @mutation(description="Say that an authority has asked for something, so that its clock runs. Needs an Idempotency-Key.", directives=MANAGE)
    async def begin_recall_duty(self, info: Info, given: Annotated[BeginRecallDutyInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Such as the records of FSMA 204, within 24 hours."""
        require_key(info.context)
        return await on_case(
            info, given, given.case_id, lambda tx, by, case_id: duties.begin(tx, by, case_id, given.rule, evidence=given.evidence, at=given.at)
        )

    @mutation(description="Say how the company counts periods of the law: days off, and what “without delay” means.", directives=MANAGE)
    async def set_recall_policy(
        self, info: Info, given: Annotated[SetRecallPolicyInput, strawberry.argument(name="input")]
    ) -> RecallPolicyPayload | None:
        """Clocks that run already stay as they are."""

        async def use_case(tx: TenantTransaction) -> Reply:
            await duties.set_policy(
                tx, info.context.caller_principal, target_hours=given.target_hours,
                holidays={one.country: one.days for one in given.holidays}, workdays={one.country: one.days for one in given.workdays},
            )  # fmt: skip
            return {}

        done = await perform(info, given, use_case)
        if done.reply is None:
            return RecallPolicyPayload(policy=None, user_errors=done.user_errors)
        async with info.context.reading() as tx:
            policy, zone = await clocks.policy_of(tx), await clocks.zone_of(tx)
        return RecallPolicyPayload(policy=RecallPolicy.of(policy, zone.key), user_errors=[])
