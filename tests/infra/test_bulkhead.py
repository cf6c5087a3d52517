"""Places that tenants share: who gets the next one, who waits, who is refused; and transactions that go through them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from infra.bulkhead import Bulkhead
from infra.database import Database
from infra.errors import UnavailableError
from infra.provision import DatabaseUrls

FLOODING, QUIET, THIRD = 1, 2, 3


class Crowd:
    """Tasks that hold a place until they are told to leave."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self._bulkhead = bulkhead
        self.served: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, tenant_id: int, *names: str) -> None:
        """One after the other."""
        for name in names:
            self._leave[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._stay(tenant_id, name))
            await settled()

    async def _stay(self, tenant_id: int, name: str) -> None:
        async with self._bulkhead.place(tenant_id):
            self.served.append(name)
            await self._leave[name].wait()

    async def go(self, *names: str) -> None:
        """Leave the place, or the queue."""
        for name in names:
            self._leave[name].set()
            await settled()

    async def cancel(self, name: str) -> None:
        """Cut off, wherever it is."""
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)

    async def end(self) -> None:
        """Everybody leaves."""
        for event in self._leave.values():
            event.set()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_tenant_has_its_share_and_others_find_places_free() -> None:
    crowd = Crowd(Bulkhead(4, each=2))
    await crowd.come(FLOODING, "a1", "a2", "a3", "a4")
    assert crowd.served == ["a1", "a2"]
    await crowd.come(QUIET, "b1")
    assert crowd.served == ["a1", "a2", "b1"]
    await crowd.go("a1")
    assert crowd.served == ["a1", "a2", "b1", "a3"]
    await crowd.end()
    assert crowd.served == ["a1", "a2", "b1", "a3", "a4"]


async def test_places_go_round_the_tenants_and_in_order_within_each() -> None:
    crowd = Crowd(Bulkhead(1, each=1))
    await crowd.come(FLOODING, "a1", "a2", "a3", "a4")
    await crowd.come(QUIET, "b1", "b2")
    await crowd.come(THIRD, "c1")
    for name in ("a1", "a2", "b1", "c1", "a3", "b2", "a4"):
        assert crowd.served[-1] == name
        await crowd.go(name)
    assert crowd.served == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]


async def test_a_free_place_passes_by_a_tenant_that_has_its_share() -> None:
    crowd = Crowd(Bulkhead(2, each=1))
    await crowd.come(FLOODING, "a1", "a2")
    await crowd.come(QUIET, "b1", "b2")
    await crowd.come(THIRD, "c1")
    assert crowd.served == ["a1", "b1"]
    await crowd.go("b1")
    assert crowd.served == ["a1", "b1", "b2"]
    await crowd.go("b2")
    assert crowd.served == ["a1", "b1", "b2", "c1"]
    await crowd.end()


async def test_a_full_queue_refuses_its_tenant_and_nobody_else() -> None:
    bulkhead = Bulkhead(1, each=1, waiting=2)
    crowd = Crowd(bulkhead)
    await crowd.come(FLOODING, "a1", "a2", "a3")
    with pytest.raises(UnavailableError) as refused:
        async with bulkhead.place(FLOODING):
            pytest.fail("there is no place")
    assert refused.value.detail == {"retry_after": 1}
    await crowd.come(QUIET, "b1")
    assert (bulkhead.waiting(FLOODING), bulkhead.waiting(QUIET)) == (2, 1)
    await crowd.end()
    assert crowd.served == ["a1", "a2", "b1", "a3"]


async def test_who_waits_too_long_is_refused_and_leaves_the_queue() -> None:
    bulkhead = Bulkhead(1, each=1, patience=0.01)
    crowd = Crowd(bulkhead)
    await crowd.come(FLOODING, "a1")
    with pytest.raises(UnavailableError):
        async with bulkhead.place(FLOODING):
            pytest.fail("there is no place")
    assert bulkhead.waiting(FLOODING) == 0
    await crowd.end()
    async with bulkhead.place(FLOODING):
        pass


async def test_who_is_cut_off_while_waiting_or_inside_keeps_no_place() -> None:
    bulkhead = Bulkhead(1, each=1)
    crowd = Crowd(bulkhead)
    await crowd.come(FLOODING, "a1", "a2", "a3")
    await crowd.cancel("a2")
    assert bulkhead.waiting(FLOODING) == 1
    await crowd.cancel("a1")
    await settled()
    assert crowd.served == ["a1", "a3"]
    await crowd.end()
    assert (bulkhead._free, bulkhead._held, bulkhead._waiting, bulkhead._inside) == (1, {}, {}, set())


async def test_a_place_that_is_given_to_who_is_just_cut_off_goes_to_the_next() -> None:
    bulkhead = Bulkhead(1, each=1)
    crowd = Crowd(bulkhead)
    await crowd.come(FLOODING, "a1", "a2", "a3")
    bulkhead._give_back(FLOODING)
    # "a2" has been given the place and hasn't run since.
    crowd._tasks["a2"].cancel()
    await settled()
    assert crowd.served == ["a1", "a3"]
    bulkhead._occupy(FLOODING)
    await crowd.end()
    assert (bulkhead._free, bulkhead._held) == (1, {})


async def test_who_has_a_place_passes_again_without_waiting_for_himself() -> None:
    bulkhead = Bulkhead(1, each=1)
    async with bulkhead.place(FLOODING), bulkhead.place(FLOODING), bulkhead.place(FLOODING):
        assert bulkhead._free == 0
    assert bulkhead._free == 1


def test_a_share_of_nothing_or_of_more_than_all_is_refused() -> None:
    for each in (0, 3):
        with pytest.raises(ValueError, match="of 2 places"):
            Bulkhead(2, each=each)


@pytest.fixture
async def database(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.app, pool_size=6)
    yield database
    await database.close()


def places_of(database: Database) -> Bulkhead:
    assert database._bulkheads is not None
    return database._bulkheads[0]


async def test_a_pool_too_small_to_be_shared_is_not(database_urls: DatabaseUrls) -> None:
    database = Database(database_urls.app, pool_size=5)
    async with database.tenant(FLOODING), AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(database.tenant(FLOODING))
    await database.close()


async def test_transactions_of_one_tenant_leave_the_pool_to_the_others(database: Database) -> None:
    async def sleep(tenant_id: int, begun: asyncio.Event | None = None) -> None:
        async with database.tenant(tenant_id) as tx:
            if begun:
                begun.set()
            await tx.execute("select pg_sleep(0.3) where $1::int is not null")

    begun = asyncio.Event()
    flood = [asyncio.create_task(sleep(FLOODING, begun)) for _ in range(8)]
    await begun.wait()
    async with database.tenant(QUIET) as tx, database.connection() as raw:
        assert await tx.fetchval("select $1::int") == QUIET
        assert await raw.fetchval("select 1") == 1
        assert places_of(database).waiting(FLOODING) >= 5
    await asyncio.gather(*flood)


async def test_a_transaction_within_another_of_its_tenant_waits_for_nobody(database: Database) -> None:
    async def nested() -> int:
        async with database.tenant(FLOODING):
            await asyncio.sleep(0)
            async with database.tenant(FLOODING) as inner:
                return int(await inner.fetchval("select $1::int"))

    assert await asyncio.gather(*(nested() for _ in range(12))) == [FLOODING] * 12


async def test_places_come_back_from_transactions_that_fail(database: Database) -> None:
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            async with database.tenant(FLOODING):
                raise ZeroDivisionError
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(database.tenant(FLOODING))
        assert places_of(database)._held == {FLOODING: 1}
    assert places_of(database)._held == {}
