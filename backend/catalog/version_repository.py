"""Statements on what held in the catalogue when."""

from collections.abc import Collection, Sequence
from datetime import datetime

from infra.database import Record, TenantTransaction

# What the catalogue itself hardly reaches; beyond it the oldest states of a batch are left out.
MOST_VERSIONS = 20_000


async def add(
    tx: TenantTransaction, kind: int, *, keys: Sequence[str], entries: Sequence[str], told: Sequence[bool], valid_from: datetime, recorded_by: str
) -> list[str]:
    """Add a state of each entry, unless it is what held then anyway; gives the keys of those that are new."""
    rows = await tx.fetch(
        """insert into catalog_version (tenant_id, kind, key, valid_from, told, recorded_by, entry)
           select $1, $2, n.key, $6, n.told, $7, n.entry from unnest($3::text[], $4::text[], $5::bool[]) as n(key, entry, told)
           where n.entry is distinct from (
             select v.entry from catalog_version v where v.tenant_id = $1 and v.kind = $2 and v.key = n.key and v.valid_from <= $6
             order by v.told, v.valid_from desc, v.version_id desc limit 1)
           returning key""",
        kind,
        list(keys),
        list(entries),
        list(told),
        valid_from,
        recorded_by,
    )
    return [row["key"] for row in rows]


async def at(tx: TenantTransaction, kind: int, keys: Sequence[str], moments: Sequence[datetime]) -> list[Record]:
    """(place in the lists, entry, valid from) of what held of each key at its moment; before the first state that is known, that one.
    What others told ends with the company's first own word.
    """
    return await tx.fetch(
        """select n.place::int as place, coalesce(held.entry, first.entry) as entry, coalesce(held.valid_from, first.valid_from) as valid_from
           from unnest($3::text[], $4::timestamptz[]) with ordinality as n(key, moment, place)
           left join lateral (
             select v.entry, v.valid_from from catalog_version v
             where v.tenant_id = $1 and v.kind = $2 and v.key = n.key and v.valid_from <= n.moment
             order by v.told, v.valid_from desc, v.version_id desc limit 1) held on true
           left join lateral (
             select v.entry, v.valid_from from catalog_version v where v.tenant_id = $1 and v.kind = $2 and v.key = n.key and held.entry is null
             order by v.valid_from, v.version_id desc limit 1) first on true
           where coalesce(held.entry, first.entry) is not null""",
        kind,
        list(keys),
        list(moments),
    )


async def of_keys(tx: TenantTransaction, kind: int, keys: Collection[str]) -> list[Record]:
    """Every state of these keys, in the order in which they held."""
    return await tx.fetch(
        f"""select key, entry, valid_from, told from (
             select key, entry, valid_from, told, version_id from catalog_version where tenant_id = $1 and kind = $2 and key = any($3::text[])
             order by valid_from desc, version_id desc limit {MOST_VERSIONS}) v
           order by valid_from, version_id""",
        kind,
        list(keys),
    )


async def pages(
    tx: TenantTransaction, kind: int, keys: Collection[str], *, cursor: tuple[datetime, int] | None, backward: bool, limit: int
) -> list[Record]:
    """States of each key from behind the cursor, the last first, or the other way round. `valid_to` is where the next one begins."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select k.key, v.version_id, v.valid_from, v.recorded_at, v.recorded_by, v.told, v.entry,
             case when v.told and exists (
               select 1 from catalog_version o where o.tenant_id = $1 and o.kind = $2 and o.key = k.key and not o.told
                 and o.valid_from <= v.valid_from) then v.valid_from
             else (select min(n.valid_from) from catalog_version n where n.tenant_id = $1 and n.kind = $2 and n.key = k.key
                and (v.told or not n.told) and (n.valid_from, n.version_id) > (v.valid_from, v.version_id)) end as valid_to
           from unnest($3::text[]) as k(key) cross join lateral (
             select * from catalog_version c where c.tenant_id = $1 and c.kind = $2 and c.key = k.key
               and ($4::timestamptz is null or (c.valid_from, c.version_id) {behind} ($4, $5::bigint))
             order by c.valid_from {order}, c.version_id {order} limit $6) v
           order by k.key, v.valid_from {order}, v.version_id {order}""",
        kind,
        list(keys),
        cursor[0] if cursor else None,
        cursor[1] if cursor else None,
        limit,
    )
