"""7. A mistake is never overwritten: the same event is sent again with an error declaration, beside the event that is right."""

import os
import sys
from typing import Any
from uuid import uuid4

import httpx

suyuan = httpx.Client(base_url=os.environ["SUYUAN"], headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"}, timeout=30)


def received(quantity: int) -> dict[str, Any]:
    """Flour comes in."""
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid4()}",
        "eventTime": "2026-03-02T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134307/10/FLOUR-7", "quantity": quantity, "uom": "KGM"}],
    }


def capture(event: dict[str, Any]) -> None:
    """Store it, or say why not."""
    answer = suyuan.post("/epcis/events", json=event)
    if answer.is_error:
        sys.exit(f"Refused: {answer.json()['detail']}")


wrong, right = received(5000), received(500)
capture(wrong)
capture(right)
declaration = {"declarationTime": "2026-03-02T10:00:00+08:00", "reason": "incorrect_data", "correctiveEventIDs": [right["eventID"]]}
capture({**wrong, "errorDeclaration": declaration})

stored = suyuan.get(f"/epcis/events/{wrong['eventID']}").raise_for_status().json()
[_, declared] = stored["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
print("declared wrong:", declared["errorDeclaration"]["reason"])
