"""Deciding about nonconforming goods: each is signed, and may let goods go."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

import strawberry

from backend.access.signatures import SignatureInput, perform_signed
from backend.access.signing_in import HASHING
from backend.graphql.commands import Reply, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.nonconformance import deciding, executing, service
from backend.nonconformance.errors import DecisionNotFoundError
from backend.nonconformance.inputs import (
    CloseNonconformanceInput,
    CountersignDecisionInput,
    DecideNonconformanceInput,
    NonconformancePayload,
    ReinspectReworkInput,
    SetTwoPeopleDecideFromInput,
    TwoPeopleDecideFromPayload,
)
from backend.nonconformance.mutations import disposition_id_of, nonconformance_id_of, payload
from backend.nonconformance.rules import NcSeverity
from backend.nonconformance.texts import LONG, text_of
from infra.database import Gate, TenantTransaction
from tenants.permissions import Permission
from tenants.signatures.service import Meaning, Signature

_DECIDE: Final = requires(Permission.NONCONFORMANCES_DECIDE, HASHING)
_APPROVED: Final = frozenset({Meaning.APPROVED})


class _Given(Protocol):
    """An input that is signed for a reason."""

    reason: str
    signature: SignatureInput


async def _signed(
    info: Info,
    given: _Given,
    about: list[Any],
    *,
    check: Callable[[TenantTransaction], Awaitable[None]],
    act: Callable[[TenantTransaction, Signature], Awaitable[UUID]],
    meanings: frozenset[Meaning] = _APPROVED,
    gate: Gate = Gate.EXCLUSIVE,
) -> NonconformancePayload:
    """Check, sign what it is `about`, and act; `act` gives the nonconformance."""
    require_key(info.context)

    async def reply(tx: TenantTransaction, signature: Signature) -> Reply:
        return {"nonconformance": str(await act(tx, signature))}

    signed = [*about, given.signature.meaning, given.signature.reason]
    return payload(await perform_signed(info, signed, given.signature, meanings=meanings, reason=given.reason, check=check, act=reply, gate=gate))


@strawberry.type
class DecisionMutations:
    """They pass the tenant's gate alone: whatever moves goods waits for them."""

    @mutation(
        description="Decide what becomes of nonconforming goods. What it lets go is released, at once or with the second signature. Is signed, and "
        "needs an Idempotency-Key.",
        directives=_DECIDE,
    )
    async def decide_nonconformance(
        self, info: Info, given: Annotated[DecideNonconformanceInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """Other holds on the same goods stay."""
        principal, lines = info.context.caller_principal, [line.line() for line in given.lines]

        async def check(tx: TenantTransaction) -> None:
            await deciding.check_decision(tx, principal, nonconformance_id_of(given.nonconformance_id), lines=lines, reason=given.reason)

        async def act(tx: TenantTransaction, signature: Signature) -> UUID:
            asked = nonconformance_id_of(given.nonconformance_id)
            await deciding.decide(tx, principal, asked, lines=lines, reason=given.reason, signature=signature)
            return asked

        about = [given.nonconformance_id, given.lines, given.reason]
        return await _signed(info, given, about, check=check, act=act)

    @mutation(
        description="Sign somebody else's decision as the second person, or refuse it. Is signed, and needs an Idempotency-Key.", directives=_DECIDE
    )
    async def countersign_decision(
        self, info: Info, given: Annotated[CountersignDecisionInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """Nobody signs his own."""
        principal = info.context.caller_principal

        def named() -> UUID:
            found = uuid_of(given.decision_id, "NonconformanceDecision")
            if found is None:
                raise DecisionNotFoundError
            return found

        async def check(tx: TenantTransaction) -> None:
            await deciding.check_second(tx, principal, named(), reason=given.reason)

        async def act(tx: TenantTransaction, signature: Signature) -> UUID:
            return await deciding.sign_second(tx, principal, named(), accept=given.accept, reason=given.reason, signature=signature)

        about = [given.decision_id, given.accept, given.reason]
        meanings = _APPROVED if given.accept else frozenset({Meaning.REJECTED})
        return await _signed(info, given, about, meanings=meanings, check=check, act=act)

    @mutation(
        description="Sign the inspection after a rework: accepted, what came of it is released, and nothing else. Is signed, and needs an "
        "Idempotency-Key.",
        directives=_DECIDE,
    )
    async def reinspect_rework(
        self, info: Info, given: Annotated[ReinspectReworkInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """Rejected, the goods need another decision."""
        principal = info.context.caller_principal

        async def check(tx: TenantTransaction) -> None:
            await executing.check_reinspection(tx, principal, disposition_id_of(given.disposition_id), reason=given.reason)

        async def act(tx: TenantTransaction, signature: Signature) -> UUID:
            return await executing.reinspect(
                tx, principal, disposition_id_of(given.disposition_id), accept=given.accept, reference=given.reference, reason=given.reason,
                signature=signature,
            )  # fmt: skip

        about = [given.disposition_id, given.accept, given.reference, given.reason]
        meanings = frozenset({Meaning.RELEASED if given.accept else Meaning.REJECTED})
        return await _signed(info, given, about, meanings=meanings, check=check, act=act)

    @mutation(
        description="Close a nonconformance: all that was decided is done, or it was unfounded. Releases nothing. Is signed, and needs an "
        "Idempotency-Key.",
        directives=_DECIDE,
    )
    async def close_nonconformance(
        self, info: Info, given: Annotated[CloseNonconformanceInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """Holds that are still in force are released one by one."""
        principal = info.context.caller_principal

        async def check(tx: TenantTransaction) -> None:
            asked = nonconformance_id_of(given.nonconformance_id)
            await service.check_close(tx, principal, asked, reason=given.reason, unfounded=given.unfounded)

        async def act(tx: TenantTransaction, signature: Signature) -> UUID:
            asked = nonconformance_id_of(given.nonconformance_id)
            await service.close(tx, principal, asked, reason=given.reason, unfounded=given.unfounded, signature=signature)
            return asked

        about = [given.nonconformance_id, given.reason, given.unfounded]
        return await _signed(info, given, about, check=check, act=act, gate=Gate.NONE)

    @mutation(
        description="Say from which severity on two people decide about nonconforming goods. Is signed, and needs an Idempotency-Key.",
        directives=_DECIDE,
    )
    async def set_two_people_decide_from(
        self, info: Info, given: Annotated[SetTwoPeopleDecideFromInput, strawberry.argument(name="input")]
    ) -> TwoPeopleDecideFromPayload | None:
        """For the whole company."""
        require_key(info.context)
        principal = info.context.caller_principal

        async def check(_: TenantTransaction) -> None:
            principal.require_everywhere(Permission.NONCONFORMANCES_DECIDE)
            text_of(given.reason, "reason", LONG)

        async def act(tx: TenantTransaction, signature: Signature) -> Reply:
            await deciding.set_two_people_from(tx, principal, given.severity, reason=given.reason, signature=signature)
            return {"severity": int(given.severity)}

        signed = [int(given.severity), given.reason, given.signature.meaning, given.signature.reason]
        done = await perform_signed(info, signed, given.signature, meanings=_APPROVED, reason=given.reason, check=check, act=act)
        return TwoPeopleDecideFromPayload(severity=NcSeverity(done.reply["severity"]) if done.reply else None, user_errors=done.user_errors)
