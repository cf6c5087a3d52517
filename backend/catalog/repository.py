"""Statements on the catalogue."""

from collections.abc import Collection, Sequence
from typing import Any

from infra.database import Record, TenantTransaction


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def upsert_products(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(GTIN, names, kind, unit of measure, shelf life in days, published)."""
    await tx.execute(
        """insert into product (tenant_id, gtin, names, kind, uom, shelf_life_days, published)
           select $1, * from unnest($2::text[], $3::text[], $4::smallint[], $5::text[], $6::int[], $7::bool[])
           on conflict (tenant_id, gtin) do update set names = excluded.names, kind = excluded.kind, uom = excluded.uom,
             shelf_life_days = excluded.shelf_life_days, published = excluded.published, updated_at = now()""",
        *_columns(rows),
    )


async def upsert_locations(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(place, parent place, names, kind, own, time zone)."""
    await tx.execute(
        """insert into location (tenant_id, place, parent_place, names, kind, own, time_zone)
           select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::text[])
           on conflict (tenant_id, place) do update set parent_place = excluded.parent_place, names = excluded.names, kind = excluded.kind,
             own = excluded.own, time_zone = excluded.time_zone, updated_at = now()""",
        *_columns(rows),
    )


async def upsert_partners(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(party, names, supplier, customer, address)."""
    await tx.execute(
        """insert into partner (tenant_id, party, names, supplier, customer, address)
           select $1, * from unnest($2::text[], $3::text[], $4::bool[], $5::bool[], $6::text[])
           on conflict (tenant_id, party) do update set names = excluded.names, supplier = excluded.supplier, customer = excluded.customer,
             address = excluded.address, updated_at = now()""",
        *_columns(rows),
    )


async def products(tx: TenantTransaction, gtins: Collection[str]) -> list[Record]:
    """Products by GTIN."""
    return await tx.fetch(
        "select gtin, names, kind, uom, shelf_life_days, published from product where tenant_id = $1 and gtin = any($2::text[])", list(gtins)
    )


async def locations(tx: TenantTransaction, places: Collection[str]) -> list[Record]:
    """Locations by their canonical URI."""
    return await tx.fetch(
        "select place, parent_place, names, kind, own, time_zone from location where tenant_id = $1 and place = any($2::text[])", list(places)
    )


async def partners(tx: TenantTransaction, parties: Collection[str]) -> list[Record]:
    """Partners by their canonical URI."""
    return await tx.fetch(
        "select party, names, supplier, customer, address from partner where tenant_id = $1 and party = any($2::text[])", list(parties)
    )


async def list_products(tx: TenantTransaction, *, after: str, limit: int) -> list[Record]:
    """Products in order of their GTIN, from behind `after`."""
    return await tx.fetch(
        """select gtin, names, kind, uom, shelf_life_days, published from product
           where tenant_id = $1 and gtin > $2 order by gtin limit $3""",
        after,
        limit,
    )


async def list_locations(tx: TenantTransaction, *, after: str, limit: int) -> list[Record]:
    """Locations in order of their URI, from behind `after`."""
    return await tx.fetch(
        """select place, parent_place, names, kind, own, time_zone from location
           where tenant_id = $1 and place > $2 order by place limit $3""",
        after,
        limit,
    )


async def list_partners(tx: TenantTransaction, *, after: str, limit: int) -> list[Record]:
    """Partners in order of their URI, from behind `after`."""
    return await tx.fetch(
        """select party, names, supplier, customer, address from partner
           where tenant_id = $1 and party > $2 order by party limit $3""",
        after,
        limit,
    )
