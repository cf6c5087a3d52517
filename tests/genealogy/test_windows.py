"""Windows on a closure: put together they are all of it, each link once, in order; and the counts are those of all of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

import pytest

from backend.events import moments
from backend.genealogy import reach
from backend.genealogy.past import LinkKey
from backend.genealogy.windows import Way, closure_counts, window
from backend.services import Services
from infra.database import TenantTransaction
from tests.factories import DOUGH, DUMPLING, FLOUR, at, capture, lot, transformed
from tests.firms import Firm
from tests.genealogy.remembered import MANY, Memory
from tests.orders.stories import story_of
from tests.orders.telling import jumbled


def key_of(row: Any) -> LinkKey:
    return row["parent_id"], row["child_id"], row["event_id"], row["kind"]


async def paged(tx: TenantTransaction, objects: Sequence[int], way: Way, size: int, **given: Any) -> list[tuple[Any, ...]]:
    """All windows of this size, one behind the other."""
    found: list[tuple[Any, ...]] = []
    after: LinkKey | None = None
    while rows := await window(tx, objects, way, size, after=after, **given):
        assert len(rows) <= size
        found += [tuple(row) for row in rows]
        after = key_of(rows[-1])
    return found


async def check(tx: TenantTransaction, objects: list[int], known_at: datetime | None) -> None:
    for way, read in ((Way.UP, reach.links_up), (Way.DOWN, reach.links_down)):
        whole = await read(tx, objects, MANY, known_at=known_at)
        rows = sorted(map(tuple, whole), key=lambda row: (row[1], row[0], *row[2:4]) if way is Way.UP else row[:4])
        for size in (1, 3, MANY):
            assert await paged(tx, objects, way, size, known_at=known_at) == rows
        counts = await closure_counts(tx, objects, way, known_at=known_at)
        assert counts.links == Counter(row["kind"] for row in whole)
        nodes = {*objects, *(row["parent_id"] for row in whole), *(row["child_id"] for row in whole)}
        if way is Way.UP:
            nodes |= {lot_id for _, lot_id in await reach.lots_of(tx, objects, known_at=known_at)}
        kinds = await tx.fetch("select kind from traceable_object where tenant_id = $1 and object_id = any($2::bigint[])", list(nodes))
        assert counts.nodes == Counter(row["kind"] for row in kinds)


@pytest.mark.parametrize("seed", [2, 3, 5])
async def test_windows_are_the_closure(services: Services, firm: Firm, seed: int) -> None:
    memory, chance = Memory(services, firm), Random(seed)
    for delivery in jumbled(story_of(seed), chance):
        await memory.tell(*delivery.events)
    objects = await memory.objects()
    async with services.database.tenant(firm.tenant_id) as tx:
        moment = await moments.last(tx)
        for asked in (objects, chance.sample(objects, 1), chance.sample(objects, 3), []):
            for known_at in (None, moment):
                await check(tx, asked, known_at)


async def test_only_what_happened_until_then_is_followed(services: Services, firm: Firm) -> None:
    chain = [lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DUMPLING, "P1")]
    await capture(services, firm.tenant_id, transformed(chain[:1], chain[1:2], 10), transformed(chain[1:2], chain[2:], 20))
    until = datetime.fromisoformat(at(15))
    async with services.database.tenant(firm.tenant_id) as tx:
        first = await tx.fetchval("select object_id from traceable_object where tenant_id = $1 and code = 'F1'")
        moment = await moments.last(tx)
        for known_at in (None, moment):
            assert len(await window(tx, [first], Way.DOWN, MANY, as_of=until, known_at=known_at)) == 2
            assert sum((await closure_counts(tx, [first], Way.DOWN, as_of=until, known_at=known_at)).links.values()) == 2
            assert len(await window(tx, [first], Way.DOWN, MANY, known_at=known_at)) == 4
