"""Step tables over two connections: raising waits for nobody, the first of two acts counts, and no occurrence is lost or counted twice.

That a transaction waits is seen in `pg_blocking_pids`; that it doesn't, by its going on while the other one is open.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.alerts import acting
from backend.alerts.errors import AlertAcknowledgedError, AlertClosedError
from backend.alerts.rules import Resolution
from backend.alerts.service import reset_alert
from backend.services import Services
from infra.database import TenantTransaction
from tenants.principal import Principal
from tests.alerts.conftest import DoOutbox, hot
from tests.firms import Firm


@pytest.fixture
async def admin(cluster: Any, database_urls: Any) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(cluster.admin_dsn, database=database_urls.app.rsplit("/", 1)[1])
    yield connection
    await connection.close()


@asynccontextmanager
async def two(services: Services, firm: Firm) -> AsyncIterator[tuple["Actor", "Actor"]]:
    first, second = Actor(services, firm), Actor(services, firm)
    async with first.stack, second.stack:
        await first.begin()
        await second.begin()
        yield first, second


class Actor:
    """One connection with a transaction that ends when it is told to."""

    def __init__(self, services: Services, firm: Firm) -> None:
        self._opened = services.database.tenant(firm.tenant_id, timeout_ms=10_000)
        self.stack = AsyncExitStack()
        self.tx: TenantTransaction

    async def begin(self) -> None:
        self.tx = await self.stack.enter_async_context(self._opened)

    async def commit(self) -> None:
        await self.stack.aclose()

    async def abort(self) -> None:
        problem = RuntimeError("changed its mind")
        with pytest.raises(RuntimeError):
            async with self.stack.pop_all():
                raise problem


async def waits(admin: asyncpg.Connection, task: asyncio.Task[Any]) -> bool:
    """Whether the task is stopped by another backend's lock."""
    for _ in range(1_000):
        if task.done():
            return False
        if await admin.fetchval("select exists (select from pg_locks l where not l.granted and cardinality(pg_blocking_pids(l.pid)) > 0)"):
            return True
        await asyncio.sleep(0.005)
    raise AssertionError("neither done nor waiting")


async def open_one(services: Services, firm: Firm) -> UUID:
    async with services.database.tenant(firm.tenant_id) as tx:
        alert_id = await hot(tx)
    assert alert_id is not None
    return alert_id


async def rows(services: Services, firm: Firm) -> list[tuple[Any, ...]]:
    """(closed, occurrences, recurs) of each alert, in order."""
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await tx.fetch("select closed_at, occurrences, recurrence_of from alert where tenant_id = $1 order by alert_id")
    return [(row["closed_at"] is not None, row["occurrences"], row["recurrence_of"] is not None) for row in found]


def acknowledge(tx: TenantTransaction, who: Principal, alert_id: UUID) -> Any:
    return acting.acknowledge(tx, who, [alert_id], whole_group=False, comment="")


def close(tx: TenantTransaction, who: Principal, alert_id: UUID) -> Any:
    return acting.close(tx, who, [alert_id], whole_group=False, resolution=Resolution.FIXED, reason="done")


