"""Statements that page through recall cases."""

from collections.abc import Sequence
from uuid import UUID

from backend.recalls.repository import COLUMNS
from infra.database import Record, TenantTransaction


async def page(
    tx: TenantTransaction, *, open_only: bool, states: Sequence[int] | None, drill: bool | None, grown: bool | None, search: str | None,
    reference: str | None, object_id: int | None, gtin: str | None, cursor: UUID | None, backward: bool, limit: int,
) -> list[Record]:  # fmt: skip
    """Cases, newest first, from behind the cursor, in the order of going. `object_id` and `gtin` are looked for in frozen scopes."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {COLUMNS} from recall_case c
            where c.tenant_id = $1 and (c.closed_at is null or not $2) and ($3::smallint[] is null or c.state = any($3))
              and ($4::boolean is null or c.drill = $4) and ($5::boolean is null or (c.grown_at is not null) = $5)
              and ($6::text is null or c.number ilike $6 or c.title ilike $6 or c.reason ilike $6 or c.hazard ilike $6 or c.products ilike $6)
              and ($7::text is null or c.source_reference = $7 or exists (
                select 1 from recall_link l where l.tenant_id = $1 and l.case_id = c.case_id and l.reference = $7))
              and ($8::bigint is null or exists (
                select 1 from recall_item i where i.tenant_id = $1 and i.object_id = $8 and i.case_id = c.case_id))
              and ($9::text is null or exists (
                select 1 from recall_item i where i.tenant_id = $1 and i.case_id = c.case_id and i.version = c.scope_version and i.gtin = $9))
              and ($10::uuid is null or c.case_id {behind} $10)
            order by c.case_id {order} limit $11""",
        open_only, list(states) if states is not None else None, drill, grown, search, reference, object_id, gtin, cursor, limit,
    )  # fmt: skip
