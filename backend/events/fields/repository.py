"""Statements on the fields of events, and on the words and places that occur."""

from collections.abc import Sequence
from typing import Any, Final

from backend.catalog.sites import Sites, fenced
from backend.events.fields.names import Dimension
from backend.identifiers import ObjectKind
from infra.database import Record, TenantTransaction

_INSERT: Final = """
with said as (
  insert into event_field (tenant_id, field, event_id, line, text_value, number_value, time_value, unit)
  select $1, * from unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::text[], $6::float8[], $7::timestamptz[], $8::text[]){again})
insert into event_vocabulary (tenant_id, dimension, value, place)
select $1, * from unnest($9::smallint[], $10::text[], $11::text[])
on conflict (tenant_id, dimension, value, place) do nothing
"""


# Looking for a row that can't be there costs half as much again as the row.
_INSERT_NEW: Final = _INSERT.replace("{again}", " returning tenant_id")
_INSERT_AGAIN: Final = _INSERT.replace("{again}", " on conflict (tenant_id, field, event_id, line) do nothing")


async def insert_fields(
    tx: TenantTransaction, fields: Sequence[tuple[Any, ...]], vocabulary: Sequence[tuple[Any, ...]], *, again: bool = False
) -> None:
    """Fields are (code, event's id, line, text, number, time, unit) of new events, or of any `again`; words and places are
    (dimension, value, place), known or not."""
    columns = [list(column) for column in zip(*fields, strict=True)] or [[] for _ in range(7)]
    words = [list(column) for column in zip(*vocabulary, strict=True)] or [[] for _ in range(3)]
    await tx.execute(_INSERT_AGAIN if again else _INSERT_NEW, *columns, *words)


async def bodies(tx: TenantTransaction, *, after: int, limit: int) -> list[Record]:
    """(event's id, body, context) in the order of ids."""
    return await tx.fetch("select event_id, body, context from event where tenant_id = $1 and event_id > $2 order by event_id limit $3", after, limit)


async def vocabulary(tx: TenantTransaction, dimension: Dimension, *, after: str, limit: int, sites: Sites | None) -> list[str]:
    """Words or places that occur at the sites, in order, from behind `after`."""
    fence = fenced(sites, "place", at=5)
    rows = await tx.fetch(
        f"""select distinct value from event_vocabulary where tenant_id = $1 and dimension = $2 and value > $3{fence.condition}
            order by value limit $4""",
        int(dimension),
        after,
        limit,
        *fence.values,
    )
    return [row["value"] for row in rows]


async def occurs(tx: TenantTransaction, dimension: Dimension, value: str, sites: Sites | None) -> bool:
    """Whether a word or place occurs at the sites."""
    fence = fenced(sites, "place", at=4)
    found: bool = await tx.fetchval(
        f"select exists (select from event_vocabulary where tenant_id = $1 and dimension = $2 and value = $3{fence.condition})",
        int(dimension),
        value,
        *fence.values,
    )
    return found


_INSTANCES: Final = [int(kind) for kind in ObjectKind if kind not in (ObjectKind.LOT, ObjectKind.PRODUCT_CLASS, ObjectKind.TRANSFORMATION)]


async def objects_that_took_part(tx: TenantTransaction, *, after: str, looked_at: int, sites: Sites | None) -> list[Record]:
    """(key, whether it is an instance that took part in an event at the sites) of the next so many objects in the order of their keys."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=5)
    joined = "" if sites is None else " join event e on e.tenant_id = $1 and e.event_id = eo.event_id"
    return await tx.fetch(
        f"""select o.key, o.kind = any($4::smallint[]) and exists (
              select from event_object eo{joined} where eo.tenant_id = $1 and eo.object_id = o.object_id{fence.condition}) as shown
            from traceable_object o where o.tenant_id = $1 and o.key > $2 order by o.key limit $3""",
        after,
        looked_at,
        _INSTANCES,
        *fence.values,
    )


async def took_part(tx: TenantTransaction, key: str, sites: Sites | None) -> bool:
    """Whether an object or a class took part in an event at the sites."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=3)
    found: bool = await tx.fetchval(
        f"""select exists (select from traceable_object o
              join event_object eo on eo.tenant_id = $1 and eo.object_id = o.object_id
              join event e on e.tenant_id = $1 and e.event_id = eo.event_id
              where o.tenant_id = $1 and o.key = $2{fence.condition})""",
        key,
        *fence.values,
    )
    return found
