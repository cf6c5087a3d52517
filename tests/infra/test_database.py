"""The tenant's transaction: what it sets, holds and stores, and that nothing of it ever passes to the connection's next user."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import asyncpg
import pytest

from infra.database import Database, Gate, TenantTransaction
from infra.errors import UnavailableError
from infra.provision import DatabaseUrls
from infra.scope import UnscopedStatementError
from tests.conftest import Cluster
from tests.firms import Firm
from tests.infra.pools import Pools, pools_of, setting_of


@pytest.fixture
async def pools(cluster: Cluster, database_urls: DatabaseUrls) -> AsyncIterator[Pools]:
    async with pools_of(database_urls.app, cluster.admin_dsn) as made:
        yield made


async def claim(tx: TenantTransaction, key: str) -> None:
    await tx.execute("insert into effect (tenant_id, effect_key) values ($1, $2)", key)


async def claimed(database: Database, tenant_id: int) -> list[str]:
    async with database.tenant(tenant_id) as tx:
        return [row["effect_key"] for row in await tx.fetch("select effect_key from effect where tenant_id = $1 order by 1")]


async def fail(tx: TenantTransaction, problem: str) -> None:
    """Let the server refuse a statement."""
    await tx._raw.execute(problem)


async def test_transaction_begins_with_the_tenant_set_in_one_message(pools: Pools) -> None:
    database = pools.of(1)
    sent: list[str] = []
    async with database.connection() as raw:
        raw.add_query_logger(lambda query: sent.append(query.query))
    async with database.tenant(7, gate=Gate.SHARED, timeout_ms=500) as tx:
        assert await setting_of(tx._raw) == "7"
    settings = "set local app.tenant_id = '7'; set local statement_timeout = 500; set local plan_cache_mode = force_generic_plan"
    assert [statement for statement in sent if "current_setting" not in statement] == [
        f"begin; {settings}; select pg_advisory_xact_lock_shared(21337, 7)", "commit",
    ]  # fmt: skip


@pytest.mark.parametrize("gate", list(Gate))
async def test_setting_and_gate_end_with_the_transaction(pools: Pools, gate: Gate) -> None:
    database = pools.of(1)
    for problem in (None, RuntimeError("ours"), KeyboardInterrupt("stopped"), GeneratorExit()):
        with pytest.raises(type(problem)) if problem else nullcontext():
            async with database.tenant(7, gate=gate, timeout_ms=500):
                assert await pools.locks() == (gate is not Gate.NONE)
                if problem:
                    raise problem
        async with database.connection() as raw:
            assert (raw.is_in_transaction(), await setting_of(raw), await raw.fetchval("show statement_timeout")) == (False, "", "3s")
        assert (await pools.locks(), await pools.states()) == (0, ["idle"])


@pytest.mark.parametrize("tenant", ["7'; reset all; --", "", None, 7.5j])
async def test_tenant_that_is_no_number_is_refused(pools: Pools, tenant: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        async with pools.of(1).tenant(tenant):
            raise AssertionError("nothing runs in here")


async def test_statement_without_its_tenant_is_refused_before_it_is_sent(pools: Pools, firm: Firm) -> None:
    async with pools.of(1).tenant(firm.tenant_id) as tx:
        for run in (tx.fetch, tx.fetchrow, tx.fetchval, tx.execute):
            with pytest.raises(UnscopedStatementError):
                await run("select count(*) from effect where $1::int is not null")
        # The server has seen none of them: the transaction stands.
        assert await tx.fetchval("select count(*) from effect where tenant_id = $1") == 0


async def test_rolling_back_to_a_savepoint_keeps_the_tenant_and_forgets_what_came_after(pools: Pools, firm: Firm, other_firm: Firm) -> None:
    database = pools.of(1)
    async with database.tenant(firm.tenant_id) as tx:
        await claim(tx, "before")
        await tx._raw.execute("savepoint attempt")
        await claim(tx, "undone")
        await tx._raw.execute(f"set local app.tenant_id = '{other_firm.tenant_id}'")
        await tx._raw.execute("rollback to savepoint attempt")
        assert await setting_of(tx._raw) == str(firm.tenant_id)
        await tx._raw.execute("savepoint second")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await fail(tx, "select 1 / 0")
        await tx._raw.execute("rollback to savepoint second; release savepoint second")
        await claim(tx, "after")
    assert (await claimed(database, firm.tenant_id), await claimed(database, other_firm.tenant_id)) == (["after", "before"], [])
    async with database.connection() as raw:
        assert await setting_of(raw) == ""


async def test_what_fails_in_a_savepoint_is_undone_and_the_rest_is_stored(pools: Pools, firm: Firm) -> None:
    database = pools.of(1)
    async with database.tenant(firm.tenant_id) as tx:
        await claim(tx, "before")
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with tx.savepoint():
                await claim(tx, "undone")
                await tx.plan_for_any_tenant()
                await fail(tx, "select 1 / 0")
        async with tx.savepoint():
            await claim(tx, "inside")
        await tx.plan_for_any_tenant()
        assert await tx._raw.fetchval("select current_setting('plan_cache_mode')") == "force_generic_plan"
    assert await claimed(database, firm.tenant_id) == ["before", "inside"]


async def test_refusal_at_the_commit_is_raised_and_nothing_is_stored(pools: Pools, firm: Firm) -> None:
    database = pools.of(1)
    deferred = "create temp table twice (n int unique deferrable initially deferred) on commit drop; insert into twice values (1), (1)"
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.tenant(firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
            await claim(tx, "never")
            await fail(tx, deferred)
    assert (await claimed(database, firm.tenant_id), await pools.locks()) == ([], 0)


async def test_failure_that_was_passed_over_is_not_taken_for_a_commit(pools: Pools, firm: Firm) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and with no error."""
    database = pools.of(1)
    with pytest.raises(RuntimeError, match="nothing of it is stored"):
        async with database.tenant(firm.tenant_id) as tx:
            await claim(tx, "lost")
            with pytest.raises(asyncpg.DivisionByZeroError):
                await fail(tx, "select 1 / 0")
    assert await claimed(database, firm.tenant_id) == []


