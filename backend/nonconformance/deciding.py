"""Decide what becomes of nonconforming goods, sign as the second person, and tell what was done.

A decision releases from the nonconformance's holds what it says and no more: see `rules.let_go`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.catalog.sites import Sites, sites_of
from backend.nonconformance import concessions, holding, repository, rules
from backend.nonconformance.errors import DecisionNotFoundError, DispositionInvalidError, NonconformanceStateError, SecondPersonRequiredError
from backend.nonconformance.history import note
from backend.nonconformance.rules import DecisionStatus, DispositionKind, DispositionStatus, Line, NcSeverity, NcStatus
from backend.nonconformance.service import locked, require_exclusive, subject_of
from backend.nonconformance.stored import Decision, Disposition, Nonconformance, dispositions_of, lines_of
from backend.nonconformance.texts import LONG, TITLE, optional_text, text_of
from backend.objects import service as objects
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign

DEFAULT_TWO_PEOPLE = NcSeverity.CRITICAL
MOST_LINES = 200
_UOM = 20


@dataclass(frozen=True, slots=True)
class WantedLine:
    """What is decided about so much of an object; without a quantity about all that is concerned."""

    key: str
    kind: DispositionKind
    quantity: Decimal | None = None
    uom: str | None = None
    instruction: str = ""
    approval_reference: str | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Decision:
    """A decision that may be made: which goods it is about, and whether a second person has to sign."""

    found: Nonconformance
    reason: str
    lines: list[tuple[WantedLine, objects.TraceableObject]]
    needs_two: bool

    def content(self) -> dict[str, Any]:
        """What is signed."""
        lines = [
            {
                "object": thing.key, "disposition": line.kind.name, "quantity": None if line.quantity is None else format(line.quantity, "f"),
                "uom": line.uom, "instruction": line.instruction, "approval": line.approval_reference,
                "validUntil": clock.isoformat(line.valid_until) if line.valid_until else None,
            }
            for line, thing in self.lines
        ]  # fmt: skip
        return {
            "act": "nonconformance.decided", "number": self.found.number, "title": self.found.title, "severity": self.found.severity.name,
            "lines": lines, "reason": self.reason, "needsSecond": self.needs_two,
        }  # fmt: skip


async def two_people_from(tx: TenantTransaction) -> NcSeverity:
    """From which severity on two people decide."""
    stored = await repository.policy(tx)
    return NcSeverity(stored) if stored is not None else DEFAULT_TWO_PEOPLE


async def set_two_people_from(tx: TenantTransaction, principal: Principal, severity: NcSeverity, *, reason: str, signature: Signature) -> None:
    """Say it. It can be made stricter, and no laxer than that two people decide about what is critical."""
    principal.require_everywhere(Permission.NONCONFORMANCES_DECIDE)
    before = await two_people_from(tx)
    await repository.put_policy(tx, int(severity))
    content = {"act": "decision_policy.set", "twoPeopleFrom": severity.name, "before": before.name, "reason": reason}
    signature_id = await sign(tx, principal, signature, subject="decision_policy:tenant", content=content)
    told = {"before": {"twoPeopleFrom": before.name}, "after": {"twoPeopleFrom": severity.name}}
    await audit.record(tx, principal, "decision_policy.set", "decision_policy:tenant", **told, reason=reason, signature_id=signature_id)


async def check_decision(tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, *, lines: Sequence[WantedLine], reason: str) -> None:
    """Raise what `decide` would raise, before anybody is asked to sign; needs no gate."""
    await _decidable(tx, principal, nonconformance_id, lines, reason)


async def decide(
    tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, *, lines: Sequence[WantedLine], reason: str, signature: Signature
) -> UUID:
    """Decide about goods. It counts at once, or once a second person has signed; then it lets go what it says.

    The transaction must have passed the exclusive gate.
    """
    require_exclusive(tx)
    wanted = await _decidable(tx, principal, nonconformance_id, lines, reason)
    decision_id, at, subject = uuid7(), clock.now(), subject_of(nonconformance_id)
    signature_id = await sign(tx, principal, signature, subject=subject, content=wanted.content())
    status = DecisionStatus.WAITING_FOR_SECOND if wanted.needs_two else DecisionStatus.IN_FORCE
    await repository.insert_decision(
        tx, decision_id, nonconformance_id, status=status, reason=wanted.reason, at=at, by=principal.actor_id, signature_id=signature_id
    )
    await repository.insert_dispositions(tx, [_row(decision_id, nonconformance_id, line, thing.object_id) for line, thing in wanted.lines])
    after = {"number": wanted.found.number, "waitsForSecond": wanted.needs_two, "lines": len(wanted.lines)}
    await audit.record(tx, principal, "nonconformance.decided", subject, after=after, reason=wanted.reason, signature_id=signature_id)
    await note(tx, principal, subject, "decided", wanted.reason, detail={"decision": str(decision_id), **wanted.content()})
    if wanted.needs_two:
        await repository.set_status(tx, nonconformance_id, NcStatus.UNDER_REVIEW)
    else:
        await _put_in_force(tx, principal, wanted.found, decision_id=decision_id, reason=wanted.reason, signature_id=signature_id)
    return decision_id


def _row(decision_id: UUID, nonconformance_id: UUID, line: WantedLine, object_id: int) -> dict[str, Any]:
    return {
        "disposition_id": uuid7(), "decision_id": decision_id, "nonconformance_id": nonconformance_id, "object_id": object_id,
        "kind": int(line.kind), "status": int(DispositionStatus.WAITING_FOR_SECOND), "quantity": line.quantity, "uom": line.uom,
        "instruction": line.instruction, "approval_reference": line.approval_reference, "valid_until": line.valid_until,
    }  # fmt: skip


async def _decidable(tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, lines: Sequence[WantedLine], reason: str) -> _Decision:
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_DECIDE)
    reason = text_of(reason, "reason", LONG)
    found = await locked(tx, nonconformance_id, sites)
    if found.status in (NcStatus.EXECUTED, NcStatus.CLOSED):
        raise NonconformanceStateError("All of it was decided and done, or it is closed: nothing is left to decide.", field="nonconformanceId")
    former = await dispositions_of(tx, nonconformance_id)
    if any(each.status is DispositionStatus.WAITING_FOR_SECOND for each in former):
        raise NonconformanceStateError("A decision waits for a second person's signature: have that one signed or refused.", field="nonconformanceId")
    if len(lines) > MOST_LINES:
        raise DispositionInvalidError(f"A decision has at most {MOST_LINES} lines.", field="lines")
    wanted = [(_cleaned(line, place), await objects.find(tx, line.key, sites)) for place, line in enumerate(lines)]
    new = [Line(thing.object_id, line.kind, line.quantity, line.uom) for line, thing in wanted]
    rules.check_lines(await found.concerned(tx), [each.line for each in former], new)
    return _Decision(found, reason, wanted, rules.needs_two(found.severity, await two_people_from(tx)))


def _cleaned(line: WantedLine, place: int) -> WantedLine:
    field = f"lines.{place}"
    needs_words = line.kind in (DispositionKind.REWORK, DispositionKind.REGRADE)
    approval = optional_text(line.approval_reference, f"{field}.approvalReference", TITLE)
    if (approval or line.valid_until) and line.kind is not DispositionKind.USE_AS_IS:
        raise DispositionInvalidError(
            "Only to use goods as they are is a concession, with an approval and a limit.", field=f"{field}.approvalReference"
        )
    if line.valid_until is not None and line.valid_until <= clock.now():
        raise DispositionInvalidError("The concession would have ended already.", field=f"{field}.validUntil")
    return WantedLine(
        line.key, line.kind, line.quantity, optional_text(line.uom, f"{field}.uom", _UOM) if line.quantity is not None else None,
        text_of(line.instruction, f"{field}.instruction", LONG, required=needs_words), approval, line.valid_until,
    )  # fmt: skip


async def check_second(tx: TenantTransaction, principal: Principal, decision_id: UUID, *, reason: str) -> None:
    """Raise what `sign_second` would raise."""
    await _waiting(tx, principal, decision_id, reason)


async def sign_second(tx: TenantTransaction, principal: Principal, decision_id: UUID, *, accept: bool, reason: str, signature: Signature) -> UUID:
    """The second person agrees, and the decision counts; or refuses, and it is void. Behind the exclusive gate; gives the nonconformance."""
    require_exclusive(tx)
    decision, found, reason = await _waiting(tx, principal, decision_id, reason)
    subject = subject_of(found.nonconformance_id)
    act = "nonconformance.approved" if accept else "nonconformance.refused"
    content = {"act": act, "number": found.number, "decision": str(decision_id), "decidedBecause": decision.reason, "reason": reason}
    signature_id = await sign(tx, principal, signature, subject=subject, content=content)
    status = DecisionStatus.IN_FORCE if accept else DecisionStatus.REFUSED
    if not await repository.countersign(
        tx, decision_id, status=status, at=clock.now(), by=principal.actor_id, reason=reason, signature_id=signature_id
    ):
        raise DecisionNotFoundError
    await audit.record(tx, principal, act, subject, after={"decision": str(decision_id)}, reason=reason, signature_id=signature_id)
    await note(tx, principal, subject, "approved" if accept else "refused", reason, detail={"decision": str(decision_id)})
    if accept:
        await _put_in_force(tx, principal, found, decision_id=decision_id, reason=reason, signature_id=signature_id)
    else:
        void = [each.disposition_id for each in await dispositions_of(tx, found.nonconformance_id) if each.decision_id == decision_id]
        await repository.set_dispositions(tx, void, [int(DispositionStatus.VOID)] * len(void))
    return found.nonconformance_id


async def _waiting(tx: TenantTransaction, principal: Principal, decision_id: UUID, reason: str) -> tuple[Decision, Nonconformance, str]:
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_DECIDE)
    reason = text_of(reason, "reason", LONG)
    row = await repository.decision(tx, decision_id)
    if row is None or not await repository.by_ids(tx, [row["nonconformance_id"]], sites):
        raise DecisionNotFoundError
    found = await locked(tx, row["nonconformance_id"], sites)
    decision = Decision.from_row(row)
    if decision.status is not DecisionStatus.WAITING_FOR_SECOND:
        raise DecisionNotFoundError
    if decision.decided_by == principal.actor_id:
        raise SecondPersonRequiredError("You have made this decision: somebody else who may decide has to sign it too.")
    return decision, found, reason


async def _put_in_force(
    tx: TenantTransaction, principal: Principal, found: Nonconformance, *, decision_id: UUID, reason: str, signature_id: UUID
) -> None:
    """The decision's lines count from now on; what it lets go is released."""
    lines = [each for each in await dispositions_of(tx, found.nonconformance_id) if each.decision_id == decision_id]
    await repository.set_dispositions(tx, [each.disposition_id for each in lines], [int(rules.first_status(each.kind)) for each in lines])
    await concessions.watch(tx, lines)
    await settle(tx, found)
    free = rules.let_go(await found.concerned(tx), await lines_of(tx, found.nonconformance_id))
    await release(tx, principal, found, free & {each.object_id for each in lines}, reason=reason, signature_id=signature_id)


