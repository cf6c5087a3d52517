"""How a story gets in: documents of any size and form, in any order, with repetitions, through POST /epcis/capture."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import httpx

from backend.events.commands import read_command
from backend.events.writer import WritableEvent
from backend.events.xml_writer import write_xml_document
from tests.orders.stories import Event, Story, junk

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CREATED: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Delivery:
    """One document as a partner sends it; `spoilt` has an event in it that can't be read."""

    events: Sequence[Event]
    xml: bool = False
    proceed: bool = False
    spoilt: Event | None = None

    def body(self, events: Sequence[Event]) -> bytes:
        if self.xml:
            return write_xml_document([WritableEvent.of(read_command(event)) for event in events], created=CREATED)
        document = {"@context": [CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T08:00:00Z"}
        return json.dumps({**document, "epcisBody": {"eventList": list(events)}}).encode()


@dataclass
class Partner:
    """Sends documents, and sends again what was rolled back, as partners do."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    # What waits for the worker, long documents among it, is done so.
    work: Callable[[], Awaitable[object]]
    rolled_back: int = 0
    refused: int = 0
    answers: list[str] = field(default_factory=list)

    async def send(self, delivery: Delivery) -> None:
        """Until every event of it is stored, a duplicate, or in the review queue."""
        if delivery.spoilt is not None and not delivery.xml:
            job = await self._post(delivery, [*delivery.events, delivery.spoilt], proceed=delivery.proceed)
            if job is not None:
                assert delivery.proceed, job
                assert job["rejected"] >= 1
                return
            assert not delivery.proceed
            self.refused += 1
        job = await self._post(delivery, delivery.events, proceed=delivery.proceed)
        assert job is not None
        assert all(error["type"].endswith("ResourceAlreadyExistsException") for error in job["errors"]), job
        if not job["success"] and not delivery.proceed:
            # A conflict took the whole document back: without it, the rest is still to be told.
            self.rolled_back += 1
            assert job["accepted"] == 0
            assert await self._post(delivery, delivery.events, proceed=True) is not None

    async def _post(self, delivery: Delivery, events: Sequence[Event], *, proceed: bool) -> dict[str, Any] | None:
        """The finished job; None where the document was refused as it stood."""
        headers = {
            **self.headers,
            "Content-Type": "application/xml" if delivery.xml else "application/json",
            "GS1-Capture-Error-Behaviour": "proceed" if proceed else "rollback",
        }
        answer = await self.client.post("/epcis/capture", content=delivery.body(events), headers=headers)
        if answer.status_code == 400 and delivery.spoilt is not None:
            return None
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json() if answer.content else {"running": True}
        for _ in range(600):
            if not job.get("running", True):
                return job
            await self.work()
            job = (await self.client.get(answer.headers["Location"], headers=self.headers)).json()
        raise AssertionError(f"the job didn't end: {job}")


def tidy(story: Story) -> list[Delivery]:
    """The story as it happened, once, in order, corrections and contradictions last."""
    return [Delivery(story.events), *(Delivery([event], proceed=True) for event in story.conflicts)]


def jumbled(story: Story, chance: Random) -> list[Delivery]:
    """The same told late, twice, in pieces, in both forms. Only what contradicts a stored event comes behind it: whichever is first counts."""
    order = [*story.events, *chance.sample(story.events, chance.randint(0, len(story.events) // 2))]
    chance.shuffle(order)
    for event in story.conflicts:
        first = next(place for place, other in enumerate(order) if other.get("eventID") == event["eventID"] and "errorDeclaration" not in other)
        order.insert(chance.randint(first + 1, len(order)), event)
    deliveries = []
    most = chance.choice([1, 3, 8, 100])
    while order:
        size = chance.randint(1, most)
        spoilt = junk(chance) if chance.random() < 0.1 else None
        deliveries.append(Delivery(order[:size], chance.random() < 0.4, chance.random() < 0.4, spoilt))
        order = order[size:]
    return deliveries
