"""Statements on telling recalls as events: the goods of a frozen scope that are told with it. Frozen rows never change."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

# `Role.AFFECTED`; `RecallDecision.RECALL`.
_AFFECTED: Final = 1
_RECALL: Final = 1


async def fresh_goods(tx: TenantTransaction, case_id: UUID, version: int, *, after: int, kinds: Collection[int], limit: int) -> list[Record]:
    """(position, object) of the affected goods of these kinds in a version that no earlier one had, from behind a position."""
    return await tx.fetch(
        f"""select i.position, i.object_id from recall_item i
            where i.tenant_id = $1 and i.case_id = $2 and i.version = $3 and i.position > $4 and i.role = {_AFFECTED}
              and i.kind = any($5::smallint[])
              and not exists (
                select 1 from recall_item e
                where e.tenant_id = $1 and e.object_id = i.object_id and e.case_id = $2 and e.version < $3 and e.role = {_AFFECTED})
            order by i.position limit $6""",
        case_id,
        version,
        after,
        list(kinds),
        limit,
    )


async def versions_until(tx: TenantTransaction, case_id: UUID, at: datetime) -> list[int]:
    """The versions of a case that were frozen until then."""
    rows = await tx.fetch(
        "select version from recall_version where tenant_id = $1 and case_id = $2 and frozen_at <= $3 order by version", case_id, at
    )
    return [row["version"] for row in rows]


async def recalled_elsewhere(tx: TenantTransaction, case_id: UUID, objects: Collection[int]) -> set[int]:
    """Those of the objects that another announced recall, which is no drill, has in its frozen scope."""
    rows = await tx.fetch(
        f"""select distinct i.object_id from recall_item i
            join recall_case c on c.tenant_id = $1 and c.case_id = i.case_id
            where i.tenant_id = $1 and i.object_id = any($3::bigint[]) and i.case_id <> $2 and i.role = {_AFFECTED}
              and c.announced_at is not null and c.decision = {_RECALL} and not c.drill""",
        case_id,
        list(objects),
    )
    return {row["object_id"] for row in rows}
