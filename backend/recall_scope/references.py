"""The goods behind a reference: what told of the suspicion, asked of the feature that owns it."""

from uuid import UUID

from backend.alerts import query_service as alerts
from backend.capa import query_service as corrective_actions
from backend.inspections import service as inspections
from backend.inspections.errors import InspectionNotFoundError
from backend.nonconformance import query_service as nonconformances
from backend.objects import service as objects
from backend.objects.errors import ObjectNotFoundError
from backend.recall_scope.errors import ReferenceWithoutGoodsError
from infra.database import TenantTransaction


async def goods_of(tx: TenantTransaction, reference: str) -> list[str]:
    """The keys of the objects that it concerns ("nonconformance:0190…", "inspection:…", "alert:…", "corrective_action:…").

    Raises `ReferenceWithoutGoodsError` for what isn't there or names no goods.
    """
    kind, _, name = reference.strip().partition(":")
    try:
        public_id = UUID(name)
    except ValueError as problem:
        raise ReferenceWithoutGoodsError(reference) from problem
    found: set[int] = set()
    if kind == "nonconformance":
        found = await _of_nonconformances(tx, [public_id])
    elif kind == "corrective_action":
        found = await _of_nonconformances(tx, (await corrective_actions.causes_of(tx, [public_id])).get(public_id, []))
    elif kind == "inspection":
        found = await _of_inspection(tx, public_id)
    elif kind == "alert":
        found = await _of_alert(tx, public_id)
    if not found:
        raise ReferenceWithoutGoodsError(reference)
    return sorted(thing.key for thing in (await objects.load(tx, found)).values())


async def _of_nonconformances(tx: TenantTransaction, ids: list[UUID]) -> set[int]:
    return {one.object_id for goods in (await nonconformances.goods_of(tx, ids)).values() for one in goods} if ids else set()


async def _of_inspection(tx: TenantTransaction, inspection_id: UUID) -> set[int]:
    try:
        inspection = await inspections.get_inspection(tx, inspection_id)
    except InspectionNotFoundError:
        return set()
    return {inspection.object_id} if inspection.object_id is not None else set()


async def _of_alert(tx: TenantTransaction, alert_id: UUID) -> set[int]:
    alert = (await alerts.alerts_by_id(tx, [alert_id])).get(alert_id)
    if alert is None:
        return set()
    try:
        return {(await objects.find(tx, alert.subject)).object_id}
    except ObjectNotFoundError:
        return set()
