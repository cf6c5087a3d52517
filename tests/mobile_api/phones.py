"""Entries that are short to write, and the phone that sends them."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx

from backend.holds import service as holds
from backend.services import Services
from infra.database import Gate
from tests.factories import CUSTOMER, PLANT, at
from tests.firms import Firm
from tests.signing import signature_of
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


def statuses(answers: Sequence[dict[str, Any]]) -> list[str]:
    """What became of each entry."""
    return [answer["status"] for answer in answers]


@dataclass(frozen=True)
class Phone:
    """One person's phone at one firm, and a look behind the scenes."""

    services: Services
    client: httpx.AsyncClient
    firm: Firm
    headers: dict[str, str]

    async def post(self, content: Any) -> httpx.Response:
        """Send a body, whatever it is."""
        return await self.client.post("/mobile/v1/sync", content=content, headers=self.headers)

    async def send(self, *entries: Any) -> list[dict[str, Any]]:
        """Send a batch that must be taken; the answers."""
        response = await self.post(json.dumps({"entries": entries}))
        assert response.status_code == 200, response.text
        answers: list[dict[str, Any]] = response.json()["entries"]
        assert len(answers) == len(entries)
        return answers

    async def pull(self, since: str | int | None = None, **parameters: Any) -> dict[str, Any]:
        """Pull changes that must be given."""
        asked = parameters | ({} if since is None else {"since": since})
        response = await self.client.get("/mobile/v1/changes", params=asked, headers=self.headers)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of this firm's."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            return [tuple(row) for row in await tx.fetch(statement, *values)]

    async def bodies(self) -> dict[str, dict[str, Any]]:
        """The stored events' bodies by client id."""
        rows = await self.rows("select event_key, body from event where tenant_id = $1")
        return {key.removeprefix("e:urn:uuid:"): json.loads(body) for key, body in rows}

    async def in_review(self) -> list[tuple[str, str]]:
        """(raw, reason) of what waits for a person."""
        return [(raw, reason) for raw, reason in await self.rows("select raw, reason from review_entry where tenant_id = $1 order by review_id")]

    async def told(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that the firm's sources have told, with keys in place of ids: equal where the same was told."""
        state = await state_of(self.services, self.firm.tenant_id)
        return state | {name: sorted(await self.rows(query), key=repr) for name, query in _TOLD.items()}

    async def hold(self, key: str) -> str:
        """Put something on hold; the hold's id."""
        placed = await self.services.in_tenant(
            self.firm.tenant_id, lambda tx: holds.place_hold(tx, self.firm.principal, key=key, reason="metal found"), gate=Gate.EXCLUSIVE
        )
        return str(placed.hold_id)

    async def release(self, hold_id: str) -> None:
        """Release a hold as a whole."""
        await self.services.in_tenant(
            self.firm.tenant_id,
            lambda tx: holds.release_hold(
                tx, self.firm.principal, hold_id=UUID(hold_id), reason="cleared", signature=signature_of(self.firm.principal)
            ),
            gate=Gate.EXCLUSIVE,
        )


NewPhone = Callable[..., Awaitable[Phone]]
