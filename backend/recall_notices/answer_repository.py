"""Statements on what customers say of their lots: ours of them, and the company's own to those who have sent to it."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = """a.answer_id, a.notice_id, a.line, a.found, a.returned, a.destroyed, a.forwarded, a.uom, a.nothing, a.over, a.forwarded_to,
    a.note, a.source, a.said_by, a.said_at, a.recorded_by, a.at"""
OWN: Final = """a.answer_id, a.received_id, a.line, a.found, a.returned, a.destroyed, a.forwarded, a.uom, a.nothing, a.over, a.forwarded_to,
    a.note, a.said_by, a.recorded_by, a.at"""


async def insert(
    tx: TenantTransaction, answer_id: UUID, *, case_id: UUID, notice_id: UUID, line: int, quantities: tuple[Decimal, Decimal, Decimal, Decimal],
    uom: str, nothing: bool, over: bool, forwarded_to: str, note: str, source: int, said_by: str, said_at: datetime, recorded_by: UUID | None,
    at: datetime,
) -> int:  # fmt: skip
    """What a customer says of a lot; 0 where it is known."""
    return await tx.execute(
        """insert into recall_answer (tenant_id, answer_id, case_id, notice_id, line, found, returned, destroyed, forwarded, uom, nothing, over,
             forwarded_to, note, source, said_by, said_at, recorded_by, at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) on conflict do nothing""",
        answer_id, case_id, notice_id, line, *quantities, uom, nothing, over, forwarded_to, note, source, said_by, said_at, recorded_by, at,
    )  # fmt: skip


async def latest(tx: TenantTransaction, notice_ids: Collection[UUID]) -> list[Record]:
    """What counts of each lot of these notices: the last that was said."""
    return await tx.fetch(
        f"""select distinct on (a.notice_id, a.line) {COLUMNS} from recall_answer a
            where a.tenant_id = $1 and a.notice_id = any($2::uuid[]) order by a.notice_id, a.line, a.answer_id desc""",
        list(notice_ids),
    )


async def latest_of_case(tx: TenantTransaction, case_id: UUID) -> list[Record]:
    """The same of all notices of a case."""
    return await tx.fetch(
        f"""select distinct on (a.notice_id, a.line) {COLUMNS} from recall_answer a
            where a.tenant_id = $1 and a.case_id = $2 order by a.notice_id, a.line, a.answer_id desc""",
        case_id,
    )


async def page(tx: TenantTransaction, notice_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Everything that was said about a notice's lots, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {COLUMNS} from recall_answer a
            where a.tenant_id = $1 and a.notice_id = $2 and ($3::uuid is null or a.answer_id {behind} $3)
            order by a.answer_id {order} limit $4""",
        notice_id, cursor, limit,
    )  # fmt: skip


async def count(tx: TenantTransaction, notice_id: UUID) -> int:
    """How often a notice was answered."""
    found: int = await tx.fetchval("select count(*) from recall_answer where tenant_id = $1 and notice_id = $2", notice_id)
    return found


async def insert_own(
    tx: TenantTransaction, answer_id: UUID, *, received_id: UUID, line: int, quantities: tuple[Decimal, Decimal, Decimal, Decimal], uom: str,
    nothing: bool, over: bool, forwarded_to: str, note: str, said_by: str, recorded_by: UUID, at: datetime,
) -> None:  # fmt: skip
    """What this company says of a lot that was sent to it."""
    await tx.execute(
        """insert into received_recall_answer (tenant_id, answer_id, received_id, line, found, returned, destroyed, forwarded, uom, nothing,
             over, forwarded_to, note, said_by, recorded_by, at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)""",
        answer_id, received_id, line, *quantities, uom, nothing, over, forwarded_to, note, said_by, recorded_by, at,
    )  # fmt: skip


async def latest_own(tx: TenantTransaction, received_ids: Collection[UUID]) -> list[Record]:
    """What counts of each lot of these received notices."""
    return await tx.fetch(
        f"""select distinct on (a.received_id, a.line) {OWN} from received_recall_answer a
            where a.tenant_id = $1 and a.received_id = any($2::uuid[]) order by a.received_id, a.line, a.answer_id desc""",
        list(received_ids),
    )


async def own_by_ids(tx: TenantTransaction, answer_ids: Collection[UUID]) -> list[Record]:
    """What this company said, by id, in order."""
    return await tx.fetch(
        f"select {OWN} from received_recall_answer a where a.tenant_id = $1 and a.answer_id = any($2::uuid[]) order by a.answer_id",
        list(answer_ids),
    )
