"""One document played over HTTP: captured in a fresh tenant, and read back."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from backend.events.canonical import CanonicalEvent
from backend.events.faults import DocumentFaults
from backend.events.reader import read
from tests.conformance.expectations import Expected, Verdict

PAGE: Final = 200
LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Played:
    """What the service did with a document; `events` are those read back, `sent` those in the document as far as they can be told."""

    expected: Expected
    status: int
    fields: tuple[str, ...] = ()
    sent: tuple[CanonicalEvent, ...] = ()
    events: tuple[CanonicalEvent, ...] = ()
    answer: str = ""
    problems: tuple[str, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status < 300


async def play(client: httpx.AsyncClient, headers: Mapping[str, str], expected: Expected) -> Played:
    """Send a document in a tenant that has nothing yet, and read back what it holds then."""
    raw = expected.file.read_bytes()
    path = "/epcis/events" if expected.verdict is Verdict.ACCEPT_BARE else "/epcis/capture"
    answer = await client.post(path, content=raw, headers={**headers, "Content-Type": expected.content_type})
    if answer.is_success:
        job, refused, status = await _job(client, headers, answer)
        return Played(expected, status, refused, _sent(raw, expected), await _read_back(client, headers), job)
    return Played(expected, answer.status_code, _fields(answer), answer=answer.text)


async def _job(client: httpx.AsyncClient, headers: Mapping[str, str], answer: httpx.Response) -> tuple[str, tuple[str, ...], int]:
    """What the capture job tells once it is finished, where there is one, and as what that counts: faults found later are faults too."""
    location = answer.headers.get("location", "")
    if "/capture/" not in location:
        return answer.text, (), answer.status_code
    job = await client.get(location, headers=dict(headers))
    while job.json()["running"]:
        await asyncio.sleep(LOOK_SECONDS)
        job = await client.get(location, headers=dict(headers))
    errors = job.json().get("errors", [])
    refused = [error for error in errors if "AlreadyExists" not in error.get("type", "")]
    status = httpx.codes.BAD_REQUEST if refused and not job.json()["accepted"] else answer.status_code
    return job.text, tuple(str(error.get("field", "")) for error in errors), status


def _fields(answer: httpx.Response) -> tuple[str, ...]:
    try:
        body = answer.json()
    except ValueError:
        return ()
    named = [str(error.get("field", "")) for error in body.get("errors", [])] if isinstance(body, dict) else []
    return tuple(named or ([str(body["field"])] if isinstance(body, dict) and "field" in body else []))


def _sent(raw: bytes, expected: Expected) -> tuple[CanonicalEvent, ...]:
    try:
        return tuple(read(raw, expected.content_type).canonical)
    except DocumentFaults:
        return ()


async def _read_back(client: httpx.AsyncClient, headers: Mapping[str, str]) -> tuple[CanonicalEvent, ...]:
    events: list[CanonicalEvent] = []
    path: str | None = f"/epcis/events?perPage={PAGE}"
    while path is not None:
        page = await client.get(path, headers={**headers, "Accept": "application/ld+json"})
        page.raise_for_status()
        document: dict[str, Any] = json.loads(page.content)
        if document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
            events += read(page.content, "application/ld+json").canonical
        path = page.links.get("next", {}).get("url")
    return tuple(events)
