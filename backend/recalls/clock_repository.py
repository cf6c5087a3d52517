"""Statements on the law's clocks."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS: Final = """k.case_id, k.rule, k.occurrence, k.begins_at, k.due_at, k.target, k.met_at, k.met_by, k.met_name, k.evidence, k.ended_at,
    k.ended_reason, k.waived"""


async def of_cases(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """The clocks of cases, soonest due first."""
    return await tx.fetch(
        f"""select {_COLUMNS} from recall_clock k where k.tenant_id = $1 and k.case_id = any($2::uuid[])
            order by k.due_at, k.rule, k.occurrence""",
        list(ids),
    )


async def start(tx: TenantTransaction, case_id: UUID, rule: str, occurrence: int, *, begins_at: datetime, due_at: datetime, target: bool) -> int:
    """A clock runs; one that there is, is begun anew at another time, and revived where the service had ended it."""
    return await tx.execute(
        """insert into recall_clock as k (tenant_id, case_id, rule, occurrence, begins_at, due_at, target, met_name, evidence, ended_reason, waived)
           values ($1, $2, $3, $4, $5, $6, $7, '', '', '', false)
           on conflict (tenant_id, case_id, rule, occurrence) do update
             set begins_at = excluded.begins_at, due_at = excluded.due_at, target = excluded.target, ended_at = null, ended_reason = ''
           where k.met_at is null and not k.waived""",
        case_id, rule, occurrence, begins_at, due_at, target,
    )  # fmt: skip


async def meet(tx: TenantTransaction, case_id: UUID, rule: str, occurrence: int, *, at: datetime, by: UUID | None, name: str, evidence: str) -> int:
    """The duty is done; 0 where it was, or runs no longer."""
    return await tx.execute(
        """update recall_clock set met_at = $5, met_by = $6, met_name = $7, evidence = $8
           where tenant_id = $1 and case_id = $2 and rule = $3 and occurrence = $4 and met_at is null and ended_at is null""",
        case_id, rule, occurrence, at, by, name, evidence,
    )  # fmt: skip


async def end(tx: TenantTransaction, case_id: UUID, rule: str, occurrence: int, *, at: datetime, reason: str, waived: bool) -> int:
    """The duty doesn't apply, or no longer; 0 where it was done, or had ended."""
    return await tx.execute(
        """update recall_clock set ended_at = $5, ended_reason = $6, waived = $7
           where tenant_id = $1 and case_id = $2 and rule = $3 and occurrence = $4 and met_at is null and ended_at is null""",
        case_id, rule, occurrence, at, reason, waived,
    )  # fmt: skip


async def tenant(tx: TenantTransaction) -> Record | None:
    """(name, locale, time_zone) of the company."""
    return await tx.fetchrow("select name, locale, time_zone from tenant where tenant_id = $1")
