"""Sends what is due, outside of transactions: few at a time of each channel and of each tenant, so that who hangs holds up nobody else.

The outbox tells when to look (`ring`). Should this process die, the outbox has another one look again when the lease has ended: a message
may come twice then, under the same id.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from backend.notifications import attempts, bells, resealing
from backend.notifications.attempts import Taken
from backend.notifications.kinds import ChannelKind
from backend.notifications.sealing import NotificationSealer
from backend.notifications.senders import app_push, dingtalk, mail, sms, web_push, webhook, wecom
from backend.notifications.senders.letters import Letter, OpenChannel, Outcome
from backend.notifications.senders.tokens import Tokens
from infra.bulkhead import Bulkhead
from infra.database import Database, TenantTransaction
from infra.errors import UnavailableError
from infra.logging import get_logger
from infra.outward import Outward, OutwardFailedError, OutwardRefusedError
from infra.settings import Settings

AT_ONCE: Final = 60
OF_A_TENANT: Final = 16
OF_A_CHANNEL: Final = 4
MOST_WAITING: Final = 2_000
# Less than the lease: what has waited so long is looked at again by the next bell.
PATIENCE_SECONDS: Final = 40.0
_log = get_logger(__name__)
Key = tuple[int, UUID]


class Dispatch:
    """For one process and event loop. `ring` is the worker's handler; whoever closes the process calls `close`."""

    def __init__(self, database: Database, settings: Settings, *, outward: Outward | None = None) -> None:
        self._database = database
        self._public_url = settings.public_url
        self.outward = outward or Outward.of(settings)
        self.sealer = NotificationSealer(settings)
        self._tokens = Tokens()
        self._places = Bulkhead(AT_ONCE, each=OF_A_TENANT, waiting=MOST_WAITING, patience=PATIENCE_SECONDS)
        self._channels: dict[Key, asyncio.Semaphore] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    async def ring(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """A delivery is due."""
        delivery_id, due_at = bells.rung(payload)
        channel_id = await attempts.wake(tx, delivery_id, due_at)
        if channel_id is not None:
            self.offer(tx.tenant_id, delivery_id, channel_id)

    def offer(self, tenant_id: int, delivery_id: UUID, channel_id: UUID) -> None:
        """Send it as soon as it is its turn."""
        key = (tenant_id, delivery_id)
        if key not in self._tasks and len(self._tasks) < MOST_WAITING * 2:
            self._tasks[key] = asyncio.create_task(self._look(key, channel_id))

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Break off what is under way; another process goes on with it when the leases have ended."""
        for task in self._tasks.values():
            task.cancel()
        await self.settle()

    async def reseal(self) -> tuple[int, list[UUID]]:
        """Seal all secrets with the current key; gives how many, and whose secrets no known key opens."""
        return await resealing.reseal_all(self._database, self.sealer)

    async def _look(self, key: Key, channel_id: UUID) -> None:
        channel = (key[0], channel_id)
        turn = self._channels.setdefault(channel, asyncio.Semaphore(OF_A_CHANNEL))
        try:
            # The channel's turn first: who waits for it takes no place that another channel could use.
            async with asyncio.timeout(PATIENCE_SECONDS):
                await turn.acquire()
            try:
                async with self._places.place(key[0]):
                    await self._attempt(*key)
            finally:
                turn.release()
        except (UnavailableError, TimeoutError):
            # The outbox has it looked at again.
            _log.info("delivery_waits", tenant_id=key[0], delivery_id=str(key[1]))
        except Exception:
            _log.exception("delivery_broken_off", tenant_id=key[0], delivery_id=str(key[1]))
        finally:
            del self._tasks[key]
            if not turn.locked() and turn._value == OF_A_CHANNEL:  # noqa: SLF001 - nobody is in it, nobody waits
                self._channels.pop(channel, None)

    async def _attempt(self, tenant_id: int, delivery_id: UUID) -> None:
        async with self._database.tenant(tenant_id) as tx:
            taken = await attempts.take(tx, delivery_id, self.sealer, self._public_url)
        if taken is None:
            return
        outcome = await self._send(taken)
        async with self._database.tenant(tenant_id) as tx:
            await attempts.conclude(tx, taken, outcome)

    async def _send(self, taken: Taken) -> Outcome:
        try:
            return await self._by_kind(taken)
        except OutwardRefusedError as problem:
            return Outcome(False, problem.message, hopeless=True)
        except OutwardFailedError as problem:
            return Outcome(False, str(problem))
        except Exception as problem:
            # What one message or channel holds must not keep it from being counted; it never tells what it held.
            _log.exception("letter_not_sent", tenant_id=taken.channel.tenant_id, delivery_id=str(taken.delivery.delivery_id))
            return Outcome(False, f"The message couldn't be written for this channel ({type(problem).__name__}).")

    async def _by_kind(self, taken: Taken) -> Outcome:
        letter, channel, outward = taken.letter, taken.channel, self.outward
        match channel.kind:
            case ChannelKind.APP_PUSH:
                return await app_push.send(letter, channel, outward, self._tokens)
            case ChannelKind.WECOM_APPLICATION:
                return await wecom.send_to_member(letter, channel, outward, self._tokens)
            case ChannelKind.EMAIL:
                return await mail.send(letter, channel, outward, urlsplit(self._public_url).hostname or "suyuan.invalid")
            case kind:
                return await _PLAIN[kind](letter, channel, outward)


_PLAIN: Final[Mapping[ChannelKind, Callable[[Letter, OpenChannel, Outward], Awaitable[Outcome]]]] = {
    ChannelKind.WEB_PUSH: web_push.send,
    ChannelKind.WECOM_ROBOT: wecom.send_to_group,
    ChannelKind.DINGTALK_ROBOT: dingtalk.send,
    ChannelKind.SMS_GATEWAY: sms.send_by_gateway,
    ChannelKind.ALIYUN_SMS: sms.send_by_aliyun,
    ChannelKind.WEBHOOK: webhook.send,
}
