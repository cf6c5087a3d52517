"""Statements on links, kinds and units for sets of any number, so many at a time; each is bounded by what hangs on those."""

from collections.abc import Collection

from infra.database import Record, TenantTransaction


async def links(tx: TenantTransaction, nodes: Collection[int], *, forward: bool) -> list[Record]:
    """The links in force that lead away from (or to) these nodes: (near, far, event, kind, microseconds, certainty, quantity told)."""
    near, far = ("parent_id", "child_id") if forward else ("child_id", "parent_id")
    return await tx.fetch(
        f"""select l.{near} as near, l.{far} as far, l.event_id, l.kind, (date_part('epoch', l.occurred_at) * 1000000)::bigint as at, l.certainty,
                   l.quantity is not null as counted
            from lot_link l where l.tenant_id = $1 and l.{near} = any($2::bigint[]) and l.superseded_by is null""",
        list(nodes),
    )


async def made_at(tx: TenantTransaction, nodes: Collection[int]) -> dict[int, int]:
    """When each was first made, in microseconds since 1970; what wasn't made here is absent."""
    rows = await tx.fetch(
        """select l.child_id, (date_part('epoch', min(l.occurred_at)) * 1000000)::bigint as at from lot_link l
           where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 2 and l.superseded_by is null group by l.child_id""",
        list(nodes),
    )
    return {row["child_id"]: row["at"] for row in rows}


async def kinds(tx: TenantTransaction, ids: Collection[int]) -> dict[int, int]:
    """The kind of each."""
    rows = await tx.fetch("select object_id, kind from traceable_object where tenant_id = $1 and object_id = any($2::bigint[])", list(ids))
    return {row["object_id"]: row["kind"] for row in rows}


async def unit_counts(tx: TenantTransaction, lots: Collection[int]) -> dict[int, int]:
    """How many units each of these lots has."""
    rows = await tx.fetch(
        """select m.lot_id, count(distinct m.unit_id) as number from unit_membership m
           where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null group by m.lot_id""",
        list(lots),
    )
    return {row["lot_id"]: row["number"] for row in rows}


async def contents_now(tx: TenantTransaction, containers: Collection[int], *, residues: bool = False) -> set[int]:
    """All that lies in these containers now, at any level of packing; with `residues` what was taken out of a tank by name too."""
    rows = await tx.fetch(
        """with recursive inward(id, same) as (
             select c.content_id, c.kind = 4 from containment c
             where c.tenant_id = $1 and c.container_id = any($2::bigint[]) and c.valid_from <= now() and c.valid_to > now()
               and (c.kind <> 3 or $3::boolean)
             union
             select c.content_id, c.kind = 4 from inward
             join containment c on c.tenant_id = $1 and c.container_id = inward.id and c.valid_from <= now() and c.valid_to > now()
               and (c.kind <> 3 or $3::boolean))
           select id from inward where not same""",
        list(containers),
        residues,
    )
    return {row["id"] for row in rows}


async def suppliers(tx: TenantTransaction, ids: Collection[int]) -> list[Record]:
    """(object, party) for what was received from somebody."""
    return await tx.fetch(
        """select distinct object_id, counterparty from movement
           where tenant_id = $1 and object_id = any($2::bigint[]) and superseded_by is null and counterparty is not null and delta > 0
           order by object_id, counterparty""",
        list(ids),
    )


async def latest_event(tx: TenantTransaction) -> int:
    """The number of the newest event that is committed: what was computed is of that state."""
    return int(await tx.fetchval("select coalesce(max(seq), 0) from event_feed where tenant_id = $1"))


async def moment(tx: TenantTransaction) -> object:
    """The transaction's moment."""
    return await tx.fetchval("select now() where $1::int is not null")
