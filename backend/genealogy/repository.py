"""Statements that keep links, memberships, class inputs and movements."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.events.moments import MOMENT
from infra.database import TenantTransaction

# Clocks of different firms differ; within this bound containment and presence count as possible (MODEL: Time).
TOLERANCE = "interval '24 hours'"

# Of a lot as `o`: its GTIN, or where it has none the key of its product, which its own key goes on from (…/class/{product}/{lot}). To be
# computed before it is joined: as a condition of the join it would keep row level security from using an index.
PRODUCT_OF = "coalesce(o.gtin, left(o.key, length(o.key) - strpos(reverse(o.key), '/')))"

LinkRow = tuple[int, int, int, int, datetime, Decimal | None, str | None, int]


# What a new event states can't be in the tables yet, so it is inserted without `on conflict`, which costs half as much again as the row.
# The moment is asked for once in a statement, not for each row, as the columns' default would.


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def insert_links(tx: TenantTransaction, rows: Sequence[LinkRow]) -> None:
    """(parent, child, event, kind, occurred at, quantity, unit of measure, certainty) of new events, each key once."""
    await tx.execute(
        f"""insert into lot_link (tenant_id, parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty, known_from)
           select $1, *, (select {MOMENT})
           from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::timestamptz[], $7::numeric[], $8::text[],
                                    $9::smallint[])
           returning tenant_id""",
        *_columns(rows),
    )


async def insert_memberships(tx: TenantTransaction, rows: Sequence[tuple[int, int, int]]) -> None:
    """(unit, lot, event) of new events."""
    await tx.execute(
        f"""insert into unit_membership (tenant_id, unit_id, lot_id, event_id, known_from)
           select $1, *, (select {MOMENT}) from unnest($2::bigint[], $3::bigint[], $4::bigint[]) returning tenant_id""",
        *_columns(list(dict.fromkeys(rows))),
    )


async def insert_movements(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(object, event, line, place, moved at, delta, unit of measure, counterparty) of new events, each key once."""
    await tx.execute(
        f"""insert into movement (tenant_id, object_id, event_id, line, place, moved_at, delta, uom, counterparty, known_from)
           select $1, *, (select {MOMENT})
           from unnest($2::bigint[], $3::bigint[], $4::int[], $5::text[], $6::timestamptz[], $7::numeric[], $8::text[],
                                    $9::text[])
           returning tenant_id""",
        *_columns(rows),
    )


async def insert_class_inputs(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(event, node, product, GTIN, place, occurred at)."""
    await tx.execute(
        """insert into class_input (tenant_id, event_id, node_id, product_id, gtin, place, occurred_at)
           select $1, * from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[])
           on conflict do nothing""",
        *_columns(rows),
    )


async def supersede(tx: TenantTransaction, event_ids: Sequence[int], by: Sequence[int]) -> set[int]:
    """Take out of force what the events taught; rows are marked, never deleted. Returns the nodes whose links changed."""
    for table in ("unit_membership", "class_input", "movement"):
        await tx.execute(
            f"""update {table} t set superseded_by = s.by, superseded_at = {MOMENT} from unnest($2::bigint[], $3::bigint[]) as s(event_id, by)
                where t.tenant_id = $1 and t.event_id = s.event_id and t.superseded_by is null""",
            event_ids,
            by,
        )
    rows = await tx.fetch(
        f"""update lot_link t set superseded_by = s.by, superseded_at = {MOMENT} from unnest($2::bigint[], $3::bigint[]) as s(event_id, by)
           where t.tenant_id = $1 and t.event_id = s.event_id and t.superseded_by is null returning t.parent_id, t.child_id""",
        event_ids,
        by,
    )
    return {row["parent_id"] for row in rows} | {row["child_id"] for row in rows}


async def class_inputs_touched(tx: TenantTransaction, moved: Collection[int]) -> list[int]:
    """Events with an input told without its lot, of a product of which a lot in `moved` has just been moved or corrected."""
    rows = await tx.fetch(
        f"""with lot as materialized (
             select distinct {PRODUCT_OF} as product from traceable_object o
             where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and o.kind = 1)
           select distinct c.event_id from lot
           join class_input c on c.tenant_id = $1 and c.gtin = lot.product and c.superseded_by is null""",
        list(moved),
    )
    return [row["event_id"] for row in rows]


async def moved_by(tx: TenantTransaction, event_ids: Collection[int]) -> set[int]:
    """Objects that these events moved."""
    rows = await tx.fetch("select distinct object_id from movement where tenant_id = $1 and event_id = any($2::bigint[])", list(event_ids))
    return {row["object_id"] for row in rows}


async def members_taught_by(tx: TenantTransaction, event_ids: Collection[int]) -> set[int]:
    """Units whose lot these events taught."""
    rows = await tx.fetch("select distinct unit_id from unit_membership where tenant_id = $1 and event_id = any($2::bigint[])", list(event_ids))
    return {row["unit_id"] for row in rows}


async def positions(tx: TenantTransaction, object_ids: Collection[int], at: datetime) -> list[Any]:
    """(object, place, unit of measure, quantity) where the sum isn't zero, as of `at`."""
    return await tx.fetch(
        """select object_id, place, uom, sum(delta) as quantity from movement
           where tenant_id = $1 and object_id = any($2::bigint[]) and superseded_by is null and moved_at <= $3
           group by object_id, place, uom having sum(delta) <> 0 order by object_id, place, uom""",
        list(object_ids),
        at,
    )


async def received_from(tx: TenantTransaction, object_ids: Collection[int]) -> list[Any]:
    """(object, party) for what was received from somebody, as its receipts say."""
    return await tx.fetch(
        """select distinct object_id, counterparty from movement
           where tenant_id = $1 and object_id = any($2::bigint[]) and superseded_by is null and counterparty is not null and delta > 0""",
        list(object_ids),
    )
