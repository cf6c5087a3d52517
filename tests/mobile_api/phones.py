"""A phone of a test: entries that are short to write, and the one call that sends them."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx

from backend.services import Services
from tests.factories import CUSTOMER, PLANT, at
from tests.firms import Firm
from tests.state import state_of

Entry = dict[str, Any]
NAMES = UUID("00000000-0000-4000-8000-000000000001")
_TOLD = {
    "objects": """select o.key, e.event_key, p.role, p.quantity, p.uom from event_object p
        join traceable_object o on o.tenant_id = $1 and o.object_id = p.object_id
        join event e on e.tenant_id = $1 and e.event_id = p.event_id where p.tenant_id = $1""",
    "known": "select kind, key, gtin, code from traceable_object where tenant_id = $1",
    "bodies": "select event_key, content_sha256, event_time, event_offset, source, body, anomaly from event where tenant_id = $1",
    "review": "select event_key, content_sha256, raw, reason, source from review_entry where tenant_id = $1",
    "alerts": "select kind, severity, subject from alert where tenant_id = $1",
}


def entry(kind: str, sequence: int = 1, **fields: Any) -> Entry:
    """An entry; a fact of its own unless told otherwise."""
    told = {"id": str(uuid4()), "sequence": sequence, "occurredAt": at(sequence).replace("Z", "+00:00"), "mode": "fact", "kind": kind}
    return told | fields


def item(key: str, quantity: Any = None, uom: str | None = "KGM") -> dict[str, Any]:
    """A line of goods."""
    return {"key": key} | ({"quantity": quantity, "uom": uom} if quantity is not None else {})


def received(key: str, sequence: int = 1, quantity: Any = "500.25", **fields: Any) -> Entry:
    """A lot that came in at the plant."""
    return entry("receive", sequence, **({"goods": [item(key, quantity)], "place": PLANT} | fields))


def consumed(keys: Sequence[str], transformation: str, sequence: int = 2, **fields: Any) -> Entry:
    """Lots that went into a transformation."""
    return entry("consume", sequence, **({"inputs": [item(key, "10") for key in keys], "transformation": transformation, "place": PLANT} | fields))


def produced(keys: Sequence[str], transformation: str | None, sequence: int = 3, **fields: Any) -> Entry:
    """Lots that came out of it."""
    named = {"transformation": transformation} if transformation else {}
    return entry("produce", sequence, **({"outputs": [item(key, 20) for key in keys], "place": PLANT, **named} | fields))


def packed(container: str, goods: Sequence[dict[str, Any]], sequence: int = 4, **fields: Any) -> Entry:
    """Goods that were put into a container."""
    return entry("pack", sequence, **({"container": container, "contents": list(goods), "place": PLANT} | fields))


def shipped(goods: Sequence[dict[str, Any]], sequence: int = 5, **fields: Any) -> Entry:
    """Goods that leave the plant for the customer."""
    return entry("ship", sequence, **({"goods": list(goods), "fromPlace": PLANT, "toParty": CUSTOMER} | fields))


def named(entries: Sequence[Entry]) -> list[Entry]:
    """The same entries with ids that are the same in every run and tenant."""
    return [told | {"id": str(uuid5(NAMES, str(place)))} for place, told in enumerate(entries)]


async def send(client: httpx.AsyncClient, headers: dict[str, str], *entries: Any) -> list[dict[str, Any]]:
    """Send a batch that must be taken; the answers."""
    response = await client.post("/mobile/v1/sync", content=json.dumps({"entries": entries}), headers=headers)
    assert response.status_code == 200, response.text
    answers: list[dict[str, Any]] = response.json()["entries"]
    assert len(answers) == len(entries)
    return answers


def statuses(answers: Sequence[dict[str, Any]]) -> list[str]:
    """What became of each entry."""
    return [answer["status"] for answer in answers]


async def told(services: Services, firm: Firm) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a tenant's sources have told, with keys in place of ids: equal where the same was told."""
    state = await state_of(services, firm.tenant_id)
    async with services.database.tenant(firm.tenant_id) as tx:
        for name, query in _TOLD.items():
            state[name] = sorted((tuple(row) for row in await tx.fetch(query)), key=repr)
    return state


async def stored(services: Services, firm: Firm) -> dict[str, dict[str, Any]]:
    """The events' bodies by client id."""
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select event_key, body from event where tenant_id = $1")
    return {row["event_key"].removeprefix("e:urn:uuid:"): json.loads(row["body"]) for row in rows}


async def in_review(services: Services, firm: Firm) -> list[tuple[str, str]]:
    """(raw, reason) of what waits for a person."""
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select raw, reason from review_entry where tenant_id = $1 order by review_id")
    return [(row["raw"], row["reason"]) for row in rows]


