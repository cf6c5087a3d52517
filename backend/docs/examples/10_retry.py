"""10. Sending until it is known to be stored. An answer that was lost costs nothing: the same event id makes the repetition a duplicate."""

import os
import random
import sys
import time
from typing import Any
from uuid import uuid4

import httpx

TRY_AGAIN = {429, 500, 502, 503, 504}
suyuan = httpx.Client(base_url=os.environ["SUYUAN"], headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"}, timeout=30)


def send(event: dict[str, Any], attempts: int = 6) -> dict[str, Any]:
    """Store the event; ends the program where it is refused, or where nobody answers for long."""
    for attempt in range(attempts):
        wait = 2**attempt * random.uniform(0.5, 1)
        try:
            answer = suyuan.post("/epcis/events", json=event)
        except httpx.TransportError as trouble:
            print("no answer:", trouble, file=sys.stderr)
            time.sleep(wait)
            continue
        if answer.is_success:
            stored: dict[str, Any] = answer.json()
            return stored
        if answer.status_code not in TRY_AGAIN:
            # Every refusal is application/problem+json: what was wrong, and the request id for whoever asks us about it.
            problem = answer.json()
            sys.exit(f"Refused: {problem['detail']} ({problem['requestId']})")
        time.sleep(float(answer.headers.get("Retry-After", wait)))
    sys.exit("Nobody answers. Keep the event, and send it later under the same id.")


event = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "ObjectEvent",
    "eventID": f"urn:uuid:{uuid4()}",
    "eventTime": "2026-03-02T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "bizStep": "receiving",
    "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134307/10/FLOUR-7", "quantity": 500, "uom": "KGM"}],
}
print(send(event)["status"])
