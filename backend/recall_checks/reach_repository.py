"""Statements on what a recall reaches as it was frozen, for adding up: without words, and in three statements however much it is."""

from uuid import UUID

from infra.database import Record, TenantTransaction


async def last_version(tx: TenantTransaction, case_id: UUID) -> int | None:
    """The newest frozen version; None before the announcement."""
    found: int | None = await tx.fetchval("select max(version) from recall_version where tenant_id = $1 and case_id = $2", case_id)
    return found


async def things(tx: TenantTransaction, case_id: UUID, version: int) -> list[Record]:
    """(object, key, kind, gtin, role, certainty) of affected lots and units and of inputs."""
    return await tx.fetch(
        """select i.object_id, i.key, i.kind, i.gtin, i.role, i.certainty from recall_item i
           where i.tenant_id = $1 and i.case_id = $2 and i.version = $3 and i.role in (1, 3) and i.kind in (1, 2)""",
        case_id,
        version,
    )


async def shipped(tx: TenantTransaction, case_id: UUID, version: int) -> list[Record]:
    """(party, object, gtin, uom, certainty, quantity, shipments) of what customers received. A unit counts once: under its lot, if that is there."""
    return await tx.fetch(
        """select nullif(s.party, '') as party, s.object_id, s.gtin, s.uom, s.certainty, sum(s.quantity) as quantity, count(*) as shipments
           from recall_shipped s
           where s.tenant_id = $1 and s.case_id = $2 and s.version = $3
             and not (s.kind = 2 and exists (
               select 1 from unit_membership m
               join recall_shipped l on l.tenant_id = $1 and l.case_id = $2 and l.version = $3 and l.party = s.party
                 and l.object_id = m.lot_id and l.shipment_id = s.shipment_id
               where m.tenant_id = $1 and m.unit_id = s.object_id and m.superseded_by is null))
           group by 1, 2, 3, 4, 5""",
        case_id,
        version,
    )


async def shipped_otherwise(tx: TenantTransaction, case_id: UUID, version: int) -> list[Record]:
    """(party, object, gtin, uom, quantity) by which lots were shipped otherwise than is frozen: corrected since, or in a late shipment."""
    return await tx.fetch(
        """with other as (
             select s.party, s.object_id, s.gtin, s.uom, coalesce(r.quantity, 0) - s.quantity as quantity
             from recall_shipped s
             left join shipment t on t.tenant_id = $1 and t.shipment_id = s.shipment_id and t.superseded_by is null
             left join lot_shipment r on r.tenant_id = $1 and r.lot_id = s.object_id and r.shipment_id = t.shipment_id and r.uom = s.uom
             where s.tenant_id = $1 and s.case_id = $2 and s.version = $3 and s.kind = 1 and r.quantity is distinct from s.quantity
             union all
             select coalesce(t.to_party, ''), a.object_id, o.gtin, r.uom, r.quantity
             from recall_addition a
             join shipment t on t.tenant_id = $1 and t.shipment_id = a.shipment_id and t.superseded_by is null
             join lot_shipment r on r.tenant_id = $1 and r.lot_id = a.object_id and r.shipment_id = a.shipment_id
             join traceable_object o on o.tenant_id = $1 and o.object_id = a.object_id
             where a.tenant_id = $1 and a.case_id = $2 and a.version = $3 and a.kind = 2)
           select nullif(party, '') as party, object_id, gtin, uom, sum(quantity) as quantity from other
           group by 1, 2, 3, 4 having sum(quantity) <> 0 order by 1, 2, 4""",
        case_id,
        version,
    )


async def parties(tx: TenantTransaction, case_id: UUID, version: int) -> list[str]:
    """The consignees, in order; shipments that name nobody have none."""
    rows = await tx.fetch(
        """select distinct party from recall_shipped
           where tenant_id = $1 and case_id = $2 and version = $3 and party <> '' order by party""",
        case_id,
        version,
    )
    return [row["party"] for row in rows]


async def held(tx: TenantTransaction, objects: list[int]) -> set[int]:
    """Those of these objects that stand in the list of a hold in force."""
    rows = await tx.fetch(
        """select distinct g.object_id from hold_goods g
           join hold h on h.tenant_id = $1 and h.hold_id = g.hold_id and h.status = 1
           where g.tenant_id = $1 and g.object_id = any($2::bigint[])
             and not exists (select 1 from hold_cut c where c.tenant_id = $1 and c.hold_id = g.hold_id and c.object_id = g.object_id)""",
        objects,
    )
    return {row["object_id"] for row in rows}
