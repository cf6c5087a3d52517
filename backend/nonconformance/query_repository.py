"""Statements that page through nonconformances."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.catalog.sites import Sites
from backend.nonconformance.repository import COLUMNS, concerned
from infra.database import Record, TenantTransaction

# What is watched for: product, characteristic (either may be None), from when to when.
Watched = tuple[str | None, str | None, datetime, datetime]


async def page(
    tx: TenantTransaction, *, open_only: bool, statuses: Sequence[int] | None, severities: Sequence[int] | None, supplier: str | None,
    characteristic: str | None, object_id: int | None, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None,
) -> list[Record]:  # fmt: skip
    """Nonconformances that concern the sites, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence = concerned(sites, at=10)
    return await tx.fetch(
        f"""select {COLUMNS} from nonconformance n
            where n.tenant_id = $1 and (n.closed_at is null or not $2) and ($3::smallint[] is null or n.status = any($3))
              and ($4::smallint[] is null or n.severity = any($4)) and ($5::text is null or n.supplier = $5)
              and ($6::text is null or n.characteristic = $6) and ($7::uuid is null or n.nonconformance_id {behind} $7)
              and ($9::bigint is null or exists (select 1 from nonconformance_object g
                where g.tenant_id = $1 and g.nonconformance_id = n.nonconformance_id and g.object_id = $9)){fence.condition}
            order by n.nonconformance_id {order} limit $8""",
        open_only, statuses, severities, supplier, characteristic, cursor, limit, object_id, *fence.values,
    )  # fmt: skip


async def opened_within(
    tx: TenantTransaction, sources: Sequence[int], *, since: datetime, until: datetime, limit: int, sites: Sites | None
) -> list[Record]:
    """(id, source, opened at) of those of some sources that concern the sites, opened within a time, newest first."""
    fence = concerned(sites, at=6)
    return await tx.fetch(
        f"""select n.nonconformance_id, n.source, n.opened_at from nonconformance n
            where n.tenant_id = $1 and n.opened_at >= $2 and n.opened_at < $3 and n.source = any($4::smallint[]){fence.condition}
            order by n.opened_at desc limit $5""",
        since, until, list(sources), limit, *fence.values,
    )  # fmt: skip


async def waiting(tx: TenantTransaction, *, not_by: UUID, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None) -> list[Record]:
    """What waits for a decider: (approval, decision or null, nonconformance's columns), newest first, from behind the cursor.

    A nonconformance under review about which nothing is being decided; a decision that somebody else has signed first.
    """
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence = concerned(sites, at=5)
    return await tx.fetch(
        f"""select coalesce(d.decision_id, n.nonconformance_id) as approval_id, d.decision_id, d.decided_at, {COLUMNS}
            from nonconformance n
            left join nonconformance_decision d on d.tenant_id = $1 and d.nonconformance_id = n.nonconformance_id and d.status = 1
            where n.tenant_id = $1 and n.closed_at is null and n.status = 2 and d.decided_by is distinct from $2
              and ($3::uuid is null or coalesce(d.decision_id, n.nonconformance_id) {behind} $3){fence.condition}
            order by coalesce(d.decision_id, n.nonconformance_id) {order} limit $4""",
        not_by, cursor, limit, *fence.values,
    )  # fmt: skip


async def recurrences(tx: TenantTransaction, watched: Sequence[Watched], limit: int) -> list[Record]:
    """(which of those watched, from 1, nonconformance's columns) of those opened within the time of each, oldest first; so many of each at most."""
    columns: list[list[Any]] = [list(column) for column in zip(*watched, strict=True)]
    return await tx.fetch(
        f"""select w.which, found.* from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
              with ordinality as w(gtin, characteristic, since, until, which)
            cross join lateral (
              select {COLUMNS} from nonconformance n
              where n.tenant_id = $1 and n.opened_at >= w.since and n.opened_at < w.until
                and (w.characteristic is null or n.characteristic = w.characteristic)
                and (w.gtin is null or exists (
                  select 1 from nonconformance_object g join traceable_object o on o.tenant_id = $1 and o.object_id = g.object_id
                  where g.tenant_id = $1 and g.nonconformance_id = n.nonconformance_id and o.gtin = w.gtin))
              order by n.nonconformance_id limit $6) found
            order by w.which, found.nonconformance_id""",
        *columns, limit,
    )  # fmt: skip
