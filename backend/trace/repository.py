"""Statements of the trace that are its own; reach is the genealogy's."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from backend.genealogy import known
from backend.genealogy.repository import PRODUCT_OF
from infra.database import Record, TenantTransaction


async def gaps(tx: TenantTransaction, nodes: Collection[int], *, known_at: datetime | None = None) -> list[Record]:
    """Inputs told without their lot for which no lot was present either: what came in there isn't known."""
    if known_at is not None:
        return await known.gaps(tx, nodes, known_at)
    return await tx.fetch(
        f"""select c.node_id, c.product_id, c.event_id, c.occurred_at from class_input c
           where c.tenant_id = $1 and c.node_id = any($2::bigint[]) and c.superseded_by is null
             and not exists (select 1 from lot_link l
                             join traceable_object o on o.tenant_id = $1 and o.object_id = l.parent_id and {PRODUCT_OF} = c.gtin
                             where l.tenant_id = $1 and l.event_id = c.event_id and l.kind = 6 and l.superseded_by is null)""",
        list(nodes),
    )


async def made_at(tx: TenantTransaction, things: Collection[int], until: datetime | None, known_at: datetime | None = None) -> dict[int, datetime]:
    """When each of these was first made, by the links in force, or then known, of events up to `until`; what wasn't made here is absent."""
    if not things:
        return {}
    if known_at is not None:
        return await known.made_at(tx, things, until, known_at)
    rows = await tx.fetch(
        """select child_id, min(occurred_at) as made_at from lot_link
           where tenant_id = $1 and child_id = any($2::bigint[]) and kind = 2 and superseded_by is null
             and ($3::timestamptz is null or occurred_at <= $3) group by child_id""",
        list(things),
        until,
    )
    return {row["child_id"]: row["made_at"] for row in rows}


async def link_key(tx: TenantTransaction, parent: str, child: str, event: UUID | None) -> tuple[int, int, int] | None:
    """The ids of a link's ends and of its event (0 without one); None where one of them isn't there."""
    row = await tx.fetchrow(
        """select (select object_id from traceable_object where tenant_id = $1 and key = $2) as parent_id,
                  (select object_id from traceable_object where tenant_id = $1 and key = $3) as child_id,
                  case when $4::uuid is null then 0 else (select event_id from event where tenant_id = $1 and public_id = $4) end as event_id""",
        parent,
        child,
        event,
    )
    return None if row is None or None in tuple(row) else (row["parent_id"], row["child_id"], row["event_id"])


async def public_id(tx: TenantTransaction, event_id: int) -> UUID | None:
    """An event's public id; None for what no event states."""
    found: UUID | None = await tx.fetchval("select public_id from event where tenant_id = $1 and event_id = $2", event_id)
    return found


async def surely_reached(tx: TenantTransaction, seeds: Collection[int], nodes: Collection[int], until: datetime | None, *, upwards: bool) -> set[int]:
    """Those of the nodes that links in force reach from the seeds which are certain all along; a use long before any making is none."""
    near, far = ("child_id", "parent_id") if upwards else ("parent_id", "child_id")
    lots = (
        """union select m.lot_id from unit_membership m
              where m.tenant_id = $1 and m.unit_id = any($2::bigint[]) and m.superseded_by is null"""
        if upwards
        else ""
    )
    rows = await tx.fetch(
        f"""with recursive sure(id) as (
              (select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[]) {lots})
              union
              select l.{far} from sure join lot_link l on l.tenant_id = $1 and l.{near} = sure.id and l.superseded_by is null and l.certainty = 1
                and ($4::timestamptz is null or l.occurred_at <= $4)
                and (l.kind <> 1
                     or not exists (select 1 from lot_link m where m.tenant_id = $1 and m.child_id = l.parent_id and m.kind = 2
                                    and m.superseded_by is null)
                     or exists (select 1 from lot_link m where m.tenant_id = $1 and m.child_id = l.parent_id and m.kind = 2
                                and m.superseded_by is null and m.occurred_at <= l.occurred_at + interval '24 hours')))
            select id from sure where id = any($3::bigint[])""",
        list(seeds),
        list(nodes),
        until,
    )
    return {row["id"] for row in rows}