async def test_of_two_who_acknowledge_at_once_the_first_does(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    alert_id = await open_one(services, firm)
    async with two(services, firm) as (first, second):
        await acknowledge(first.tx, firm.principal, alert_id)
        late = asyncio.create_task(acknowledge(second.tx, firm.principal, alert_id))
        assert await waits(admin, late)
        await first.commit()
        with pytest.raises(AlertAcknowledgedError):
            await late
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from alert_history where tenant_id = $1 and action = 4") == 1


async def test_who_acknowledges_while_it_resets_is_told_that_it_is_over(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    alert_id = await open_one(services, firm)
    async with two(services, firm) as (first, second):
        assert await reset_alert(first.tx, dedupe_key="hot:1", reason="cool") == alert_id
        late = asyncio.create_task(acknowledge(second.tx, firm.principal, alert_id))
        assert await waits(admin, late)
        await first.commit()
        with pytest.raises(AlertClosedError):
            await late


async def test_reset_waits_for_who_acknowledges_and_ends_it_then(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    alert_id = await open_one(services, firm)
    async with two(services, firm) as (first, second):
        await acknowledge(first.tx, firm.principal, alert_id)
        late = asyncio.create_task(reset_alert(second.tx, dedupe_key="hot:1", reason="cool"))
        assert await waits(admin, late)
        await first.commit()
        assert await late == alert_id
    async with services.database.tenant(firm.tenant_id) as tx:
        acts = await tx.fetch("select action from alert_history where tenant_id = $1 and alert_id = $2 order by entry_id", alert_id)
    assert [row["action"] for row in acts] == [1, 4, 11]


async def test_who_meets_a_condition_while_another_raises_it_waits_for_nobody_and_is_counted(
    services: Services, firm: Firm, do_outbox: DoOutbox
) -> None:
    async with two(services, firm) as (first, second):
        assert await hot(first.tx) is not None
        assert await hot(second.tx) is None
        await second.commit()
        await first.commit()
    await do_outbox()
    assert await rows(services, firm) == [(False, 2, False)]


async def test_who_met_it_raises_it_after_all_when_the_other_one_fails(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    first, second = Actor(services, firm), Actor(services, firm)
    await first.begin()
    await second.begin()
    assert await hot(first.tx) is not None
    assert await hot(second.tx, detail={"celsius": 11}) is None
    assert await hot(second.tx, detail={"celsius": 12}) is None
    await first.abort()
    await second.commit()
    assert await rows(services, firm) == []
    await do_outbox()
    assert await rows(services, firm) == [(False, 2, False)]


async def test_fact_that_two_tell_at_once_stays_one_and_is_not_lost_when_the_first_fails(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    first, second, third = (Actor(services, firm) for _ in range(3))
    for actor in (first, second, third):
        await actor.begin()
    assert await hot(first.tx, resets=False) is not None
    assert await hot(second.tx, resets=False) is None
    assert await hot(third.tx, resets=False) is None
    await first.abort()
    await second.commit()
    await third.commit()
    await do_outbox()
    assert await rows(services, firm) == [(False, 1, False)]


async def test_two_who_raise_the_same_in_the_other_order_do_not_stop_each_other(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    async with two(services, firm) as (first, second):
        assert await hot(first.tx, "a") is not None
        assert await hot(second.tx, "b") is not None
        assert await hot(first.tx, "b") is None
        assert await hot(second.tx, "a") is None
        await first.commit()
        await second.commit()
    await do_outbox()
    assert await rows(services, firm) == [(False, 2, False), (False, 2, False)]


async def test_raising_does_not_wait_for_who_acts_on_the_alert(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    alert_id = await open_one(services, firm)
    async with two(services, firm) as (first, second):
        await acknowledge(first.tx, firm.principal, alert_id)
        assert await hot(second.tx) is None
        await second.commit()
        await first.commit()
    await do_outbox()
    assert await rows(services, firm) == [(False, 2, False)]


async def test_what_was_met_before_the_closing_belongs_to_it_and_what_came_after_to_another(
    services: Services, firm: Firm, do_outbox: DoOutbox
) -> None:
    alert_id = await open_one(services, firm)
    before, closing = Actor(services, firm), Actor(services, firm)
    await before.begin()
    await closing.begin()
    assert await hot(before.tx) is None
    await close(closing.tx, firm.principal, alert_id)
    async with services.database.tenant(firm.tenant_id) as after:
        assert await hot(after) is None
    await closing.commit()
    await before.commit()
    await do_outbox()
    assert await rows(services, firm) == [(True, 2, False), (False, 1, True)]


async def test_reset_finds_what_waits_to_be_raised(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    first, second = Actor(services, firm), Actor(services, firm)
    await first.begin()
    await second.begin()
    assert await hot(first.tx) is not None
    assert await hot(second.tx) is None
    await first.abort()
    await second.commit()
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await reset_alert(tx, dedupe_key="hot:1", reason="cool") is not None
    await do_outbox()
    assert await rows(services, firm) == [(True, 1, False)]


async def test_many_who_meet_the_same_at_once_are_all_counted(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    async def meet(number: int) -> None:
        async with services.database.tenant(firm.tenant_id) as tx:
            for key in sorted(("a", "b", "c"), reverse=bool(number % 2)):
                await hot(tx, key)

    await asyncio.gather(*(meet(number) for number in range(20)))
    await do_outbox()
    assert await rows(services, firm) == [(False, 20, False)] * 3
