"""Statements on recalls' publications: how far one is, which goods it reaches, and what pages that stand already say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

LOTS_LISTED: Final = 12


@dataclass(frozen=True, slots=True)
class Goods:
    """A row of `recalled_goods`, which says what each column means."""

    object_id: int
    key: str
    kind: int
    gtin: str
    number: str
    possible: bool
    partly: bool


_COLUMNS: Final = ", ".join(each.name for each in fields(Goods))


async def publication(tx: TenantTransaction, case_id: UUID) -> Record | None:
    """How far the publication of a case is."""
    return await tx.fetchrow("select version, after, begun_at, done_at from recall_publication where tenant_id = $1 and case_id = $2", case_id)


async def begin(tx: TenantTransaction, case_id: UUID, version: int, at: datetime) -> None:
    """The goods of a version are to be published, from the first one on."""
    await tx.execute(
        """insert into recall_publication (tenant_id, case_id, version, after, begun_at) values ($1, $2, $3, 0, $4)
           on conflict (tenant_id, case_id) do update set version = excluded.version, after = 0, begun_at = excluded.begun_at, done_at = null""",
        case_id, version, at,
    )  # fmt: skip


async def advance(tx: TenantTransaction, case_id: UUID, after: int, done_at: datetime | None) -> None:
    """So far it is."""
    await tx.execute("update recall_publication set after = $3, done_at = $4 where tenant_id = $1 and case_id = $2", case_id, after, done_at)


async def reached(tx: TenantTransaction, case_id: UUID, objects: Collection[int]) -> dict[int, Goods]:
    """What is known already of these goods in a case."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from recalled_goods where tenant_id = $1 and case_id = $2 and object_id = any($3::bigint[])", case_id, list(objects)
    )
    return {row["object_id"]: Goods(*row) for row in rows}


async def put_goods(tx: TenantTransaction, case_id: UUID, goods: Sequence[Goods]) -> None:
    """Write which goods a case reaches, and how."""
    columns = [list(column) for column in zip(*([getattr(each, name.name) for name in fields(Goods)] for each in goods), strict=True)]
    await tx.execute(
        f"""insert into recalled_goods (tenant_id, case_id, {_COLUMNS})
            select $1, $2, * from unnest($3::bigint[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::boolean[], $9::boolean[])
            on conflict (tenant_id, case_id, object_id) do update set possible = excluded.possible, partly = excluded.partly""",
        case_id, *columns,
    )  # fmt: skip


async def count_goods(tx: TenantTransaction, case_id: UUID, added: Sequence[tuple[str, int, int]]) -> None:
    """Add (gtin, lots, units) to the products' numbers."""
    columns = [list(column) for column in zip(*added, strict=True)]
    await tx.execute(
        """insert into recalled_product as p (tenant_id, gtin, case_id, lots, units)
           select $1, u.gtin, $2, u.lots, u.units from unnest($3::text[], $4::int[], $5::int[]) as u(gtin, lots, units)
           on conflict (tenant_id, gtin, case_id) do update set lots = p.lots + excluded.lots, units = p.units + excluded.units""",
        case_id, *columns,
    )  # fmt: skip


async def of_objects(tx: TenantTransaction, objects: Collection[int]) -> list[Record]:
    """(object, case, possible, partly) for whatever recalls reach of these goods, in the order of the cases."""
    return await tx.fetch(
        """select object_id, case_id, possible, partly from recalled_goods
           where tenant_id = $1 and object_id = any($2::bigint[]) order by object_id, case_id""",
        list(objects),
    )


async def of_products(tx: TenantTransaction, gtins: Collection[str]) -> list[Record]:
    """(gtin, case, lots, the first of their numbers) for the recalls of products."""
    return await tx.fetch(
        """select p.gtin, p.case_id, p.lots,
                  array(select g.number from recalled_goods g
                        where g.tenant_id = $1 and g.case_id = p.case_id and g.gtin = p.gtin and g.kind = 1 order by g.number limit $3) as numbers
           from recalled_product p where p.tenant_id = $1 and p.gtin = any($2::text[]) order by p.gtin, p.case_id""",
        list(gtins), LOTS_LISTED,
    )  # fmt: skip


async def totals(tx: TenantTransaction, case_id: UUID) -> Record | None:
    """How many lots and units of how many products a case's publication reaches."""
    return await tx.fetchrow(
        """select count(*) as products, coalesce(sum(lots), 0) as lots, coalesce(sum(units), 0) as units
           from recalled_product where tenant_id = $1 and case_id = $2""",
        case_id,
    )


async def pages(tx: TenantTransaction, keys: Collection[str]) -> list[Record]:
    """(key, lot_key, document) of pages that stand already."""
    return await tx.fetch("select key, lot_key, document from published_history where tenant_id = $1 and key = any($2::text[])", list(keys))


async def named(tx: TenantTransaction, case_id: UUID, keys: Collection[str], gtins: Collection[str]) -> set[str]:
    """Those of these keys and products that a case reaches."""
    rows = await tx.fetch(
        """select g.key as name from recalled_goods g where g.tenant_id = $1 and g.case_id = $2 and g.key = any($3::text[])
           union select p.gtin from recalled_product p where p.tenant_id = $1 and p.case_id = $2 and p.gtin = any($4::text[])""",
        case_id, list(keys), list(gtins),
    )  # fmt: skip
    return {row["name"] for row in rows}


async def of_key(tx: TenantTransaction, key: str) -> list[Record]:
    """(case, possible, partly) for whatever recalls reach of the goods of a key."""
    return await tx.fetch(
        """select g.case_id, g.possible, g.partly from traceable_object o
           join recalled_goods g on g.tenant_id = $1 and g.object_id = o.object_id
           where o.tenant_id = $1 and o.key = $2 order by g.case_id""",
        key,
    )
