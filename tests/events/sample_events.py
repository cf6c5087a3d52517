"""Events and documents that the tests of reading and writing start from, small and valid."""

import copy
import json
from typing import Any

from backend.events.canonical import CanonicalEvent
from backend.events.faults import DocumentFaults, EventFaults, Fault
from backend.events.reader import read_document, read_event

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
WHEN = {"eventTime": "2026-07-22T06:45:00.000+08:00", "eventTimeZoneOffset": "+08:00"}
FLOUR = "https://id.gs1.org/01/09506000134352/10/F1"
BREAD = "https://id.gs1.org/01/09506000134369/10/B1"
UNIT = "urn:epc:id:sgtin:0614141.107346.2017"
PALLET = "urn:epc:id:sscc:0614141.1234567890"
PLANT = "urn:epc:id:sgln:0614141.07346.0"


def object_event(**changes: Any) -> dict[str, Any]:
    return _changed({"type": "ObjectEvent", **WHEN, "epcList": [UNIT], "action": "OBSERVE", "bizStep": "shipping"}, changes)


def aggregation_event(**changes: Any) -> dict[str, Any]:
    return _changed({"type": "AggregationEvent", **WHEN, "parentID": PALLET, "childEPCs": [UNIT], "action": "ADD"}, changes)


def association_event(**changes: Any) -> dict[str, Any]:
    return _changed({"type": "AssociationEvent", **WHEN, "parentID": PLANT, "childEPCs": [UNIT], "action": "ADD"}, changes)


def transaction_event(**changes: Any) -> dict[str, Any]:
    order = {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"}
    return _changed({"type": "TransactionEvent", **WHEN, "bizTransactionList": [order], "epcList": [UNIT], "action": "ADD"}, changes)


def transformation_event(**changes: Any) -> dict[str, Any]:
    inputs, outputs = [{"epcClass": FLOUR, "quantity": 10.5, "uom": "KGM"}], [{"epcClass": BREAD, "quantity": 400}]
    return _changed({"type": "TransformationEvent", **WHEN, "inputQuantityList": inputs, "outputQuantityList": outputs}, changes)


def document(*events: Any, **changes: Any) -> dict[str, Any]:
    return _changed(
        {
            "@context": [CONTEXT, {"ex": "https://ns.example.com/epcis/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-07-22T06:50:00Z",
            "epcisBody": {"eventList": list(events)},
        },
        changes,
    )


def canonical(event: dict[str, Any]) -> CanonicalEvent:
    """The event as read alone; fails with its faults where it has any."""
    found = read_event(event)
    assert isinstance(found, CanonicalEvent), [str(fault) for fault in found.faults]
    return found


def read_in_document(*events: dict[str, Any]) -> list[CanonicalEvent]:
    """The events as read from the bytes of a document that declares the prefix "ex"."""
    reading = read_document(json.dumps(document(*events)).encode())
    assert not reading.faults, [str(fault) for fault in reading.faults]
    return reading.canonical


def faults_of(value: Any) -> list[Fault]:
    """All faults of a document, or of an event inside one that declares the prefix "ex"."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    try:
        return read_document(raw).faults
    except DocumentFaults as error:
        return list(error.faults)


def event_faults(event: dict[str, Any]) -> dict[str, str]:
    """The event's faults when it stands alone in a document: path below the event, and message."""
    found = faults_of(document(event))
    return {fault.path.removeprefix("$.epcisBody.eventList[0]"): fault.message for fault in found}


def refused(event: dict[str, Any]) -> EventFaults:
    found = read_event(event)
    assert isinstance(found, EventFaults)
    return found


def _changed(value: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A deep copy with fields replaced; a change to ... removes the field."""
    changed = {**copy.deepcopy(value), **changes}
    return {name: item for name, item in changed.items() if item is not ...}
