"""3. One event. Its id is made once, by whoever reports it; sent again under the same id it is a duplicate, and a success."""

import os
import sys
from uuid import uuid4

import httpx

event = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "ObjectEvent",
    "eventID": f"urn:uuid:{uuid4()}",
    "eventTime": "2026-03-02T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "bizStep": "receiving",
    "bizLocation": {"id": "https://id.gs1.org/414/9506000134000"},
    "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134307/10/FLOUR-7", "quantity": 500, "uom": "KGM"}],
}

answer = httpx.post(
    f"{os.environ['SUYUAN']}/epcis/events",
    json=event,
    headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"},
    timeout=30,
)
if answer.is_error:
    problem = answer.json()
    for fault in problem.get("errors", []):
        print(f"{fault['field']}: {fault['title']} {fault['detail']}", file=sys.stderr)
    sys.exit(f"Refused: {problem['detail']}")
print(answer.json()["status"], answer.headers["Location"])
