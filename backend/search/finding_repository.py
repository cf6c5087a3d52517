"""Statements that find objects by what their events say, a bounded step at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from backend.catalog.sites import Sites, inside
from backend.events.query_conditions import Values, at_sites, conditions
from backend.search.question import PARTS
from backend.search.resolving import Conditions
from infra.database import Record, TenantTransaction

# In place of an object: the event is done with.
ALL_OBJECTS: Final = 2**63 - 1


class At(NamedTuple):
    """Where a page ends: behind this object of this event, in the order of going, newest event first."""

    event_time: datetime
    event_id: int
    object_id: int


async def events_before(tx: TenantTransaction, asked: Conditions, after: At | None, limit: int, sites: Sites | None) -> list[Record]:
    """(time, id) of events in force that the question asks for, newest first, from the one at which the last page ended."""
    values = Values()
    condition = _of_event(asked, values, sites)
    if after is not None:
        upto = "<" if after.object_id == ALL_OBJECTS else "<="
        condition += f" and (e.event_time, e.event_id) {upto} (${values.add(after.event_time)}::timestamptz, ${values.add(after.event_id)}::bigint)"
    return await tx.fetch(
        f"""select e.event_time, e.event_id from event e where e.tenant_id = $1{condition}
            order by e.event_time desc, e.event_id desc limit ${values.add(limit)}""",
        *values.given,
    )


async def objects_in(tx: TenantTransaction, asked: Conditions, events: Collection[int], after: At | None, limit: int) -> list[Record]:
    """(event's time and id, object) of the objects that the question asks for in these events, in the order of going."""
    values = Values()
    condition = f" and e.event_id = any(${values.add(list(events))}::bigint[])" + _of_object(asked, values) + _in_part(asked)
    if after is not None:
        condition += f" and (e.event_id <> ${values.add(after.event_id)} or eo.object_id > ${values.add(after.object_id)})"
    return await tx.fetch(
        f"""select distinct e.event_time, e.event_id, eo.object_id from event e
            join event_object eo on eo.tenant_id = $1 and eo.event_id = e.event_id
            join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id
            where e.tenant_id = $1{condition}
            order by e.event_time desc, e.event_id desc, eo.object_id limit ${values.add(limit)}""",
        *values.given,
    )


async def spans(tx: TenantTransaction, asked: Conditions, objects: Collection[int], sites: Sites | None) -> list[Record]:
    """(object, first time, last time, last event) over all events that the question asks for; objects without one are left out."""
    values = Values()
    given = values.add(list(objects))
    matched = f"""from event_object eo join event e on e.tenant_id = $1 and e.event_id = eo.event_id
              where eo.tenant_id = $1 and eo.object_id = o.object_id{_of_event(asked, values, sites)}{_in_part(asked)}"""
    also = "".join(f" and exists ({_of_other(each, values, sites)})" for each in asked.also)
    return await tx.fetch(
        f"""select o.object_id, first.event_time as first_at, last.event_time as last_at, last.event_id
            from traceable_object o
            cross join lateral (select e.event_time, e.event_id {matched} order by e.event_time desc, e.event_id desc limit 1) last
            cross join lateral (select e.event_time {matched} order by e.event_time, e.event_id limit 1) first
            where o.tenant_id = $1 and o.object_id = any(${given}::bigint[]){also}""",
        *values.given,
    )


async def objects_called(tx: TenantTransaction, asked: Conditions, limit: int) -> list[int]:
    """Objects that are called as the question says, newest first."""
    values = Values()
    condition = _of_object(asked, values)
    rows = await tx.fetch(
        f"select o.object_id from traceable_object o where o.tenant_id = $1{condition} order by o.object_id desc limit ${values.add(limit)}",
        *values.given,
    )
    return [row["object_id"] for row in rows]


def _of_event(asked: Conditions, values: Values, sites: Sites | None) -> str:
    """Of an event in force at the sites, in the place that is asked for."""
    found = ["e.superseded_by is null", "e.declared_at is null", *conditions(asked.events, values, {})]
    condition = "".join(f" and {each}" for each in found)
    fences = [at_sites(sites, at=len(values.given) + 2)]
    values.given += fences[0].values
    if asked.places is not None:
        fences.append(inside(asked.places, ("e.read_point", "e.biz_location"), at=len(values.given) + 2))
        values.given += fences[1].values
    return condition + "".join(fence.condition for fence in fences)


def _in_part(asked: Conditions) -> str:
    return f" and ({' or '.join(PARTS[part] for part in asked.parts)})" if asked.parts else ""


def _of_object(asked: Conditions, values: Values) -> str:
    """What the object is."""
    found = [f"o.kind = any(${values.add(list(asked.kinds))}::smallint[])"]
    if asked.gtin is not None:
        found.append(f"o.gtin = ${values.add(asked.gtin)}")
    if asked.serials is not None:
        found.append(f"(o.code = any(${values.add(list(asked.serials))}::text[]) and o.kind = 2)")
    if asked.lots is not None and asked.serials is None:
        found.append(f"(o.code = any(${values.add(list(asked.lots))}::text[]) and o.kind = 1)")
    elif asked.lots is not None:
        code = values.add(list(asked.lots))
        found.append(
            f"""exists (select from unit_membership m join traceable_object l on l.tenant_id = $1 and l.object_id = m.lot_id
              where m.tenant_id = $1 and m.unit_id = o.object_id and m.superseded_by is null and l.code = any(${code}::text[]))"""
        )
    return "".join(f" and {each}" for each in found)


def _of_other(asked: Conditions, values: Values, sites: Sites | None) -> str:
    """Another event of the same object."""
    return f"""select from event_object eo join event e on e.tenant_id = $1 and e.event_id = eo.event_id
      where eo.tenant_id = $1 and eo.object_id = o.object_id{_of_event(asked, values, sites)}{_in_part(asked)}"""


async def place_told(tx: TenantTransaction, at: At) -> Record | None:
    """(public id of the event, key of the object or null): how a place in the order is told outside."""
    return await tx.fetchrow(
        """select e.public_id, (select o.key from traceable_object o where o.tenant_id = $1 and o.object_id = $3) as key
           from event e where e.tenant_id = $1 and e.event_id = $2""",
        at.event_id,
        at.object_id,
    )


async def place_meant(tx: TenantTransaction, public_id: UUID, key: str, sites: Sites | None) -> At | None:
    """The place that was told so, if its event is at the sites; without a key behind all objects of the event."""
    fence = at_sites(sites, at=4)
    row = await tx.fetchrow(
        f"""select e.event_time, e.event_id, (select o.object_id from traceable_object o where o.tenant_id = $1 and o.key = $3) as object_id
            from event e where e.tenant_id = $1 and e.public_id = $2{fence.condition}""",
        public_id,
        key,
        *fence.values,
    )
    if row is None or (key and row["object_id"] is None):
        return None
    return At(row["event_time"], row["event_id"], row["object_id"] if key else ALL_OBJECTS)
