"""Drills: started, taken step by step, finished, concluded with a signature; and how often and how well the company drills."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from backend.access.signatures import SignatureInput, perform_signed
from backend.access.signing_in import HASHING
from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.recall_checks.ids import case_id_of
from backend.recall_drills import findings, rules, schedule, service
from backend.recall_drills.errors import RecallDrillNotFoundError, RecallFindingNotFoundError
from backend.recall_drills.types import RecallDrill, RecallDrillSchedule, load_drill
from backend.recall_scope.service import Source
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.signatures.service import Meaning, Signature

_MANAGE: Final = requires(Permission.RECALLS_MANAGE)
_NOBODY: Final = UUID(int=0)


@strawberry.input
class StartRecallDrillInput:
    """`lots` in any form of an identifier; or `caseId`, of a case that was opened as a drill and says itself what it suspects.

    `seed` is the one by which the lots were drawn, so that anybody can draw them again.
    """

    title: str
    reason: str
    lots: list[str] = strawberry.field(default_factory=list)
    case_id: strawberry.ID | None = None
    participants: list[str] = strawberry.field(default_factory=list)
    seed: str = ""


@strawberry.input
class TakeRecallDrillStepInput:
    """The steps are taken in their order."""

    drill_id: strawberry.ID
    step: rules.DrillStep


@strawberry.input
class SetRecallDrillParticipantsInput:
    """As a whole: names, and what each does."""

    drill_id: strawberry.ID
    participants: list[str]


@strawberry.input
class AddRecallDrillFindingInput:
    """Something that the drill showed, and perhaps what is done about it."""

    drill_id: strawberry.ID
    severity: rules.FindingSeverity
    text: str
    corrective_action_id: strawberry.ID | None = None


@strawberry.input
class LinkRecallDrillFindingInput:
    """Which corrective action mends it."""

    finding_id: strawberry.ID
    corrective_action_id: strawberry.ID


@strawberry.input
class FinishRecallDrillInput:
    """Every step is done."""

    drill_id: strawberry.ID


@strawberry.input
class CancelRecallDrillInput:
    """It counts for nothing."""

    drill_id: strawberry.ID
    reason: str


@strawberry.input
class ConcludeRecallDrillInput:
    """The signature means APPROVED: it stands under the score, the findings and the conclusion."""

    drill_id: strawberry.ID
    conclusion: str
    signature: SignatureInput


@strawberry.input
class SetRecallDrillPolicyInput:
    """Four hours and 99.5 per cent, once a year, are usual; `warnDays` before the next is due somebody is told."""

    target_seconds: int = 4 * 3_600
    target_percent: Decimal = Decimal("99.5")
    every_days: int = 365
    warn_days: int = 30


@strawberry.type
class RecallDrillPayload:
    """The drill as it is now, or why nothing was done."""

    user_errors: list[UserError]
    drill_id: strawberry.Private[UUID | None]

    @field()
    async def drill(self, info: Info) -> RecallDrill | None:
        """The drill."""
        return await load_drill(info.context, self.drill_id)


@strawberry.type
class RecallDrillPolicyPayload:
    """The schedule in force, or why nothing was done."""

    schedule: RecallDrillSchedule | None
    user_errors: list[UserError]


def drill_id_of(given: strawberry.ID) -> UUID:
    """Its public id; any other text answers like one that doesn't exist."""
    found = uuid_of(given, "RecallDrill")
    if found is None:
        raise RecallDrillNotFoundError
    return found


def _payload(done: Done) -> RecallDrillPayload:
    return RecallDrillPayload(user_errors=done.user_errors, drill_id=UUID(done.reply["drill"]) if done.reply else None)


async def _on_drill(info: Info, given: Any, act: Callable[[TenantTransaction, UUID], Awaitable[object]]) -> RecallDrillPayload:
    async def use_case(tx: TenantTransaction) -> Reply:
        asked = drill_id_of(given.drill_id)
        await act(tx, asked)
        return {"drill": str(asked)}

    return _payload(await perform(info, given, use_case))


