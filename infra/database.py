"""The database engine and the only place that opens a tenant's transaction."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, nullcontext
from enum import Enum
from typing import Any, Final, Protocol, TypeVar

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from infra.bulkhead import Bulkhead
from infra.errors import UnavailableError
from infra.schema import SCHEMA_NAME
from infra.scope import require_scope


class Record(Protocol):
    """A row as asyncpg gives it: read by column name, iterated by value."""

    def __getitem__(self, key: str) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> Iterable[str]:
        """The columns' names."""
        ...


T = TypeVar("T")

# First key of the per-tenant advisory lock; the second is the tenant (MODEL: the gate).
GATE_CLASS = 0x5359
# The same for the stretch from the first projection to the commit: one writer derives at a time in a tenant (docs/adr).
DERIVATION_CLASS = 0x535A
RETRIES = 3
ROLLBACK_SECONDS = 2.0
SMALLEST_SHARED_POOL = 6
# While connecting, SQLAlchemy wraps whatever the driver raises: refused, cut off, starting up, too many.
_NO_CONNECTION = (OSError, TimeoutError, SQLAlchemyError)
_LOST_CONNECTION = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    # What the driver raises between the server's farewell and the end of the socket.
    asyncpg.InternalClientError,
)
_AWAY = "The database can't be reached at the moment; try again in a few seconds."


class Gate(Enum):
    """How a transaction passes the tenant's gate. Never upgrade: roll back and start again with the stronger form."""

    NONE = ""
    SHARED = "pg_advisory_xact_lock_shared"
    EXCLUSIVE = "pg_advisory_xact_lock"


_BY_THE_VALUES: Final = "plan_cache_mode = auto"
_FOR_ANY_TENANT: Final = "plan_cache_mode = force_generic_plan"
_EACH_TIME: Final = "plan_cache_mode = force_custom_plan"


