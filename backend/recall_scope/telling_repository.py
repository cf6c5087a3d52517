"""Statements on what became of affected goods: what came of them, who carried them where, what lies beside them."""

from collections.abc import Collection

from infra.database import Record, TenantTransaction

# Goods, and the units of lots among them that aren't among them themselves.
_GOODS = """
with goods(lot_id, object_id) as (
  select id, id from unnest($2::bigint[]) as asked(id)
  union all
  select m.lot_id, m.unit_id from unit_membership m
  where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null and m.unit_id <> all($2::bigint[])
  group by m.lot_id, m.unit_id)
"""


async def came(tx: TenantTransaction, ids: Collection[int]) -> list[Record]:
    """(object, unit of measure, made, received from somebody, received, shipped) of objects and their units, by their movements."""
    return await tx.fetch(
        f"""{_GOODS}
            select g.lot_id as object_id, m.uom,
                   coalesce(sum(m.delta) filter (where m.delta > 0 and coalesce(e.biz_step, '') not in ('shipping', 'departing', 'receiving',
                     'arriving')), 0) as made,
                   coalesce(sum(m.delta) filter (where m.delta > 0 and m.place <> $3 and e.biz_step in ('receiving', 'arriving')
                     and m.counterparty is not null), 0) as bought,
                   coalesce(sum(m.delta) filter (where m.delta > 0 and m.place <> $3 and e.biz_step in ('receiving', 'arriving')), 0) as received,
                   coalesce(sum(m.delta) filter (where m.delta > 0 and m.place = $3), 0) as shipped
            from goods g
            join movement m on m.tenant_id = $1 and m.object_id = g.object_id and m.superseded_by is null
            join event e on e.tenant_id = $1 and e.event_id = m.event_id
            group by g.lot_id, m.uom""",
        list(ids),
        "urn:suyuan:in-transit",
    )


async def shipped(tx: TenantTransaction, ids: Collection[int]) -> list[Record]:
    """(object, shipment, quantity, unit of measure, certainty) of the shipments that carried these, by the rollup."""
    return await tx.fetch(
        "select lot_id, shipment_id, quantity, uom, certainty from lot_shipment where tenant_id = $1 and lot_id = any($2::bigint[])", list(ids)
    )


async def around(tx: TenantTransaction, ids: Collection[int]) -> set[int]:
    """Containers in which these, or units of these, lie now, at any level."""
    rows = await tx.fetch(
        f"""{_GOODS.replace("with goods", "with recursive goods")},
            around(id) as (
              select c.container_id from goods g
              join containment c on c.tenant_id = $1 and c.content_id = g.object_id and c.valid_from <= now() and c.valid_to > now()
              union
              select c.container_id from around
              join containment c on c.tenant_id = $1 and c.content_id = around.id and c.valid_from <= now() and c.valid_to > now())
            select id from around""",
        list(ids),
    )
    return {row["id"] for row in rows}


async def beside(tx: TenantTransaction, containers: Collection[int], affected_units: Collection[int]) -> list[Record]:
    """(object, unit of measure, quantity, containers) of what lies directly in these containers now, units under their lot."""
    return await tx.fetch(
        """select coalesce(m.lot_id, c.content_id) as object_id, coalesce(c.uom, '') as uom, sum(coalesce(c.quantity, 1)) as quantity,
                  count(distinct c.container_id) as containers
           from containment c
           left join lateral (
             select min(u.lot_id) as lot_id from unit_membership u where u.tenant_id = $1 and u.unit_id = c.content_id and u.superseded_by is null) m
             on true
           where c.tenant_id = $1 and c.container_id = any($2::bigint[]) and c.valid_from <= now() and c.valid_to > now() and c.opened_by > 0
             and c.content_id <> all($3::bigint[])
           group by coalesce(m.lot_id, c.content_id), coalesce(c.uom, '')""",
        list(containers),
        list(affected_units),
    )


async def made_of_something(tx: TenantTransaction, ids: Collection[int]) -> set[int]:
    """Those of these of which it is known what they were made of."""
    rows = await tx.fetch(
        """select distinct child_id from lot_link
           where tenant_id = $1 and child_id = any($2::bigint[]) and kind in (2, 4, 8) and superseded_by is null""",
        list(ids),
    )
    return {row["child_id"] for row in rows}
