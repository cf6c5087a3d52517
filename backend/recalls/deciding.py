"""Decide about a case, announce it with its frozen scope, and extend what was announced. Each is signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.recall_scope import service as scope
from backend.recall_scope.sources import Bounds, Source
from backend.recalls import clocks, repository, scoping, topics
from backend.recalls.errors import RecallScopeEmptyError, RecallStateError
from backend.recalls.holding import hold_sources, require_exclusive
from backend.recalls.kinds import ActKind, RecallState
from backend.recalls.law import TAKING_BACK
from backend.recalls.locking import locked, managed, require_state
from backend.recalls.rules import Verdict, check_decidable, check_verdict
from backend.recalls.stored import RecallCase
from backend.recalls.texts import LONG, text_of
from backend.recalls.timeline import record_act
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign


@dataclass(frozen=True, slots=True)
class Question:
    """Other sources or bounds of an extension; None leaves them as they are."""

    sources: Sequence[Source] | None
    bounds: Bounds | None


@dataclass(frozen=True, slots=True)
class _Decision:
    """A decision that may be made now."""

    case: RecallCase
    verdict: Verdict
    reason: str

    def content(self) -> dict[str, Any]:
        """What is signed."""
        verdict, before = self.verdict, self.case
        return {
            "act": "recall.decided", "number": before.number, "drill": before.drill, "title": before.title, "decision": verdict.decision.name,
            "class": verdict.recall_class.name if verdict.recall_class else None, "depth": verdict.depth.name if verdict.depth else None,
            "sector": verdict.sector.name if verdict.sector else None, "countries": list(verdict.countries),
            "replaces": clock.isoformat(before.decided_at) if before.decided_at else None, "reason": self.reason,
        }  # fmt: skip


async def check_decide(
    tx: TenantTransaction, principal: Principal, case_id: UUID, verdict: Verdict, *, reason: str, revises: datetime | None = None
) -> None:
    """Raise what `decide` would raise, before anybody is asked to sign; needs no gate."""
    await _decidable(tx, principal, case_id, verdict, reason=reason, revises=revises)


async def decide(
    tx: TenantTransaction, principal: Principal, case_id: UUID, verdict: Verdict, *, reason: str, signature: Signature,
    revises: datetime | None = None,
) -> list[UUID]:  # fmt: skip
    """Decide; where goods are taken back they are held at once, on each source, and shipping stops. Gives those holds.

    The transaction must have passed the exclusive gate where goods are taken back. Raises `RecallDecidedError` where somebody else has
    decided, `RecallStateError`, `InvalidInputError`.
    """
    wanted = await _decidable(tx, principal, case_id, verdict, reason=reason, revises=revises)
    case, at = wanted.case, clock.now()
    if verdict.decision in TAKING_BACK:
        require_exclusive(tx)
    signature_id = await sign(tx, principal, signature, subject=case.subject, content=wanted.content())
    state = RecallState.ANNOUNCED if case.state is RecallState.ANNOUNCED else RecallState.DECIDED
    await repository.update(
        tx, case_id, state=int(state), decision=int(verdict.decision), recall_class=int(verdict.recall_class) if verdict.recall_class else None,
        depth=int(verdict.depth) if verdict.depth else None, sector=int(verdict.sector) if verdict.sector else None,
        countries=",".join(verdict.countries), decision_reason=wanted.reason, decided_at=at, decided_by=principal.actor_id,
        decided_name=principal.display_name,
    )  # fmt: skip
    content = wanted.content()
    await audit.record(tx, principal, "recall.decided", case.subject, after=content, reason=wanted.reason, signature_id=signature_id)
    act_id = await record_act(tx, case_id, kind=ActKind.DECIDED, actor=principal, reason=wanted.reason, detail=content, signature_id=signature_id)
    decided = await locked(tx, case_id)
    placed = await hold_sources(tx, decided, principal, reason=case.title) if verdict.decision in TAKING_BACK else []
    await clocks.settle(tx, decided)
    await enqueue(tx, topics.DECIDED, [{"case_id": str(case_id), "drill": case.drill, "act": str(act_id)}])
    return placed


async def _decidable(
    tx: TenantTransaction, principal: Principal, case_id: UUID, verdict: Verdict, *, reason: str, revises: datetime | None
) -> _Decision:
    case = await managed(tx, principal, case_id, Permission.RECALLS_DECIDE)
    reason = text_of(reason, "reason", LONG)
    check_verdict(verdict)
    check_decidable(case, verdict, revises)
    return _Decision(case, verdict, reason)


async def check_announce(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, empty_reason: str = "") -> None:
    """Raise what `announce` would raise."""
    case, _, _ = await _announceable(tx, principal, case_id, reason, empty_reason)
    await _require_reach(tx, case, empty_reason)


async def announce(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, signature: Signature, empty_reason: str = "") -> int:
    """Announce: the scope is frozen as it is now, and signed with its digest; gives its version. Notices follow after the commit.

    A scope that reaches nothing isn't announced (`RecallScopeEmptyError`), unless `empty_reason` says why it is all the same: the goods left
    before the company began to trace them, say. Raises `RecallStateError`, `InvalidInputError`.
    """
    case, reason, empty_reason = await _announceable(tx, principal, case_id, reason, empty_reason)
    version = await _freeze(
        tx, principal, case, act="recall.announced", kind=ActKind.ANNOUNCED, reason=reason, signature=signature, more={"empty": empty_reason}
    )
    at = clock.now()
    await repository.update(
        tx, case_id, state=int(RecallState.ANNOUNCED), announced_at=at, announced_by=principal.actor_id, scope_version=version, grown_at=None
    )
    await scope.watch(tx, case_id, scope.Watch.RUNNING)
    await clocks.settle(tx, await locked(tx, case_id))
    await enqueue(tx, topics.ANNOUNCED, [{"case_id": str(case_id), "drill": case.drill, "version": version}])
    return version


async def _announceable(tx: TenantTransaction, principal: Principal, case_id: UUID, reason: str, empty_reason: str) -> tuple[RecallCase, str, str]:
    case = await managed(tx, principal, case_id, Permission.RECALLS_DECIDE)
    reason, empty_reason = text_of(reason, "reason", LONG), text_of(empty_reason, "emptyScopeReason", LONG, required=False)
    require_state(case, {RecallState.DECIDED}, "A case is announced once it is decided, and once.")
    if not case.takes_back:
        raise RecallStateError("It was decided that nothing is taken back: there is nothing to announce.", field="caseId")
    if not case.drill and (not case.instructions or not (case.contact_phone or case.contact_email)):
        raise RecallStateError(
            "Say first what is to be done with the goods, and whom to call: “instructions”, and a phone number or an e-mail address. Notices "
            "are made of them.",
            field="instructions",
        )
    return case, reason, empty_reason


async def _require_reach(tx: TenantTransaction, case: RecallCase, empty_reason: str) -> None:
    if not empty_reason.strip() and await scoping.is_empty(tx, case.case_id):
        raise RecallScopeEmptyError(
            "Nothing is reached from these sources within these bounds, so nobody would be told. Widen the bounds or add sources; or say in "
            "“emptyScopeReason” why it is announced all the same.",
            field="emptyScopeReason",
        )


async def check_extend(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, question: Question | None = None) -> None:
    """Raise what `extend` would raise."""
    case, _ = await _extendable(tx, principal, case_id, reason)
    await _ask_anew(tx, principal, case, question)
    await _require_grown(tx, case)


async def extend(
    tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, signature: Signature, question: Question | None = None
) -> int:
    """Announce what has been added since: the next version of the scope, frozen and signed; gives it. Who is new to it is told.

    With a `question`, other sources or bounds count from now on, and new sources are held, for which the transaction must have passed the
    exclusive gate.
    """
    case, reason = await _extendable(tx, principal, case_id, reason)
    if question is not None:
        await _ask_anew(tx, principal, case, question)
    await _require_grown(tx, case)
    if question is not None:
        await hold_sources(tx, case, principal, reason=case.title)
    version = await _freeze(tx, principal, case, act="recall.extended", kind=ActKind.EXTENDED, reason=reason, signature=signature, more={})
    await repository.update(tx, case_id, scope_version=version, grown_at=None)
    await enqueue(tx, topics.EXTENDED, [{"case_id": str(case_id), "drill": case.drill, "version": version}])
    return version


async def _ask_anew(tx: TenantTransaction, principal: Principal, case: RecallCase, question: Question | None) -> None:
    if question is None:
        return
    sources, bounds = await scope.question_of(tx, case.case_id)
    asked = question.sources if question.sources is not None else sources
    await scope.put_sources(tx, case.case_id, asked, question.bounds or bounds, principal=principal)


async def _require_grown(tx: TenantTransaction, case: RecallCase) -> None:
    if not await scoping.has_grown(tx, case.case_id):
        raise RecallStateError("Nothing has been added since the last version of the scope.", field="caseId")


async def _extendable(tx: TenantTransaction, principal: Principal, case_id: UUID, reason: str) -> tuple[RecallCase, str]:
    case = await managed(tx, principal, case_id, Permission.RECALLS_DECIDE)
    require_state(case, {RecallState.ANNOUNCED}, "Only a recall that was announced is extended.")
    return case, text_of(reason, "reason", LONG)


async def _freeze(
    tx: TenantTransaction, principal: Principal, case: RecallCase, *, act: str, kind: ActKind, reason: str, signature: Signature,
    more: dict[str, Any],
) -> int:  # fmt: skip
    """Freeze the scope, and sign what was frozen by its digest; gives the version."""
    signature_id = uuid7()
    frozen = await scope.freeze(tx, case.case_id, signature_id=signature_id, principal=principal)
    if not frozen.counts.affected and act == "recall.announced" and not more["empty"]:
        await _require_reach(tx, case, "")
    content = {
        "act": act, "number": case.number, "drill": case.drill, "title": case.title, "version": frozen.version, "scope": frozen.digest,
        "affected": frozen.counts.affected, "certain": frozen.counts.certain, "possible": frozen.counts.possible,
        "customers": frozen.counts.customers, "shipments": frozen.counts.shipments, "reason": reason, **more,
    }  # fmt: skip
    await sign(tx, principal, signature, subject=case.subject, content=content, signature_id=signature_id)
    await audit.record(tx, principal, act, case.subject, after=content, reason=reason, signature_id=signature_id)
    await record_act(tx, case.case_id, kind=kind, actor=principal, reason=reason, detail=content, signature_id=signature_id)
    version: int = frozen.version
    return version