class TenantTransaction:
    """One tenant's open transaction. `$1` of every statement is the tenant's id; callers number their own values from `$2`."""

    __slots__ = ("_raw", "_setting", "gate", "tenant_id")

    def __init__(self, raw: asyncpg.Connection, tenant_id: int, gate: Gate) -> None:
        self._raw = raw
        self.tenant_id = tenant_id
        self.gate = gate
        self._setting = _BY_THE_VALUES if gate is Gate.NONE else _FOR_ANY_TENANT

    async def fetch(self, statement: str, *values: Any) -> list[Record]:
        """All rows of a scoped statement."""
        require_scope(statement)
        rows: list[Record] = await self._raw.fetch(statement, self.tenant_id, *values)
        return rows

    async def fetchrow(self, statement: str, *values: Any) -> Record | None:
        """The first row, or None."""
        require_scope(statement)
        row: Record | None = await self._raw.fetchrow(statement, self.tenant_id, *values)
        return row

    async def fetchval(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        require_scope(statement)
        return await self._raw.fetchval(statement, self.tenant_id, *values)

    async def execute(self, statement: str, *values: Any) -> int:
        """Run a scoped statement; returns the number of rows it touched."""
        require_scope(statement)
        status = await self._raw.execute(statement, self.tenant_id, *values)
        count = status.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def pass_gate(self, gate: Gate) -> None:
        """Pass the gate in a job, whose transaction has locked nothing so far but its own outbox row, for which nobody waits."""
        if self.gate is not Gate.NONE or gate is Gate.NONE:
            raise RuntimeError("the gate is passed once, and never upgraded")
        await self._raw.execute(f"set local {_FOR_ANY_TENANT}; select {gate.value}({GATE_CLASS}, {self.tenant_id})")
        self.gate, self._setting = gate, _FOR_ANY_TENANT

    async def lock_derivation(self) -> None:
        """Wait until no other transaction of this tenant derives; held until the end. What is read after it is current."""
        await self._raw.execute(f"select pg_advisory_xact_lock({DERIVATION_CLASS}, {self.tenant_id})")

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What is written inside is undone on any exception, which is passed on, and the transaction goes on as it was before.

        Locks that were taken inside are given back then, so that whoever passes a gate does so before. Each costs two messages: none for each
        of many rows.
        """
        setting = self._setting
        await self._raw.execute("savepoint part")
        try:
            yield
        except Exception:
            # A connection that is lost ends the whole transaction anyhow, as does a task that is cancelled.
            if not self._raw.is_closed():
                await self._raw.execute("rollback to savepoint part; release savepoint part")
                self._setting = setting
            raise
        await self._raw.execute("release savepoint part")

    async def set_planner(self, *settings: str) -> None:
        """Settings for the rest of this transaction, e.g. `enable_mergejoin = off` (PERFORMANCE: trap 5)."""
        await self._raw.execute("; ".join(f"set local {setting}" for setting in settings))

    async def plan_for_any_tenant(self) -> None:
        """For what looks up by keys alone: a plan made for a tenant that statistics don't know yet takes it for empty, and reads all of it.

        For the rest of the transaction; behind a gate it is so from the start.
        """
        if self._setting != _FOR_ANY_TENANT:
            self._setting = _FOR_ANY_TENANT
            await self.set_planner(_FOR_ANY_TENANT)

    @asynccontextmanager
    async def planning_each_time(self) -> AsyncIterator[None]:
        """For statements whose best way depends on the values given, and on how many."""
        await self.set_planner(_EACH_TIME)
        yield
        await self.set_planner(self._setting)


class Database:
    """A pool of connections under one role."""

    def __init__(self, url: str, *, pool_size: int = 10, statement_timeout_ms: int = 3_000, application_name: str = "suyuan") -> None:
        self._bulkheads = _bulkheads(pool_size)
        parsed = make_url(url).set(drivername="postgresql+asyncpg")
        self.engine: AsyncEngine = create_async_engine(
            parsed,
            # Transactions are begun and ended here, with the tenant set in the same message as `begin`.
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_use_lifo=True,
            hide_parameters=True,
            connect_args={
                "timeout": 5,
                "command_timeout": 60,
                "statement_cache_size": 512,
                "server_settings": {
                    "application_name": application_name,
                    "search_path": f"{SCHEMA_NAME}, pg_temp",
                    "statement_timeout": str(statement_timeout_ms),
                    "idle_in_transaction_session_timeout": "30000",
                    "lock_timeout": "10000",
                    "jit": "off",
                    "timezone": "UTC",
                },
            },
        )

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self.engine.dispose()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A raw connection outside of any tenant: for tables without one, and for roles with a policy of their own."""
        async with self._checkout() as raw:
            yield raw

    @asynccontextmanager
    async def tenant(self, tenant_id: int, *, gate: Gate = Gate.NONE, timeout_ms: int | None = None) -> AsyncIterator[TenantTransaction]:
        """One transaction that sees and writes the rows of `tenant_id` alone; commits at the end, rolls back on any exception.

        With `gate`, the advisory lock is taken before anything is read. `timeout_ms` replaces the pool's statement timeout. A tenant has
        its share of the pool at once; raises `UnavailableError` where too many of its transactions wait, or for too long.
        """
        begin = f"begin; set local app.tenant_id = '{int(tenant_id)}'"
        if timeout_ms is not None:
            begin += f"; set local statement_timeout = {int(timeout_ms)}"
        if gate is not Gate.NONE:
            begin += f"; set local {_FOR_ANY_TENANT}; select {gate.value}({GATE_CLASS}, {int(tenant_id)})"
        async with self._place(int(tenant_id), gate), self._checkout() as raw:
            await raw.execute(begin)
            yield TenantTransaction(raw, int(tenant_id), gate)
            # A transaction in which a statement failed ends in "ROLLBACK" without an error; whoever caught that one believes that it is stored.
            if await raw.execute("commit") != "COMMIT":
                raise RuntimeError("a statement of this transaction failed and the failure was passed over: nothing of it is stored")

    @asynccontextmanager
    async def _place(self, tenant_id: int, gate: Gate) -> AsyncIterator[None]:
        """A tenant's place in the pool, not all of which go to those that may wait long at its gate."""
        if self._bulkheads is None:
            yield
            return
        of_all, of_gated = self._bulkheads
        async with of_gated.place(tenant_id) if gate is not Gate.NONE else nullcontext(), of_all.place(tenant_id):
            yield

    @asynccontextmanager
    async def _checkout(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await self._connect()
        try:
            raw = await _driver(connection)
            try:
                yield raw
            except BaseException as problem:
                lost = isinstance(problem, _LOST_CONNECTION) or (raw.is_closed() and isinstance(problem, asyncpg.InterfaceError | OSError))
                await _end(connection, raw)
                if lost:
                    raise UnavailableError(_AWAY, retry_after=2) from problem
                raise
            if raw.is_in_transaction():
                await _end(connection, raw)
        finally:
            await asyncio.shield(connection.close())

    async def _connect(self) -> AsyncConnection:
        """A connection that is open as far as this side knows: those that the server has closed since their last use are replaced."""
        try:
            connection = await self.engine.connect()
            try:
                if (await _driver(connection)).is_closed():
                    await connection.invalidate()
                    await _driver(connection)
            except BaseException:
                await asyncio.shield(connection.close())
                raise
        except _NO_CONNECTION as problem:
            raise UnavailableError(_AWAY, retry_after=2) from problem
        return connection

    async def retrying(self, use_case: Callable[[], Awaitable[T]]) -> T:
        """Run a whole use case again, three times at most, after a deadlock or a serialisation failure (40P01, 40001)."""
        for attempt in range(RETRIES):
            try:
                return await use_case()
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                await asyncio.sleep(0.01 * 2**attempt * (1 + random.random()))  # noqa: S311 - jitter
        return await use_case()


def _bulkheads(pool_size: int) -> tuple[Bulkhead, Bulkhead] | None:
    """For all transactions of a pool, and for those that pass a gate: three eighths and a place less are the most for one tenant.

    Of a small pool nobody may be kept from the rest.
    """
    if pool_size < SMALLEST_SHARED_POOL:
        return None
    # Some connections are kept for what belongs to no tenant, as finding the tenant of a request, and for transactions within another.
    places = pool_size - max(1, pool_size // 5)
    each = max(2, places * 3 // 8)
    return Bulkhead(places, each=each), Bulkhead(places, each=each - 1)


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    return (await connection.get_raw_connection()).driver_connection


async def _end(connection: AsyncConnection, raw: asyncpg.Connection) -> None:
    """Roll back, so that nothing passes to the connection's next user; where that isn't certain, throw the connection away.

    What the driver says of the transaction isn't asked: after a cancelled `begin` it knows of none, and the server may have opened it.
    """
    try:
        if not raw.is_closed():
            # Before it sends anything, the driver waits for the server to have heard of a cancellation, without a limit of its own.
            async with asyncio.timeout(ROLLBACK_SECONDS):
                await raw.execute("rollback")
    except BaseException as problem:
        raw.terminate()
        if not isinstance(problem, Exception):
            await asyncio.shield(connection.invalidate())
            raise
    if raw.is_closed():
        await asyncio.shield(connection.invalidate())
