"""Statements of the trace that are its own; reach is the genealogy's."""

from collections.abc import Collection
from datetime import datetime

from infra.database import Record, TenantTransaction


async def event_public_ids(tx: TenantTransaction, event_ids: Collection[int]) -> list[Record]:
    """(event, public id, business step, place, anomaly)."""
    return await tx.fetch(
        """select event_id, public_id, biz_step, biz_location, read_point, anomaly from event
           where tenant_id = $1 and event_id = any($2::bigint[])""",
        list(event_ids),
    )


async def gaps(tx: TenantTransaction, nodes: Collection[int]) -> list[Record]:
    """Inputs told without their lot for which no lot was present either: what came in there isn't known."""
    return await tx.fetch(
        """select c.node_id, c.product_id, c.event_id, c.occurred_at from class_input c
           where c.tenant_id = $1 and c.node_id = any($2::bigint[]) and c.superseded_by is null
             and not exists (select 1 from lot_link l
                             join traceable_object o on o.tenant_id = $1 and o.object_id = l.parent_id and o.gtin = c.gtin
                             where l.tenant_id = $1 and l.event_id = c.event_id and l.kind = 6 and l.superseded_by is null)""",
        list(nodes),
    )


async def units_of(tx: TenantTransaction, lots: Collection[int]) -> int:
    """How many units belong to these lots."""
    count: int = await tx.fetchval(
        "select count(*) from unit_membership where tenant_id = $1 and lot_id = any($2::bigint[]) and superseded_by is null", list(lots)
    )
    return count


async def made_at(tx: TenantTransaction, things: Collection[int], until: datetime | None) -> dict[int, datetime]:
    """When each of these was first made, by the links in force of events up to `until`; what wasn't made here is absent."""
    if not things:
        return {}
    rows = await tx.fetch(
        """select child_id, min(occurred_at) as made_at from lot_link
           where tenant_id = $1 and child_id = any($2::bigint[]) and kind = 2 and superseded_by is null
             and ($3::timestamptz is null or occurred_at <= $3) group by child_id""",
        list(things),
        until,
    )
    return {row["child_id"]: row["made_at"] for row in rows}
