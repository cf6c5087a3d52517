"""Statements on plans of effectiveness checks, the checks themselves, what was recorded, and the board's points."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

_PLAN: Final = """p.case_id, p.plan_id, p.level, p.percentage, p.seed, p.version, p.population, p.method, p.due_at, p.reason, p.chosen_at,
    p.chosen_by, p.chosen_name"""
_CHECK: Final = "c.case_id, c.check_id, c.party, c.plan_id, c.position, c.method, c.state, c.due_at, c.attempts, c.checked_at"
_RECORD: Final = """r.check_id, r.record_id, r.at, r.recorded_by, r.recorded_name, r.method, r.person, r.reached, r.received_notice, r.acted, r.stock,
    r.stock_quantity, r.stock_uom, r.told_onward, r.note, r.state, r.follow_up, r.follow_up_due"""
_POINT: Final = "b.at, b.uom, b.shipped, b.recovered, b.destroyed, b.sold, b.used, b.held, b.unknown, b.over"


async def lock_case(tx: TenantTransaction, case_id: UUID) -> None:
    """One plan at a time: two that choose a level at once would draw two samples."""
    await tx.fetchval("select 1 from recall_case where tenant_id = $1 and case_id = $2 for no key update", case_id)


async def insert_plan(
    tx: TenantTransaction, case_id: UUID, plan_id: UUID, *, level: int, percentage: Decimal | None, seed: str, version: int, population: int,
    method: int, due_at: datetime, reason: str, at: datetime, by: UUID | None, name: str,
) -> None:  # fmt: skip
    """A level is chosen, or its sample drawn anew."""
    await tx.execute(
        """insert into recall_check_plan (tenant_id, case_id, plan_id, level, percentage, seed, version, population, method, due_at, reason,
             chosen_at, chosen_by, chosen_name)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
        case_id, plan_id, level, percentage, seed, version, population, method, due_at, reason, at, by, name,
    )  # fmt: skip


async def plans(tx: TenantTransaction, case_id: UUID, limit: int) -> list[Record]:
    """The plans of a case, newest first: the first one counts."""
    return await tx.fetch(
        f"select {_PLAN} from recall_check_plan p where p.tenant_id = $1 and p.case_id = $2 order by p.plan_id desc limit $3", case_id, limit
    )


async def insert_checks(
    tx: TenantTransaction, case_id: UUID, plan_id: UUID, rows: Sequence[tuple[UUID, str, int]], *, method: int, due_at: datetime
) -> None:
    """(check, party, position) of consignees who are new in a sample."""
    await tx.execute(
        """insert into recall_check (tenant_id, case_id, plan_id, check_id, party, position, method, state, due_at, attempts)
           select $1, $2, $3, n.check_id, n.party, n.position, $7, 1, $8, 0
           from unnest($4::uuid[], $5::text[], $6::int[]) as n(check_id, party, position) on conflict do nothing""",
        case_id, plan_id, [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], method, due_at,
    )  # fmt: skip


async def set_states(tx: TenantTransaction, case_id: UUID, parties: Collection[str], *, state: int, plan_id: UUID, due_at: datetime) -> None:
    """Checks that the sample takes up again, or drops before anybody was asked."""
    await tx.execute(
        """update recall_check set state = $4, plan_id = $5, due_at = $6
           where tenant_id = $1 and case_id = $2 and party = any($3::text[]) and state in (1, 5)""",
        case_id, list(parties), state, plan_id, due_at,
    )  # fmt: skip


async def standing(tx: TenantTransaction, case_id: UUID) -> list[Record]:
    """(party, state) of all checks of a case."""
    return await tx.fetch("select party, state from recall_check where tenant_id = $1 and case_id = $2", case_id)


async def lock_check(tx: TenantTransaction, check_id: UUID) -> Record | None:
    """One of them, held until the transaction ends."""
    return await tx.fetchrow(f"select {_CHECK} from recall_check c where c.tenant_id = $1 and c.check_id = $2 for no key update", check_id)


async def by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """Checks by id."""
    return await tx.fetch(f"select {_CHECK} from recall_check c where c.tenant_id = $1 and c.check_id = any($2::uuid[])", list(ids))


