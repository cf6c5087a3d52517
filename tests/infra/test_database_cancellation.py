"""Requests that are given up at any moment: no tenant, lock or half-done work is left on the connection that the next one gets."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from infra.database import Database, Gate
from infra.provision import DatabaseUrls
from tests.conftest import Cluster
from tests.firms import Firm
from tests.infra.cancelling import cancelled_at_every_await
from tests.infra.pools import Pools, pools_of, setting_of
from tests.soak.marks import soak

Work = Callable[[Database, int], Awaitable[None]]


@pytest.fixture
async def pools(cluster: Cluster, database_urls: DatabaseUrls) -> AsyncIterator[Pools]:
    async with pools_of(database_urls.app, cluster.admin_dsn) as made:
        yield made


async def read_and_write(database: Database, tenant_id: int) -> None:
    async with database.tenant(tenant_id, timeout_ms=5_000) as tx:
        await tx.fetch("select 1 from effect where tenant_id = $1")
        await tx.execute("insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text), ($1, gen_random_uuid()::text)")


async def behind_the_gate(database: Database, tenant_id: int) -> None:
    async with database.tenant(tenant_id, gate=Gate.EXCLUSIVE) as tx:
        await tx.lock_derivation()
        await tx.execute("insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text), ($1, gen_random_uuid()::text)")


async def failing(database: Database, tenant_id: int) -> None:
    try:
        async with database.tenant(tenant_id, gate=Gate.SHARED) as tx:
            await tx.execute("insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text), ($1, null)")
    except Exception as problem:
        assert "null value" in str(problem)  # noqa: PT017 - a cancellation may come instead


async def bare_transaction(database: Database, tenant_id: int) -> None:
    async with database.connection() as connection, connection.transaction():
        await connection.execute(f"set local app.tenant_id = '{tenant_id}'")
        insert = "insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text), ($1, gen_random_uuid()::text)"
        await connection.execute(insert, tenant_id)


async def rows_of(pools: Pools, tenant_id: int) -> int:
    count: int = await pools.admin.fetchval("select count(*) from suyuan.effect where tenant_id = $1", tenant_id)
    return count


@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
@pytest.mark.parametrize("fresh", [False, True], ids=["used", "fresh"])
@pytest.mark.parametrize("work", [read_and_write, behind_the_gate, failing, bare_transaction])
async def test_cancelled_at_any_await_nothing_passes_to_the_next_user(pools: Pools, firm: Firm, work: Work, fresh: bool, late: bool) -> None:
    database = pools.of(1)
    stored = 0

    async def check(cancelled: bool) -> None:
        nonlocal stored
        async with database.connection() as raw:
            assert (raw.is_in_transaction(), await setting_of(raw)) == (False, "")
            assert await raw.fetchval("select count(*) from effect") == 0
        assert await pools.locks() == 0
        # Both rows or none; a commit that was cut off may have gone either way.
        now = await rows_of(pools, firm.tenant_id)
        assert now - stored in ((0, 2) if cancelled else (2,) if work is not failing else (0,))
        stored = now
        if fresh:
            await database.engine.dispose()
        assert await pools.states() in ([], ["idle"])

    await check(cancelled=True)
    tried = await cancelled_at_every_await(lambda: work(database, firm.tenant_id), check, late=late)
    assert tried >= 4


async def interleave(pools: Pools, tenants: list[int], *, rounds: int, seed: int) -> int:
    """Users of several tenants share two connections; some are cut off, some fail, and each sees its own rows alone."""
    chance = random.Random(seed)
    database = pools.of(2)
    seen = 0

    async def use(tenant_id: int, steps: int, fails: bool) -> None:
        nonlocal seen
        async with database.tenant(tenant_id, gate=chance.choice([Gate.NONE, Gate.SHARED])) as tx:
            for _ in range(steps):
                rows = await tx._raw.fetch("select distinct tenant_id from effect")
                assert {row["tenant_id"] for row in rows} <= {tenant_id}
                await tx.execute("insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text)")
            if fails:
                await tx._raw.execute("select 1 / 0")
            seen += 1

    async def look() -> None:
        async with database.connection() as raw:
            assert await raw.fetchval("select count(*) from effect") == 0

    async def disturbed(work: Awaitable[Any], delay: float) -> None:
        task = asyncio.ensure_future(work)
        await asyncio.wait({task}, timeout=delay)
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (problem := task.exception()):
            assert "division" in str(problem), problem

    # A pool that is still being filled makes its waiters wait when a connection is given up half-made; that is not what is tried here.
    async with database.connection(), database.connection():
        pass
    for _ in range(rounds):
        users = [use(tenant_id, chance.randrange(3), chance.random() < 0.2) for tenant_id in chance.sample(tenants, len(tenants))]
        await asyncio.gather(*(disturbed(work, chance.choice([0, 0.0005, 0.001, 0.003, 5])) for work in [*users, look()]))
    await look()
    return seen


async def test_connections_shared_by_tenants_never_mix_them(pools: Pools, firm: Firm, other_firm: Firm) -> None:
    seen = await interleave(pools, [firm.tenant_id, other_firm.tenant_id], rounds=40, seed=1)
    assert seen > 10
    assert await pools.locks() == 0


@soak
@pytest.mark.parametrize("seed", range(5))
async def test_connections_shared_by_tenants_never_mix_them_for_long(pools: Pools, new_firm: Any, seed: int) -> None:
    tenants = [(await new_firm()).tenant_id for _ in range(4)]
    seen = await interleave(pools, tenants, rounds=1_500, seed=seed)
    assert seen > 1_500
    assert await pools.locks() == 0
