"""Walks up the genealogy of some goods, and gathers what they were exposed to: a few statements, within bounds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.analysis import repository
from backend.analysis.errors import AnalysisTooLargeError
from backend.analysis.exposure import Exposures, Link, Way
from backend.analysis.factors import Factor
from backend.catalog.sites import Sites
from backend.events.lookup_service import events_by_ids
from backend.genealogy import query_service as genealogy
from backend.genealogy import reach
from backend.genealogy.rules import LinkKind
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from infra.database import TenantTransaction

MOST_LINKS: Final = 50_000
# Beyond it the events that concern the fewest goods are left out: they tell least.
MOST_EVENTS: Final = 4_000
MOST_NAMINGS: Final = 20_000
_READ_AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class Walk:
    """The factors of goods, numbered in the order given; `events_left_out` where there were more events than one question reads."""

    factors: dict[Factor, int]
    events_left_out: int


async def walk(tx: TenantTransaction, goods: Sequence[int], sites: Sites | None) -> Walk:
    """What these goods were exposed to, as far as the sites meet it. Raises `AnalysisTooLargeError`."""
    rows = await reach.links_up(tx, list(goods), MOST_LINKS + 1)
    if len(rows) > MOST_LINKS:
        raise AnalysisTooLargeError(
            f"More than {MOST_LINKS:,} links lead to these goods. Ask about fewer of them, of one product and a shorter time.", field="bad"
        )
    starts: dict[int, set[int]] = {each: {each} for each in goods}
    for unit, lot in await reach.lots_of(tx, goods):
        starts[unit].add(lot)
    links = [Link(row["parent_id"], row["child_id"], row["event_id"], made=row["kind"] == LinkKind.OUTPUT) for row in rows]
    way = Way(list(starts.values()), links)
    exposures = Exposures(way.masks, frozenset(goods))
    seen = await objects.met_at(tx, way.masks.keys(), sites)
    things = await objects.load(tx, seen)
    exposures.ancestors(things)
    exposures.suppliers(await genealogy.suppliers_of(tx, seen))
    named = [node for node, thing in things.items() if thing.kind in (ObjectKind.LOT, ObjectKind.UNIT)]
    namings = await repository.events_naming(tx, named, MOST_NAMINGS)
    for row in namings:
        way.named(row["event_id"], row["object_id"])
    left_out = await _events(tx, exposures, way, sites)
    return Walk(exposures.factors(), left_out + (len(namings) == MOST_NAMINGS))


async def _events(tx: TenantTransaction, exposures: Exposures, way: Way, sites: Sites | None) -> int:
    """What the events on the way say; gives how many of them weren't read."""
    concerned = way.concerned
    chosen = sorted(concerned, key=lambda event_id: (-concerned[event_id].bit_count(), event_id))[:MOST_EVENTS]
    read = await events_by_ids(tx, chosen, sites)
    for count, (event_id, event) in enumerate(read.items()):
        exposures.event(event, concerned[event_id])
        if count % _READ_AT_ONCE == 0:
            # Others have their turn meanwhile.
            await asyncio.sleep(0)
    for event_id, goods in way.births(read):
        exposures.made(read[event_id].event_time, read[event_id].event_offset, goods)
    return len(concerned) - len(chosen)
