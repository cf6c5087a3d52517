"""Close a case once its duties are done, open it again, or dismiss what was unfounded. Each is signed.

Holds outlive their recall: those of a closed one stay in force until somebody releases them in the normal way. A dismissal releases those
that it names, and no other.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from backend.capa import query_service as capa
from backend.capa.rules import ActionStatus
from backend.holds.service import Hold
from backend.recall_scope import service as scope
from backend.recalls import clocks, holding, repository, topics
from backend.recalls.errors import RecallDutiesOpenError, RecallStateError
from backend.recalls.kinds import ActKind, RecallDecision, RecallState
from backend.recalls.locking import locked, managed, require_state
from backend.recalls.query_service import links_of
from backend.recalls.rules import UNDECIDED, DutyKind, OpenDuty, listed
from backend.recalls.stored import RecallCase
from backend.recalls.texts import LONG, text_of
from backend.recalls.timeline import record_act
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign

# What others know to be still open in a case: notices without an answer, goods that nobody has found. `Services` holds the list.
ClosingCheck = Callable[[TenantTransaction, UUID], Awaitable[list[OpenDuty]]]
_MOST_TOLD = 50


async def open_duties(tx: TenantTransaction, case: RecallCase, checks: Sequence[ClosingCheck]) -> list[OpenDuty]:
    """What still has to be done; none of a case that is over. Of a drill they are told, and don't stand against its closing."""
    if case.is_over:
        return []
    found: list[OpenDuty] = []
    if case.state in UNDECIDED:
        found.append(OpenDuty(DutyKind.DECISION, "尚未作出决定", "nothing has been decided"))
    if case.takes_back:
        found += _of_taking_back(case) + await _of_improvement(tx, case)
    if case.grown_at is not None:
        found.append(OpenDuty(DutyKind.ADDITIONS, "范围有新增，尚未扩大召回", "what was added to the scope since isn't announced"))
    for each in await clocks.clocks_of(tx, case.case_id):
        if each.is_open:
            due = clock.isoformat(each.due_at)
            zh, en = f"法定义务未完成：{each.duty.zh}（{each.citation.zh}，{due}）", f"{each.duty.en} ({each.citation.en}, due {due})"
            found.append(OpenDuty(DutyKind.CLOCK, zh, en, each.rule))
    for check in checks:
        found += await check(tx, case.case_id)
    return found


def _of_taking_back(case: RecallCase) -> list[OpenDuty]:
    found = []
    if case.announced_at is None:
        found.append(OpenDuty(DutyKind.ANNOUNCEMENT, "召回尚未公告", "it hasn't been announced"))
    if case.completed_at is None:
        found.append(OpenDuty(DutyKind.COMPLETION, "召回尚未完成", "nobody has said that the goods are taken back"))
    if not case.root_cause:
        found.append(OpenDuty(DutyKind.ROOT_CAUSE, "尚未填写根本原因", "the root cause isn't written"))
    return found


async def _of_improvement(tx: TenantTransaction, case: RecallCase) -> list[OpenDuty]:
    """A corrective action, or why there is none; checked for its effect, or why not."""
    links = (await links_of(tx, [case.case_id]))[case.case_id]
    ids = [UUID(link.partition(":")[2]) for link in links if link.startswith("corrective_action:")]
    actions = await capa.actions_by_id(tx, ids)
    if not actions:
        none = OpenDuty(DutyKind.CORRECTIVE_ACTION, "没有纠正预防措施，也未说明理由", "there is no corrective action, and no reason why not")
        return [] if case.capa_waiver else [none]
    if case.effect_waiver or all(action.status is ActionStatus.CLOSED for action in actions.values()):
        return []
    unchecked = [action for action in actions.values() if action.status is not ActionStatus.CLOSED]
    return [
        OpenDuty(
            DutyKind.EFFECT, f"{action.number} 的有效性尚未验证", f"the effect of {action.number} isn't verified",
            f"corrective_action:{action.corrective_action_id}",
        )
        for action in unchecked
    ]  # fmt: skip


