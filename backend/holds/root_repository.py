"""Statements on placing holds: the declaration, the objects on which a hold stands, and what falls into a scope."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.holds.scopes import HoldOrigin, Scope, names_of
from infra.database import Record, TenantTransaction

# Hold, object, event, held from, held to, product.
RootRow = tuple[UUID, int, int, datetime, datetime, str | None]


async def insert(
    tx: TenantTransaction,
    *,
    hold_id: UUID,
    object_id: int | None,
    reason: str,
    note: str,
    placed_at: datetime,
    placed_by: UUID | None,
    origin: HoldOrigin,
    scope: Scope,
) -> None:
    """Write the declaration."""
    await tx.execute(
        """insert into hold (tenant_id, hold_id, object_id, reason, note, status, placed_at, placed_by, origin_kind, origin_reference, scope_kind,
             scope_digest, party, gtin, equipment, step, place, since, until)
           values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)""",
        hold_id,
        object_id,
        reason,
        note,
        placed_at,
        placed_by,
        int(origin.kind),
        origin.reference,
        int(scope.kind),
        scope.digest(),
        scope.party,
        scope.gtin,
        scope.equipment,
        scope.step,
        scope.place,
        scope.since,
        scope.until,
    )


async def placed_before(tx: TenantTransaction, origin: HoldOrigin, digest: str) -> UUID | None:
    """The hold in force of this cause on this scope, from which nothing was let go: what was is to be held anew."""
    found: UUID | None = await tx.fetchval(
        """select h.hold_id from hold h
           where h.tenant_id = $1 and h.origin_kind = $2 and h.origin_reference = $3 and h.scope_digest = $4 and h.status = 1
             and not exists (select 1 from hold_cut c where c.tenant_id = $1 and c.hold_id = h.hold_id)
           order by h.hold_id limit 1""",
        int(origin.kind),
        origin.reference,
        digest,
    )
    return found


async def add_roots(tx: TenantTransaction, rows: Sequence[RootRow], at: datetime) -> list[tuple[UUID, int]]:
    """Let holds stand on these; the (hold, object) that they didn't stand on by these events. A hold without an object gets its first."""
    added = await tx.fetch(
        """insert into hold_root (tenant_id, hold_id, object_id, event_id, held_from, held_to, gtin, added_at)
           select $1, n.*, $8::timestamptz
           from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::text[]) as n
           on conflict do nothing returning hold_id, object_id""",
        *(list(column) for column in zip(*rows, strict=True)),
        at,
    )
    await tx.execute(
        """update hold h set object_id = n.object_id from (
             select r.hold_id, min(r.object_id) as object_id from hold_root r
             where r.tenant_id = $1 and r.hold_id = any($2::uuid[]) group by r.hold_id) n
           where h.tenant_id = $1 and h.hold_id = n.hold_id and h.object_id is null""",
        list({row[0] for row in rows}),
    )
    return [(row["hold_id"], row["object_id"]) for row in added]


async def supersede(tx: TenantTransaction, event_ids: Sequence[int], by: Sequence[int]) -> set[int]:
    """What a hold stands on because of these events waits for a decision from now on. Returns the objects."""
    rows = await tx.fetch(
        """update hold_root r set superseded_by = s.by from unnest($2::bigint[], $3::bigint[]) as s(event_id, by)
           where r.tenant_id = $1 and r.event_id = s.event_id and r.event_id > 0 and r.superseded_by is null returning r.object_id""",
        event_ids,
        by,
    )
    return {row["object_id"] for row in rows}


async def watching(tx: TenantTransaction) -> list[Record]:
    """The holds in force into whose scopes events may fall."""
    return await tx.fetch(
        """select hold_id, scope_kind, party, gtin, equipment, step, place, since, until from hold
           where tenant_id = $1 and status = 1 and scope_kind > 1 order by hold_id"""
    )


async def any_watching(tx: TenantTransaction) -> bool:
    """Whether events may fall into the scope of a hold in force."""
    return bool(await tx.fetchval("select exists (select 1 from hold where tenant_id = $1 and status = 1 and scope_kind > 1)"))


# Without what the service itself tells (`Source.SERVICE`).
_IN_FORCE = "e.superseded_by is null and e.declared_at is null and e.source <> 6"


async def delivered(tx: TenantTransaction, scope: Scope, fields: Sequence[int], limit: int) -> list[int]:
    """Events in force of the scope's window that name its party as a source; `fields` are the codes under which sources are kept."""
    rows = await tx.fetch(
        f"""select distinct e.event_id from event_field f
            join event e on e.tenant_id = $1 and e.event_id = f.event_id and {_IN_FORCE} and e.event_time >= $4 and e.event_time < $5
            where f.tenant_id = $1 and f.field = any($2::bigint[]) and f.text_value = $3 limit $6""",
        list(fields),
        scope.party,
        scope.begin,
        scope.end,
        limit,
    )
    return [row["event_id"] for row in rows]


