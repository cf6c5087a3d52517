"""Statements that look up events, and who took part in them, for many at once."""

from collections.abc import Collection

from backend.catalog.sites import Sites
from backend.events.query_repository import EVENT_COLUMNS, at_sites
from infra.database import Record, TenantTransaction


async def by_event_ids(tx: TenantTransaction, event_ids: Collection[int], sites: Sites | None) -> list[Record]:
    """Events at the sites with their `seq`, by the log's own ids."""
    fence = at_sites(sites, at=3)
    return await tx.fetch(
        f"""select f.seq, {EVENT_COLUMNS} from event e join event_feed f on f.tenant_id = $1 and f.event_id = e.event_id
            where e.tenant_id = $1 and e.event_id = any($2::bigint[]){fence.condition}""",
        list(event_ids),
        *fence.values,
    )


async def at_the_sites(tx: TenantTransaction, event_ids: Collection[int], sites: Sites) -> set[int]:
    """Those of these events that are at the sites."""
    fence = at_sites(sites, at=3)
    rows = await tx.fetch(
        f"select e.event_id from event e where e.tenant_id = $1 and e.event_id = any($2::bigint[]){fence.condition}", list(event_ids), *fence.values
    )
    return {row["event_id"] for row in rows}


async def places_of_originals(tx: TenantTransaction, base_keys: Collection[str]) -> list[Record]:
    """(base key, read point, business location) of the events, not the declarations, with these keys."""
    return await tx.fetch(
        """select base_key, read_point, biz_location from event
           where tenant_id = $1 and base_key = any($2::text[]) and declared_at is null""",
        list(base_keys),
    )


async def participations(tx: TenantTransaction, event_ids: Collection[int], *, offset: int, limit: int) -> list[Record]:
    """(event, role, object, quantity, unit of measure) of each event, in the order of its lines. They never change, so an offset is stable."""
    return await tx.fetch(
        """select asked.event_id, part.role, part.object_id, part.quantity, part.uom, part.place from unnest($2::bigint[]) as asked(event_id)
           cross join lateral (
             select eo.role, eo.object_id, eo.quantity, eo.uom, row_number() over (order by eo.role, eo.line, eo.object_id) as place
             from event_object eo where eo.tenant_id = $1 and eo.event_id = asked.event_id
             order by eo.role, eo.line, eo.object_id offset $3 limit $4) part
           order by asked.event_id, part.place""",
        list(event_ids),
        offset,
        limit,
    )


async def count_participations(tx: TenantTransaction, event_ids: Collection[int]) -> list[Record]:
    """(event, how many lines it has)."""
    return await tx.fetch(
        "select event_id, count(*) as lines from event_object where tenant_id = $1 and event_id = any($2::bigint[]) group by event_id",
        list(event_ids),
    )