async def test_statement_that_takes_too_long_is_cut_off_and_its_connection_serves_on(pools: Pools, firm: Firm) -> None:
    database = pools.of(1, statement_timeout_ms=100)
    with pytest.raises(asyncpg.QueryCanceledError):
        async with database.tenant(firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
            await claim(tx, "never")
            await fail(tx, "select pg_sleep(10)")
    assert (await claimed(database, firm.tenant_id), await pools.locks(), await pools.states()) == ([], 0, ["idle"])
    async with database.tenant(firm.tenant_id, timeout_ms=5_000) as tx:
        await fail(tx, "select pg_sleep(0.2)")


async def test_transaction_left_open_by_the_user_of_a_bare_connection_is_ended(pools: Pools) -> None:
    database = pools.of(1)
    async with database.connection() as raw:
        await raw.execute("begin; set local app.tenant_id = '7'; select pg_advisory_xact_lock(1, 7)")
    async with database.connection() as raw:
        assert (raw.is_in_transaction(), await setting_of(raw)) == (False, "")
    assert await pools.locks() == 0


async def test_full_pool_refuses_after_a_while_and_serves_again_when_one_is_free(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    database = pools.of(2)
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)
    async with database.tenant(1), database.tenant(2):
        for _ in range(3):
            with pytest.raises(UnavailableError) as refused:
                async with database.tenant(3):
                    raise AssertionError("there is no connection left")
            assert (refused.value.status, refused.value.detail) == (503, {"retry_after": 2})
    async with database.tenant(3), database.tenant(4) as tx:
        assert await setting_of(tx._raw) == "4"
    assert await pools.states() == ["idle", "idle"]


async def test_waiting_for_a_connection_may_be_given_up(pools: Pools) -> None:
    database = pools.of(1)

    async def use() -> None:
        async with database.tenant(2):
            raise AssertionError("it was given up")

    async with database.tenant(1):
        waiting = asyncio.create_task(use())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()
    async with database.tenant(3) as tx:
        assert await setting_of(tx._raw) == "3"


async def test_connection_lost_in_the_middle_is_an_outage_and_the_next_user_gets_a_new_one(pools: Pools, firm: Firm) -> None:
    database = pools.of(1)
    with pytest.raises(UnavailableError):
        async with database.tenant(firm.tenant_id) as tx:
            await claim(tx, "never")
            await pools.kill()
            await tx.fetchval("select count(*) from effect where tenant_id = $1")
    assert await claimed(database, firm.tenant_id) == []


async def test_connections_that_the_server_closed_while_idle_are_replaced_unseen(pools: Pools, firm: Firm) -> None:
    database = pools.of(3)
    async with database.tenant(1), database.tenant(2), database.tenant(3):
        pass
    await pools.kill()
    await asyncio.sleep(0.05)
    async with database.tenant(1), database.tenant(2), database.tenant(firm.tenant_id) as tx:
        await claim(tx, "stored")
    assert await claimed(database, firm.tenant_id) == ["stored"]


async def test_server_that_is_away_is_an_outage() -> None:
    database = Database("postgresql://suyuan_app:x@127.0.0.1:1/none", pool_size=1)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            async with database.tenant(1):
                raise AssertionError("there is no server")
    await database.close()


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_use_case_is_run_again_three_times_after_a_deadlock_or_a_serialisation_failure(pools: Pools, firm: Firm, state: str) -> None:
    database = pools.of(1)
    runs = 0

    async def use_case(failures: int) -> None:
        nonlocal runs
        runs += 1
        async with database.tenant(firm.tenant_id) as tx:
            await claim(tx, f"{state} {failures}")
            if runs <= failures:
                await fail(tx, f"do $$ begin raise sqlstate '{state}'; end $$")

    await database.retrying(lambda: use_case(3))
    assert (runs, await claimed(database, firm.tenant_id)) == (4, [f"{state} 3"])
    runs = 0
    with pytest.raises((asyncpg.SerializationError, asyncpg.DeadlockDetectedError)):
        await database.retrying(lambda: use_case(4))
    assert (runs, await claimed(database, firm.tenant_id)) == (4, [f"{state} 3"])


async def test_other_failures_are_not_run_again(pools: Pools) -> None:
    database = pools.of(1)
    runs = 0

    async def use_case() -> None:
        nonlocal runs
        runs += 1
        async with database.tenant(1) as tx:
            await fail(tx, "select 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await database.retrying(use_case)
    assert runs == 1


async def test_two_that_deadlock_both_come_through(pools: Pools, firm: Firm) -> None:
    database = pools.of(2)
    both_hold_one = asyncio.Barrier(2)
    runs = 0

    async def use_case(first: int, second: int) -> None:
        nonlocal runs
        runs += 1
        async with database.tenant(firm.tenant_id, timeout_ms=20_000) as tx:
            await fail(tx, f"select pg_advisory_xact_lock(99, {first})")
            if runs <= 2:
                await both_hold_one.wait()
            await fail(tx, f"select pg_advisory_xact_lock(99, {second})")
            await claim(tx, f"{first}{second}")

    await asyncio.gather(database.retrying(lambda: use_case(1, 2)), database.retrying(lambda: use_case(2, 1)))
    assert (runs, await claimed(database, firm.tenant_id)) == (3, ["12", "21"])


async def until_waiting(pools: Pools, count: int) -> None:
    for _ in range(1_000):
        if await pools.waiting() == count:
            return
        await asyncio.sleep(0.002)
    raise AssertionError(f"{await pools.waiting()} are waiting, not {count}")


async def test_one_transaction_of_a_tenant_derives_at_a_time(pools: Pools) -> None:
    database = pools.of(4)
    order: list[str] = []

    async def derive(name: str) -> None:
        async with database.tenant(7, gate=Gate.SHARED) as tx:
            await tx.lock_derivation()
            order.append(f"{name} in")
            await tx.fetchval("select count(*) from event where tenant_id = $1")
            order.append(f"{name} out")

    async with database.tenant(7, gate=Gate.SHARED) as tx:
        await tx.lock_derivation()
        others = [asyncio.create_task(derive(name)) for name in ("second", "third")]
        await until_waiting(pools, 2)
        async with database.tenant(8, gate=Gate.SHARED) as elsewhere:
            await elsewhere.lock_derivation()
        order.append("first out")
    await asyncio.gather(*others)
    assert order[0] == "first out"
    assert [step.split()[1] for step in order[1:]] == ["in", "out", "in", "out"]


async def test_waiting_at_the_gate_may_be_given_up_and_blocks_nobody(pools: Pools) -> None:
    database = pools.of(3)

    async def shut() -> None:
        async with database.tenant(7, gate=Gate.EXCLUSIVE):
            raise AssertionError("it was given up")

    async with database.tenant(7, gate=Gate.SHARED):
        waiting = asyncio.create_task(shut())
        await until_waiting(pools, 1)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()
        # A waiting exclusive lock would keep this one out.
        async with database.tenant(7, gate=Gate.SHARED):
            assert await pools.locks() == 2
    assert await pools.locks() == 0


async def test_session_is_pinned_to_the_products_schema(pools: Pools) -> None:
    async with pools.of(1).connection() as raw:
        settings = {name: await raw.fetchval(f"show {name}") for name in ("search_path", "timezone", "jit", "idle_in_transaction_session_timeout")}
    assert settings == {"search_path": "suyuan, pg_temp", "timezone": "UTC", "jit": "off", "idle_in_transaction_session_timeout": "30s"}
