"""Statements that list inspections."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.inspections.repository import COLUMNS
from infra.database import Record, TenantTransaction


@dataclass(frozen=True, slots=True)
class Filter:
    """Which inspections; None is any. `statuses` and `kinds` are numbers; the window is of the moment at which they were opened."""

    statuses: tuple[int, ...] | None = None
    kinds: tuple[int, ...] | None = None
    conclusion: int | None = None
    product: str | None = None
    supplier: str | None = None
    object_id: int | None = None
    receipt: str | None = None
    specification_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    due_before: datetime | None = None
    flagged: bool | None = None


async def page(tx: TenantTransaction, wanted: Filter, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Inspections, newest first, from behind the cursor, in the order of going."""
    values: list[object] = []
    conditions: list[str] = []

    def add(condition: str, value: object) -> None:
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values) + 1}"))

    add(f"i.inspection_id {'>' if backward else '<'} {{}}", cursor)
    add("i.status = any({}::smallint[])", list(wanted.statuses) if wanted.statuses is not None else None)
    add("i.kind = any({}::smallint[])", list(wanted.kinds) if wanted.kinds is not None else None)
    add("i.conclusion = {}", wanted.conclusion)
    add("i.product = {}", wanted.product)
    add("i.supplier = {}", wanted.supplier)
    add("i.object_id = {}", wanted.object_id)
    add("i.receipt = {} and i.receipt <> ''", wanted.receipt)
    add("i.specification_id = {}", wanted.specification_id)
    add("i.opened_at >= {}", wanted.since)
    add("i.opened_at < {}", wanted.until)
    add("i.due_at < {} and i.status in (1, 2)", wanted.due_before)
    add("i.flagged = {}", wanted.flagged)
    # Said in the index's own words, so that it is used.
    if wanted.statuses is not None and set(wanted.statuses) <= {1, 2}:
        conditions.append("i.concluded_at is null")
    values.append(limit)
    where = "".join(f" and {condition}" for condition in conditions)
    return await tx.fetch(
        f"""select {COLUMNS} from inspection i where i.tenant_id = $1{where}
            order by i.inspection_id {"asc" if backward else "desc"} limit ${len(values) + 1}""",
        *values,
    )


async def by_ids(tx: TenantTransaction, inspection_ids: Collection[UUID]) -> list[Record]:
    """Inspections by id."""
    return await tx.fetch(f"select {COLUMNS} from inspection i where i.tenant_id = $1 and i.inspection_id = any($2::uuid[])", list(inspection_ids))
