"""What was understood of a good event, in the terms of the standard's five questions: what, when, where, why, and who."""

from datetime import datetime, timedelta
from typing import Any, Final

from backend.events.canonical import CanonicalEvent, Participation
from backend.identifiers import Identifier
from backend.identifiers.gs1_text import decode

OBJECTS_TOLD: Final = 50


def understood(event: CanonicalEvent) -> dict[str, Any]:
    """The event as it would be stored: identifiers canonical beside their written form, words bare, times in UTC with their zone."""
    told: dict[str, Any] = {
        "eventID": event.event_id,
        "eventHash": event.event_hash,
        "eventKey": event.event_key,
        "when": {"eventTime": _utc(event.event_time), "local": _local(event), "offset": event.event_offset},
        "where": {"readPoint": event.read_point, "bizLocation": event.biz_location},
        "why": {
            "action": event.action.name if event.action else None,
            "bizStep": event.biz_step,
            "disposition": event.disposition,
            "bizTransactions": [{"type": kind, "bizTransaction": uri} for kind, uri in event.biz_transactions],
        },
        "who": {
            "sources": [{"type": kind, "source": uri} for kind, uri in event.sources],
            "destinations": [{"type": kind, "destination": uri} for kind, uri in event.destinations],
        },
        "objectCount": len(event.participations),
        "objects": [_object(participation) for participation in event.participations[:OBJECTS_TOLD]],
    }
    if event.transformation_id is not None:
        told["transformationID"] = event.transformation_id
    if event.error_declaration is not None:
        told["errorDeclaration"] = {
            "declarationTime": _utc(event.error_declaration.declaration_time),
            "reason": event.error_declaration.reason,
            "correctiveEventIDs": list(event.error_declaration.corrective_event_ids),
        }
    return told


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _local(event: CanonicalEvent) -> str:
    """The hour that the clock on the wall showed, without the zone, which stands beside it."""
    sign, hours, minutes = event.event_offset[0], int(event.event_offset[1:3]), int(event.event_offset[4:6])
    ahead = timedelta(hours=hours, minutes=minutes)
    try:
        return (event.event_time + (ahead if sign == "+" else -ahead)).replace(tzinfo=None).isoformat()
    except OverflowError:
        return event.event_time.replace(tzinfo=None).isoformat()


def _object(participation: Participation) -> dict[str, Any]:
    identifier = participation.identifier
    told: dict[str, Any] = {
        "role": participation.role.name.lower(),
        "kind": identifier.kind.name.lower(),
        "uri": identifier.uri,
        "written": identifier.captured,
    }
    told |= {name: value for name, value in _parts(identifier).items() if value is not None}
    if participation.quantity is not None:
        told |= {"quantity": format(participation.quantity, "f"), "uom": participation.uom}
    return told


def _parts(identifier: Identifier) -> dict[str, str | None]:
    key, _, rest = identifier.key.partition("/")
    sscc = decode(rest) if key == "00" else None
    return {"gtin": identifier.gtin, "lot": identifier.lot, "serial": identifier.serial, "sscc": sscc}
