"""Statements on the inputs and outputs of one step."""

from typing import Final

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction

# A unit is one piece. What an event at another site tells has no quantity here.
_LINES: Final = """
lines as (
  select false as made, l.parent_id as object_id, l.event_id, l.occurred_at, l.quantity, l.uom from lot_link l
  where l.tenant_id = $1 and l.child_id = $2 and l.kind = 1 and l.superseded_by is null
  union all
  select true, l.child_id, l.event_id, l.occurred_at, l.quantity, l.uom from lot_link l
  where l.tenant_id = $1 and l.parent_id = $2 and l.kind = 2 and l.superseded_by is null
  union all
  select false, c.product_id, c.event_id, c.occurred_at, o.quantity, o.uom from class_input c
  join event_object o on o.tenant_id = $1 and o.event_id = c.event_id and o.object_id = c.product_id and o.role = 4
  where c.tenant_id = $1 and c.node_id = $2 and c.superseded_by is null)
"""


async def sums(tx: TenantTransaction, node_id: int, sites: Sites | None) -> list[Record]:
    """All lines told at the sites, summed: (made, gtin, uom, quantity, untold)."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=3)
    return await tx.fetch(
        f"""with {_LINES}
            select x.made, k.gtin, coalesce(x.uom, '') as uom, sum(coalesce(x.quantity, case when k.kind = 2 then 1 end)) as quantity,
                   count(*) - count(coalesce(x.quantity, case when k.kind = 2 then 1 end)) as untold
            from lines x
            join traceable_object k on k.tenant_id = $1 and k.object_id = x.object_id
            join event e on e.tenant_id = $1 and e.event_id = x.event_id
            where true{fence.condition}
            group by 1, 2, 3 order by 1, 2, 3""",
        node_id,
        *fence.values,
    )


async def lines(tx: TenantTransaction, node_id: int, limit: int, sites: Sites | None) -> list[Record]:
    """At most `limit` inputs and as many outputs told at the sites, in order of time and key."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=4)
    return await tx.fetch(
        f"""with {_LINES}, ranked as (
              select x.made, x.object_id, x.occurred_at, coalesce(x.quantity, case when k.kind = 2 then 1 end) as quantity,
                     coalesce(x.uom, '') as uom, row_number() over (partition by x.made order by x.occurred_at, k.key) as place
              from lines x
              join traceable_object k on k.tenant_id = $1 and k.object_id = x.object_id
              join event e on e.tenant_id = $1 and e.event_id = x.event_id
              where true{fence.condition})
            select made, object_id, occurred_at, quantity, uom from ranked where place <= $3 order by made, place""",
        node_id,
        limit,
        *fence.values,
    )
