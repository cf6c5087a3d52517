"""The holds of a case: on each of its sources, placed by hand at a suspicion and by itself from the decision on. A drill holds nothing."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from backend.holds import query_service as holds_read
from backend.holds import service as holds
from backend.recall_scope import service as scope
from backend.recalls.errors import RecallHoldError, RecallIsDrillError
from backend.recalls.kinds import ActKind
from backend.recalls.locking import managed, require_running
from backend.recalls.stored import RecallCase
from backend.recalls.texts import TITLE, text_of
from backend.recalls.timeline import record_act
from infra.database import Gate, TenantTransaction
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_HOLDS: Final = 1_200


def require_exclusive(tx: TenantTransaction) -> None:
    """What may place or release holds passes the gate alone."""
    if tx.gate is not Gate.EXCLUSIVE:
        raise RuntimeError("recalls hold and release behind the exclusive gate")


async def holds_of(tx: TenantTransaction, case: RecallCase, *, active_only: bool = True) -> list[holds.Hold]:
    """Those placed for a case, by it or by hand, oldest first."""
    wanted = await holds_read.wanted_holds(tx, active_only=active_only, kinds=[holds.HoldCauseKind.RECALL], reference=case.subject)
    if wanted is None:
        return []
    rows = await holds_read.page_of_holds(tx, wanted, cursor=None, backward=True, limit=MOST_HOLDS)
    return [row.hold for row in rows]


async def hold_sources(tx: TenantTransaction, case: RecallCase, principal: Principal | None, *, reason: str) -> list[UUID]:
    """Hold what the case suspects, behind the exclusive gate; gives the holds in force on it. What is held for the case already stays so.

    Without a principal, or where he may place no holds himself, the service places them: it is the decision that holds. Of a drill
    nothing is held.
    """
    if case.drill:
        return []
    require_exclusive(tx)
    by = principal if principal is not None and _may_hold(principal) else None
    origin = holds.HoldOrigin(holds.HoldCauseKind.RECALL, case.subject)
    before = {hold.hold_id for hold in await holds_of(tx, case)}
    placed: list[UUID] = []
    for one in await scope.hold_scopes(tx, case.case_id):
        found = await holds.place(tx, by, scope=one, origin=origin, reason=reason[:TITLE], note=case.number)
        placed.append(found.hold_id)
    if new := [str(hold_id) for hold_id in placed if hold_id not in before]:
        await record_act(tx, case.case_id, kind=ActKind.HELD, actor=principal, reason=reason, detail={"holds": new})
    return placed


def _may_hold(principal: Principal) -> bool:
    return Permission.HOLDS_PLACE in principal.permissions and principal.sites.get(Permission.HOLDS_PLACE) is None


async def hold_by_hand(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str) -> list[UUID]:
    """Hold what is suspected before anything is decided; behind the exclusive gate."""
    case = await managed(tx, principal, case_id)
    principal.require_everywhere(Permission.HOLDS_PLACE)
    if case.drill:
        raise RecallIsDrillError
    require_running(case)
    reason = text_of(reason, "reason", TITLE)
    placed = await hold_sources(tx, case, principal, reason=reason)
    after = {"number": case.number, "holds": [str(hold_id) for hold_id in placed]}
    await audit.record(tx, principal, "recall.held", case.subject, after=after, reason=reason)
    return placed


async def named_holds(tx: TenantTransaction, case: RecallCase, hold_ids: Collection[UUID]) -> list[holds.Hold]:
    """Those of the case's holds in force that are named; raises `RecallHoldError` for any other."""
    in_force = {hold.hold_id: hold for hold in await holds_of(tx, case)} if hold_ids else {}
    if any(hold_id not in in_force for hold_id in hold_ids):
        raise RecallHoldError("Name holds that were placed for this case and are in force: look at the case's holds.", field="releaseHoldIds")
    return [in_force[hold_id] for hold_id in dict.fromkeys(hold_ids)]


async def release(
    tx: TenantTransaction, principal: Principal, case: RecallCase, found: Sequence[holds.Hold], *, reason: str, signature_id: UUID
) -> None:
    """End these holds by the signed act that names them; behind the exclusive gate."""
    if not found:
        return
    require_exclusive(tx)
    for hold in found:
        await holds.release_of_origin(tx, principal, hold_id=hold.hold_id, reason=f"{case.number}: {reason}"[:TITLE], signature_id=signature_id)
    told = {"holds": [str(hold.hold_id) for hold in found]}
    await record_act(tx, case.case_id, kind=ActKind.HOLDS_RELEASED, actor=principal, reason=reason, detail=told, signature_id=signature_id)
