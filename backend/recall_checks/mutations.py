"""Effectiveness checks: a level is chosen, and what customers say is recorded."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.recall_checks import checking, levels, query_service
from backend.recall_checks.check_types import RecallCheck, RecallCheckCounts, RecallCheckPlan, load_check
from backend.recall_checks.ids import case_id_of, check_id_of
from infra.database import TenantTransaction
from tenants.permissions import Permission

_MANAGE: Final = requires(Permission.RECALLS_MANAGE)


@strawberry.input
class ChooseRecallCheckLevelInput:
    """`percentage` is level B's, above 10 and below 100. `dueAt` is in five days where it isn't given."""

    case_id: strawberry.ID
    level: levels.CheckLevel
    reason: str
    percentage: Decimal | None = None
    method: levels.CheckMethod = levels.CheckMethod.CALL
    due_at: datetime | None = None


@strawberry.input
class RecordRecallCheckInput:
    """Whoever was `reached` says whether he received the notice and has acted on it. What isn't effective says what is done about it."""

    check_id: strawberry.ID
    reached: bool
    method: levels.CheckMethod = levels.CheckMethod.CALL
    person: str = ""
    received_notice: bool | None = None
    acted: bool | None = None
    stock: levels.Stock = levels.Stock.NOT_TOLD
    stock_quantity: Decimal | None = None
    stock_uom: str = ""
    told_onward: bool | None = None
    note: str = ""
    follow_up: str = ""
    follow_up_due: datetime | None = None

    def asked(self) -> checking.Asked:
        """As the service takes it."""
        answers = levels.Answers(self.reached, self.received_notice, self.acted, self.stock, self.told_onward)
        return checking.Asked(answers, self.method, self.person, self.stock_quantity, self.stock_uom, self.note, self.follow_up, self.follow_up_due)


@strawberry.type
class RecallCheckLevelPayload:
    """The level in force and how many are in the sample, or why nothing was done."""

    user_errors: list[UserError]
    case_id: strawberry.Private[UUID | None]

    @field(description="The choice in force.")
    async def plan(self, info: Info) -> RecallCheckPlan | None:
        """The newest."""
        if self.case_id is None:
            return None
        async with info.context.reading() as tx:
            return next((RecallCheckPlan.of(plan) for plan in await query_service.plans_of(tx, self.case_id)), None)

    @field(description="How far the checks are.")
    async def counts(self, info: Info) -> RecallCheckCounts | None:
        """After it."""
        if self.case_id is None:
            return None
        async with info.context.reading() as tx:
            return RecallCheckCounts.of(await query_service.counts_of(tx, self.case_id))


@strawberry.type
class RecallCheckPayload:
    """The check as it is now, or why nothing was recorded."""

    user_errors: list[UserError]
    check_id: strawberry.Private[UUID | None]

    @field()
    async def check(self, info: Info) -> RecallCheck | None:
        """The check."""
        return await load_check(info.context, self.check_id)


@strawberry.type
class RecallCheckMutations:
    """Of announced recalls; a drill touches no customer."""

    @mutation(
        description="Choose or change how many customers of a recall are checked; they are drawn by the case's seed. Needs an Idempotency-Key.",
        directives=_MANAGE,
    )
    async def choose_recall_check_level(
        self, info: Info, given: Annotated[ChooseRecallCheckLevelInput, strawberry.argument(name="input")]
    ) -> RecallCheckLevelPayload | None:
        """Who was asked before stays."""
        require_key(info.context)
        choice = checking.Choice(given.level, given.reason, given.percentage, given.method, given.due_at)

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = case_id_of(given.case_id)
            await checking.choose_level(tx, info.context.caller_principal, asked, choice)
            return {"case": str(asked)}

        done = await perform(info, given, use_case)
        return RecallCheckLevelPayload(user_errors=done.user_errors, case_id=UUID(done.reply["case"]) if done.reply else None)

    @mutation(description="Record what a customer said when he was asked, or that nobody answered. Needs an Idempotency-Key.", directives=_MANAGE)
    async def record_recall_check(
        self, info: Info, given: Annotated[RecordRecallCheckInput, strawberry.argument(name="input")]
    ) -> RecallCheckPayload | None:
        """An ineffective one is followed up and asked again."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = check_id_of(given.check_id)
            await checking.record_check(tx, info.context.caller_principal, asked, given.asked())
            return {"check": str(asked)}

        done = await perform(info, given, use_case)
        return RecallCheckPayload(user_errors=done.user_errors, check_id=UUID(done.reply["check"]) if done.reply else None)
