"""Moments: one a transaction, in the order of the commits, within a tenant; and nothing known by them to anybody else."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from backend.events import moments
from backend.events.projection import Source
from backend.genealogy import known, reach
from backend.services import Services
from infra.database import Gate, TenantTransaction
from tests.factories import DOUGH, DUMPLING, FLOUR, canonical, capture, declared_wrong, lot, made, packed, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.genealogy.remembered import answers, tables

F1, D1, P1 = lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DUMPLING, "P1")
STORY = [transformed([F1], [D1]), packed(sscc(1), [unit(DUMPLING, "S1")]), made([f"{P1}/21/S1"]), shipped([sscc(1)])]


async def moments_of(tx: TenantTransaction, table: str) -> list[datetime]:
    return [row["known_from"] for row in await tx.fetch(f"select distinct known_from from {table} where tenant_id = $1 order by 1")]


async def test_a_transaction_has_one_moment_however_often_it_captures(services: Services, firm: Firm) -> None:
    groups = [canonical(transformed([F1], [D1])), canonical(transformed([D1], [P1], 20)), canonical(packed(sscc(1), [unit(DUMPLING, "S1")]))]

    async def use(tx: TenantTransaction) -> None:
        for group in groups:
            await services.capture.capture(tx, group, source=Source.EPCIS)

    await services.in_tenant(firm.tenant_id, use, gate=Gate.SHARED)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert [await moments.last(tx)] == await moments_of(tx, "lot_link") == await moments_of(tx, "containment")


async def test_moments_go_forward_in_the_order_of_commits_among_writers_at_once(services: Services, firm: Firm) -> None:
    async def tell(number: int) -> None:
        group = canonical(transformed([F1], [lot(DOUGH, f"D{number}")]))
        await services.capturing(firm.tenant_id, group, partial(services.capture.capture, events=group, source=Source.EPCIS))

    await asyncio.gather(*(tell(number) for number in range(8)))
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch(
            """select f.seq, l.known_from from event_feed f join lot_link l on l.tenant_id = $1 and l.event_id = f.event_id
               where f.tenant_id = $1 group by 1, 2 order by 1"""
        )
    told = [row["known_from"] for row in rows]
    assert len(told) == 8
    assert all(before < after for before, after in pairwise(told))


async def test_a_moment_is_taken_behind_the_lock_also_of_a_new_tenant(services: Services, firm: Firm) -> None:
    """Whoever waits for the lock takes a moment behind the one that he waited for, and waits for a lock taken by itself, too."""
    order: list[str] = []

    async def second() -> None:
        async with services.database.tenant(firm.tenant_id) as tx:
            await moments.begin(tx)
            order.append("second")

    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.lock_derivation()
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.2)
        await moments.begin(tx)
        first = await moments.last(tx)
        order.append("first")
    await waiting
    async with services.database.tenant(firm.tenant_id) as tx:
        then = await moments.last(tx)
    assert order == ["first", "second"]
    assert first is not None
    assert then is not None
    assert first < then


async def test_a_moment_is_later_than_the_last_one_although_the_clock_went_back(services: Services, firm: Firm) -> None:
    ahead = datetime.now(UTC) + timedelta(days=1)
    await capture(services, firm.tenant_id, transformed([F1], [D1]))

    async def use(tx: TenantTransaction) -> None:
        await tx.execute("update tenant_sequence set last_moment = $2 where tenant_id = $1", ahead)

    await services.in_tenant(firm.tenant_id, use)
    await capture(services, firm.tenant_id, transformed([D1], [P1], 20))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await moments.last(tx) == ahead + timedelta(microseconds=1) == (await moments_of(tx, "lot_link"))[-1]


async def test_what_was_rolled_back_leaves_neither_moment_nor_rows(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1]))
    async with services.database.tenant(firm.tenant_id) as tx:
        before = await moments.last(tx)

    async def use(tx: TenantTransaction) -> None:
        await services.capture.capture(tx, canonical(transformed([D1], [P1], 20)), source=Source.EPCIS)
        raise LookupError

    with pytest.raises(LookupError):
        await services.in_tenant(firm.tenant_id, use, gate=Gate.SHARED)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert (await moments.last(tx), await moments_of(tx, "lot_link")) == (before, [before])
    await capture(services, firm.tenant_id, transformed([D1], [P1], 20))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert len(await moments_of(tx, "lot_link")) == 2


async def test_another_tenant_knows_nothing_of_it_at_any_moment(services: Services, firm: Firm, other_firm: Firm) -> None:
    await capture(services, firm.tenant_id, *STORY, declared_wrong(STORY[1]))
    async with services.database.tenant(firm.tenant_id) as tx:
        moment = await moments.last(tx)
        assert moment is not None
        objects = [row["object_id"] for row in await tx.fetch("select object_id from traceable_object where tenant_id = $1")]
        assert any((await tables(tx, moment)).values())
        events = [row["event_id"] for row in await tx.fetch("select event_id from event where tenant_id = $1 order by event_id")]
        # Without the packing that was declared wrong; its declaration is an event too.
        assert await known.events_in_force(tx, events, moment) == {*events} - {events[1]}
    async with services.database.tenant(other_firm.tenant_id) as tx:
        assert await moments.last(tx) is None
        assert not any((await tables(tx, moment)).values())
        for object_id in objects:
            found = await answers(tx, object_id, moment)
            assert not any(value for name, value in found.items() if not name.startswith("counts")), found
        assert await reach.lots_and_shipments(tx, objects, known_at=moment) == []
        assert await known.gaps(tx, objects, moment) == []
        assert await known.events_in_force(tx, range(events[0], events[-1] + 1), moment) == set()


async def test_without_a_tenant_nothing_is_known(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, *STORY)
    far = datetime(2100, 1, 1, tzinfo=UTC)
    async with services.database.connection() as connection:
        rows: list[Any] = await connection.fetch(f"select * from {known.LINKS_THEN} l", firm.tenant_id, far)
        assert rows == await connection.fetch(f"select * from {known.STAYS_THEN} c", firm.tenant_id, far) == []


async def test_a_row_out_of_force_says_since_when(services: Services, firm: Firm) -> None:
    """Whoever supersedes a row and forgets the moment is stopped, not wrong."""
    await capture(services, firm.tenant_id, transformed([F1], [D1]))
    for table in ("lot_link", "unit_membership", "class_input", "movement", "shipment"):
        async with services.database.connection() as connection:
            assert "ck_" + table + "_superseded" in [
                row["conname"] for row in await connection.fetch("select conname from pg_constraint where conrelid = $1::regclass", f"suyuan.{table}")
            ]
    with pytest.raises(asyncpg.CheckViolationError):
        await services.in_tenant(firm.tenant_id, lambda tx: tx.execute("update lot_link set superseded_by = 1 where tenant_id = $1"))
