"""Tenants that take turns on the same connection: prepared statements, savepoints, failures and cancellations of one never reach the next."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import asyncpg
import pytest

from infra.database import Database, Gate, TenantTransaction
from infra.errors import UnavailableError
from infra.provision import DatabaseUrls
from tests.conftest import Cluster
from tests.firms import Firm
from tests.infra.cancelling import cancelled_at_every_await
from tests.infra.pools import Pools, pools_of, setting_of
from tests.soak.marks import soak

TASKS = 50
# Whoever waits longer than this for the only connection is refused by the pool; fifty in a row may.
PATIENCE = 60
# Without `tenant_id = $1`, so that the policy alone decides; asyncpg keeps it prepared on the connection.
EVERYONES = "select tenant_id, effect_key from effect where effect_key like $1"
INSERT = "insert into effect (tenant_id, effect_key) values ($1, $2)"


@pytest.fixture
async def pools(cluster: Cluster, database_urls: DatabaseUrls) -> AsyncIterator[Pools]:
    async with pools_of(database_urls.app, cluster.admin_dsn) as made:
        yield made


@pytest.fixture
async def four(new_firm: Callable[[], Awaitable[Firm]]) -> list[int]:
    """Four tenants."""
    return [(await new_firm()).tenant_id for _ in range(4)]


def only_connection(pools: Pools) -> Database:
    """A pool of one connection, for which one may wait long."""
    database = pools.of(1)
    database.engine.pool._timeout = PATIENCE  # type: ignore[attr-defined]
    return database


@asynccontextmanager
async def savepoint(tx: TenantTransaction) -> AsyncIterator[None]:
    """Undone by a refusal of the server; whoever is cut off leaves it as it is. The driver's own don't go with a transaction that it didn't begin."""
    await tx._raw.execute("savepoint s")
    try:
        yield
    except asyncpg.PostgresError:
        await tx._raw.execute("rollback to savepoint s; release savepoint s")
        raise
    await tx._raw.execute("release savepoint s")


async def tenants_seen(tx: TenantTransaction, like: str = "%") -> set[int]:
    """Whose rows the policy shows, by a statement that doesn't say whose it wants."""
    return {row["tenant_id"] for row in await tx._raw.fetch(EVERYONES, like)}


async def plans_of(tx: TenantTransaction) -> int:
    """How many statements the server keeps prepared on this connection."""
    count: int = await tx._raw.fetchval("select count(*) from pg_prepared_statements")
    return count


async def test_statement_prepared_for_one_tenant_shows_the_next_his_own_rows(pools: Pools, four: list[int]) -> None:
    database = only_connection(pools)
    for tenant_id in four:
        async with database.tenant(tenant_id) as tx:
            await tx.execute(INSERT, f"plan {tenant_id}")
    kept, connections = 0, set()
    # More runs than PostgreSQL needs (five) before it may settle on a generic plan.
    for turn in range(40):
        tenant_id = four[turn % 4]
        async with database.tenant(tenant_id) as tx:
            assert [tuple(row) for row in await tx._raw.fetch(EVERYONES, "plan %")] == [(tenant_id, f"plan {tenant_id}")]
            assert await tx.fetchval("select effect_key from effect where tenant_id = $1 and effect_key like $2", "plan %") == f"plan {tenant_id}"
            kept = await plans_of(tx)
            connections.add(await tx._raw.fetchval("select pg_backend_pid()"))
    assert kept > 2
    assert len(connections) == 1


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_kind_of_plan_makes_no_difference(pools: Pools, four: list[int], mode: str) -> None:
    database = only_connection(pools)
    async with database.connection() as raw:
        await raw.execute(f"set plan_cache_mode = {mode}")
    for turn in range(16):
        tenant_id = four[turn % 4]
        async with database.tenant(tenant_id) as tx:
            await tx.execute(INSERT, f"{mode} {turn}")
            assert await tenants_seen(tx, f"{mode}%") == {tenant_id}


