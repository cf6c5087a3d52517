"""Statements that write and read frozen scopes. Rows are added, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.database import Record, TenantTransaction

_VERSION = """
select v.case_id, v.version, v.frozen_at, v.frozen_by, v.signature_id, v.known_at, v.digest, v.counts, q.sources, q.bounds
from recall_version v
join recall_question q on q.tenant_id = $1 and q.case_id = v.case_id and q.revision = v.revision
where v.tenant_id = $1 and v.case_id = $2
"""


async def last_version(tx: TenantTransaction, case_id: UUID) -> int:
    """The number of the last frozen scope; 0 where there is none."""
    return int(await tx.fetchval("select coalesce(max(version), 0) from recall_version where tenant_id = $1 and case_id = $2", case_id))


async def version_of(tx: TenantTransaction, case_id: UUID, version: int | None) -> Record | None:
    """A frozen scope, the last one by default."""
    return await tx.fetchrow(
        f"{_VERSION} and ($3::int is null or v.version = $3) order by v.version desc limit 1",
        case_id,
        version,
    )


async def versions_of(tx: TenantTransaction, case_id: UUID, *, cursor: int, backward: bool, limit: int) -> list[Record]:
    """Frozen scopes behind a number, newest first, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"{_VERSION} and ($3::int = 0 or v.version {behind} $3) order by v.version {order} limit $4",
        case_id,
        cursor,
        limit,
    )


async def add_version(
    tx: TenantTransaction,
    case_id: UUID,
    version: int,
    *,
    revision: int,
    at: datetime,
    by: UUID | None,
    signature_id: UUID | None,
    known_at: datetime,
    digest: str,
    counts: str,
) -> None:
    """Write the head of a frozen scope."""
    await tx.execute(
        """insert into recall_version (tenant_id, case_id, version, revision, frozen_at, frozen_by, signature_id, known_at, digest, counts)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        case_id,
        version,
        revision,
        at,
        by,
        signature_id,
        known_at,
        digest,
        counts,
    )


async def add_items(tx: TenantTransaction, case_id: UUID, version: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """(position, object, key, kind, GTIN, code, role, certainty, doubts, steps, root, units, quantities, places)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into recall_item (tenant_id, case_id, version, position, object_id, key, kind, gtin, code, role, certainty, doubts, steps, root,
             units, quantities, places)
           select $1, $2, $3, n.* from unnest($4::bigint[], $5::bigint[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::smallint[],
             $11::smallint[], $12::text[], $13::int[], $14::boolean[], $15::bigint[], $16::text[], $17::text[]) as n
           returning tenant_id""",
        case_id,
        version,
        *columns,
    )


async def add_shipped(tx: TenantTransaction, case_id: UUID, version: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """(party, object, shipment, uom, key, kind, GTIN, code, quantity, certainty, shipment's public id, shipped at, from place, document)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into recall_shipped (tenant_id, case_id, version, party, object_id, shipment_id, uom, key, kind, gtin, code, quantity, certainty,
             shipment, shipped_at, from_place, document)
           select $1, $2, $3, n.* from unnest($4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::smallint[], $10::text[],
             $11::text[], $12::numeric[], $13::smallint[], $14::uuid[], $15::timestamptz[], $16::text[], $17::text[]) as n
           on conflict do nothing""",
        case_id,
        version,
        *columns,
    )


async def add_seeds(tx: TenantTransaction, case_id: UUID, version: int, seeds: Sequence[int]) -> None:
    """Where the walk began."""
    await tx.execute(
        """insert into recall_seed (tenant_id, case_id, version, object_id) select $1, $2, $3, s from unnest($4::bigint[]) s
           on conflict do nothing""",
        case_id,
        version,
        list(seeds),
    )


async def items(tx: TenantTransaction, case_id: UUID, version: int, *, cursor: int, backward: bool, limit: int, role: int | None) -> list[Record]:
    """Items behind a position, in the order of going; 0 for the beginning (or the end)."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select * from recall_item where tenant_id = $1 and case_id = $2 and version = $3 and ($4::bigint = 0 or position {behind} $4)
              and ($6::smallint is null or role = $6) order by position {order} limit $5""",
        case_id,
        version,
        cursor,
        limit,
        role,
    )


async def parties(tx: TenantTransaction, case_id: UUID, version: int, *, after: str | None, backward: bool, limit: int) -> list[str]:
    """Who received some of it, by name, behind one; empty for shipments that name nobody."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    rows = await tx.fetch(
        f"""select distinct party from recall_shipped where tenant_id = $1 and case_id = $2 and version = $3
              and ($4::text is null or party {behind} $4) order by party {order} limit $5""",
        case_id,
        version,
        after,
        limit,
    )
    return [row["party"] for row in rows]


async def lots_of(tx: TenantTransaction, case_id: UUID, version: int, parties: Sequence[str]) -> list[Record]:
    """What each of these received: (party, object …, quantity, certainty, shipments, documents, first and last shipped at)."""
    return await tx.fetch(
        """select party, object_id, key, kind, gtin, code, uom, sum(quantity) as quantity, max(certainty) as certainty,
                  array_agg(distinct shipment) as shipments, array_agg(distinct document) filter (where document is not null) as documents,
                  min(shipped_at) as first_at, max(shipped_at) as last_at
           from recall_shipped where tenant_id = $1 and case_id = $2 and version = $3 and party = any($4::text[])
           group by party, object_id, key, kind, gtin, code, uom order by party, key, uom""",
        case_id,
        version,
        list(parties),
    )


async def shipped_rows(tx: TenantTransaction, case_id: UUID, version: int, after: tuple[str, int, int, str] | None, limit: int) -> list[Record]:
    """What went to whom, row by row, in the order of the key."""
    return await tx.fetch(
        """select * from recall_shipped where tenant_id = $1 and case_id = $2 and version = $3
             and (party, object_id, shipment_id, uom) > ($4::text, $5::bigint, $6::bigint, $7::text)
           order by party, object_id, shipment_id, uom limit $8""",
        case_id,
        version,
        *(after or ("", 0, 0, "")),
        limit,
    )


async def units(tx: TenantTransaction, lot: int, known_at: datetime, *, after: str, limit: int, backward: bool = False) -> list[Record]:
    """Units that were known to belong to a lot: (object, key, gtin, code, lots known), by key from behind one, in the order of going."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select o.object_id, o.key, o.gtin, o.code, (
             select array_agg(distinct n.lot_id) from unit_membership n where n.tenant_id = $1 and n.unit_id = o.object_id
               and n.known_from <= $3 and (n.superseded_by is null or n.superseded_at > $3)) as lots
           from traceable_object o where o.tenant_id = $1 and o.key {behind} $4 and o.object_id in (
             select m.unit_id from unit_membership m where m.tenant_id = $1 and m.lot_id = $2
               and m.known_from <= $3 and (m.superseded_by is null or m.superseded_at > $3))
           order by o.key {order} limit $5""",
        lot,
        known_at,
        after,
        limit,
    )