@strawberry.type
class RecallDrillMutations:
    """None of them touches a customer or goods."""

    @mutation(description="Start a drill: its clock runs from now on. Needs an Idempotency-Key.", directives=_MANAGE)
    async def start_recall_drill(
        self, info: Info, given: Annotated[StartRecallDrillInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """On real goods."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            started = await service.start_drill(
                tx, info.context.caller_principal, title=given.title, reason=given.reason, sources=[Source.of_object(key) for key in given.lots],
                case_id=case_id_of(given.case_id) if given.case_id is not None else None, participants=given.participants, seed=given.seed,
            )  # fmt: skip
            return {"drill": str(started)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Take the next step of a drill and stop its time. Needs an Idempotency-Key.", directives=_MANAGE)
    async def take_recall_drill_step(
        self, info: Info, given: Annotated[TakeRecallDrillStepInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """Its time stands."""
        require_key(info.context)
        return await _on_drill(info, given, lambda tx, asked: service.take_step(tx, info.context.caller_principal, asked, given.step))

    @mutation(description="Say who takes part in a drill.", directives=_MANAGE)
    async def set_recall_drill_participants(
        self, info: Info, given: Annotated[SetRecallDrillParticipantsInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """As a whole."""
        return await _on_drill(info, given, lambda tx, asked: service.set_participants(tx, info.context.caller_principal, asked, given.participants))

    @mutation(description="Write down something that a drill showed. Needs an Idempotency-Key.", directives=_MANAGE)
    async def add_recall_drill_finding(
        self, info: Info, given: Annotated[AddRecallDrillFindingInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """Before it is concluded."""
        require_key(info.context)
        action = given.corrective_action_id
        named = (uuid_of(action, "CorrectiveAction") or _NOBODY) if action is not None else None

        async def act(tx: TenantTransaction, asked: UUID) -> object:
            return await findings.add_finding(
                tx, info.context.caller_principal, asked, severity=given.severity, text=given.text, corrective_action_id=named
            )

        return await _on_drill(info, given, act)

    @mutation(description="Say which corrective action mends what a drill showed.", directives=_MANAGE)
    async def link_recall_drill_finding(
        self, info: Info, given: Annotated[LinkRecallDrillFindingInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """After the conclusion too."""

        async def use_case(tx: TenantTransaction) -> Reply:
            finding_id = uuid_of(given.finding_id, "RecallDrillFinding")
            if finding_id is None:
                raise RecallFindingNotFoundError
            action = uuid_of(given.corrective_action_id, "CorrectiveAction") or _NOBODY
            return {"drill": str(await findings.link_finding(tx, info.context.caller_principal, finding_id, action))}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Finish a drill, whose every step is done: it is scored. Needs an Idempotency-Key.", directives=_MANAGE)
    async def finish_recall_drill(
        self, info: Info, given: Annotated[FinishRecallDrillInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """The next one is due a period from now."""
        require_key(info.context)
        return await _on_drill(info, given, lambda tx, asked: service.finish_drill(tx, info.context.caller_principal, asked))

    @mutation(description="Give a drill up: it counts for nothing.", directives=_MANAGE)
    async def cancel_recall_drill(
        self, info: Info, given: Annotated[CancelRecallDrillInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """While it runs."""
        return await _on_drill(info, given, lambda tx, asked: service.cancel_drill(tx, info.context.caller_principal, asked, reason=given.reason))

    @mutation(
        description="Sign what a finished drill showed. Is signed, and needs an Idempotency-Key.",
        directives=requires(Permission.RECALLS_DECIDE, HASHING),
    )
    async def conclude_recall_drill(
        self, info: Info, given: Annotated[ConcludeRecallDrillInput, strawberry.argument(name="input")]
    ) -> RecallDrillPayload | None:
        """With its score and findings."""
        require_key(info.context)
        principal = info.context.caller_principal

        async def check(tx: TenantTransaction) -> None:
            await service.check_conclude(tx, principal, drill_id_of(given.drill_id), text=given.conclusion)

        async def act(tx: TenantTransaction, signature: Signature) -> Reply:
            asked = drill_id_of(given.drill_id)
            await service.conclude_drill(tx, principal, asked, text=given.conclusion, signature=signature)
            return {"drill": str(asked)}

        signed = [given.drill_id, given.conclusion, given.signature.meaning, given.signature.reason]
        meanings = frozenset({Meaning.APPROVED})
        return _payload(await perform_signed(info, signed, given.signature, meanings=meanings, reason=given.conclusion, check=check, act=act))

    @mutation(description="Say what drills have to reach, and how often they are.", directives=_MANAGE)
    async def set_recall_drill_policy(
        self, info: Info, given: Annotated[SetRecallDrillPolicyInput, strawberry.argument(name="input")]
    ) -> RecallDrillPolicyPayload | None:
        """At least yearly."""
        policy = rules.Policy(given.target_seconds, given.target_percent, given.every_days, given.warn_days)

        async def use_case(tx: TenantTransaction) -> Reply:
            await schedule.set_policy(tx, info.context.caller_principal, policy)
            return {"set": True}

        done = await perform(info, given, use_case)
        if done.reply is None:
            return RecallDrillPolicyPayload(schedule=None, user_errors=done.user_errors)
        async with info.context.reading() as tx:
            return RecallDrillPolicyPayload(schedule=RecallDrillSchedule.of(await schedule.schedule_of(tx)), user_errors=[])