async def test_statement_prepared_before_any_tenant_was_named_shows_nobody_else(pools: Pools, firm: Firm, other_firm: Firm) -> None:
    database = only_connection(pools)
    async with database.tenant(other_firm.tenant_id) as tx:
        await tx.execute(INSERT, "early")
    async with database.connection() as raw:
        statement = await raw.prepare(EVERYONES)
        assert await statement.fetch("early") == []
        async with raw.transaction():
            await raw.execute(f"set local app.tenant_id = '{firm.tenant_id}'")
            assert await statement.fetch("early") == []
        assert await statement.fetch("early") == []


async def test_cursor_and_temporary_table_of_one_tenant_are_gone_for_the_next(pools: Pools, firm: Firm, other_firm: Firm) -> None:
    database = only_connection(pools)
    async with database.tenant(firm.tenant_id) as tx:
        await tx.execute(INSERT, "cursor")
        await tx._raw.execute("declare mine cursor for select * from effect; create temp table copied on commit drop as select * from effect")
        assert await tx._raw.fetchval("select count(*) from copied") == 1
    async with database.tenant(other_firm.tenant_id) as tx:
        for statement, problem in (("fetch all from mine", asyncpg.InvalidCursorNameError), ("table copied", asyncpg.UndefinedTableError)):
            await tx._raw.execute("savepoint look")
            with pytest.raises(problem):
                await tx._raw.execute(statement)
            await tx._raw.execute("rollback to savepoint look")


async def nested(database: Database, tenant_id: int) -> None:
    """Three savepoints deep; the middle one is undone, the innermost had named a tenant that isn't there."""
    async with database.tenant(tenant_id) as tx:
        await tx.execute("insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text)")
        with suppress(asyncpg.DivisionByZeroError):
            async with savepoint(tx):
                await tx.execute("insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text)")
                async with savepoint(tx):
                    await tx._raw.execute("set local app.tenant_id = '0'")
                    assert await tenants_seen(tx) == set()
                await tx._raw.execute("select 1 / 0")
        assert await setting_of(tx._raw) == str(tenant_id)
        async with savepoint(tx):
            await tx.execute("insert into effect (tenant_id, effect_key) values ($1, gen_random_uuid()::text)")


