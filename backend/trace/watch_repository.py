"""Statements for whoever watches a trace: what it reaches, up to a bound, and what new events name."""

from collections.abc import Collection

from infra.database import Record, TenantTransaction

_WAYS = {True: ("child_id", "parent_id"), False: ("parent_id", "child_id")}


async def reached(tx: TenantTransaction, seeds: Collection[int], limit: int, *, upwards: bool) -> set[int]:
    """What links in force reach from the seeds one way, at most `limit` of it; the lots of units among them upwards."""
    near, far = _WAYS[upwards]
    lots = """union select m.lot_id from unit_membership m
              where m.tenant_id = $1 and m.unit_id = any($2::bigint[]) and m.superseded_by is null"""
    rows = await tx.fetch(
        f"""with recursive reached(id) as (
              (select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[]) {lots if upwards else ""})
              union
              select l.{far} from reached join lot_link l on l.tenant_id = $1 and l.{near} = reached.id and l.superseded_by is null)
            select id from reached limit $3""",
        list(seeds),
        limit,
    )
    return {row["id"] for row in rows}


async def named_since(tx: TenantTransaction, seq: int, events: int) -> list[Record]:
    """(seq, event, object, kind) of the next events behind a sequence number, in order; an event of no objects has one row without."""
    return await tx.fetch(
        """select f.seq, f.event_id, eo.object_id, o.kind
           from (select seq, event_id from event_feed where tenant_id = $1 and seq > $2 order by seq limit $3) f
           left join event_object eo on eo.tenant_id = $1 and eo.event_id = f.event_id
           left join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id
           order by f.seq""",
        seq,
        events,
    )
