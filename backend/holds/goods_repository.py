"""Statements on the lists of what holds reach."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.identifiers import STEPS_OF_GENEALOGY, ObjectKind
from infra.database import Record, TenantTransaction

# Nodes of the genealogy's own are walked through and not shown.
SHOWN: Final = [int(kind) for kind in ObjectKind if kind not in STEPS_OF_GENEALOGY | {ObjectKind.PRODUCT_CLASS}]


async def open_listing(tx: TenantTransaction, hold_id: UUID) -> None:
    """The list of a new hold, with its placing: whoever looks for grown lists waits for the first part of its walk already."""
    await tx.execute(
        "insert into hold_listing (tenant_id, hold_id, walk, complete, started_at) values ($1, $2, 1, 0, now()) on conflict do nothing", hold_id
    )


async def lock_listings(tx: TenantTransaction) -> None:
    """Wait for the walks of all lists; none goes on before this transaction ends."""
    await tx.execute("select hold_id from hold_listing where tenant_id = $1 order by hold_id for no key update")


async def lock_listing(tx: TenantTransaction, hold_id: UUID, *, anew: bool) -> int | None:
    """The number of a list's walk, with the list locked and not complete any more; a higher number `anew`. None where there is no such hold."""
    walk: int | None = await tx.fetchval(
        """insert into hold_listing as l (tenant_id, hold_id, walk, complete, started_at)
           select $1, h.hold_id, 1, 0, now() from hold h where h.tenant_id = $1 and h.hold_id = $2
           on conflict (tenant_id, hold_id) do update set walk = l.walk + $3, complete = 0,
             started_at = case when l.complete = 1 then now() else l.started_at end
           returning walk""",
        hold_id,
        int(anew),
    )
    return walk


async def add(tx: TenantTransaction, hold_id: UUID, walk: int, objects: Collection[int]) -> None:
    """Put objects into a list; what this walk has put there already stays as far as it was walked."""
    await tx.execute(
        """insert into hold_goods as g (tenant_id, hold_id, object_id, kind, key, walk, walked_to)
           select $1, $2, o.object_id, o.kind, o.key, $3, 0 from traceable_object o
           where o.tenant_id = $1 and o.object_id = any($4::bigint[])
           on conflict (tenant_id, hold_id, object_id) do update set walk = excluded.walk, walked_to = 0 where g.walk < excluded.walk""",
        hold_id,
        walk,
        sorted(objects),
    )


async def unwalked(tx: TenantTransaction, hold_id: UUID, walk: int, limit: int) -> dict[int, int]:
    """Objects that this walk has put into a list and whose children were not all looked through, with how far they were."""
    rows = await tx.fetch(
        """select object_id, walked_to from hold_goods where tenant_id = $1 and hold_id = $2 and walked_to is not null and walk = $3
           order by object_id limit $4""",
        hold_id,
        walk,
        limit,
    )
    return {row["object_id"]: row["walked_to"] for row in rows}


async def children(tx: TenantTransaction, begun: Mapping[int, int], cuts: Collection[int], limit: int) -> list[Record]:
    """(parent, child, is unit) of what was made from these, and of their units, behind how far each was looked through, of each at most
    `limit` in order of their ids."""
    return await tx.fetch(
        """select p.parent_id, n.child_id, false as is_unit from unnest($2::bigint[], $3::bigint[]) as p(parent_id, walked_to)
           cross join lateral (
             select distinct l.child_id from lot_link l
             where l.tenant_id = $1 and l.parent_id = p.parent_id and l.superseded_by is null and l.child_id > p.walked_to
               and l.child_id <> all($4::bigint[]) order by l.child_id limit $5) n
           union all
           select p.parent_id, n.unit_id, true from unnest($2::bigint[], $3::bigint[]) as p(parent_id, walked_to)
           cross join lateral (
             select distinct m.unit_id from unit_membership m
             where m.tenant_id = $1 and m.lot_id = p.parent_id and m.superseded_by is null and m.unit_id > p.walked_to
               and m.unit_id <> all($4::bigint[]) order by m.unit_id limit $5) n""",
        list(begun),
        list(begun.values()),
        list(cuts),
        limit,
    )


async def walked(tx: TenantTransaction, hold_id: UUID, to: Mapping[int, int | None]) -> None:
    """Keep how far the children of objects were looked through; None: to the end."""
    await tx.execute(
        """update hold_goods g set walked_to = n.walked_to from unnest($3::bigint[], $4::bigint[]) as n(object_id, walked_to)
           where g.tenant_id = $1 and g.hold_id = $2 and g.object_id = n.object_id""",
        hold_id,
        list(to),
        list(to.values()),
    )


async def walk_again(tx: TenantTransaction, objects: Collection[int]) -> set[UUID]:
    """Have the children of these looked through again, in every list in which they are. Returns the holds."""
    rows = await tx.fetch(
        "update hold_goods set walked_to = 0 where tenant_id = $1 and object_id = any($2::bigint[]) returning hold_id", sorted(objects)
    )
    return {row["hold_id"] for row in rows}