async def stepped(tx: TenantTransaction, scope: Scope, limit: int) -> list[int]:
    """Events in force of the scope's window with its step, at its place or in an extension of it."""
    low, high = (f"{scope.place}/", f"{scope.place}0") if scope.place else (None, None)
    rows = await tx.fetch(
        f"""select e.event_id from event e
            where e.tenant_id = $1 and e.biz_step = $2 and e.event_time >= $3 and e.event_time < $4 and {_IN_FORCE}
              and ($5::text is null or e.read_point = $5 or e.biz_location = $5
                   or (e.read_point > $6 and e.read_point < $7) or (e.biz_location > $6 and e.biz_location < $7)) limit $8""",
        scope.step,
        scope.begin,
        scope.end,
        scope.place,
        low,
        high,
        limit,
    )
    return [row["event_id"] for row in rows]


async def perhaps_passed(tx: TenantTransaction, scope: Scope, limit: int) -> list[Record]:
    """Events in force of the scope's window that name the equipment as a place, or somewhere in their text: (event, read point, place, body)."""
    names = sorted(names_of(scope.equipment or ""))
    return await tx.fetch(
        f"""select e.event_id, e.read_point, e.biz_location,
                   case when e.read_point = any($2::text[]) or e.biz_location = any($2::text[]) then '{{}}' else e.body end as body from event e
            where e.tenant_id = $1 and e.event_time >= $3 and e.event_time < $4 and {_IN_FORCE}
              and (e.read_point = any($2::text[]) or e.biz_location = any($2::text[])
                   or exists (select 1 from unnest($5::text[]) w where position(w in e.body) > 0)) limit $6""",
        names,
        scope.begin,
        scope.end,
        # As they stand in JSON.
        [msgspec.json.encode(name).decode()[1:-1] for name in names],
        limit,
    )


async def concerned(tx: TenantTransaction, event_ids: Collection[int], gtin: str | None, limit: int) -> list[Record]:
    """What events are about, for who holds it: (event, its time, object, kind).

    That is what was observed, made or packed; where a container is told without its contents, the container; and of a transformation told
    in parts the whole of it, so that outputs told elsewhere are in. With `gtin` only lots and units of that product, and containers.
    """
    return await tx.fetch(
        """select e.event_id, e.event_time, o.object_id, o.kind from event_object p
           join event e on e.tenant_id = $1 and e.event_id = p.event_id and e.event_type <> 5
           join traceable_object o on o.tenant_id = $1 and o.object_id = p.object_id and o.kind <> 7
           where p.tenant_id = $1 and p.event_id = any($2::bigint[])
             and (p.role in (1, 3, 5) or (p.role = 2 and not exists (
               select 1 from event_object c where c.tenant_id = $1 and c.event_id = p.event_id and c.role = 3)))
             and ($3::text is null or o.gtin = $3 or o.kind in (3, 4, 5))
           union
           select e.event_id, e.event_time, o.object_id, o.kind from event e
           join traceable_object o on o.tenant_id = $1 and o.key = 'transformation:' || e.transformation_id
           where e.tenant_id = $1 and e.event_id = any($2::bigint[]) and e.transformation_id is not null and $3::text is null
           limit $4""",
        list(event_ids),
        gtin,
        limit,
    )


async def time_told(tx: TenantTransaction, scope: Scope) -> tuple[datetime, datetime] | None:
    """When the first and the last event of a window may have been; None where there is none."""
    first = await tx.fetchval(
        "select event_time from event where tenant_id = $1 and event_time >= $2 and event_time < $3 order by event_time limit 1",
        scope.begin,
        scope.end,
    )
    if first is None:
        return None
    last = await tx.fetchval(
        "select event_time from event where tenant_id = $1 and event_time >= $2 and event_time < $3 order by event_time desc limit 1",
        scope.begin,
        scope.end,
    )
    return first, last


async def events_at(tx: TenantTransaction, event_ids: Collection[int], place: str) -> set[int]:
    """Those of these events that were at a place or in an extension of it."""
    rows = await tx.fetch(
        """select event_id from event where tenant_id = $1 and event_id = any($2::bigint[])
             and (read_point = $3 or biz_location = $3 or (read_point > $4 and read_point < $5) or (biz_location > $4 and biz_location < $5))""",
        list(event_ids),
        place,
        f"{place}/",
        f"{place}0",
    )
    return {row["event_id"] for row in rows}
