"""What stands against closing a recall for want of effectiveness checks: no level was chosen, or some are still to be done."""

from uuid import UUID

from backend.recall_checks.query_service import counts_of, plans_of
from backend.recalls.rules import DutyKind, OpenDuty
from backend.recalls.service import case_by_id
from infra.database import TenantTransaction


async def open_duties(tx: TenantTransaction, case_id: UUID) -> list[OpenDuty]:
    """None before the announcement, and of a drill. Goods whose fate nobody knows don't keep a recall open: that is a judgement."""
    case = await case_by_id(tx, case_id)
    if case.drill or case.announced_at is None or not case.takes_back:
        return []
    if not await plans_of(tx, case_id):
        return [
            OpenDuty(DutyKind.CHECKS, "尚未选定有效性核查级别（无需核查时选E级）", "no level of effectiveness checks is chosen (E if none is needed)")
        ]
    counts = await counts_of(tx, case_id)
    left = counts.open + counts.unreached + counts.ineffective
    if not left:
        return []
    return [OpenDuty(DutyKind.CHECKS, f"{left} 项有效性核查尚未完成或无效", f"{left} effectiveness checks aren't done, or weren't effective")]
