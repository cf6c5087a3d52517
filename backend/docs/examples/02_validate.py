"""2. What is wrong with a document, before it is sent. Nothing is stored."""

import os
import sys

import httpx

DOCUMENT = """{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "ObjectEvent",
  "eventTime": "2026-03-02T08:00:00+08:00",
  "action": "SHIP",
  "bizStep": "shipping",
  "epcList": ["https://id.gs1.org/00/095060001300000019"]
}"""

answer = httpx.post(
    f"{os.environ['SUYUAN']}/epcis/validate",
    content=DOCUMENT,
    headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}", "Content-Type": "application/json", "Accept-Language": "en"},
    timeout=30,
)
if answer.is_error:
    sys.exit(f"Refused: {answer.json()['detail']}")
report = answer.json()
for fault in report["faults"]:
    print(f"line {fault['line']}: {fault['message']} {fault['mend']}")
for event in report["events"]:
    print("A good event:", event.get("example", "yours is one"))
