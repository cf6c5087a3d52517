"""Statements for the pull of changes: what compact events need besides the feed, and master data in order of its last change."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from backend.catalog.sites import OPEN, Sites, fenced, shown
from infra.database import Record, TenantTransaction

MOST_OBJECTS: Final = 50


class Part(StrEnum):
    """A table of master data that phones keep a copy of."""

    PRODUCTS = "products"
    LOCATIONS = "locations"
    PARTNERS = "partners"


_CHANGED: Final = {
    Part.PRODUCTS: """select gtin as key, updated_at, names, kind, uom, shelf_life_days from product
        where tenant_id = $1 and (updated_at, gtin) > ($2::timestamptz, $3::text) order by updated_at, gtin limit $4""",
    Part.LOCATIONS: """select place as key, updated_at, parent_place, names, kind, own, time_zone from location
        where tenant_id = $1 and (updated_at, place) > ($2::timestamptz, $3::text) order by updated_at, place limit $4""",
    Part.PARTNERS: """select party as key, updated_at, names, supplier, customer from partner
        where tenant_id = $1 and (updated_at, party) > ($2::timestamptz, $3::text) order by updated_at, party limit $4""",
}


async def changed(tx: TenantTransaction, part: Part, *, after: tuple[datetime, str], limit: int, sites: Sites | None) -> list[Record]:
    """Rows changed after a moment, or at it with a later key; `key` and `updated_at` are where the next page goes on. Of the company's
    own locations, those in the sites and above them."""
    fence = shown(sites, "place", "(own or undetermined)", at=5) if part is Part.LOCATIONS else OPEN
    return await tx.fetch(_CHANGED[part].replace(" order by", f"{fence.condition} order by"), *after, limit, *fence.values)


async def position(tx: TenantTransaction, *, settling: timedelta) -> tuple[int, datetime]:
    """The last sequence number, and the moment before which no open transaction can still change master data."""
    row = await tx.fetchrow(
        "select coalesce(max(last_seq), 0) as seq, now() - $2::interval as settled from tenant_sequence where tenant_id = $1", settling
    )
    if row is None:
        raise RuntimeError("an aggregate gives a row")
    return row["seq"], row["settled"]


async def objects_of(tx: TenantTransaction, event_ids: Collection[int]) -> list[Record]:
    """What took part in events: at most 50 rows for each, with `total` how many there are."""
    return await tx.fetch(
        """select n.event_id, o.key, n.role, n.quantity, n.uom, n.total from (
             select event_id, object_id, role, line, quantity, uom, count(*) over (partition by event_id) as total,
                    row_number() over (partition by event_id order by role, line, object_id) as place
             from event_object where tenant_id = $1 and event_id = any($2::bigint[])) n
           join traceable_object o on o.tenant_id = $1 and o.object_id = n.object_id
           where n.place <= $3 order by n.event_id, n.place""",
        list(event_ids),
        MOST_OBJECTS,
    )


async def corrected_by(tx: TenantTransaction, declarations: Collection[int], sites: Sites | None) -> dict[int, UUID]:
    """The public id of the event that each declaration says was wrong, where that event is known at the sites."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=3)
    rows = await tx.fetch(
        f"""select d.event_id, e.public_id from event d
           join event e on e.tenant_id = $1 and e.base_key = d.base_key and e.declared_at is null
           where d.tenant_id = $1 and d.event_id = any($2::bigint[]){fence.condition}""",
        list(declarations),
        *fence.values,
    )
    return {row["event_id"]: row["public_id"] for row in rows}
