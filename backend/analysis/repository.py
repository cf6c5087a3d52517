"""Statements of analyses: goods of the same product met at about the same time, and the events that name goods."""

from collections.abc import Collection
from datetime import datetime

from infra.database import Record, TenantTransaction


async def neighbours(tx: TenantTransaction, gtin: str, kind: int, *, low: int, high: int, beside: int, most: int) -> list[int]:
    """Goods of a product by the order in which they were first met: those from `low` to `high`, every so many, and `beside` on either side."""
    inside = await tx.fetchval(
        """select count(*) from (select 1 from traceable_object
             where tenant_id = $1 and gtin = $2 and kind = $3 and object_id between $4 and $5 limit 1000000) counted""",
        gtin, kind, low, high,
    )  # fmt: skip
    rows = await tx.fetch(
        """(select object_id from traceable_object
            where tenant_id = $1 and gtin = $2 and kind = $3 and object_id between $4 and $5 and object_id % $7 = 0 order by object_id limit $8)
           union all
           (select object_id from traceable_object
            where tenant_id = $1 and gtin = $2 and kind = $3 and object_id < $4 order by object_id desc limit $6)
           union all
           (select object_id from traceable_object
            where tenant_id = $1 and gtin = $2 and kind = $3 and object_id > $5 order by object_id limit $6)""",
        gtin, kind, low, high, beside, max(1, -(-inside // most)), most,
    )  # fmt: skip
    return [row["object_id"] for row in rows]


async def first_named(tx: TenantTransaction, object_ids: Collection[int]) -> dict[int, datetime]:
    """When each was first named by an event."""
    rows = await tx.fetch(
        "select object_id, min(event_time) as at from event_object where tenant_id = $1 and object_id = any($2::bigint[]) group by object_id",
        list(object_ids),
    )
    return {row["object_id"]: row["at"] for row in rows}


async def events_naming(tx: TenantTransaction, object_ids: Collection[int], limit: int) -> list[Record]:
    """(object, event) of events in force that name an object as their subject, parent or child, but for what the service itself tells."""
    return await tx.fetch(
        """select eo.object_id, eo.event_id from event_object eo
           join event e on e.tenant_id = $1 and e.event_id = eo.event_id and e.superseded_by is null and e.declared_at is null
             and e.event_type <> 4 and e.source <> 6
           where eo.tenant_id = $1 and eo.object_id = any($2::bigint[]) order by eo.event_id limit $3""",
        list(object_ids),
        limit,
    )
