"""Statements on the review queue."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction

_COLUMNS: Final = """review_id, received_at, source, kind, event_key, content_sha256, raw, reason, event, place, device_id, resolved_at, resolution,
    resolved_by_name, resolution_reason, accepted_as"""


async def insert(tx: TenantTransaction, entry: dict[str, Any]) -> bool:
    """Keep what could not be taken; False where it is kept already."""
    count = await tx.execute(
        """insert into review_entry (tenant_id, review_id, received_at, source, kind, event_key, content_sha256, raw, raw_bytes, reason, event,
                                     place, device_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (tenant_id, event_key, content_sha256) do nothing""",
        entry["review_id"], entry["received_at"], entry["source"], entry["kind"], entry["event_key"], entry["content_sha256"], entry["raw"],
        entry["raw_bytes"], entry["reason"], entry["event"], entry["place"], entry["device_id"],
    )  # fmt: skip
    return count == 1


async def lock_entry(tx: TenantTransaction, review_id: UUID, *, sites: Sites | None) -> Record | None:
    """One entry at the sites; the second of two who decide waits for the first."""
    fence = fenced(sites, "place", at=3)
    return await tx.fetchrow(
        f"select {_COLUMNS} from review_entry where tenant_id = $1 and review_id = $2{fence.condition} for no key update", review_id, *fence.values
    )


async def entries_by_ids(tx: TenantTransaction, review_ids: Collection[UUID], *, sites: Sites | None) -> list[Record]:
    """Entries at the sites, in any order."""
    fence = fenced(sites, "place", at=3)
    return await tx.fetch(
        f"select {_COLUMNS} from review_entry where tenant_id = $1 and review_id = any($2::uuid[]){fence.condition}", list(review_ids), *fence.values
    )


async def entries(
    tx: TenantTransaction,
    *,
    open_only: bool | None,
    kind: str | None,
    source: int | None,
    device_id: UUID | None,
    sites: Sites | None,
    cursor: UUID | None,
    backward: bool,
    limit: int,
) -> list[Record]:
    """Entries at the sites by id, which is the order in which they came, newest first."""
    beyond, order = (">", "asc") if backward else ("<", "desc")
    fence = fenced(sites, "place", at=8)
    return await tx.fetch(
        f"""select {_COLUMNS} from review_entry
            where tenant_id = $1 and ($2::boolean is null or (resolved_at is null) = $2) and ($3::text is null or kind = $3)
              and ($4::smallint is null or source = $4) and ($5::uuid is null or device_id = $5)
              and ($6::uuid is null or review_id {beyond} $6){fence.condition}
            order by review_id {order} limit $7""",
        open_only,
        kind,
        source,
        device_id,
        cursor,
        limit,
        *fence.values,
    )


async def resolve(
    tx: TenantTransaction, review_id: UUID, *, resolution: str, by: UUID, by_name: str, reason: str, accepted_as: UUID | None, moment: datetime
) -> None:
    """Write down what was decided; for good."""
    await tx.execute(
        """update review_entry set resolved_at = $3, resolution = $4, resolved_by = $5, resolved_by_name = $6, resolution_reason = $7,
             accepted_as = $8
           where tenant_id = $1 and review_id = $2 and resolved_at is null""",
        review_id,
        moment,
        resolution,
        by,
        by_name,
        reason,
        accepted_as,
    )
