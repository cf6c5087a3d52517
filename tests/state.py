"""A tenant's projections as comparable rows, with keys in place of ids."""

from typing import Any

from backend.services import Services

_QUERIES = {
    "links": """select p.key as parent, c.key as child, e.event_key, l.kind, l.occurred_at, l.quantity, l.certainty from lot_link l
        join traceable_object p on p.tenant_id = $1 and p.object_id = l.parent_id
        join traceable_object c on c.tenant_id = $1 and c.object_id = l.child_id
        join event e on e.tenant_id = $1 and e.event_id = l.event_id
        where l.tenant_id = $1 and l.superseded_by is null""",
    "members": """select u.key as unit, o.key as lot, e.event_key from unit_membership m
        join traceable_object u on u.tenant_id = $1 and u.object_id = m.unit_id
        join traceable_object o on o.tenant_id = $1 and o.object_id = m.lot_id
        join event e on e.tenant_id = $1 and e.event_id = m.event_id
        where m.tenant_id = $1 and m.superseded_by is null""",
    "movements": """select o.key, e.event_key, m.place, m.moved_at, m.delta, m.uom from movement m
        join traceable_object o on o.tenant_id = $1 and o.object_id = m.object_id
        join event e on e.tenant_id = $1 and e.event_id = m.event_id
        where m.tenant_id = $1 and m.superseded_by is null""",
    "containment": """select a.key as content, b.key as container, c.kind, c.valid_from, c.valid_to, c.quantity, c.uom, e.event_key from containment c
        join traceable_object a on a.tenant_id = $1 and a.object_id = c.content_id
        join traceable_object b on b.tenant_id = $1 and b.object_id = c.container_id
        join event e on e.tenant_id = $1 and e.event_id = c.opened_by
        where c.tenant_id = $1""",
    "shipments": """select e.event_key, s.shipped_at, s.direction, s.from_place, s.to_party from shipment s
        join event e on e.tenant_id = $1 and e.event_id = s.shipment_id
        where s.tenant_id = $1 and s.superseded_by is null""",
    "rollup": """select o.key, e.event_key, r.quantity, r.uom, r.certainty from lot_shipment r
        join traceable_object o on o.tenant_id = $1 and o.object_id = r.lot_id
        join event e on e.tenant_id = $1 and e.event_id = r.shipment_id
        where r.tenant_id = $1""",
    "events": "select event_key, superseded_by is not null as superseded from event where tenant_id = $1",
    "feed": "select count(*) as numbered, max(seq) as last from event_feed where tenant_id = $1",
}


async def state_of(services: Services, tenant_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every projection's rows in force, sorted; equal for two tenants that were told the same facts."""
    state = {}
    async with services.database.tenant(tenant_id) as tx:
        for name, query in _QUERIES.items():
            state[name] = sorted((tuple(row) for row in await tx.fetch(query)), key=repr)
    return state
