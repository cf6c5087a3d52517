"""Sends the reports of subscriptions that are due: few at a time of each tenant, so that dead receivers keep nobody else's waiting.

The outbox tells when to look (`ring`, `wake`); a report is sent outside of any transaction, by a task of this process. Should it die, the
outbox has another one look again when the lease has ended.
"""

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.events.query_service import last_seq
from backend.subscriptions import attempts
from backend.subscriptions import delivery_repository as repository
from backend.subscriptions.attempts import LEASE, Letter
from backend.subscriptions.bells import ring_at, rung
from backend.subscriptions.repository import Subscription
from backend.subscriptions.sealing import TokenSealer, TokenUnreadableError
from backend.subscriptions.subscribing import IDLE, mandate_in, reseal
from infra import clock
from infra.database import Database, TenantTransaction
from infra.errands import Errands
from infra.errors import PermissionDeniedError, SuyuanError, UnavailableError
from infra.logging import get_logger
from infra.outward import Outward, OutwardFailedError, OutwardRefusedError
from infra.settings import Settings
from tenants.directory import Tenant
from tenants.mandates import present, tenant_of

READING_MS: Final = 15_000
_ENDED: Final = "Whoever subscribed may not be told any more: the person was deactivated, or the key was revoked or has expired."
_DENIED: Final = "Whoever subscribed lacks the permission that it needs by now: {}"
_log = get_logger(__name__)


class Deliveries:
    """For one process and event loop. `ring` and `wake` are the worker's handlers; whoever closes the process calls `close`."""

    def __init__(self, database: Database, settings: Settings, *, outward: Outward | None = None) -> None:
        self._database = database
        self._outward = outward or Outward.of(settings)
        self.sealer = TokenSealer(settings)
        self._errands = Errands("subscription", self._report)

    async def ring(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """A subscription is due. Of several bells only that for its current moment counts."""
        subscription_id, due_at = rung(payload)
        found, moment = await repository.lock(tx, subscription_id), clock.now()
        if found is None or not found.active or found.due_at != due_at:
            return
        if due_at > moment:
            await ring_at(tx, subscription_id, due_at)
            return
        idle = found.schedule is None and found.report_id is None and found.cursor_seq >= await last_seq(tx)
        next_look = moment + (IDLE if idle else LEASE)
        await repository.change(tx, subscription_id, due_at=next_look)
        await ring_at(tx, subscription_id, next_look)
        if not idle:
            self.offer(tx.tenant_id, subscription_id)

    async def wake(self, tx: TenantTransaction, _payload: dict[str, Any]) -> None:
        """Events were captured: streams that haven't told them are looked at."""
        for subscription_id in await repository.streams(tx, await last_seq(tx)):
            self.offer(tx.tenant_id, subscription_id)

    def offer(self, tenant_id: int, subscription_id: UUID) -> None:
        """Look at a subscription as soon as it is its turn; one that is being looked at, once more afterwards."""
        self._errands.offer(tenant_id, subscription_id)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await self._errands.settle()

    async def close(self) -> None:
        """Break off what is under way; another process goes on with it when the leases have ended."""
        await self._errands.close()

    async def reseal(self) -> tuple[int, list[UUID]]:
        """Seal all signature tokens with the current key; gives how many, and the subscriptions whose token no known key opens."""
        async with self._database.connection() as connection:
            tenants = await connection.fetch("select tenant_id from tenant order by tenant_id")
        done = 0
        unreadable: list[UUID] = []
        for row in tenants:
            async with self._database.tenant(row["tenant_id"]) as tx:
                count, lost = await reseal(tx, self.sealer)
            done, unreadable = done + count, [*unreadable, *lost]
        return done, unreadable

    async def _report(self, tenant_id: int, subscription_id: UUID) -> bool:
        """One report at most; gives whether to look again at once."""
        async with self._database.tenant(tenant_id) as tx:
            taken = await attempts.take(tx, subscription_id)
        if taken is None:
            return False
        tenant = await tenant_of(self._database, tenant_id)
        if tenant is None:
            return False
        try:
            letter = await self._letter(tenant, taken)
        except PermissionDeniedError as problem:
            async with self._database.tenant(tenant_id) as tx:
                await attempts.stop(tx, taken, _DENIED.format(problem.message))
            return False
        except (SuyuanError, TokenUnreadableError) as problem:
            if isinstance(problem, UnavailableError):
                raise
            _log.warning("report_not_made", subscription_id=str(subscription_id), problem=repr(problem))
            return await self._failed(tenant_id, taken, f"The report couldn't be made: {problem}")
        return letter if isinstance(letter, bool) else await self._send(tenant, letter)

    async def _letter(self, tenant: Tenant, taken: Subscription) -> Letter | bool:
        principal = await present(self._database, tenant, mandate_in(taken))
        if principal is None:
            async with self._database.tenant(tenant.tenant_id) as tx:
                await attempts.stop(tx, taken, _ENDED)
            return False
        async with self._database.tenant(tenant.tenant_id, timeout_ms=READING_MS) as tx:
            return await attempts.decide(tx, taken, principal, ZoneInfo(tenant.time_zone), self.sealer)

    async def _send(self, tenant: Tenant, letter: Letter) -> bool:
        subscription = letter.subscription
        try:
            answer = await self._outward.post(subscription.dest, letter.body, letter.headers)
        except OutwardRefusedError as problem:
            return await self._failed(tenant.tenant_id, subscription, problem.message)
        except OutwardFailedError as problem:
            return await self._failed(tenant.tenant_id, subscription, str(problem))
        if 200 <= answer.status < 300:
            async with self._database.tenant(tenant.tenant_id) as tx:
                return await attempts.delivered(tx, letter, ZoneInfo(tenant.time_zone))
        told = f"The receiver answered {answer.status}."
        if 300 <= answer.status < 400:
            told += " Redirects aren't followed: subscribe with the address that they lead to."
        return await self._failed(tenant.tenant_id, subscription, told, status=answer.status, events=letter.events)

    async def _failed(self, tenant_id: int, taken: Subscription, reason: str, *, status: int | None = None, events: int = 0) -> bool:
        async with self._database.tenant(tenant_id) as tx:
            return await attempts.failed(tx, taken, reason, status=status, events=events)