async def check_close(
    tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, override_reason: str, checks: Sequence[ClosingCheck]
) -> None:
    """Raise what `close` would raise."""
    await _closable(tx, principal, case_id, reason=reason, override_reason=override_reason, checks=checks)


async def close(
    tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, override_reason: str = "", checks: Sequence[ClosingCheck] = (),
    signature: Signature,
) -> None:  # fmt: skip
    """Close it. While duties are open it is refused, each of them named (`RecallDutiesOpenError`), unless `override_reason` says why not.

    Nothing is released by it, and late events are watched for all the same.
    """
    case, duties, reason, override = await _closable(tx, principal, case_id, reason=reason, override_reason=override_reason, checks=checks)
    held = len(await holding.holds_of(tx, case))
    content = {
        "act": "recall.closed", "number": case.number, "drill": case.drill, "title": case.title, "version": case.scope_version, "holds": held,
        "openDuties": [duty.en for duty in duties[:_MOST_TOLD]], "override": override, "reason": reason,
    }  # fmt: skip
    signature_id = await sign(tx, principal, signature, subject=case.subject, content=content)
    await _end(tx, principal, case, content, reason=reason, because=override or reason, signature_id=signature_id)


async def close_drill(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, signature_id: UUID) -> None:
    """The drill on a case was concluded, which was signed: its case is over with it, in whatever state it was. One that is over stays so.

    Raises `RecallStateError` for a case that is no drill.
    """
    case = await managed(tx, principal, case_id, Permission.RECALLS_DECIDE)
    if not case.drill:
        raise RecallStateError("This is no drill: it is closed by a signature of its own.", field="caseId")
    if not case.is_over:
        content = {"act": "recall.closed", "number": case.number, "drill": True, "title": case.title, "version": case.scope_version, "reason": reason}
        await _end(tx, principal, case, content, reason=reason, because=reason, signature_id=signature_id)


async def _end(
    tx: TenantTransaction, principal: Principal, case: RecallCase, content: dict[str, Any], *, reason: str, because: str, signature_id: UUID
) -> None:
    """Closed; its clocks end, and what comes late is watched for where its scope was frozen."""
    case_id, at = case.case_id, clock.now()
    await repository.update(tx, case_id, state=int(RecallState.CLOSED), closed_at=at, closed_by=principal.actor_id)
    for each in await clocks.clocks_of(tx, case_id):
        if each.is_open:
            await clocks.end(tx, each, reason=f"The case was closed: {because}"[:LONG], waived=False)
    await audit.record(tx, principal, "recall.closed", case.subject, after=content, reason=reason, signature_id=signature_id)
    await record_act(tx, case_id, kind=ActKind.CLOSED, actor=principal, reason=reason, detail=content, signature_id=signature_id)
    await scope.watch(tx, case_id, scope.Watch.CLOSED)
    await enqueue(tx, topics.CLOSED, [{"case_id": str(case_id), "drill": case.drill, "at": clock.isoformat(at)}])


async def _closable(
    tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, override_reason: str, checks: Sequence[ClosingCheck]
) -> tuple[RecallCase, list[OpenDuty], str, str]:
    case = await managed(tx, principal, case_id, Permission.RECALLS_DECIDE)
    reason, override = text_of(reason, "reason", LONG), text_of(override_reason, "overrideReason", LONG, required=False)
    require_state(case, {RecallState.DECIDED, RecallState.ANNOUNCED}, "A case is closed after its decision; one that is unfounded is dismissed.")
    duties = await open_duties(tx, case, checks)
    if duties and not override and not case.drill:
        raise RecallDutiesOpenError(
            f"Still open: {listed(duties[:_MOST_TOLD])}. Do them, or say in “overrideReason” why the case is closed all the same.",
            field="overrideReason",
        )
    return case, duties, reason, override


async def check_reopen(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str) -> None:
    """Raise what `reopen` would raise."""
    await _reopenable(tx, principal, case_id, reason)


