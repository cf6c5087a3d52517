"""Statements on the catalogue."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from backend.catalog.entries import Entry, Location, Product
from infra.database import Record, TenantTransaction


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def row_of(entry: Entry) -> tuple[Any, ...]:
    """An entry's columns, as the statements below take them, but for the moment at the end."""
    names = msgspec.json.encode(dict(entry.names)).decode()
    if isinstance(entry, Product):
        return entry.gtin, names, int(entry.kind), entry.uom, entry.shelf_life_days, entry.published, entry.told
    if isinstance(entry, Location):
        return entry.place, entry.parent_place, names, entry.kind, entry.own, entry.time_zone, entry.undetermined, entry.told
    return entry.party, names, entry.supplier, entry.customer, entry.address, entry.told


# Each of these leaves a row alone of which something holds that began later; the company's own word takes the place of others', never the
# other way round.


async def upsert_products(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(GTIN, names, kind, unit of measure, shelf life in days, published, told, valid from)."""
    await tx.execute(
        """insert into product as p (tenant_id, gtin, names, kind, uom, shelf_life_days, published, told, valid_from)
           select $1, * from unnest($2::text[], $3::text[], $4::smallint[], $5::text[], $6::int[], $7::bool[], $8::bool[], $9::timestamptz[])
           on conflict (tenant_id, gtin) do update set names = excluded.names, kind = excluded.kind, uom = excluded.uom,
             shelf_life_days = excluded.shelf_life_days, published = excluded.published, told = excluded.told, valid_from = excluded.valid_from,
             updated_at = now()
           where case when p.told = excluded.told then p.valid_from <= excluded.valid_from else p.told end""",
        *_columns(rows),
    )


async def upsert_locations(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(place, parent place, names, kind, own, time zone, undetermined, told, valid from)."""
    await tx.execute(
        """insert into location as l (tenant_id, place, parent_place, names, kind, own, time_zone, undetermined, told, valid_from)
           select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::text[], $8::bool[], $9::bool[],
             $10::timestamptz[])
           on conflict (tenant_id, place) do update set parent_place = excluded.parent_place, names = excluded.names, kind = excluded.kind,
             own = excluded.own, time_zone = excluded.time_zone, undetermined = excluded.undetermined, told = excluded.told,
             valid_from = excluded.valid_from, updated_at = now()
           where case when l.told = excluded.told then l.valid_from <= excluded.valid_from else l.told end""",
        *_columns(rows),
    )


async def upsert_partners(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(party, names, supplier, customer, address, told, valid from)."""
    await tx.execute(
        """insert into partner as p (tenant_id, party, names, supplier, customer, address, told, valid_from)
           select $1, * from unnest($2::text[], $3::text[], $4::bool[], $5::bool[], $6::text[], $7::bool[], $8::timestamptz[])
           on conflict (tenant_id, party) do update set names = excluded.names, supplier = excluded.supplier, customer = excluded.customer,
             address = excluded.address, told = excluded.told, valid_from = excluded.valid_from, updated_at = now()
           where case when p.told = excluded.told then p.valid_from <= excluded.valid_from else p.told end""",
        *_columns(rows),
    )


async def products(tx: TenantTransaction, gtins: Collection[str]) -> list[Record]:
    """Products by GTIN."""
    return await tx.fetch(
        "select gtin, names, kind, uom, shelf_life_days, published, told from product where tenant_id = $1 and gtin = any($2::text[])", list(gtins)
    )


async def locations(tx: TenantTransaction, places: Collection[str]) -> list[Record]:
    """Locations by their canonical URI."""
    return await tx.fetch(
        """select place, parent_place, names, kind, own, time_zone, undetermined, told from location
           where tenant_id = $1 and place = any($2::text[])""",
        list(places),
    )


async def partners(tx: TenantTransaction, parties: Collection[str]) -> list[Record]:
    """Partners by their canonical URI."""
    return await tx.fetch(
        "select party, names, supplier, customer, address, told from partner where tenant_id = $1 and party = any($2::text[])", list(parties)
    )


MOST_PLACES: Final = 20_000

# The bounds of a GLN's extensions are reckoned beside each place: only then do the indexes serve, because a function of what is
# compared could tell of rows that the tenant's policy hides.
_BOUNDS: Final = """case when length({place}) = $3 and {place} like $4 then {place} || '/' end as low,
  case when length({place}) = $3 and {place} like $4 then {place} || '0' end as high"""
_AROUND: Final = f"""
with recursive within(place, low, high) as (
  select given.place collate "C" as place, {_BOUNDS.format(place='given.place collate "C"')} from unnest($2::text[]) as given(place)
  union
  select l.place, {_BOUNDS.format(place="l.place")} from within w
  join location l on l.tenant_id = $1 and not l.told and (l.parent_place = w.place or (l.parent_place > w.low and l.parent_place < w.high))
), above(place) as (
  select l.parent_place from location l where l.tenant_id = $1 and l.place = any($2::text[]) and l.parent_place is not null and not l.told
  union
  select l.parent_place from above a join location l on l.tenant_id = $1 and l.place = a.place
    where l.parent_place is not null and not l.told
)
select place, false as above from within
union all
select place, true from above
limit $5
"""


async def places_around(tx: TenantTransaction, sites: Collection[str], *, stem: int, gln: str) -> list[Record]:
    """(place, whether it is above) of what the catalogue puts into these sites, and of what they lie in. A circle of parents ends at
    what was seen; beyond 20,000 places a place is as good as outside. What only others' documents tell opens nothing to anybody.

    A place whose URI begins with `gln` and is `stem` long has extensions: what lies in one of them lies in it. They aren't listed.
    """
    return await tx.fetch(_AROUND, list(sites), stem, f"{gln}%", MOST_PLACES)


async def places_in(tx: TenantTransaction, fence: str, values: Collection[Any]) -> list[str]:
    """Places of the catalogue by a condition on `place`, whose values stand from `$2` on."""
    return [row["place"] for row in await tx.fetch(f"select place from location where tenant_id = $1{fence}", *values)]
