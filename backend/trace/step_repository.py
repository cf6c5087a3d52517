"""Statements of steps: which events a transformation has, what went in and came out, and the other acts on a trace's goods."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


async def events_of_nodes(tx: TenantTransaction, nodes: Collection[int], until: datetime | None) -> list[tuple[int, int]]:
    """(transformation, event) for the events in force up to `until` that state its inputs or outputs."""
    rows = await tx.fetch(
        """select l.child_id as node_id, l.event_id from lot_link l
           where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 1 and l.superseded_by is null
             and ($3::timestamptz is null or l.occurred_at <= $3)
           union
           select l.parent_id, l.event_id from lot_link l
           where l.tenant_id = $1 and l.parent_id = any($2::bigint[]) and l.kind = 2 and l.superseded_by is null
             and ($3::timestamptz is null or l.occurred_at <= $3)
           union
           select c.node_id, c.event_id from class_input c
           where c.tenant_id = $1 and c.node_id = any($2::bigint[]) and c.superseded_by is null
             and ($3::timestamptz is null or c.occurred_at <= $3)""",
        list(nodes),
        until,
    )
    return [(row["node_id"], row["event_id"]) for row in rows]


async def lines(tx: TenantTransaction, events: Sequence[tuple[int, int, bool]], *, first: Collection[int], limit: int) -> list[Record]:
    """(step, role, object, unit of measure, quantity, place, total): what each step's events name, of each role at most `limit` objects.

    `events` are (step, event, whether it is at the reader's sites; else no quantity is told). Objects in `first` come first. `total` is
    how many objects there are, those that are left out included.
    """
    steps, ids, here = (list(column) for column in zip(*events, strict=True))
    return await tx.fetch(
        """with named as (
             select asked.step, eo.role, eo.object_id, coalesce(eo.uom, '') as uom, sum(case when asked.here then eo.quantity end) as quantity,
                    min(eo.line) as line
             from unnest($2::bigint[], $3::bigint[], $4::boolean[]) as asked(step, event_id, here)
             join event_object eo on eo.tenant_id = $1 and eo.event_id = asked.event_id
             group by asked.step, eo.role, eo.object_id, coalesce(eo.uom, '')),
           placed as (
             select named.*, row_number() over (partition by step, role order by (object_id = any($5::bigint[])) desc, line, object_id, uom) as place,
                    count(*) over (partition by step, role) as total
             from named)
           select step, role, object_id, uom, quantity, place, total from placed where place <= $6 order by step, role, place""",
        steps,
        ids,
        here,
        list(first),
        limit,
    )


async def candidates(tx: TenantTransaction, nodes: Collection[int], limit: int) -> list[Record]:
    """(transformation, lot, total): lots that may have gone in where only their product is told, of each transformation at most `limit`."""
    return await tx.fetch(
        """with present as (
             select l.child_id as step, l.parent_id as object_id, row_number() over (partition by l.child_id order by l.parent_id) as place,
                    count(*) over (partition by l.child_id) as total
             from lot_link l
             where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 6 and l.superseded_by is null)
           select step, object_id, total from present where place <= $3""",
        list(nodes),
        limit,
    )


async def acts(
    tx: TenantTransaction,
    goods: Collection[int],
    *,
    lots: Collection[int],
    also: Collection[int],
    cursor: tuple[datetime, UUID | None] | None,
    backward: bool,
    until: datetime | None,
    limit: int,
    sites: Sites | None,
) -> list[Record]:
    """(event, time, public id) of events in force at the sites that are no transformation, from behind the cursor: those that name one of the
    goods, or a unit of one of the lots, and those in `also`.

    In order of time and public id. A cursor without an id stands before all events of its time.
    """
    behind, order = ("<", "desc") if backward else (">", "asc")
    fence = fenced(sites, "e.read_point", "e.biz_location", at=9)
    moment, event = cursor if cursor is not None else (None, None)
    return await tx.fetch(
        f"""select e.event_id, e.event_time, e.public_id from event e
            where e.tenant_id = $1 and e.event_type <> 4 and e.superseded_by is null and e.declared_at is null{fence.condition}
              and e.event_id = any(array(
                select eo.event_id from event_object eo where eo.tenant_id = $1 and eo.object_id = any($2::bigint[])
                union
                select eo.event_id from unit_membership m join event_object eo on eo.tenant_id = $1 and eo.object_id = m.unit_id
                where m.tenant_id = $1 and m.lot_id = any($7::bigint[]) and m.superseded_by is null
                union
                select unnest($8::bigint[])))
              and ($3::timestamptz is null or e.event_time {behind} $3
                   or (e.event_time = $3 and ($4::uuid is null and {not backward} or e.public_id {behind} $4)))
              and ($5::timestamptz is null or e.event_time <= $5)
            order by e.event_time {order}, e.public_id {order} limit $6""",
        list(goods),
        moment,
        event,
        until,
        limit,
        list(lots),
        list(also),
        *fence.values,
    )
