"""Timelines, a whole batch in one statement."""

from collections import defaultdict
from uuid import UUID

from backend.catalog.loaders import sites_for
from backend.graphql.context import Context
from backend.trace import query_service
from tenants.permissions import Permission

# (object, the cursor's event, backward, how many)
TimelineAsked = tuple[int, UUID | None, bool, int]


async def timelines(context: Context, asked: list[TimelineAsked]) -> list[list[int]]:
    """The ids of a page of each object's events."""
    by_page: dict[tuple[UUID | None, bool, int], list[int]] = defaultdict(list)
    for object_id, cursor, backward, limit in asked:
        by_page[(cursor, backward, limit)].append(object_id)
    found: dict[TimelineAsked, list[int]] = {}
    sites = await sites_for(context, Permission.EVENTS_READ)
    async with context.reading() as tx:
        for (cursor, backward, limit), ids in by_page.items():
            of_each = await query_service.timelines(tx, ids, cursor=cursor, backward=backward, limit=limit, sites=sites)
            found |= {(object_id, cursor, backward, limit): of_each.get(object_id, []) for object_id in ids}
    return [found[one] for one in asked]
