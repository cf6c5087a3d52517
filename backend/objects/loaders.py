"""Objects and what is known of each, a whole batch at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from backend.aliases import service as aliases
from backend.catalog.loaders import sites_for
from backend.genealogy import query_service as genealogy
from backend.genealogy.query_service import Position
from backend.graphql.context import Context
from backend.holds import service as holds
from backend.holds.errors import HoldCause
from backend.objects import service
from backend.objects.service import TraceableObject
from tenants.permissions import Permission

# (object, as of when)
PositionsAsked = tuple[int, datetime]


async def objects(context: Context, ids: list[int]) -> list[TraceableObject | None]:
    """Objects by the tenant's own ids."""
    async with context.reading() as tx:
        found = await service.load(tx, ids)
    return [found.get(object_id) for object_id in ids]


async def positions(context: Context, asked: list[PositionsAsked]) -> list[list[Position]]:
    """Where objects are as of a moment."""
    by_moment: dict[datetime, list[int]] = defaultdict(list)
    for object_id, at in asked:
        by_moment[at].append(object_id)
    found: dict[PositionsAsked, list[Position]] = {}
    sites = await sites_for(context, Permission.TRACE_READ)
    async with context.reading() as tx:
        for at, ids in by_moment.items():
            of_each = await genealogy.positions(tx, ids, at, sites)
            found |= {(object_id, at): of_each.get(object_id, []) for object_id in ids}
    return [found[one] for one in asked]


async def same_as(context: Context, ids: list[int]) -> list[list[TraceableObject]]:
    """What each object is declared the same as."""
    async with context.reading() as tx:
        found = await aliases.same_as(tx, ids)
        others = await service.load(tx, {other for of_one in found.values() for other in of_one})
    return [[others[other] for other in found.get(object_id, [])] for object_id in ids]


async def unit_counts(context: Context, lots: list[int]) -> list[int]:
    """How many units each lot has; none for a lot that the caller doesn't meet."""
    sites = await sites_for(context, Permission.TRACE_READ)
    async with context.reading() as tx:
        found = await genealogy.unit_counts(tx, await service.met_at(tx, lots, sites))
    return [found.get(lot, 0) for lot in lots]


async def hold_causes(context: Context, ids: list[int]) -> Sequence[list[HoldCause]]:
    """Why each object, or something in it, is held. Nearly always nothing of a page is, which one question tells."""
    sites = await sites_for(context, Permission.HOLDS_READ)
    async with context.reading() as tx:
        if not await holds.why_held(tx, ids):
            return [[] for _ in ids]
        met = await service.met_at(tx, ids, sites)
        return [await holds.why_held(tx, [object_id], None if object_id in met else sites) for object_id in ids]
