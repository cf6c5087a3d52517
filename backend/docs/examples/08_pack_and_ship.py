"""8. Two units into a case, the case onto a pallet, the pallet out of the door: whoever traces a unit finds the customer."""

import os
import sys
from typing import Any
from uuid import uuid4

import httpx

PLANT = {"id": "https://id.gs1.org/414/9506000134000"}
UNITS = ["https://id.gs1.org/01/09506000134338/10/BUNS-7/21/S1", "https://id.gs1.org/01/09506000134338/10/BUNS-7/21/S2"]
CASE, PALLET = "https://id.gs1.org/00/095060001300000026", "https://id.gs1.org/00/095060001300000019"
CUSTOMER = "https://id.gs1.org/417/9506000134024"


def event(kind: str, time: str, step: str, **fields: Any) -> dict[str, Any]:
    """What every event says."""
    when = {"eventTime": f"2026-03-02T{time}:00+08:00", "eventTimeZoneOffset": "+08:00"}
    return {"type": kind, "eventID": f"urn:uuid:{uuid4()}", **when, "bizStep": step, **fields}


events = [
    event("ObjectEvent", "09:30", "commissioning", action="ADD", bizLocation=PLANT, epcList=UNITS),
    event("AggregationEvent", "10:00", "packing", action="ADD", bizLocation=PLANT, parentID=CASE, childEPCs=UNITS),
    event("AggregationEvent", "10:10", "packing", action="ADD", bizLocation=PLANT, parentID=PALLET, childEPCs=[CASE]),
    event(
        "ObjectEvent",
        "11:00",
        "shipping",
        action="OBSERVE",
        disposition="in_transit",
        readPoint=PLANT,
        epcList=[PALLET],
        destinationList=[{"type": "owning_party", "destination": CUSTOMER}],
    ),
]
document = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-03-02T20:00:00+08:00",
    "epcisBody": {"eventList": events},
}

answer = httpx.post(
    f"{os.environ['SUYUAN']}/epcis/capture",
    json=document,
    headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"},
    timeout=60,
)
if answer.is_error:
    sys.exit(f"Refused: {answer.json()['detail']}")
print("accepted", answer.json()["accepted"])
