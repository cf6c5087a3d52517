"""Sends what is due to endpoints, outside of transactions: few at once of each tenant, so that dead receivers keep nobody else's waiting."""

import asyncio
import time
from typing import Any
from uuid import UUID

from backend.webhooks import attempts, rules, service
from backend.webhooks.attempts import Outcome, Round
from backend.webhooks.delivery_repository import Delivery
from backend.webhooks.repository import Endpoint
from backend.webhooks.sealing import SecretSealer
from infra import clock
from infra.database import Database, TenantTransaction
from infra.errands import Errands
from infra.logging import get_logger
from infra.outward import Outward, OutwardFailedError, OutwardRefusedError
from infra.settings import Settings
from tenants.sealing import UnreadableError

_log = get_logger(__name__)
_UNREADABLE = "The endpoint's secret can't be read by this service at the moment. Rotate it, or tell whoever runs the service."


class WebhookDeliveries:
    """For one process and event loop. `ring` is the worker's handler; whoever closes the process calls `close`."""

    def __init__(self, database: Database, settings: Settings, *, outward: Outward | None = None) -> None:
        self._database = database
        self.outward = outward or Outward.of(settings)
        self.sealer = SecretSealer(settings)
        self._errands = Errands("webhook", self._round)

    async def ring(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """An endpoint may have something due."""
        endpoint_id = UUID(payload["endpoint_id"])
        if await attempts.wake(tx, endpoint_id):
            self._errands.offer(tx.tenant_id, endpoint_id)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await self._errands.settle()

    async def close(self) -> None:
        """Break off what is under way; another process goes on with it when the leases have ended."""
        await self._errands.close()

    async def reseal(self) -> tuple[int, list[UUID]]:
        """Seal all secrets with the current key; gives how many endpoints, and those whose secret no known key opens."""
        async with self._database.connection() as connection:
            tenants = await connection.fetch("select tenant_id from tenant order by tenant_id")
        done = 0
        unreadable: list[UUID] = []
        for row in tenants:
            async with self._database.tenant(row["tenant_id"]) as tx:
                count, lost = await service.reseal(tx, self.sealer)
            done, unreadable = done + count, [*unreadable, *lost]
        return done, unreadable

    async def _round(self, tenant_id: int, endpoint_id: UUID) -> bool:
        """What is due, a few messages side by side; gives whether there may be more."""
        async with self._database.tenant(tenant_id) as tx:
            taken = await attempts.take(tx, endpoint_id)
        if taken is None:
            return False
        secrets = self._secrets(tenant_id, taken.endpoint)
        outcomes = await asyncio.gather(*(self._send(tenant_id, taken, delivery, secrets) for delivery in taken.deliveries))
        async with self._database.tenant(tenant_id) as tx:
            await attempts.conclude(tx, taken, outcomes)
        return taken.is_full

    async def _send(self, tenant_id: int, taken: Round, delivery: Delivery, secrets: list[str]) -> Outcome:
        begun_at, began = clock.now(), time.monotonic()
        answer, failure, body = None, None, taken.bodies.get(delivery.message_id)
        if not secrets:
            failure = _UNREADABLE
        elif body is None:
            failure = "What the message said isn't kept any more."
        else:
            content = body.encode()
            try:
                answer = await self.outward.post(taken.endpoint.url, content, rules.headers(secrets, delivery.message_id, begun_at, content))
            except OutwardRefusedError as problem:
                failure = problem.message
            except OutwardFailedError as problem:
                failure = str(problem)
            except Exception as problem:
                # It counts as an attempt, so that it neither comes for ever nor keeps the endpoint's other messages from being concluded.
                _log.exception("webhook_not_sent", tenant_id=tenant_id, delivery_id=str(delivery.delivery_id))
                failure = f"The message couldn't be sent ({type(problem).__name__})."
        return Outcome(delivery, begun_at, round((time.monotonic() - began) * 1_000), answer, failure)

    def _secrets(self, tenant_id: int, endpoint: Endpoint) -> list[str]:
        """Those in force, the current one first; none where no known key opens it."""
        owner = (tenant_id, endpoint.endpoint_id)
        try:
            opened = [self.sealer.open(*owner, endpoint.secret_key_id, endpoint.secret)]
            if endpoint.former_secret is not None and endpoint.former_until is not None and endpoint.former_until > clock.now():
                opened.append(self.sealer.open(*owner, endpoint.former_secret_key_id or "", endpoint.former_secret))
        except UnreadableError:
            return []
        return opened
