"""Statements that read the log for rules: events in order with their objects, sightings of serials, stock that expires."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from infra.database import Record, TenantTransaction

_COLUMNS: Final = """f.seq, e.event_id, e.public_id, e.event_type, e.event_time, e.record_time, e.biz_step, e.disposition, e.read_point,
    e.biz_location, e.transformation_id, e.event_key, e.body"""


async def behind(tx: TenantTransaction, seq: int, limit: int) -> list[Record]:
    """The next events of the feed, also what rules pass over (`in_force`): declarations of errors, what they took out of force, and what the
    service itself tells.
    """
    return await tx.fetch(
        f"""select {_COLUMNS}, e.superseded_by is null and e.declared_at is null and e.source <> 6 as in_force from event_feed f
            join event e on e.tenant_id = $1 and e.event_id = f.event_id
            where f.tenant_id = $1 and f.seq > $2 order by f.seq limit $3""",
        seq,
        limit,
    )


async def between(
    tx: TenantTransaction, since: datetime, until: datetime, *, after: tuple[datetime, int] | None, steps: Collection[str], limit: int
) -> list[Record]:
    """Events in force of a time, oldest first, from behind (time, event)."""
    return await tx.fetch(
        f"""select {_COLUMNS}, true as in_force from event e join event_feed f on f.tenant_id = $1 and f.event_id = e.event_id
            where e.tenant_id = $1 and e.event_time >= $2 and e.event_time <= $3
              and e.superseded_by is null and e.declared_at is null and e.source <> 6
              and (cardinality($6::text[]) = 0 or e.biz_step = any($6::text[]))
              and ($4::timestamptz is null or e.event_time > $4 or (e.event_time = $4 and e.event_id > $5))
            order by e.event_time, e.event_id limit $7""",
        since,
        until,
        after[0] if after else None,
        after[1] if after else 0,
        list(steps),
        limit,
    )


async def objects_of(tx: TenantTransaction, event_ids: Collection[int], each: int) -> list[Record]:
    """(event, object, kind, key, gtin, role, quantity, uom): what events name, of each at most so many, in their order."""
    return await tx.fetch(
        """select named.event_id, named.object_id, o.kind, o.key, o.gtin, named.role, named.quantity, named.uom
           from unnest($2::bigint[]) as asked(event_id)
           cross join lateral (
             select eo.event_id, eo.object_id, eo.role, eo.quantity, eo.uom, eo.line from event_object eo
             where eo.tenant_id = $1 and eo.event_id = asked.event_id order by eo.line limit $3) named
           join traceable_object o on o.tenant_id = $1 and o.object_id = named.object_id
           order by named.event_id, named.line""",
        list(event_ids),
        each,
    )


async def sightings(tx: TenantTransaction, object_ids: Collection[int], at: datetime, within: timedelta, limit: int) -> list[Record]:
    """(object, event, time, place) where units were seen, in force, less than so long before or after a moment."""
    return await tx.fetch(
        """select eo.object_id, e.public_id, e.event_time, coalesce(e.read_point, e.biz_location) as place
           from event_object eo join event e on e.tenant_id = $1 and e.event_id = eo.event_id
           where eo.tenant_id = $1 and eo.object_id = any($2::bigint[]) and e.event_time > $3 and e.event_time < $4
             and e.superseded_by is null and e.declared_at is null and coalesce(e.read_point, e.biz_location) is not null
           order by e.event_time limit $5""",
        list(object_ids),
        at - within,
        at + within,
        limit,
    )


async def expiring(tx: TenantTransaction, fields: Collection[int], until: str, after: int, limit: int) -> list[Record]:
    """(object, kind, key, gtin, expires): lots and units in stock whose making told a date up to this (ISO 8601), in order of the object."""
    return await tx.fetch(
        """select o.object_id, o.kind, o.key, o.gtin, min(x.text_value) as expires
           from event_field x join event e on e.tenant_id = $1 and e.event_id = x.event_id
           join event_object eo on eo.tenant_id = $1 and eo.event_id = x.event_id
           join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id
           where x.tenant_id = $1 and x.field = any($2::bigint[]) and x.text_value > '1' and x.text_value <= $3
             and e.superseded_by is null and e.declared_at is null and o.object_id > $4 and o.kind in (1, 2) and eo.role <> 4
             and (select sum(m.delta) from movement m
                  where m.tenant_id = $1 and m.object_id = o.object_id and m.superseded_by is null and m.place <> 'urn:suyuan:in-transit'
                    and not exists (select from location l where l.tenant_id = $1 and l.place = m.place and not l.own)) > 0
           group by o.object_id, o.kind, o.key, o.gtin order by o.object_id limit $5""",
        list(fields),
        until,
        after,
        limit,
    )


async def certificates_expiring(tx: TenantTransaction, by: date, kind: str, parties: Collection[str], limit: int) -> list[Record]:
    """(party, kind, number, valid to): the newest certificate of each supplier and kind, where it ends by then."""
    return await tx.fetch(
        """select c.party, c.kind, c.number, c.valid_to, c.certificate_id from (
             select distinct on (party, kind) party, kind, number, valid_to, certificate_id from supplier_certificate
             where tenant_id = $1 and withdrawn_at is null and ($3 = '' or kind = $3) and (cardinality($4::text[]) = 0 or party = any($4::text[]))
             order by party, kind, valid_to desc) c
           where c.valid_to < $2 order by c.valid_to, c.party, c.kind limit $5""",
        by,
        kind,
        list(parties),
        limit,
    )
