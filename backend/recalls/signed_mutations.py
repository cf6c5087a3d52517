"""Deciding about recalls: each act is signed."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from backend.access.signatures import SignatureInput, perform_signed
from backend.access.signing_in import HASHING
from backend.graphql.commands import Reply, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.recalls import closing, deciding
from backend.recalls.inputs import (
    AnnounceRecallInput,
    CloseRecallInput,
    DecideRecallInput,
    DismissRecallInput,
    ExtendRecallInput,
    RecallPayload,
    ReopenRecallInput,
)
from backend.recalls.law import TAKING_BACK
from backend.recalls.mutations import NOBODY, case_id_of, payload, told
from infra.database import Gate, TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Meaning, Signature

_DECIDE: Final = requires(Permission.RECALLS_DECIDE, HASHING)
_APPROVED: Final = frozenset({Meaning.APPROVED})
_RECALLED: Final = frozenset({Meaning.RECALLED})
_Check = Callable[[TenantTransaction, Principal, UUID], Awaitable[object]]
_Act = Callable[[TenantTransaction, Principal, UUID, Signature], Awaitable[object]]


async def _signed(
    info: Info, given: Any, case_id: strawberry.ID, signature: SignatureInput, *, meanings: frozenset[Meaning], reason: str, check: _Check,
    act: _Act, gate: Gate = Gate.NONE,
) -> RecallPayload:  # fmt: skip
    """Run a signed act on a case."""
    require_key(info.context)
    principal = info.context.caller_principal

    async def checked(tx: TenantTransaction) -> None:
        await check(tx, principal, case_id_of(case_id))

    async def done(tx: TenantTransaction, proved: Signature) -> Reply:
        asked = case_id_of(case_id)
        await act(tx, principal, asked, proved)
        return {"recall": str(asked)}

    content = told(given, without=("signature",)) | {"meaning": signature.meaning, "signatureReason": signature.reason}
    return payload(await perform_signed(info, content, signature, meanings=meanings, reason=reason, check=checked, act=done, gate=gate))


@strawberry.type
class RecallDecisionMutations:
    """For whoever may decide about recalls, in the whole company."""

    @mutation(
        description="Decide whether goods are taken back. If so, they are held at once and shipping stops. Is signed, and needs an Idempotency-Key.",
        directives=_DECIDE,
    )
    async def decide_recall(self, info: Info, given: Annotated[DecideRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Of two who decide at once, the second is told what the first has decided."""
        gate = Gate.EXCLUSIVE if given.decision in TAKING_BACK else Gate.NONE
        return await _signed(
            info, given, given.case_id, given.signature, meanings=_APPROVED, reason=given.reason, gate=gate,
            check=lambda tx, by, case: deciding.check_decide(tx, by, case, given.verdict(), reason=given.reason, revises=given.revises),
            act=lambda tx, by, case, signature: deciding.decide(
                tx, by, case, given.verdict(), reason=given.reason, signature=signature, revises=given.revises
            ),
        )  # fmt: skip

    @mutation(
        description="Announce a recall: its scope is frozen as it is now, and those who received goods are told. Is signed, and needs an "
        "Idempotency-Key.",
        directives=_DECIDE,
    )
    async def announce_recall(self, info: Info, given: Annotated[AnnounceRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Of a drill, nobody is told."""
        return await _signed(
            info, given, given.case_id, given.signature, meanings=_RECALLED, reason=given.reason,
            check=lambda tx, by, case: deciding.check_announce(tx, by, case, reason=given.reason, empty_reason=given.empty_scope_reason),
            act=lambda tx, by, case, signature: deciding.announce(
                tx, by, case, reason=given.reason, signature=signature, empty_reason=given.empty_scope_reason
            ),
        )  # fmt: skip

    @mutation(
        description="Announce what has been added to a recall's scope since, as its next version. Is signed, and needs an Idempotency-Key.",
        directives=_DECIDE,
    )
    async def extend_recall(self, info: Info, given: Annotated[ExtendRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Or other sources and bounds."""

        def question() -> deciding.Question | None:
            if given.sources is None and given.bounds is None:
                return None
            return deciding.Question(
                [one.source() for one in given.sources] if given.sources is not None else None, given.bounds.bounds() if given.bounds else None
            )

        return await _signed(
            info, given, given.case_id, given.signature, meanings=_RECALLED, reason=given.reason, gate=Gate.EXCLUSIVE,
            check=lambda tx, by, case: deciding.check_extend(tx, by, case, reason=given.reason, question=question()),
            act=lambda tx, by, case, signature: deciding.extend(
                tx, by, case, reason=given.reason, signature=signature, question=question()
            ),
        )  # fmt: skip

    @mutation(
        description="Close a recall whose duties are done; its holds stay until they are released. Is signed, and needs an Idempotency-Key.",
        directives=_DECIDE,
    )
    async def close_recall(self, info: Info, given: Annotated[CloseRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Late events are watched for all the same."""
        checks = info.context.services.closing_checks
        return await _signed(
            info, given, given.case_id, given.signature, meanings=_APPROVED, reason=given.reason,
            check=lambda tx, by, case: closing.check_close(
                tx, by, case, reason=given.reason, override_reason=given.override_reason, checks=checks
            ),
            act=lambda tx, by, case, signature: closing.close(
                tx, by, case, reason=given.reason, override_reason=given.override_reason, checks=checks, signature=signature
            ),
        )  # fmt: skip

    @mutation(description="Open a closed or dismissed case again. Is signed, and needs an Idempotency-Key.", directives=_DECIDE)
    async def reopen_recall(self, info: Info, given: Annotated[ReopenRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """As it was."""
        return await _signed(
            info, given, given.case_id, given.signature, meanings=_APPROVED, reason=given.reason,
            check=lambda tx, by, case: closing.check_reopen(tx, by, case, reason=given.reason),
            act=lambda tx, by, case, signature: closing.reopen(tx, by, case, reason=given.reason, signature=signature),
        )  # fmt: skip

    @mutation(
        description="Dismiss an unfounded case; holds that are named are released, and no others. Is signed, and needs an Idempotency-Key.",
        directives=_DECIDE,
    )
    async def dismiss_recall(self, info: Info, given: Annotated[DismissRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Before anything was decided."""
        holds = [uuid_of(one, "Hold") or NOBODY for one in given.release_hold_ids]
        return await _signed(
            info, given, given.case_id, given.signature, meanings=_APPROVED, reason=given.reason, gate=Gate.EXCLUSIVE if holds else Gate.NONE,
            check=lambda tx, by, case: closing.check_dismiss(tx, by, case, reason=given.reason, release_hold_ids=holds),
            act=lambda tx, by, case, signature: closing.dismiss(
                tx, by, case, reason=given.reason, signature=signature, release_hold_ids=holds
            ),
        )  # fmt: skip
