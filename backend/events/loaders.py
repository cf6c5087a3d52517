"""Events and their lines, a whole batch in one statement."""

from collections import defaultdict

from backend.catalog.loaders import sites_for
from backend.events import lookup_service
from backend.events.lookup_service import Line
from backend.events.query_service import RecordedEvent
from backend.graphql.context import Context
from tenants.permissions import Permission

# (event, how many lines to leave out, how many to give)
LinesAsked = tuple[int, int, int]


async def events(context: Context, event_ids: list[int]) -> list[RecordedEvent | None]:
    """Events by the log's own ids, those that the caller may read."""
    sites = await sites_for(context, Permission.EVENTS_READ)
    async with context.reading() as tx:
        found = await lookup_service.events_by_ids(tx, event_ids, sites)
    return [found.get(event_id) for event_id in event_ids]


async def lines(context: Context, asked: list[LinesAsked]) -> list[list[Line]]:
    """A stretch of each event's lines."""
    by_stretch: dict[tuple[int, int], list[int]] = defaultdict(list)
    for event_id, offset, limit in asked:
        by_stretch[(offset, limit)].append(event_id)
    found: dict[LinesAsked, list[Line]] = {}
    async with context.reading() as tx:
        for (offset, limit), event_ids in by_stretch.items():
            of_each = await lookup_service.lines_of(tx, event_ids, offset=offset, limit=limit)
            found |= {(event_id, offset, limit): of_each.get(event_id, []) for event_id in event_ids}
    return [found[one] for one in asked]


async def line_counts(context: Context, event_ids: list[int]) -> list[int]:
    """How many lines each event has."""
    async with context.reading() as tx:
        found = await lookup_service.count_lines(tx, event_ids)
    return [found.get(event_id, 0) for event_id in event_ids]