async def release(
    tx: TenantTransaction, principal: Principal, found: Nonconformance, object_ids: set[int], *, reason: str, signature_id: UUID
) -> None:
    """Let goods go from the nonconformance's own holds."""
    if object_ids:
        former = {each.outcome_id or each.object_id for each in await dispositions_of(tx, found.nonconformance_id) if each.released}
        because = f"{found.number}: {reason}"[:TITLE]
        await holding.release(tx, principal, found.nonconformance_id, former | object_ids, reason=because, signature_id=signature_id)
        await repository.mark_released(tx, found.nonconformance_id, object_ids)
        keys = sorted(thing.key for thing in (await objects.load(tx, object_ids)).values())
        await note(tx, principal, subject_of(found.nonconformance_id), "released", detail={"objects": keys})


async def settle(tx: TenantTransaction, found: Nonconformance) -> None:
    """The status that follows from what is decided and done."""
    goods, lines = await found.concerned(tx), await lines_of(tx, found.nonconformance_id)
    status = NcStatus.UNDER_REVIEW
    if rules.is_executed(goods, lines):
        status = NcStatus.EXECUTED
    elif rules.is_decided(goods, lines):
        status = NcStatus.DECIDED
    await repository.set_status(tx, found.nonconformance_id, status)


async def disposition_of(tx: TenantTransaction, disposition_id: UUID, sites: Sites | None) -> tuple[Disposition, Nonconformance] | None:
    """A disposition with its nonconformance, which is held until the transaction ends."""
    row = await repository.disposition(tx, disposition_id)
    if row is None or not await repository.by_ids(tx, [row["nonconformance_id"]], sites):
        return None
    found = await locked(tx, row["nonconformance_id"], sites)
    # As it is now that nobody else changes it.
    again = await repository.disposition(tx, disposition_id)
    return (Disposition.from_row(again), found) if again is not None else None