async def reopen(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, signature: Signature) -> None:
    """Open it again: announced as it was, or for another decision where nothing had been taken back."""
    case, reason = await _reopenable(tx, principal, case_id, reason)
    state = RecallState.INVESTIGATION
    if case.takes_back:
        state = RecallState.ANNOUNCED if case.announced_at else RecallState.DECIDED
    content = {"act": "recall.reopened", "number": case.number, "drill": case.drill, "title": case.title, "state": state.name, "reason": reason}
    signature_id = await sign(tx, principal, signature, subject=case.subject, content=content)
    columns: dict[str, object] = {"state": int(state), "closed_at": None, "closed_by": None, "completed_at": None}
    if state is RecallState.INVESTIGATION:
        columns |= {"decision": None, "recall_class": None, "depth": None, "decided_at": None, "decided_by": None}
    await repository.update(tx, case_id, **columns)
    await audit.record(tx, principal, "recall.reopened", case.subject, after=content, reason=reason, signature_id=signature_id)
    await record_act(tx, case_id, kind=ActKind.REOPENED, actor=principal, reason=reason, detail=content, signature_id=signature_id)
    await clocks.settle(tx, await locked(tx, case_id))
    await scope.watch(tx, case_id, scope.Watch.RUNNING if case.announced_at else scope.Watch.OFF)
    await enqueue(tx, topics.REOPENED, [{"case_id": str(case_id), "drill": case.drill}])


async def _reopenable(tx: TenantTransaction, principal: Principal, case_id: UUID, reason: str) -> tuple[RecallCase, str]:
    case = await managed(tx, principal, case_id, Permission.RECALLS_DECIDE)
    if not case.is_over:
        raise RecallStateError(f"It isn't over: it is {case.state.name}.", field="caseId")
    return case, text_of(reason, "reason", LONG)


async def check_dismiss(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, release_hold_ids: Collection[UUID] = ()) -> None:
    """Raise what `dismiss` would raise."""
    await _dismissable(tx, principal, case_id, reason, release_hold_ids)


async def dismiss(
    tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str, signature: Signature, release_hold_ids: Collection[UUID] = ()
) -> None:
    """It was unfounded. Holds that are named are released by it, for which the transaction must have passed the exclusive gate."""
    case, found, reason = await _dismissable(tx, principal, case_id, reason, release_hold_ids)
    released = [str(hold.hold_id) for hold in found]
    stay = len(await holding.holds_of(tx, case)) - len(found)
    content = {
        "act": "recall.dismissed", "number": case.number, "drill": case.drill, "title": case.title, "released": released, "holdsThatStay": stay,
        "reason": reason,
    }  # fmt: skip
    signature_id = await sign(tx, principal, signature, subject=case.subject, content=content)
    await holding.release(tx, principal, case, found, reason=reason, signature_id=signature_id)
    await repository.update(tx, case_id, state=int(RecallState.DISMISSED), closed_at=clock.now(), closed_by=principal.actor_id)
    await audit.record(tx, principal, "recall.dismissed", case.subject, after=content, reason=reason, signature_id=signature_id)
    await record_act(tx, case_id, kind=ActKind.DISMISSED, actor=principal, reason=reason, detail=content, signature_id=signature_id)
    await clocks.settle(tx, await locked(tx, case_id))
    await scope.watch(tx, case_id, scope.Watch.OFF)
    await enqueue(tx, topics.DISMISSED, [{"case_id": str(case_id), "drill": case.drill}])


async def _dismissable(
    tx: TenantTransaction, principal: Principal, case_id: UUID, reason: str, release_hold_ids: Collection[UUID]
) -> tuple[RecallCase, list[Hold], str]:
    case = await managed(tx, principal, case_id, Permission.RECALLS_DECIDE)
    reason = text_of(reason, "reason", LONG)
    if case.decision in (RecallDecision.RECALL, RecallDecision.WITHDRAWAL) or case.is_over:
        raise RecallStateError(f"Only what nothing was decided about is dismissed; this case is {case.state.name}.", field="caseId")
    require_state(case, UNDECIDED, "Only a suspicion or an investigation is dismissed; another case is closed.")
    if release_hold_ids:
        principal.require_everywhere(Permission.HOLDS_RELEASE)
    return case, await holding.named_holds(tx, case, release_hold_ids), reason
