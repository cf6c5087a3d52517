"""What a failed inspection does at once, in the transaction that concludes it: hold, alert, nonconformance, re-inspection."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.holds import service as holds
from backend.inspections import repository
from backend.inspections.inspections import Inspection, Origin, Result
from backend.inspections.opening import Behind, Wanted, opened
from backend.inspections.rules import Judged, Verdict
from backend.nonconformance import service as nonconformances
from backend.nonconformance.rules import NcSeverity, NcSourceKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.specifications import service as specifications
from backend.specifications.characteristics import FailureAction
from backend.specifications.service import Version
from backend.units.symbols import symbol
from infra.database import TenantTransaction

FAILED: Final = "inspection_failed"
MOST_TOLD: Final = 10
MOST_TITLE: Final = 200
HOLD_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed inspection as those hear of it who act on it."""

    inspection: Inspection
    goods: TraceableObject | None
    told: str
    note: str


async def act(tx: TenantTransaction, inspection: Inspection, version: Version, *, results: Sequence[Result], verdict: Verdict, note: str) -> None:
    """Do what the specification says; the hold first, so that whatever else follows finds the goods held."""
    found = await objects.load(tx, [inspection.object_id]) if inspection.object_id is not None else {}
    goods = found.get(inspection.object_id) if inspection.object_id is not None else None
    failure = Failure(inspection, goods, _told(version, results, note), note)
    hold_id = nonconformance_id = None
    if FailureAction.HOLD in version.on_failure and goods is not None:
        hold_id = await _hold(tx, failure, goods)
    if FailureAction.NONCONFORMANCE in version.on_failure:
        nonconformance_id = await _nonconformance(tx, failure, verdict, hold_id)
    if FailureAction.ALERT in version.on_failure:
        await _alert(tx, failure, version, verdict, hold_id)
    if FailureAction.REINSPECT in version.on_failure:
        await _reinspect(tx, failure, version)
    await repository.note_consequences(tx, inspection.inspection_id, hold_id=hold_id, nonconformance_id=nonconformance_id)


async def _hold(tx: TenantTransaction, failure: Failure, goods: TraceableObject) -> UUID:
    """Held from the commit on: the goods, their units, and everything made from them. The service places it: the specification says so."""
    reason = f"Failed inspection: {failure.told}"[:HOLD_REASON]
    origin = holds.HoldOrigin(holds.HoldCauseKind.INSPECTION, failure.inspection.reference)
    return (await holds.place(tx, None, scope=holds.Scope.of_objects(goods.key), origin=origin, reason=reason)).hold_id


async def _nonconformance(tx: TenantTransaction, failure: Failure, verdict: Verdict, hold_id: UUID | None) -> UUID:
    """Its decisions release the hold that this inspection placed."""
    severity = NcSeverity.CRITICAL if verdict.critical else NcSeverity.MAJOR if verdict.major or not verdict.minor else NcSeverity.MINOR
    return await nonconformances.open_for(
        tx, None, source=nonconformances.NcSource(NcSourceKind.INSPECTION, failure.inspection.reference),
        title=f"Failed inspection: {failure.told}"[:MOST_TITLE], description=failure.note or failure.told,
        object_keys=[failure.goods.key] if failure.goods else [], quantity=None, uom=None, severity=severity,
        characteristic=verdict.failed[0] if verdict.failed else None, hold_ids=[hold_id] if hold_id else [],
    )  # fmt: skip


async def _alert(tx: TenantTransaction, failure: Failure, version: Version, verdict: Verdict, hold_id: UUID | None) -> None:
    inspection, goods = failure.inspection, failure.goods
    detail = {
        "inspection": str(inspection.inspection_id), "lot": goods.code if goods else "", "receipt": inspection.receipt,
        "specification": str(version.specification_id), "version": version.version, "failed": list(verdict.failed), "told": failure.told,
        "hold": str(hold_id) if hold_id else None, "action": "test again" if FailureAction.REINSPECT in version.on_failure else "decide",
    }  # fmt: skip
    await alerts.raise_alert(
        tx, kind=FAILED, severity=alerts.Severity.CRITICAL if verdict.critical or hold_id else alerts.Severity.WARNING,
        dedupe_key=f"{FAILED}:{inspection.inspection_id}", subject=goods.uri if goods else inspection.reference, detail=detail,
    )  # fmt: skip


async def _reinspect(tx: TenantTransaction, failure: Failure, version: Version) -> None:
    """Quality is told to test again: the same goods wait for another inspection by what is in force now, else by what has judged them."""
    now = await specifications.version_in_force(tx, version.specification_id) or version
    before = failure.inspection
    wanted = Wanted(
        before.kind, receipt=before.receipt, place=before.place, equipment=before.equipment, product=before.goods.product,
        material=before.goods.material, supplier=before.goods.supplier, step=before.goods.step, customer=before.goods.customer,
        lot_size=before.lot_size, reason=f"Test again: {failure.told}"[:500],
    )  # fmt: skip
    await opened(tx, None, wanted, failure.goods, Behind(Origin.FAILED_INSPECTION, follows=before.inspection_id, version=now))


def _told(version: Version, results: Sequence[Result], note: str) -> str:
    """The failing values in words: “LEAD 0.25 NA > 0.2 NA; …”."""
    failing = [result for result in results if result.judged is Judged.FAIL][:MOST_TOLD]
    told = "; ".join(f"{_name(version, one)} {one.value} {symbol(one.unit)} ({one.judged_why})".replace("  ", " ") for one in failing)
    return told or note


def _name(version: Version, result: Result) -> str:
    asked = version.characteristic(result.characteristic)
    return asked.name if asked else result.characteristic
