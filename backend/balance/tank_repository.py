"""Statements that read the events of a tank."""

from collections.abc import Collection
from datetime import datetime

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


async def events_of(tx: TenantTransaction, tank_id: int, until: datetime, limit: int, sites: Sites | None) -> list[Record]:
    """The newest events in force at the sites that name the tank by then, with the part that it has in each."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=5)
    return await tx.fetch(
        f"""select e.event_id, e.event_key, e.event_type, e.action, e.event_time, e.biz_step, e.transformation_id, p.role, p.quantity, p.uom,
                  coalesce(e.biz_location, e.read_point) as place
           from event_object p
           join event e on e.tenant_id = $1 and e.event_id = p.event_id and e.superseded_by is null and e.declared_at is null
           where p.tenant_id = $1 and p.object_id = $2 and p.event_time <= $3 and p.role in (1, 2, 4, 5){fence.condition}
           order by p.event_time desc, p.event_id desc, p.role, p.line limit $4""",
        tank_id,
        until,
        limit,
        *fence.values,
    )


async def nodes_by_key(tx: TenantTransaction, keys: Collection[str]) -> dict[str, int]:
    """Transformation nodes by key."""
    rows = await tx.fetch("select key, object_id from traceable_object where tenant_id = $1 and key = any($2::text[])", list(keys))
    return {row["key"]: row["object_id"] for row in rows}


async def parts_of(tx: TenantTransaction, nodes: Collection[int], limit: int) -> list[Record]:
    """(node, event) for every event in force that states an input or an output of these transformations."""
    return await tx.fetch(
        """select child_id as node_id, event_id from lot_link
           where tenant_id = $1 and child_id = any($2::bigint[]) and kind = 1 and superseded_by is null
           union
           select parent_id, event_id from lot_link
           where tenant_id = $1 and parent_id = any($2::bigint[]) and kind = 2 and superseded_by is null limit $3""",
        list(nodes),
        limit,
    )


async def lines_of(tx: TenantTransaction, event_ids: Collection[int], limit: int) -> list[Record]:
    """What these events name as contents, inputs or outputs, with quantities."""
    return await tx.fetch(
        """select event_id, object_id, role, quantity, uom from event_object
           where tenant_id = $1 and event_id = any($2::bigint[]) and role in (3, 4, 5) order by event_id, role, line, object_id limit $3""",
        list(event_ids),
        limit,
    )
