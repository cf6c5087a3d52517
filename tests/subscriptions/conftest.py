"""A firm with somebody who subscribes, and a receiver of what is reported."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.epcis.test_rest import document
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm
from tests.outbox import do_outbox
from tests.subscriptions.receiver import Receiver, receiving

TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"
SHIPPED = {"name": "shipped", "query": {"eventType": ["ObjectEvent"], "EQ_bizStep": ["shipping", "receiving"]}}

# More of them in one document would wait for the worker.
AT_ONCE = 50


def received(number: int, **fields: Any) -> dict[str, Any]:
    """An event that the query finds."""
    return made([], [quantity(lot(FLOUR, f"S{number}"), 5)], minutes=number, bizStep="receiving", action="OBSERVE", **fields)


@dataclass
class Desk:
    """Somebody at the door of his firm."""

    services: Services
    client: httpx.AsyncClient
    firm: Firm
    headers: dict[str, str]

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **self.headers, **headers}
        return await self.client.request(method, f"/epcis{path}", content=content, headers=given)

    async def name(self, query: dict[str, Any] | None = None) -> str:
        """Name a query; gives its name."""
        answer = await self.ask("POST", "/queries", query or SHIPPED)
        assert answer.status_code == 201, answer.text
        return str((query or SHIPPED)["name"])

    async def subscribe(self, dest: str, *, query: str = "shipped", **terms: Any) -> str:
        """Subscribe; gives the subscription's address."""
        given = {"dest": dest, **({"stream": True} if "schedule" not in terms else {}), **terms}
        answer = await self.ask("POST", f"/queries/{query}/subscriptions", given)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].removeprefix("/epcis")

    async def capture(self, *events: dict[str, Any]) -> list[str]:
        """Capture events; gives their ids."""
        for first in range(0, len(events), AT_ONCE):
            answer = await self.ask("POST", "/capture", document(*events[first : first + AT_ONCE]))
            assert answer.status_code == 202, answer.text
            assert answer.json()["success"], answer.text
        return [event["eventID"] for event in events]

    async def state(self, subscription: str) -> dict[str, Any]:
        """A subscription as its owner sees it."""
        answer = await self.ask("GET", subscription)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def work(self) -> None:
        """Do what is due, as a worker would, until nothing more is under way."""
        await do_outbox(self.services)
        await self.services.deliveries.settle()

    async def later(self, by: timedelta, *, work: bool = True) -> None:
        """As if so much time had gone by for the firm's subscriptions."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            await tx.execute(
                """update query_subscription set due_at = due_at - $2::interval, retry_at = retry_at - $2::interval,
                   tick_at = tick_at - $2::interval, lease_until = lease_until - $2::interval where tenant_id = $1""",
                by,
            )
            rows = await tx.fetch("select subscription_id, due_at from query_subscription where tenant_id = $1")
            for row in rows:
                payload = json.dumps({"subscription_id": str(row["subscription_id"]), "due_at": row["due_at"].isoformat()})
                await tx.execute("insert into outbox (tenant_id, topic, payload) values ($1, 'subscription.due', $2)", payload)
        if work:
            await self.work()

    async def trail(self, *actions: str) -> list[tuple[str, str]]:
        """(action, actor kind) of the firm's entries of these actions."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            rows = await tx.fetch(
                "select action, actor_kind from audit_entry where tenant_id = $1 and action = any($2::text[]) order by audit_id", list(actions)
            )
        return [(row["action"], row["actor_kind"]) for row in rows]


Sit = Callable[..., Awaitable[Desk]]


@pytest.fixture
def sit(services: Services, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Sit:
    """Somebody of a role at a firm's desk."""

    async def make(firm: Firm, role: Role = Role.ADMINISTRATOR) -> Desk:
        return Desk(services, client, firm, await bearer(firm, role))

    return make


@pytest.fixture
async def desk(sit: Sit, firm: Firm) -> Desk:
    """An administrator, who may subscribe and capture."""
    return await sit(firm)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Where reports go."""
    async with receiving() as made_receiver:
        yield made_receiver
