"""Links from lots that were present where their product went in without a lot being told: a function of inputs and movements in force."""

from collections.abc import Collection

from backend.genealogy.derived import settle_links
from backend.genealogy.repository import PRODUCT_OF, TOLERANCE, LinkRow
from backend.genealogy.rules import Certainty, LinkKind
from infra.database import TenantTransaction

# A product without a GTIN is told by its key (class_input.gtin): its lots are those whose keys go on from it with a slash; '0' is the next sign.
# Some of it was there at any moment within the tolerance: just before it, or after one of the movements in it.
_PRESENT = f"""
with asked as materialized (
  select c.node_id, c.event_id, c.occurred_at, c.place, c.gtin, c.gtin || '/' as since, c.gtin || '0' as until from class_input c
  where c.tenant_id = $1 and c.event_id = any($2::bigint[]) and c.superseded_by is null),
lot as (
  select c.node_id, c.event_id, c.occurred_at, c.place, o.object_id from asked c
  join traceable_object o on o.tenant_id = $1 and o.gtin = c.gtin and o.kind = 1
  union
  select c.node_id, c.event_id, c.occurred_at, c.place, o.object_id from asked c
  cross join lateral (
    select o.object_id, o.kind, o.key, o.gtin from traceable_object o where o.tenant_id = $1 and o.key > c.since and o.key < c.until offset 0) o
  where o.kind = 1 and o.gtin is null and {PRODUCT_OF} = c.gtin)
select c.object_id, c.node_id, c.event_id, c.occurred_at from lot c
where exists (
    select 1 from (
      select sum(m.delta) over (partition by m.uom order by m.moved_at) as level, m.moved_at as since,
             lead(m.moved_at) over (partition by m.uom order by m.moved_at) as until
      from movement m
      where m.tenant_id = $1 and m.object_id = c.object_id and m.superseded_by is null and (c.place is null or m.place = c.place)) there
    where there.level > 0 and there.since <= c.occurred_at + {TOLERANCE}
      and (there.until is null or there.until > c.occurred_at - {TOLERANCE}))
"""


async def settle_candidates(tx: TenantTransaction, event_ids: Collection[int]) -> set[int]:
    """For inputs told without their lot: every lot of the product that was there then is linked, as possible. Returns the changed nodes."""
    present = await tx.fetch(
        """select parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty from lot_link
           where tenant_id = $1 and event_id = any($2::bigint[]) and kind = 6 and superseded_by is null""",
        list(event_ids),
    )
    candidate, possible = int(LinkKind.CANDIDATE), int(Certainty.POSSIBLE)
    wanted: list[LinkRow] = [
        (row["object_id"], row["node_id"], row["event_id"], candidate, row["occurred_at"], None, None, possible)
        for row in await tx.fetch(_PRESENT, list(event_ids))
    ]
    return await settle_links(tx, present, wanted)