async def standing_on(tx: TenantTransaction, objects: Collection[int]) -> set[UUID]:
    """The holds in force that stand on one of these."""
    rows = await tx.fetch(
        """select distinct r.hold_id from hold_root r join hold h on h.tenant_id = $1 and h.hold_id = r.hold_id and h.status = 1
           where r.tenant_id = $1 and r.object_id = any($2::bigint[])""",
        list(objects),
    )
    return {row["hold_id"] for row in rows}


async def remove_stale(tx: TenantTransaction, hold_id: UUID, walk: int, limit: int) -> int:
    """Take out what an earlier walk had found and this one has not; how many were."""
    return await tx.execute(
        """delete from hold_goods where tenant_id = $1 and hold_id = $2 and object_id in (
             select object_id from hold_goods where tenant_id = $1 and hold_id = $2 and walk < $3 limit $4)""",
        hold_id,
        walk,
        limit,
    )


async def finish(tx: TenantTransaction, hold_id: UUID) -> None:
    """The list is whole."""
    await tx.execute("update hold_listing set complete = 1, filled_at = now() where tenant_id = $1 and hold_id = $2", hold_id)


async def state(tx: TenantTransaction, hold_id: UUID) -> tuple[bool, datetime | None]:
    """Whether a list is whole, and as of when it last was."""
    row = await tx.fetchrow("select complete, filled_at from hold_listing where tenant_id = $1 and hold_id = $2", hold_id)
    return (row["complete"] == 1, row["filled_at"]) if row else (False, None)


async def counts(tx: TenantTransaction, hold_id: UUID) -> list[Record]:
    """(kind, how many) of what is in a list."""
    return await tx.fetch(
        """select kind, count(*) as number from hold_goods where tenant_id = $1 and hold_id = $2 and kind = any($3::smallint[])
           group by kind order by kind""",
        hold_id,
        SHOWN,
    )


async def page(
    tx: TenantTransaction, hold_id: UUID, kinds: Collection[int], *, cursor: tuple[int, str] | None, backward: bool, limit: int
) -> list[Record]:
    """(object, kind, key) of a list, by kind and key, from behind the cursor, in the order of going."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    kind, key = cursor or (0, "")
    return await tx.fetch(
        f"""select object_id, kind, key from hold_goods
            where tenant_id = $1 and hold_id = $2 and kind = any($3::smallint[]) and ($4::boolean or (kind, key) {behind} ($5::smallint, $6::text))
            order by kind {order}, key {order} limit $7""",
        hold_id,
        sorted(kinds),
        cursor is None,
        kind,
        key,
        limit,
    )


async def blocked(tx: TenantTransaction, hold_id: UUID, *, cursor: str | None, backward: bool, limit: int) -> list[Record]:
    """(object, kind, key) of containers in which something of a list lies now, at any level, and that are not held themselves."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""with recursive around(id) as (
              select c.container_id from hold_goods g
              join containment c on c.tenant_id = $1 and c.content_id = g.object_id and c.valid_to > now()
              where g.tenant_id = $1 and g.hold_id = $2
              union
              select c.container_id from around join containment c on c.tenant_id = $1 and c.content_id = around.id and c.valid_to > now())
            select o.object_id, o.kind, o.key from around join traceable_object o on o.tenant_id = $1 and o.object_id = around.id
            where ($3::text is null or o.key {behind} $3) and not exists (
              select 1 from hold_goods h where h.tenant_id = $1 and h.hold_id = $2 and h.object_id = around.id)
            order by o.key {order} limit $4""",
        hold_id,
        cursor,
        limit,
    )


async def roots(tx: TenantTransaction, hold_id: UUID, *, pending: bool, cursor: str | None, backward: bool, limit: int) -> list[Record]:
    """(object, kind, key) on which a hold stands, or that a correction left under it and nobody has released, by key."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select o.object_id, o.kind, o.key from (
              select r.object_id from hold_root r where r.tenant_id = $1 and r.hold_id = $2
              group by r.object_id having not $3::boolean or bool_and(r.superseded_by is not null)
              union
              select p.object_id from hold_pending p where p.tenant_id = $1 and p.hold_id = $2 and p.released_at is null and $3::boolean) s
            join traceable_object o on o.tenant_id = $1 and o.object_id = s.object_id and o.kind = any($4::smallint[])
            where ($5::text is null or o.key {behind} $5) and (not $3::boolean or not exists (
              select 1 from hold_cut c where c.tenant_id = $1 and c.hold_id = $2 and c.object_id = o.object_id))
            order by o.key {order} limit $6""",
        hold_id,
        pending,
        SHOWN,
        cursor,
        limit,
    )


async def listed(tx: TenantTransaction, objects: Collection[int]) -> set[int]:
    """Those of these that the list of a hold in force names."""
    rows = await tx.fetch(
        """select distinct g.object_id from hold_goods g
           join hold h on h.tenant_id = $1 and h.hold_id = g.hold_id and h.status = 1
           where g.tenant_id = $1 and g.object_id = any($2::bigint[])""",
        list(objects),
    )
    return {row["object_id"] for row in rows}
