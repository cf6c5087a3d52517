"""Statements on traceable objects."""

from collections.abc import Collection, Sequence

from backend.catalog.sites import Sites, inside
from backend.objects.visibility import visible
from infra.database import Record, TenantTransaction

OBJECT_COLUMNS = "object_id, kind, key, gtin, code"


async def insert_missing(tx: TenantTransaction, kinds: Sequence[int], keys: Sequence[str], gtins: Sequence[str | None], codes: Sequence[str]) -> None:
    """Insert objects, given sorted by key so that two writers never wait for each other crosswise; those known are left alone."""
    await tx.execute(
        """insert into traceable_object (tenant_id, kind, key, gtin, code)
           select $1, kind, key, gtin, code from unnest($2::smallint[], $3::text[], $4::text[], $5::text[]) as new(kind, key, gtin, code)
           on conflict (tenant_id, key) do nothing""",
        kinds,
        keys,
        gtins,
        codes,
    )


async def ids_by_key(tx: TenantTransaction, keys: Collection[str]) -> dict[str, int]:
    """The ids of those keys that exist. A statement of its own, later than the insert (PERFORMANCE: trap 1)."""
    rows = await tx.fetch("select key, object_id from traceable_object where tenant_id = $1 and key = any($2::text[])", list(keys))
    return {row["key"]: row["object_id"] for row in rows}


async def by_ids(tx: TenantTransaction, ids: Collection[int]) -> list[Record]:
    """Rows for ids; ids that do not exist here are absent."""
    return await tx.fetch(f"select {OBJECT_COLUMNS} from traceable_object where tenant_id = $1 and object_id = any($2::bigint[])", list(ids))


async def by_key(tx: TenantTransaction, key: str, sites: Sites | None = None) -> Record | None:
    """The object with exactly this canonical key, if the sites meet it."""
    fence = visible(sites, "o.object_id", at=3)
    return await tx.fetchrow(
        f"select {OBJECT_COLUMNS} from traceable_object o where o.tenant_id = $1 and o.key = $2{fence.condition}", key, *fence.values
    )


async def by_keys(tx: TenantTransaction, keys: Collection[str], sites: Sites | None = None) -> list[Record]:
    """The objects with exactly these canonical keys that the sites meet."""
    fence = visible(sites, "o.object_id", at=3)
    return await tx.fetch(
        f"select {OBJECT_COLUMNS} from traceable_object o where o.tenant_id = $1 and o.key = any($2::text[]){fence.condition}",
        list(keys),
        *fence.values,
    )


async def by_codes(tx: TenantTransaction, codes: Collection[str], limit: int, sites: Sites | None = None) -> list[Record]:
    """Objects, of those that the sites meet, whose lot number, serial or other variable part is exactly one of `codes`."""
    fence = visible(sites, "o.object_id", at=4)
    return await tx.fetch(
        f"""select {OBJECT_COLUMNS} from traceable_object o where o.tenant_id = $1 and o.code = any($2::text[]){fence.condition}
            order by o.kind, o.key limit $3""",
        list(codes),
        limit,
        *fence.values,
    )


async def met_at(tx: TenantTransaction, ids: Collection[int], sites: Sites) -> set[int]:
    """Those of these objects that the sites meet: the same as `visible`, for many at once.

    All of them are joined in one statement: whether their events are looked up one by one or those of the sites are read at once, the
    planner decides by what there is less of, so he has to see the values each time. Only for those whose own events don't tell, lots and
    units are asked.
    """
    async with tx.planning_each_time():
        fence = inside(sites, ("e.read_point", "e.biz_location"), at=3)
        named = await tx.fetch(
            f"""select distinct eo.object_id from event_object eo
                join event e on e.tenant_id = $1 and e.event_id = eo.event_id and e.superseded_by is null and e.declared_at is null{fence.condition}
                where eo.tenant_id = $1 and eo.object_id = any($2::bigint[])""",
            list(ids),
            *fence.values,
        )
        met = {row["object_id"] for row in named}
        others = [each for each in ids if each not in met]
        by_kin = await tx.fetch(
            f"""select distinct kin.root from (
                  select m.unit_id as root, m.lot_id as object_id from unit_membership m
                  where m.tenant_id = $1 and m.unit_id = any($2::bigint[]) and m.superseded_by is null
                  union all
                  select m.lot_id, m.unit_id from unit_membership m
                  where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null) kin
                join event_object eo on eo.tenant_id = $1 and eo.object_id = kin.object_id
                join event e on e.tenant_id = $1 and e.event_id = eo.event_id and e.superseded_by is null
                  and e.declared_at is null{fence.condition}""",
            others,
            *fence.values,
        )
    return met | {row["root"] for row in by_kin}


async def of_product(tx: TenantTransaction, gtin: str, kind: int, limit: int) -> list[Record]:
    """A product's lots or units, newest first."""
    return await tx.fetch(
        f"""select {OBJECT_COLUMNS} from traceable_object where tenant_id = $1 and gtin = $2 and kind = $3
            order by object_id desc limit $4""",
        gtin,
        kind,
        limit,
    )