async def page(
    tx: TenantTransaction, case_id: UUID, *, states: Collection[int] | None, overdue_at: datetime | None, cursor: UUID | None, backward: bool,
    limit: int,
) -> list[Record]:  # fmt: skip
    """Checks in the order in which they were drawn (their ids' order), from behind the cursor, in the order of going."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select {_CHECK} from recall_check c
            where c.tenant_id = $1 and c.case_id = $2 and ($3::int[] is null or c.state = any($3::int[]))
              and ($4::timestamptz is null or (c.due_at <= $4 and c.state < 4)) and ($5::uuid is null or c.check_id {behind} $5)
            order by c.check_id {order} limit $6""",
        case_id, sorted(states) if states is not None else None, overdue_at, cursor, limit,
    )  # fmt: skip


async def counts(tx: TenantTransaction, case_ids: Collection[UUID], at: datetime) -> list[Record]:
    """(case, state, checks, overdue)."""
    return await tx.fetch(
        """select case_id, state, count(*) as checks, count(*) filter (where due_at <= $3 and state < 4) as overdue
           from recall_check where tenant_id = $1 and case_id = any($2::uuid[]) group by case_id, state""",
        list(case_ids),
        at,
    )


async def insert_record(tx: TenantTransaction, **columns: Any) -> None:
    """What was asked and answered; its columns but the tenant's by name."""
    names, places = ", ".join(columns), ", ".join(f"${number + 2}" for number in range(len(columns)))
    await tx.execute(f"insert into recall_check_record (tenant_id, {names}) values ($1, {places})", *columns.values())


async def set_result(tx: TenantTransaction, check_id: UUID, *, state: int, due_at: datetime, checked_at: datetime | None) -> None:
    """What a record made of a check; `due_at` is the follow-up's where there is one."""
    await tx.execute(
        """update recall_check set state = $3, due_at = $4, checked_at = coalesce($5, checked_at), attempts = attempts + 1
           where tenant_id = $1 and check_id = $2""",
        check_id, state, due_at, checked_at,
    )  # fmt: skip


async def records_of(tx: TenantTransaction, check_ids: Collection[UUID]) -> list[Record]:
    """What was recorded of checks, oldest first."""
    return await tx.fetch(
        f"""select {_RECORD} from recall_check_record r
            where r.tenant_id = $1 and r.check_id = any($2::uuid[]) order by r.check_id, r.record_id""",
        list(check_ids),
    )


async def overdue_cases(tx: TenantTransaction, at: datetime, limit: int) -> list[Record]:
    """(case, checks, oldest due) where checks of a case should have been done by now."""
    return await tx.fetch(
        """select c.case_id, count(*) as checks, min(c.due_at) as due_at from recall_check c
           where c.tenant_id = $1 and c.due_at <= $2 and c.state < 4 group by c.case_id order by 3 limit $3""",
        at, limit,
    )  # fmt: skip


async def insert_points(tx: TenantTransaction, case_id: UUID, at: datetime, rows: Sequence[tuple[Any, ...]]) -> None:
    """(uom, shipped, recovered, destroyed, sold, used, held, unknown, over) as of a moment."""
    await tx.execute(
        """insert into recall_board_point (tenant_id, case_id, at, uom, shipped, recovered, destroyed, sold, used, held, unknown, over)
           select $1, $2, $3, * from unnest($4::text[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[],
             $10::numeric[], $11::numeric[], $12::numeric[]) on conflict do nothing""",
        case_id, at, *(list(column) for column in zip(*rows, strict=True)),
    )  # fmt: skip


async def last_points(tx: TenantTransaction, case_id: UUID) -> list[Record]:
    """The rows of the last moment."""
    return await tx.fetch(
        f"""select {_POINT} from recall_board_point b where b.tenant_id = $1 and b.case_id = $2
            and b.at = (select max(m.at) from recall_board_point m where m.tenant_id = $1 and m.case_id = $2)""",
        case_id,
    )


async def points(tx: TenantTransaction, case_id: UUID, *, since: datetime | None, until: datetime | None, limit: int) -> list[Record]:
    """The board's newest points of a time, oldest first."""
    return await tx.fetch(
        f"""select * from (
              select {_POINT} from recall_board_point b
              where b.tenant_id = $1 and b.case_id = $2 and ($3::timestamptz is null or b.at >= $3) and ($4::timestamptz is null or b.at <= $4)
              order by b.at desc, b.uom limit $5) newest order by at, uom""",
        case_id, since, until, limit,
    )  # fmt: skip
