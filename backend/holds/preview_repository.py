"""Statements on what a hold would reach. Each is bounded, and nothing is written."""

from collections.abc import Collection, Sequence
from datetime import datetime

from backend.holds.root_repository import RootRow
from infra.database import Record, TenantTransaction


async def seeds(tx: TenantTransaction, rows: Sequence[RootRow], *, residues: bool = True) -> set[int]:
    """What a hold on these would begin with: them, what lay in their containers while it would be held, and the uses of those.

    Without `residues` not what was taken out of a tank by name and may be in it all the same.
    """
    columns = [list(column) for column in zip(*[(row[1], row[3], row[4], row[5]) for row in rows], strict=True)]
    found = await tx.fetch(
        """with recursive roots(root_id, held_from, held_to, gtin) as (
             select * from unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::text[])),
           inward(root_id, content_id, valid_from, valid_to) as (
             select o.object_id, o.object_id, '-infinity'::timestamptz, 'infinity'::timestamptz from traceable_object o
             where o.tenant_id = $1 and o.object_id = any($2::bigint[])
             union
             select w.root_id, c.content_id, greatest(w.valid_from, c.valid_from), least(w.valid_to, c.valid_to) from inward w
             join containment c on c.tenant_id = $1 and c.container_id = w.content_id and (c.kind <> 3 or $6::boolean)),
           held as (
             select distinct w.content_id, r.held_from, r.held_to from inward w
             join roots r on r.root_id = w.root_id and w.valid_to > r.held_from and w.valid_from <= r.held_to
             join traceable_object o on o.tenant_id = $1 and o.object_id = w.content_id
               and (r.gtin is null or w.content_id = w.root_id or o.gtin = r.gtin))
           select content_id as object_id from held
           union
           select s.state_id from held
           join container_state s on s.tenant_id = $1 and s.container_id = held.content_id and not s.filled
             and ((s.used_at >= held.held_from and held.held_to > held.held_from) or not exists (
               select 1 from lot_link l where l.tenant_id = $1 and l.child_id = s.state_id and l.kind in (4, 8) and l.superseded_by is null))""",
        *columns,
        residues,
    )
    return {row["object_id"] for row in found}


async def reached(tx: TenantTransaction, begun: Collection[int], limit: int) -> list[int]:
    """These and everything made from them, at most so many."""
    rows = await tx.fetch(
        """with recursive down(id) as (
             select unnest($2::bigint[])
             union
             select l.child_id from down join lot_link l on l.tenant_id = $1 and l.parent_id = down.id and l.superseded_by is null)
           select id from down limit $3""",
        list(begun),
        limit,
    )
    return [row["id"] for row in rows]


async def units_of(tx: TenantTransaction, lots: Collection[int], limit: int) -> list[int]:
    """Units of these lots, at most so many."""
    rows = await tx.fetch(
        "select distinct unit_id from unit_membership where tenant_id = $1 and lot_id = any($2::bigint[]) and superseded_by is null limit $3",
        list(lots),
        limit,
    )
    return [row["unit_id"] for row in rows]


async def counts(tx: TenantTransaction, ids: Collection[int]) -> list[Record]:
    """(kind, how many)."""
    return await tx.fetch(
        "select kind, count(*) as number from traceable_object where tenant_id = $1 and object_id = any($2::bigint[]) group by kind order by kind",
        list(ids),
    )


async def first_of(tx: TenantTransaction, ids: Collection[int], kinds: Collection[int], limit: int) -> list[int]:
    """The first objects of these kinds by kind and key."""
    rows = await tx.fetch(
        """select object_id from traceable_object where tenant_id = $1 and object_id = any($2::bigint[]) and kind = any($3::smallint[])
           order by kind, key limit $4""",
        list(ids),
        list(kinds),
        limit,
    )
    return [row["object_id"] for row in rows]


async def places(tx: TenantTransaction, ids: Collection[int], at: datetime, limit: int) -> list[Record]:
    """(place, how many of these objects are there), most first."""
    return await tx.fetch(
        """select place, count(distinct object_id) as number from (
             select m.object_id, m.place, m.uom from movement m
             where m.tenant_id = $1 and m.object_id = any($2::bigint[]) and m.superseded_by is null and m.moved_at <= $3
             group by m.object_id, m.place, m.uom having sum(m.delta) > 0) here
           group by place order by 2 desc, 1 limit $4""",
        list(ids),
        at,
        limit,
    )


async def around(tx: TenantTransaction, ids: Collection[int], limit: int) -> list[int]:
    """Containers in which something of these lies now, at any level, and that aren't among them."""
    rows = await tx.fetch(
        """with recursive around(id) as (
             select c.container_id from containment c where c.tenant_id = $1 and c.content_id = any($2::bigint[]) and c.valid_to > now()
             union
             select c.container_id from around join containment c on c.tenant_id = $1 and c.content_id = around.id and c.valid_to > now())
           select id from around where id <> all($2::bigint[]) limit $3""",
        list(ids),
        limit,
    )
    return [row["id"] for row in rows]


async def beside(tx: TenantTransaction, containers: Collection[int], ids: Collection[int], limit: int) -> list[int]:
    """What lies in these containers now and is neither among the containers nor the objects, nor a unit of one of those."""
    rows = await tx.fetch(
        """with goods as (select unnest($3::bigint[]) as id)
           select distinct c.content_id from containment c
           where c.tenant_id = $1 and c.container_id = any($2::bigint[]) and c.valid_to > now() and c.content_id <> all($2::bigint[])
             and not exists (select 1 from goods g where g.id = c.content_id)
             and not exists (select 1 from unit_membership m join goods g on g.id = m.lot_id
                             where m.tenant_id = $1 and m.unit_id = c.content_id and m.superseded_by is null)
           limit $4""",
        list(containers),
        list(ids),
        limit,
    )
    return [row["content_id"] for row in rows]


async def received(tx: TenantTransaction, shipments: Collection[int]) -> set[int]:
    """Those of these expected receipts of which something was received since."""
    rows = await tx.fetch(
        """select distinct s.event_id from event_object s
           join event_object r on r.tenant_id = $1 and r.object_id = s.object_id
           join event e on e.tenant_id = $1 and e.event_id = r.event_id and e.biz_step in ('receiving', 'arriving', 'accepting')
             and e.superseded_by is null and e.declared_at is null and e.event_time >= s.event_time
           where s.tenant_id = $1 and s.event_id = any($2::bigint[]) and s.role in (1, 2)""",
        list(shipments),
    )
    return {row["event_id"] for row in rows}
