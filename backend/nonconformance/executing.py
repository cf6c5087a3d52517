"""Tell that a disposition was carried out, with the event that proves it, and inspect again what was reworked."""

from typing import Any
from uuid import UUID

from backend.catalog.sites import Sites, sites_of
from backend.genealogy import reach
from backend.nonconformance import repository, rules
from backend.nonconformance.deciding import disposition_of, release, settle, two_people_from
from backend.nonconformance.errors import DispositionNotFoundError, NonconformanceStateError, ProofMissingError, SecondPersonRequiredError
from backend.nonconformance.history import note
from backend.nonconformance.proving import require_proof
from backend.nonconformance.rules import DispositionKind, DispositionStatus
from backend.nonconformance.service import require_exclusive, subject_of
from backend.nonconformance.stored import Disposition, Nonconformance
from backend.nonconformance.texts import LONG, text_of
from backend.objects import service as objects
from infra import clock
from infra.database import TenantTransaction
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign


async def carry_out(
    tx: TenantTransaction, principal: Principal, disposition_id: UUID, *, event_id: UUID | None, outcome_key: str | None, comment: str
) -> UUID:
    """Scrapped, returned or reworked; gives the nonconformance. The hold on the goods stays: see `rules.let_go`.

    Of scrap and return an event proves it that names the goods (CBV `destroying`; `returning` or `shipping`): see `proving`. A rework names what came
    of it: the goods themselves, or what was made of them.
    """
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_OPEN)
    comment = text_of(comment, "comment", LONG, required=False)
    found = await disposition_of(tx, disposition_id, sites)
    if found is None:
        raise DispositionNotFoundError
    line, nonconformance = found
    if line.status is not DispositionStatus.TO_DO:
        raise NonconformanceStateError("This disposition isn't waiting to be carried out.", field="dispositionId")
    outcome_id, status = None, DispositionStatus.DONE
    if line.kind is DispositionKind.REWORK:
        outcome_id, status = await _outcome(tx, line, outcome_key, sites), DispositionStatus.TO_REINSPECT
    elif outcome_key is not None:
        raise ProofMissingError("Only a rework has an outcome; leave it out.", field="outcomeKey")
    if event_id is not None or line.kind in rules.PROOF:
        await require_proof(tx, line, event_id, sites)
    await repository.set_done(tx, disposition_id, status=status, at=clock.now(), by=principal.actor_id, event_id=event_id, outcome_id=outcome_id)
    await settle(tx, nonconformance)
    subject = subject_of(nonconformance.nonconformance_id)
    after: dict[str, Any] = {"disposition": str(disposition_id), "kind": line.kind.name, "event": str(event_id) if event_id else None}
    after |= {"outcome": outcome_key} if outcome_key else {}
    await audit.record(tx, principal, "nonconformance.executed", subject, after=after, reason=comment or None)
    await note(tx, principal, subject, "executed", comment, detail=after)
    return nonconformance.nonconformance_id


async def _outcome(tx: TenantTransaction, line: Disposition, key: str | None, sites: Sites | None) -> int:
    if key is None:
        raise ProofMissingError("Name what came of the rework: the goods themselves, or what was made of them.", field="outcomeKey")
    outcome = await objects.find(tx, key, sites)
    if outcome.object_id == line.object_id:
        # To let them go would let go what was made of them before the rework, too.
        if await reach.descendants(tx, [outcome.object_id]) - {outcome.object_id}:
            raise ProofMissingError(
                "Something was made of these goods before they were reworked, which their release would let go too: give what came of the rework "
                "a lot number of its own, report it, and name that.",
                field="outcomeKey",
            )
    elif line.object_id not in await reach.ancestors(tx, [outcome.object_id]):
        raise ProofMissingError("No event says that this was made of the reworked goods: report the rework first.", field="outcomeKey")
    return outcome.object_id


async def check_reinspection(tx: TenantTransaction, principal: Principal, disposition_id: UUID, *, reason: str) -> None:
    """Raise what `reinspect` would raise."""
    await _reinspected(tx, principal, disposition_id, reason)


async def reinspect(
    tx: TenantTransaction, principal: Principal, disposition_id: UUID, *, accept: bool, reference: str, reason: str, signature: Signature
) -> UUID:
    """Sign that what came of a rework is good: it, and nothing else, is let go. Or that it isn't: another decision is needed.

    The transaction must have passed the exclusive gate. `reference` names the inspection. Gives the nonconformance.
    """
    require_exclusive(tx)
    outcome_id, found, reason = await _reinspected(tx, principal, disposition_id, reason)
    reference = text_of(reference, "reference", 200, required=False)
    subject = subject_of(found.nonconformance_id)
    act = "nonconformance.reinspected"
    status = DispositionStatus.DONE if accept else DispositionStatus.FAILED
    outcome = (await objects.load(tx, [outcome_id]))[outcome_id]
    content = {
        "act": act, "number": found.number, "disposition": str(disposition_id), "outcome": outcome.key, "accepted": accept,
        "reference": reference, "reason": reason,
    }  # fmt: skip
    signature_id = await sign(tx, principal, signature, subject=subject, content=content)
    await repository.set_dispositions(tx, [disposition_id], [int(status)])
    await settle(tx, found)
    await audit.record(tx, principal, act, subject, after=content, reason=reason, signature_id=signature_id)
    await note(tx, principal, subject, "reinspected", reason, detail=content)
    if accept:
        await release(tx, principal, found, {outcome_id}, reason=reason, signature_id=signature_id)
    return found.nonconformance_id


async def _reinspected(tx: TenantTransaction, principal: Principal, disposition_id: UUID, reason: str) -> tuple[int, Nonconformance, str]:
    sites = await sites_of(tx, principal, Permission.NONCONFORMANCES_DECIDE)
    reason = text_of(reason, "reason", LONG)
    found = await disposition_of(tx, disposition_id, sites)
    if found is None:
        raise DispositionNotFoundError
    line, nonconformance = found
    if line.status is not DispositionStatus.TO_REINSPECT or line.outcome_id is None:
        raise NonconformanceStateError("Nothing was reworked here that waits for an inspection.", field="dispositionId")
    if rules.needs_two(nonconformance.severity, await two_people_from(tx)) and line.done_by == principal.actor_id:
        raise SecondPersonRequiredError("You have reported the rework: where two people decide, somebody else inspects it.")
    return line.outcome_id, nonconformance, reason
