"""Statements of dossiers: a lot's own events with their hashes, and which photos and nonconformances are about it."""

from datetime import datetime

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


async def events_of(tx: TenantTransaction, object_id: int, sites: Sites | None, *, behind: tuple[datetime, int] | None, limit: int) -> list[Record]:
    """Events at the sites that name an object, oldest first, superseded ones and declarations too, from behind (time, event)."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=6)
    return await tx.fetch(
        f"""select e.event_id, e.public_id, e.event_type, e.action, e.event_time, e.event_offset, e.record_time, e.biz_step, e.disposition,
                   coalesce(e.biz_location, e.read_point) as place, e.event_hash, e.superseded_by is not null as superseded,
                   e.declared_at is not null as declaration
            from (select distinct event_id from event_object where tenant_id = $1 and object_id = $2) named
            join event e on e.tenant_id = $1 and e.event_id = named.event_id
            where e.tenant_id = $1 and ($3::timestamptz is null or (e.event_time, e.event_id) > ($3, $4)){fence.condition}
            order by e.event_time, e.event_id limit $5""",
        object_id, behind[0] if behind else None, behind[1] if behind else None, limit, *fence.values,
    )  # fmt: skip


async def count_events(tx: TenantTransaction, object_id: int, sites: Sites | None, limit: int) -> int:
    """How many of them there are, as far as `limit`."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=4)
    count = await tx.fetchval(
        f"""select count(*) from (
              select 1 from (select distinct event_id from event_object where tenant_id = $1 and object_id = $2) named
              join event e on e.tenant_id = $1 and e.event_id = named.event_id where e.tenant_id = $1{fence.condition} limit $3) found""",
        object_id, limit, *fence.values,
    )  # fmt: skip
    return int(count)
