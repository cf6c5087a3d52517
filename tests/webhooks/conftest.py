"""A firm whose administrator keeps webhooks, and a receiver that says what it is told."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.services import Services
from backend.webhooks import service
from tenants.permissions import Role
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.outbox import do_outbox
from tests.subscriptions.receiver import Receiver, receiving

CREATE = """mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
  endpoint { id enabled kinds ownerName } secret userErrors { code field message } } }"""
ENDPOINT = """query($id: ID!) { webhookEndpoint(id: $id) {
  id url enabled disabledReason failingSince lastFailure lastDeliveredAt formerSecretUntil kinds description } }"""
DELIVERIES = """query($id: ID!, $state: WebhookDeliveryState) { webhookDeliveries(endpointId: $id, state: $state, first: 50) { nodes {
  id messageId kind subject state attemptCount lastStatus lastFailure nextAttemptAt concludedAt
  attempts(first: 20) { nodes { number durationMs status answer failure } } } } }"""
ALL = ["alert.raised", "hold.placed", "hold.released"]


@dataclass
class Desk:
    """Somebody who keeps his firm's webhooks."""

    services: Services
    firm: Firm
    caller: Caller

    async def create(self, url: str, kinds: list[str] | None = None) -> tuple[str, str]:
        """(id, secret) of a new endpoint."""
        made = await self.caller.command(CREATE, {"url": url, "kinds": kinds or ALL, "description": "ERP"})
        assert made["userErrors"] == [], made
        return made["endpoint"]["id"], made["secret"]

    async def act(self, name: str, kind: str = "WebhookEndpointInput", select: str = "", **given: Any) -> dict[str, Any]:
        """The payload of a mutation."""
        return await self.caller.command(f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {select} userErrors {{ code field }} }} }}", given)

    async def endpoint(self, public_id: str) -> dict[str, Any]:
        """An endpoint as its keeper sees it."""
        return dict((await self.caller.ask(ENDPOINT, {"id": public_id}))["webhookEndpoint"])

    async def deliveries(self, public_id: str, state: str | None = None) -> list[dict[str, Any]]:
        """An endpoint's log, newest first."""
        return list((await self.caller.ask(DELIVERIES, {"id": public_id, "state": state}))["webhookDeliveries"]["nodes"])

    async def publish(self, kind: str = "hold.placed", subject: str = "urn:x:1", **data: Any) -> None:
        """Something happened."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            await service.publish(tx, kind=kind, subject=subject, data=data)

    async def work(self) -> None:
        """Do what is due, as a worker would, until nothing more is under way."""
        await do_outbox(self.services)
        await self.services.webhooks.settle()

    async def later(self, by: timedelta) -> None:
        """As if so much time had gone by for the firm's webhooks."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            await tx.execute(
                """update webhook_delivery set next_at = next_at - $2::interval, begun_at = begun_at - $2::interval,
                   lease_until = lease_until - $2::interval where tenant_id = $1""",
                by,
            )
            await tx.execute(
                """update webhook_endpoint set failing_since = failing_since - $2::interval, guarded_until = guarded_until - $2::interval,
                   former_until = former_until - $2::interval where tenant_id = $1""",
                by,
            )
            await tx.execute("update outbox set due_at = due_at - $2::interval where tenant_id = $1 and done_at is null", by)
        await self.work()

    async def count(self, statement: str) -> int:
        """A number out of the firm's tables."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            return int(await tx.fetchval(statement))


@pytest.fixture
async def desk(services: Services, firm: Firm, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Desk:
    """An administrator, who keeps webhooks."""
    return Desk(services, firm, Caller(client, await bearer(firm, Role.ADMINISTRATOR)))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Where messages go."""
    async with receiving() as made_receiver:
        yield made_receiver


def body(receiver: Receiver, place: int = -1) -> dict[str, Any]:
    """What a message says."""
    said: dict[str, Any] = json.loads(receiver.received[place].body)
    return said
