"""What a finding leads to besides its alert: holds, re-inspection, a nonconformance, a message to partners. Done once, by the worker."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.alerts import service as alerts
from backend.alerts.service import Severity
from backend.genealogy.containment import outer_containers
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.inspections import service as inspections
from backend.inspections.errors import InspectionOpenError, NoSpecificationError
from backend.inspections.opening import Behind, Wanted, opened
from backend.nonconformance import service as nonconformance
from backend.nonconformance.rules import NcSourceKind
from backend.objects import service as objects
from backend.rules import forms, repository
from backend.rules.documents import read_stored
from backend.rules.forms import Document
from backend.webhooks import service as webhooks
from infra.database import Gate, Record, TenantTransaction
from infra.errors import SuyuanError
from infra.logging import get_logger

HELD_AT_ONCE: Final = 1_000
INSPECTED_AT_ONCE: Final = 50
NAMED: Final = 100
_log = get_logger(__name__)


async def act(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: do all that a finding's rule says, in one transaction.

    Each action is done wholly or not at all: a refusal is kept as its outcome, undoes what the action had done so far, and stops no other.
    """
    firing_id = UUID(payload["firing_id"])
    found = await repository.firing_by_id(tx, firing_id)
    if found is None:
        return
    document = read_stored(await repository.document_of(tx, found["rule_id"], found["version"]))
    if any(isinstance(action, forms.PlaceHold) for action in document.actions):
        await tx.pass_gate(Gate.EXCLUSIVE)
    locked = await repository.firing_by_id(tx, firing_id, lock=True)
    if locked is None or locked["outcomes"] != "{}":
        return
    outcomes = {}
    for place, action in enumerate(document.actions):
        if not isinstance(action, forms.RaiseAlert):
            outcomes[str(place)] = await _outcome(tx, document, action, locked)
    await repository.set_outcome(tx, firing_id, msgspec.json.encode(outcomes, order="sorted").decode())


async def _outcome(tx: TenantTransaction, document: Document, action: forms.AnyAction, firing: Record) -> dict[str, Any]:
    name = str(type(action).__struct_config__.tag)
    try:
        async with tx.savepoint():
            done = await _done(tx, document, action, firing)
    except SuyuanError as refusal:
        _log.warning("rule_action_refused", tenant_id=tx.tenant_id, firing_id=str(firing["firing_id"]), action=name, problem=refusal.message)
        return {"do": name, "refused": refusal.message}
    return {"do": name, **done}


async def _done(tx: TenantTransaction, document: Document, action: forms.AnyAction, firing: Record) -> dict[str, Any]:
    if isinstance(action, forms.PlaceHold):
        return await _hold(tx, document, action, firing)
    if isinstance(action, forms.Reinspect):
        return await _reinspect(tx, document, action, firing)
    if isinstance(action, forms.OpenNonconformance):
        return await _nonconformance(tx, document, action, firing)
    return await _publish(tx, document, firing)


def _keys(firing: Record) -> list[str]:
    return list(msgspec.json.decode(firing["object_keys"]))


async def _hold(tx: TenantTransaction, document: Document, action: forms.PlaceHold, firing: Record) -> dict[str, Any]:
    scopes = await _scopes(tx, action, firing)
    if not scopes:
        return {"refused": "The finding names nothing that could be held."}
    origin = holds.HoldOrigin(holds.HoldCauseKind.RULE, f"rule:{firing['rule_id']}")
    reason = action.reason or f"Alert rule: {document.name}"
    note = f"Finding {firing['firing_id']}"
    placed = [await holds.place(tx, None, scope=scope, origin=origin, reason=reason[:200], note=note) for scope in scopes]
    return {"holds": [str(hold.hold_id) for hold in placed]}


async def _scopes(tx: TenantTransaction, action: forms.PlaceHold, firing: Record) -> list[holds.Scope]:
    if action.on == "equipment":
        at = firing["occurred_at"]
        window = {"since": at - timedelta(minutes=action.minutes_before), "until": at + timedelta(minutes=action.minutes_after)}
        names = msgspec.json.decode(firing["detail"]).get("equipment", [])
        return [holds.Scope.of_equipment(name, **window) for name in names]
    keys = _keys(firing)
    if action.on == "container":
        keys = await _containers(tx, keys)
    return [holds.Scope.of_objects(*keys[start : start + HELD_AT_ONCE]) for start in range(0, len(keys), HELD_AT_ONCE)]


async def _containers(tx: TenantTransaction, keys: list[str]) -> list[str]:
    """The logistic units among these, and those in which they lie or lay; the goods themselves where they lay in none."""
    things = [thing for key in keys if (thing := await objects.find_key(tx, key)) is not None]
    around = await objects.load(tx, await outer_containers(tx, [thing.object_id for thing in things]))
    found = sorted(thing.key for thing in around.values() if thing.kind in (ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET))
    return found or keys


async def _reinspect(tx: TenantTransaction, document: Document, action: forms.Reinspect, firing: Record) -> dict[str, Any]:
    """Open an inspection of each lot that a specification judges, and tell quality control in any case."""
    keys = _keys(firing)
    opened_ids = []
    for key in keys[:INSPECTED_AT_ONCE]:
        thing = await objects.find_key(tx, key)
        if thing is None:
            continue
        wanted = Wanted(kind=inspections.Kind.FINAL, key=thing.uri, reason=(action.note or f"Alert rule: {document.name}")[:500])
        try:
            inspection = await opened(tx, None, wanted, thing, Behind(origin=inspections.Origin.RULE))
        except (NoSpecificationError, InspectionOpenError):
            continue
        opened_ids.append(str(inspection.inspection_id))
    detail = {"rule": document.name, "note": action.note, "objects": keys[:NAMED], "inspections": opened_ids, "firing": str(firing["firing_id"])}
    alert_id = await alerts.raise_alert(
        tx, kind="reinspection_wanted", severity=Severity.WARNING, dedupe_key=f"rule:reinspect:{firing['firing_id']}", subject=firing["subject"],
        detail=detail, rule_id=firing["rule_id"],
    )  # fmt: skip
    return {"inspections": opened_ids, "alert": str(alert_id) if alert_id else None}


async def _nonconformance(tx: TenantTransaction, document: Document, action: forms.OpenNonconformance, firing: Record) -> dict[str, Any]:
    reference = f"alert:{firing['alert_id']}" if firing["alert_id"] else f"rule:{firing['rule_id']}:{firing['firing_id']}"
    source = nonconformance.NcSource(NcSourceKind.ALERT, reference)
    opened_id = await nonconformance.open_for(
        tx, None, source=source, title=(action.title or document.name)[:200], description=document.description or f"Alert rule: {document.name}",
        object_keys=_keys(firing)[:NAMED], quantity=None, uom=None,
    )  # fmt: skip
    return {"nonconformance": str(opened_id)}


async def _publish(tx: TenantTransaction, document: Document, firing: Record) -> dict[str, Any]:
    data = {"rule": str(firing["rule_id"]), "name": document.name, "firing": str(firing["firing_id"]), "at": firing["occurred_at"].isoformat()}
    message_id = await webhooks.publish(tx, kind="rule.fired", subject=firing["subject"], data=data)
    return {"message": str(message_id)} if message_id else {"refused": "No webhook listens for this kind (rule.fired)."}
