"""Statements that page through nonconformances."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.catalog.sites import Sites
from backend.nonconformance.repository import COLUMNS, concerned
from infra.database import Record, TenantTransaction


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


async def recurrences(
    tx: TenantTransaction, *, gtin: str | None, characteristic: str | None, since: datetime, until: datetime, limit: int
) -> list[Record]:
    """Nonconformances of a characteristic, of a product, opened within a time; oldest first."""
    return await tx.fetch(
        f"""select {COLUMNS} from nonconformance n
            where n.tenant_id = $1 and n.opened_at >= $2 and n.opened_at < $3 and ($4::text is null or n.characteristic = $4)
              and ($5::text is null or exists (
                select 1 from nonconformance_object g join traceable_object o on o.tenant_id = $1 and o.object_id = g.object_id
                where g.tenant_id = $1 and g.nonconformance_id = n.nonconformance_id and o.gtin = $5))
            order by n.nonconformance_id limit $6""",
        since, until, characteristic, gtin, limit,
    )  # fmt: skip
