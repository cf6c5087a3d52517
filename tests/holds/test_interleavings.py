"""Step tables over two and three connections: no interleaving lets held goods ship by command.

Each step runs to its end or until it waits; that it waits, and for whom, is seen in `pg_blocking_pids`, not guessed by time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from backend.events.projection import Source
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.services import Services
from backend.shipments import service as shipments
from infra.database import Gate, TenantTransaction
from tests.factories import (
    CUSTOMER,
    DOUGH,
    DUMPLING,
    FLOUR,
    PLANT,
    canonical,
    capture,
    declared_wrong,
    lot,
    made,
    packed,
    quantity,
    sscc,
    transformed,
)
from tests.firms import Firm

F1, D1, P1 = lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DUMPLING, "P1")
Use = Callable[[TenantTransaction], Awaitable[Any]]


class Actor:
    """One connection that runs a transaction step by step."""

    def __init__(self, services: Services, firm: Firm, gate: Gate) -> None:
        self._services = services
        self._firm = firm
        self._gate = gate
        self._stack = AsyncExitStack()
        self.tx: TenantTransaction | None = None

    async def begin(self) -> None:
        self.tx = await self._stack.enter_async_context(self._services.database.tenant(self._firm.tenant_id, gate=self._gate, timeout_ms=10_000))

    async def do(self, use: Use) -> Any:
        assert self.tx is not None
        return await use(self.tx)

    async def commit(self) -> None:
        await self._stack.aclose()

    async def abort(self, error: BaseException) -> None:
        await self._stack.__aexit__(type(error), error, None)


async def waits(admin: asyncpg.Connection, task: asyncio.Task[Any], firm: Firm) -> bool:
    """Whether the task is stopped by another backend's lock."""
    for _ in range(400):
        if task.done():
            return False
        blocked = await admin.fetchval(
            """select count(*) from pg_locks l where l.locktype = 'advisory' and not l.granted and l.objid = $1
               and cardinality(pg_blocking_pids(l.pid)) > 0""",
            firm.tenant_id,
        )
        if blocked:
            return True
        await asyncio.sleep(0.005)
    raise AssertionError("neither done nor waiting")


@pytest.fixture
async def admin(cluster: Any, database_urls: Any) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(cluster.admin_dsn, database=database_urls.app.rsplit("/", 1)[1])
    yield connection
    await connection.close()


@asynccontextmanager
async def _ending(*actors: Actor) -> AsyncIterator[None]:
    try:
        yield
    except BaseException as error:
        for actor in actors:
            await actor.abort(error)
        raise


def ship(services: Services, firm: Firm, key: str) -> Use:
    amount = None if "/21/" in key or "/00/" in key else Decimal(1)
    order = shipments.ShipOrder(lines=[shipments.ShipLine(key, amount, "KGM" if amount else None)], from_place=PLANT, to_party=CUSTOMER)
    return lambda tx: shipments.ship(tx, firm.principal, services.capture, order, source=Source.COMMAND)


def place(firm: Firm, key: str) -> Use:
    return lambda tx: holds.place_hold(tx, firm.principal, key=key, reason="contaminated")


def report(services: Services, body: dict[str, Any]) -> Use:
    return lambda tx: services.capture.capture(tx, canonical(body), source=Source.EPCIS)


async def outbound(services: Services, firm: Firm) -> int:
    async with services.database.tenant(firm.tenant_id) as tx:
        return int(await tx.fetchval("select count(*) from shipment where tenant_id = $1"))


async def alerts(services: Services, firm: Firm) -> int:
    async with services.database.tenant(firm.tenant_id) as tx:
        return int(await tx.fetchval("select count(*) from alert where tenant_id = $1 and kind = 'held_goods_shipped' and severity = 1"))


async def test_hold_waits_for_a_shipment_that_has_passed_the_gate(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [P1]))
    shipper, holder = Actor(services, firm, Gate.SHARED), Actor(services, firm, Gate.EXCLUSIVE)
    async with _ending(shipper):
        await shipper.begin()
        await shipper.do(ship(services, firm, P1))
        entering = asyncio.create_task(holder.begin())
        assert await waits(admin, entering, firm)
        await shipper.commit()
    await entering
    await holder.do(place(firm, F1))
    await holder.commit()
    assert await outbound(services, firm) == 1


async def test_shipment_waits_for_a_hold_and_is_refused(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [P1]))
    holder, shipper = Actor(services, firm, Gate.EXCLUSIVE), Actor(services, firm, Gate.SHARED)
    async with _ending(holder):
        await holder.begin()
        await holder.do(place(firm, F1))
        entering = asyncio.create_task(shipper.begin())
        assert await waits(admin, entering, firm)
        await holder.commit()
    await entering
    with pytest.raises(GoodsHeldError) as refused:
        await shipper.do(ship(services, firm, P1))
    await shipper.abort(refused.value)
    assert refused.value.causes[0].root_uri == F1
    assert await outbound(services, firm) == 0


