"""Sends mails to consumers, outside of transactions: few at a time of each company, again later where its server takes none."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.consumers import bells, letters, repository, service
from backend.consumers.repository import Mail, MailState
from backend.consumers.tokens import ConsumerKeys
from backend.notifications.outside import Letter, OpenChannel, Outcome, Post
from infra import clock
from infra.database import Database, TenantTransaction
from infra.errands import Errands
from infra.ids import uuid7
from infra.outward import Outward
from infra.settings import Settings

AT_ONCE: Final = 20
SIDE_BY_SIDE: Final = 4
# Longer than twenty mails take, four at a time, each half a minute at most.
LEASE: Final = timedelta(minutes=5)
WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1_440))
_LINE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Round:
    """Mails that are sent at once. Without a letter the receiver doesn't want it any more; without a channel it waits."""

    lease_id: UUID
    mails: Sequence[tuple[Mail, Letter | None]]
    channel: OpenChannel | str


class ConsumerMail:
    """For one process and event loop. `ring` is the worker's handler; whoever closes the process calls `close`."""

    def __init__(self, database: Database, settings: Settings, *, outward: Outward | None = None) -> None:
        self._database = database
        self._public_url = settings.public_url
        self._post = Post(settings, outward=outward)
        self.keys = ConsumerKeys(settings)
        self._errands = Errands("consumer_mail", self._round)

    async def ring(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """A company may have mails due."""
        if await repository.any_due(tx, max(clock.now(), datetime.fromisoformat(payload["due_at"]))):
            self._errands.offer(tx.tenant_id, _LINE)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await self._errands.settle()

    async def close(self) -> None:
        """Break off what is under way; another process goes on with it when the leases have ended."""
        await self._errands.close()

    async def reseal(self) -> tuple[int, list[UUID]]:
        """Seal all addresses with the current key; gives how many, and the requests that no known key opens."""
        async with self._database.connection() as connection:
            tenants = await connection.fetch("select tenant_id from tenant order by tenant_id")
        done, lost = 0, list[UUID]()
        for row in tenants:
            async with self._database.tenant(row["tenant_id"]) as tx:
                count, unreadable = await service.reseal(tx, self.keys)
            done, lost = done + count, [*lost, *unreadable]
        return done, lost

    async def _round(self, tenant_id: int, _line: UUID) -> bool:
        async with self._database.tenant(tenant_id) as tx:
            taken = await self._take(tx)
        if not taken.mails:
            return False
        turns = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(letter: Letter | None) -> Outcome | None:
            async with turns:
                if letter is None:
                    return None
                return Outcome(False, taken.channel) if isinstance(taken.channel, str) else await self._post.send(letter, taken.channel)

        outcomes = await asyncio.gather(*(one(letter) for _, letter in taken.mails))
        async with self._database.tenant(tenant_id) as tx:
            for (mail, _), outcome in zip(taken.mails, outcomes, strict=True):
                await _conclude(tx, mail, taken.lease_id, outcome)
        return len(taken.mails) == AT_ONCE

    async def _take(self, tx: TenantTransaction) -> Round:
        lease_id, moment = uuid7(), clock.now()
        mails = await repository.lease(tx, lease_id, moment, moment + LEASE, AT_ONCE)
        if not mails:
            return Round(lease_id, (), "")
        # Should this process die, another one looks when the lease has ended.
        await bells.ring_at(tx, moment + LEASE + timedelta(seconds=1))
        written = await letters.write_all(tx, mails, self.keys, self._public_url)
        return Round(lease_id, [(mail, written.get(mail.mail_id)) for mail in mails], await self._post.channel(tx))

    async def has_channel(self, tx: TenantTransaction) -> bool:
        """Whether the company can write to anybody."""
        return not isinstance(await self._post.channel(tx), str)


async def _conclude(tx: TenantTransaction, mail: Mail, lease_id: UUID, outcome: Outcome | None) -> None:
    moment = clock.now()
    if outcome is not None and not outcome.taken and not outcome.hopeless and mail.tries <= len(WAITS):
        next_at = moment + WAITS[mail.tries - 1]
        failure = outcome.reason[:500]
        await repository.conclude(tx, mail.mail_id, lease_id, state=MailState.WAITING, next_at=next_at, failure=failure, done_at=None)
        await bells.ring_at(tx, next_at)
        return
    state = MailState.DROPPED if outcome is None else MailState.SENT if outcome.taken else MailState.FAILED
    failure_told = outcome.reason[:500] if outcome is not None and not outcome.taken else None
    await repository.conclude(tx, mail.mail_id, lease_id, state=state, next_at=moment, failure=failure_told, done_at=moment)
