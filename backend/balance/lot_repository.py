"""Statements that add up what happened to each of many lots, with their units, as `flow_repository` does for all of them together."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.balance.flow_repository import MOVED
from infra.database import Record, TenantTransaction


@dataclass(frozen=True, slots=True)
class Members:
    """Lots, and units with the lot under which each of them counts: `owners` stand beside `units`. A unit alone counts under itself."""

    lots: Sequence[int]
    units: Sequence[int]
    owners: Sequence[int]


async def units_of(tx: TenantTransaction, lots: Sequence[int], limit: int) -> list[Record]:
    """(unit, lot) of the units of lots; of a unit with two lots told, the first."""
    return await tx.fetch(
        """select distinct on (unit_id) unit_id, lot_id from unit_membership
           where tenant_id = $1 and lot_id = any($2::bigint[]) and superseded_by is null order by unit_id, lot_id limit $3""",
        lots,
        limit,
    )


async def moved(tx: TenantTransaction, of: Members) -> list[Record]:
    """What moved by anything but shipping, summed for each lot: (lot, type, action, step, place, uom, counterparty, is_unit, via, quantity …)."""
    return await tx.fetch(
        f"""with recursive {MOVED},
            owner(unit_id, lot_id) as materialized (select * from unnest($3::bigint[], $4::bigint[]))
            select coalesce(w.lot_id, m.object_id) as lot_id, e.event_type, e.action, e.biz_step, e.disposition, m.place, m.uom, m.counterparty,
                   m.is_unit, m.via, m.delta > 0 as inward, sum(m.delta) as quantity, count(distinct m.event_id) as events,
                   m.counterparty is null or exists (
                     select 1 from location p where p.tenant_id = $1 and p.place = m.counterparty and p.own and not p.undetermined) as internal
            from moved m
            join event e on e.tenant_id = $1 and e.event_id = m.event_id
            left join owner w on m.is_unit and w.unit_id = m.object_id
            where m.place <> 'urn:suyuan:in-transit' and coalesce(e.biz_step, '') not in ('shipping', 'departing')
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11""",
        of.lots,
        of.units,
        of.owners,
    )


async def linked(tx: TenantTransaction, of: Members) -> list[Record]:
    """What transformations used up and made of each lot, summed: (lot, made, step, uom, quantity, told, untold, finished).

    `finished` is false for what was used where nothing has come out yet.
    """
    return await tx.fetch(
        """with owner(object_id, lot_id, is_unit) as materialized (
              select id, id, false from unnest($2::bigint[]) id
              union all
              select u.unit_id, u.lot_id, true from unnest($3::bigint[], $4::bigint[]) as u(unit_id, lot_id)),
            links as (
              select w.lot_id, false as made, l.event_id, l.child_id as node_id, case when w.is_unit then coalesce(l.quantity, 1) else l.quantity end
                     as quantity, l.uom
              from owner w join lot_link l on l.tenant_id = $1 and l.parent_id = w.object_id and l.kind = 1 and l.superseded_by is null
              union all
              select w.lot_id, true, l.event_id, l.parent_id, case when w.is_unit then coalesce(l.quantity, 1) else l.quantity end, l.uom
              from owner w join lot_link l on l.tenant_id = $1 and l.child_id = w.object_id and l.kind = 2 and l.superseded_by is null)
            select l.lot_id, l.made, e.biz_step, coalesce(l.uom, '') as uom, sum(l.quantity) as quantity, count(l.quantity) as told,
                   count(*) - count(l.quantity) as untold,
                   l.made or exists (select 1 from lot_link o where o.tenant_id = $1 and o.parent_id = l.node_id and o.kind = 2
                                     and o.superseded_by is null) as finished
            from links l
            join event e on e.tenant_id = $1 and e.event_id = l.event_id
            group by 1, 2, 3, 4, 8""",
        of.lots,
        of.units,
        of.owners,
    )


async def shipped(tx: TenantTransaction, lots: Sequence[int]) -> list[Record]:
    """What shipments of the tenant's own goods carried of each lot, by the rollup, summed: a quantity of nought isn't told."""
    return await tx.fetch(
        """select r.lot_id, s.from_place, s.to_party, r.uom, r.certainty,
                  exists (select 1 from location p where p.tenant_id = $1 and p.place = s.to_party and p.own and not p.undetermined) as internal,
                  sum(r.quantity) as quantity, count(*) filter (where r.quantity <> 0) as told, count(*) filter (where r.quantity = 0) as untold
           from lot_shipment r
           join shipment s on s.tenant_id = $1 and s.shipment_id = r.shipment_id and s.superseded_by is null and s.direction <> 2
           where r.tenant_id = $1 and r.lot_id = any($2::bigint[])
           group by 1, 2, 3, 4, 5, 6""",
        lots,
    )


async def untold(tx: TenantTransaction, lots: Sequence[int]) -> list[Record]:
    """How often each lot was made, received or destroyed without a quantity: (lot, action, step, events)."""
    return await tx.fetch(
        """select o.object_id as lot_id, e.action, e.biz_step, count(*) as events
           from event_object o
           join event e on e.tenant_id = $1 and e.event_id = o.event_id and e.superseded_by is null and e.declared_at is null
           where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and o.role = 1 and o.quantity is null and e.event_type in (1, 3)
             and (e.biz_step in ('receiving', 'arriving') or (e.event_type = 1 and e.action in (1, 3)))
           group by 1, 2, 3""",
        lots,
    )
