"""Conclude an inspection: what the results allow is concluded for good, and what a failure asks for is done in the same transaction."""

from typing import Final
from uuid import UUID

import msgspec

from backend.catalog.sites import sites_of
from backend.inspections import consequences, neighbours, repository
from backend.inspections.errors import GateNeededError, InspectionConcludedError, InspectionNotFoundError, InspectionNotReadyError
from backend.inspections.inspections import Inspection, Result, get_inspection
from backend.inspections.rules import Conclusion, Verdict, assess, refusal
from backend.inspections.sites import require_seen
from backend.specifications import service as specifications
from backend.specifications.characteristics import FailureAction
from backend.specifications.service import Version
from infra import clock
from infra.database import Gate, TenantTransaction
from infra.logging import get_logger
from infra.outbox import enqueue
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

_log = get_logger(__name__)
CONCLUDED: Final = "inspection.concluded"
NOTE_LENGTH: Final = 2_000


async def conclude(
    tx: TenantTransaction, principal: Principal, *, inspection_id: UUID, conclusion: Conclusion | None = None, note: str = ""
) -> Inspection:
    """Conclude an inspection as the rules propose (None), or otherwise as far as they allow.

    A rejected one does what its specification says at once: holds the goods, raises an alert, opens a nonconformance, asks for
    re-inspection. Raises `InspectionNotFoundError`, `InspectionConcludedError`, `InspectionNotReadyError` (what is missing, or which
    conclusion the results allow), and `GateNeededError` where it places a hold without having passed the exclusive gate.
    """
    sites = await sites_of(tx, principal, Permission.INSPECTIONS_RECORD)
    row = await repository.locked(tx, inspection_id)
    if row is None:
        raise InspectionNotFoundError
    inspection = Inspection.from_row(row)
    await require_seen(tx, inspection, sites)
    return await conclude_locked(tx, principal, inspection, conclusion, text_of(note, "note", NOTE_LENGTH, required=False))


async def conclude_locked(
    tx: TenantTransaction, principal: Principal, inspection: Inspection, conclusion: Conclusion | None, note: str
) -> Inspection:
    """The same for an inspection that the caller has locked and may conclude."""
    if not inspection.is_open:
        raise InspectionConcludedError
    version, results, verdict = await assessed(tx, inspection)
    concluded = conclusion or verdict.proposed
    if concluded is None:
        raise InspectionNotReadyError(f"Results are missing: {', '.join(verdict.missing[:5])}. Record them first.")
    if (why := refusal(verdict, concluded, note)) is not None:
        raise InspectionNotReadyError(why)
    failed = concluded is Conclusion.REJECTED
    if failed and FailureAction.HOLD in version.on_failure and inspection.object_id is not None and tx.gate is not Gate.EXCLUSIVE:
        raise GateNeededError
    at = clock.now()
    await repository.conclude(
        tx, inspection.inspection_id, conclusion=concluded, verdict=msgspec.json.encode(verdict).decode(), note=note, flagged=bool(verdict.flagged),
        at=at, by=principal.actor_id, name=principal.display_name,
    )  # fmt: skip
    if inspection.supersedes is not None:
        await repository.supersede(tx, inspection.supersedes, inspection.inspection_id)
    after = {
        "conclusion": concluded.name.lower(), "proposed": verdict.proposed.name.lower() if verdict.proposed else None,
        "failed": verdict.failed, "flagged": verdict.flagged,
    }  # fmt: skip
    await audit.record(tx, principal, "inspection.concluded", inspection.reference, after=after, reason=note or None)
    if inspection.sampling_plan_id is not None and inspection.plan.size and inspection.supersedes is None and inspection.follows is None:
        await neighbours.lot_concluded(tx, inspection.sampling_plan_id, inspection, verdict, accepted=not failed)
    if failed:
        await consequences.act(tx, inspection, version, results=results, verdict=verdict, note=note)
    await enqueue(tx, CONCLUDED, [{"inspection_id": str(inspection.inspection_id)}])
    return await get_inspection(tx, inspection.inspection_id)


async def assessed(tx: TenantTransaction, inspection: Inspection) -> tuple[Version, list[Result], Verdict]:
    """The version that judges it, the results that count and what the rules say of them now."""
    version = await specifications.get_version(tx, inspection.specification_id, inspection.version)
    results = [Result.from_row(row) for row in await repository.results(tx, [inspection.inspection_id])]
    return version, results, assess(version.characteristics, inspection.plan, [result.found for result in results])
