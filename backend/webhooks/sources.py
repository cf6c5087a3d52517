"""Handlers that turn what other features have put into the outbox into messages; each tells a thing once, however often it is offered."""

from typing import Any
from uuid import UUID

from backend.alerts import query_service as alerts
from backend.holds import service as holds
from backend.holds.errors import HoldNotFoundError
from backend.inspections import service as inspections
from backend.objects import service as objects
from backend.recalls import query_service as recalls
from backend.recalls.errors import UnknownRecallError
from backend.webhooks.publishing import publish
from infra.database import TenantTransaction
from infra.outbox import first_time


async def hold_changed(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """A hold was placed, or released as a whole; where that came in between, both are told, in this order."""
    if "hold_id" not in payload:
        return
    try:
        hold = await holds.get_hold(tx, UUID(payload["hold_id"]))
    except HoldNotFoundError:
        return
    # A hold on a scope into which nothing has fallen yet has no object.
    data, subject = {"hold": str(hold.hold_id), "reason": hold.reason}, hold.object_uri or f"hold:{hold.hold_id}"
    if await first_time(tx, f"webhook:hold.placed:{hold.hold_id}"):
        await publish(tx, kind="hold.placed", subject=subject, data=data, at=hold.placed_at)
    if not hold.active and await first_time(tx, f"webhook:hold.released:{hold.hold_id}"):
        await publish(tx, kind="hold.released", subject=subject, data=data | {"releaseReason": hold.release_reason}, at=hold.released_at)


async def inspection_concluded(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """An inspection came to a conclusion; it is about goods, a delivery, a place or a machine."""
    inspection = await inspections.get_inspection(tx, UUID(payload["inspection_id"]))
    if inspection.conclusion is None or not await first_time(tx, f"webhook:inspection.concluded:{inspection.inspection_id}"):
        return
    goods = await objects.load(tx, [inspection.object_id]) if inspection.object_id is not None else {}
    subject = next((thing.uri for thing in goods.values()), inspection.reference)
    data = {"inspection": str(inspection.inspection_id), "conclusion": inspection.conclusion.name}
    await publish(tx, kind="inspection.concluded", subject=subject, data=data, at=inspection.concluded_at)


async def recall_announced(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """A recall was announced, or extended: each version is told once. A drill never leaves the house."""
    case = await _recall(tx, payload)
    if case is None or not await first_time(tx, f"webhook:recall.announced:{case.case_id}:{payload['version']}"):
        return
    told = {"class": case.recall_class.name if case.recall_class else None, "depth": case.depth.name if case.depth else None}
    data = {"recall": str(case.case_id), "number": case.number, "title": case.title, **told, "version": payload["version"]}
    await publish(tx, kind="recall.announced", subject=case.subject, data=data)


async def recall_closed(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """A recall was closed; one that was reopened is closed again. A drill never leaves the house."""
    case = await _recall(tx, payload)
    if case is not None and await first_time(tx, f"webhook:recall.closed:{case.case_id}:{payload['at']}"):
        data = {"recall": str(case.case_id), "number": case.number, "title": case.title}
        await publish(tx, kind="recall.closed", subject=case.subject, data=data)


async def _recall(tx: TenantTransaction, payload: dict[str, Any]) -> recalls.RecallCase | None:
    try:
        case = await recalls.case_by_id(tx, UUID(payload["case_id"]))
    except UnknownRecallError:
        return None
    return None if case.drill or payload["drill"] else case


async def alert_raised(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """An alert was raised."""
    await _alert(tx, payload, "alert.raised")


async def alert_reset(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """An alert ended because its condition is over."""
    await _alert(tx, payload, "alert.reset")


async def _alert(tx: TenantTransaction, payload: dict[str, Any], kind: str) -> None:
    alert = await alerts.alert_by_id(tx, UUID(payload["alert_id"]))
    # One that was opened again ends again.
    occasion = f":{payload.get('at', '')}" if kind == "alert.reset" else ""
    if alert is not None and await first_time(tx, f"webhook:{kind}:{alert.alert_id}{occasion}"):
        data = {"alert": str(alert.alert_id), "kind": alert.kind, "severity": alert.severity.name}
        await publish(tx, kind=kind, subject=alert.subject, data=data, at=alert.raised_at if kind == "alert.raised" else None)