@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
async def test_cancelled_at_any_await_inside_of_savepoints_nothing_passes_on(pools: Pools, firm: Firm, other_firm: Firm, late: bool) -> None:
    database = pools.of(1)
    stored = 0

    async def check(cancelled: bool) -> None:
        nonlocal stored
        async with database.tenant(other_firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
            assert await setting_of(tx._raw) == str(other_firm.tenant_id)
            assert await tenants_seen(tx) == set()
        assert (await pools.locks(), await pools.states()) == (0, ["idle"])
        count = await pools.admin.fetchval("select count(*) from suyuan.effect where tenant_id = $1", firm.tenant_id)
        # What stands outside of the undone savepoint, or nothing.
        assert count - stored in ((0, 2) if cancelled else (2,))
        stored = count

    tried = await cancelled_at_every_await(lambda: nested(database, firm.tenant_id), check, late=late)
    assert tried >= 10


@dataclass
class Turns:
    """Fifty tasks of alternating tenants in a queue before one connection."""

    database: Database
    tenants: list[int]
    chance: Random
    served: int = 0
    cut: int = 0
    stored: dict[int, set[str]] = field(default_factory=dict)

    async def turn(self, number: int) -> None:
        """One task: look, write, perhaps in savepoints, perhaps fail; and never see anybody else."""
        tenant_id = self.tenants[number % len(self.tenants)]
        key, savepoints, fails = f"turn {number}", self.chance.randrange(4), self.chance.random() < 0.2
        gate = self.chance.choice([Gate.NONE, Gate.SHARED, Gate.EXCLUSIVE])
        with suppress(asyncpg.DivisionByZeroError):
            async with self.database.tenant(tenant_id, gate=gate) as tx:
                assert await setting_of(tx._raw) == str(tenant_id)
                assert await tenants_seen(tx) <= {tenant_id}
                await self._write(tx, key, savepoints)
                if fails:
                    await tx._raw.execute("select 1 / 0")
                assert await tenants_seen(tx, key) == {tenant_id}
            self.stored.setdefault(tenant_id, set()).add(key)
        self.served += 1

    async def _write(self, tx: TenantTransaction, key: str, savepoints: int) -> None:
        if savepoints == 0:
            await tx.execute(INSERT, key)
            return
        async with savepoint(tx):
            await self._write(tx, key, savepoints - 1)
            with suppress(asyncpg.UniqueViolationError):
                async with savepoint(tx):
                    await tx.execute(INSERT, key)

    async def disturbed(self, number: int, patience: float) -> None:
        """A task that is given up after a while."""
        task = asyncio.ensure_future(self.turn(number))
        await asyncio.wait({task}, timeout=patience)
        task.cancel()
        await asyncio.wait({task})
        self.cut += task.cancelled()
        if not task.cancelled() and (problem := task.exception()):
            raise problem


async def queue_up(pools: Pools, tenants: list[int], *, rounds: int, seed: int) -> Turns:
    """Rounds of fifty tasks before one connection; a third of them are given up at some moment."""
    chance = Random(seed)
    turns = Turns(only_connection(pools), tenants, chance)
    # Whoever waits for a connection that is given up while it is made waits on; that is not what is tried here.
    async with turns.database.connection():
        pass
    for part in range(rounds):
        numbers = range(part * TASKS, (part + 1) * TASKS)
        await asyncio.gather(*(turns.disturbed(number, chance.choice([PATIENCE, PATIENCE, chance.random() * 0.2])) for number in numbers))
        assert (await pools.locks(), set(await pools.states())) == (0, {"idle"})
    for tenant_id in tenants:
        rows = await pools.admin.fetch("select effect_key from suyuan.effect where tenant_id = $1 and effect_key like 'turn %'", tenant_id)
        kept = {row["effect_key"] for row in rows}
        # What was told to be stored is; a commit that was cut off may be too. Each key belongs to the tenant whose turn it was.
        assert turns.stored.get(tenant_id, set()) <= kept
        assert all(tenants[int(key.split()[1]) % len(tenants)] == tenant_id for key in kept)
    return turns


async def test_fifty_tasks_of_alternating_tenants_share_one_connection(pools: Pools, four: list[int]) -> None:
    turns = await queue_up(pools, four, rounds=4, seed=3)
    assert turns.served + turns.cut == 4 * TASKS
    assert min(turns.served, turns.cut) > 0


@soak
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("seed", range(3))
async def test_thousands_of_tasks_of_alternating_tenants_share_one_connection(pools: Pools, four: list[int], seed: int) -> None:
    turns = await queue_up(pools, four, rounds=80, seed=seed)
    assert turns.served + turns.cut == 80 * TASKS
    assert min(turns.served, turns.cut) > 100


async def test_server_side_of_a_connection_that_is_lost_in_a_savepoint_is_replaced(pools: Pools, firm: Firm, other_firm: Firm) -> None:
    database = pools.of(1)
    with pytest.raises(UnavailableError):
        async with database.tenant(firm.tenant_id) as tx, savepoint(tx):
            await tx.execute(INSERT, "lost")
            await pools.kill()
            await tenants_seen(tx)
    async with database.tenant(other_firm.tenant_id) as tx:
        assert (await tenants_seen(tx), await setting_of(tx._raw)) == (set(), str(other_firm.tenant_id))
    rows: Any = await pools.admin.fetchval("select count(*) from suyuan.effect where tenant_id = $1", firm.tenant_id)
    assert rows == 0