async def test_hold_that_rolls_back_lets_the_waiting_shipment_go(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [P1]))
    holder, shipper = Actor(services, firm, Gate.EXCLUSIVE), Actor(services, firm, Gate.SHARED)
    await holder.begin()
    await holder.do(place(firm, F1))
    entering = asyncio.create_task(shipper.begin())
    assert await waits(admin, entering, firm)
    await holder.abort(RuntimeError("changed his mind"))
    await entering
    await shipper.do(ship(services, firm, P1))
    await shipper.commit()
    assert await outbound(services, firm) == 1


async def test_shipment_waits_for_a_link_that_would_make_it_held(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5), quantity(P1, 5)]))
    await services.in_tenant(firm.tenant_id, place(firm, F1), gate=Gate.EXCLUSIVE)
    maker, shipper = Actor(services, firm, Gate.SHARED), Actor(services, firm, Gate.SHARED)
    async with _ending(maker):
        await maker.begin()
        await shipper.begin()
        await maker.do(report(services, transformed([F1], [P1])))
        shipping = asyncio.create_task(shipper.do(ship(services, firm, P1)))
        assert await waits(admin, shipping, firm)
        await maker.commit()
    with pytest.raises(GoodsHeldError) as refused:
        await shipping
    await shipper.abort(refused.value)
    assert await outbound(services, firm) == 0


async def test_link_that_comes_after_the_shipment_raises_an_alert(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5), quantity(P1, 5)]))
    await services.in_tenant(firm.tenant_id, place(firm, F1), gate=Gate.EXCLUSIVE)
    maker, shipper = Actor(services, firm, Gate.SHARED), Actor(services, firm, Gate.SHARED)
    async with _ending(shipper):
        await maker.begin()
        await shipper.begin()
        await shipper.do(ship(services, firm, P1))
        making = asyncio.create_task(maker.do(report(services, transformed([F1], [P1]))))
        assert await waits(admin, making, firm)
        await shipper.commit()
    await making
    await maker.commit()
    assert (await outbound(services, firm), await alerts(services, firm)) == (1, 1)


async def test_pallet_that_is_being_packed_with_held_goods_is_refused(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)]), made([sscc(5)]))
    await services.in_tenant(firm.tenant_id, place(firm, F1), gate=Gate.EXCLUSIVE)
    packer, shipper = Actor(services, firm, Gate.SHARED), Actor(services, firm, Gate.SHARED)
    async with _ending(packer):
        await packer.begin()
        await packer.do(report(services, packed(sscc(5), [], [quantity(F1, 5)])))
        await shipper.begin()
        shipping = asyncio.create_task(shipper.do(ship(services, firm, sscc(5))))
        assert await waits(admin, shipping, firm)
        await packer.commit()
    with pytest.raises(GoodsHeldError) as refused:
        await shipping
    await shipper.abort(refused.value)


async def test_correction_waits_for_everyone_and_then_everyone_for_it(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    making = transformed([F1], [P1])
    await capture(services, firm.tenant_id, making)
    await services.in_tenant(firm.tenant_id, place(firm, F1), gate=Gate.EXCLUSIVE)
    reader, corrector, shipper = (Actor(services, firm, gate) for gate in (Gate.SHARED, Gate.EXCLUSIVE, Gate.SHARED))
    async with _ending(reader):
        await reader.begin()
        correcting = asyncio.create_task(corrector.begin())
        assert await waits(admin, correcting, firm)
        await reader.commit()
    await correcting
    async with _ending(corrector):
        await corrector.do(report(services, declared_wrong(making)))
        entering = asyncio.create_task(shipper.begin())
        assert await waits(admin, entering, firm)
        await corrector.commit()
    await entering
    # The path is gone, and the goods are still not free: a person decides.
    with pytest.raises(GoodsHeldError) as refused:
        await shipper.do(ship(services, firm, P1))
    await shipper.abort(refused.value)
    assert refused.value.causes[0].correction_pending


async def test_two_shipments_pass_the_gate_side_by_side(services: Services, firm: Firm, admin: asyncpg.Connection) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(D1, 5), quantity(P1, 5)]))
    first, second = Actor(services, firm, Gate.SHARED), Actor(services, firm, Gate.SHARED)
    async with _ending(first, second):
        await first.begin()
        await second.begin()
        await first.do(ship(services, firm, D1))
        waiting = asyncio.create_task(second.do(ship(services, firm, P1)))
        assert await waits(admin, waiting, firm)
        await first.commit()
    await waiting
    await second.commit()
    assert await outbound(services, firm) == 2


async def test_other_tenant_never_waits(services: Services, firm: Firm, other_firm: Firm) -> None:
    await capture(services, other_firm.tenant_id, made([], [quantity(P1, 5)]))
    holder = Actor(services, firm, Gate.EXCLUSIVE)
    async with _ending(holder):
        await holder.begin()
        await asyncio.wait_for(services.in_tenant(other_firm.tenant_id, ship(services, other_firm, P1), gate=Gate.SHARED), timeout=5)
        await holder.commit()
    assert await outbound(services, other_firm) == 1
