"""4. A document of which the good events are kept, and its job. Without "proceed" one fault refuses all of it."""

import os
import sys
import time

import httpx

suyuan = httpx.Client(base_url=os.environ["SUYUAN"], headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"}, timeout=60)

common = {"type": "ObjectEvent", "eventTimeZoneOffset": "+08:00"}
document = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-03-02T20:00:00+08:00",
    "epcisBody": {
        "eventList": [
            {
                **common,
                "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000041",
                "eventTime": "2026-03-02T09:30:00+08:00",
                "action": "ADD",
                "bizStep": "commissioning",
                "epcList": ["https://id.gs1.org/01/09506000134338/21/S1", "https://id.gs1.org/01/09506000134338/21/S2"],
            },
            {
                **common,
                "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000042",
                "eventTime": "2026-03-02T09:40:00+08:00",
                "action": "SEEN",
                "epcList": ["https://id.gs1.org/01/09506000134338/21/S1"],
            },
        ]
    },
}

answer = suyuan.post("/epcis/capture", json=document, headers={"GS1-Capture-Error-Behaviour": "proceed"})
if answer.is_error:
    sys.exit(f"Refused: {answer.json()['detail']}")
job = answer.json()
while job["running"]:
    time.sleep(1)
    job = suyuan.get(answer.headers["Location"]).raise_for_status().json()
print(f"accepted {job['accepted']}, duplicates {job['duplicates']}, rejected {job['rejected']}")
for error in job["errors"]:
    print(f"{error['field']}: {error['title']} {error['detail']}")
