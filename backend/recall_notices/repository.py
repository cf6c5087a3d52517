"""Statements on notices, on how far their writing has come, and on when to look at them again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = """n.notice_id, n.case_id, n.version, n.kind, n.party, n.state, n.drill, n.language, n.content, n.lots, n.queued_at, n.due_at,
    n.sent_at, n.opened_at, n.acknowledged_at, n.acknowledged_by, n.acknowledged_through, n.reported_at, n.closed_at, n.steps, n.next_look_at,
    n.escalated_at"""
_CHANGED: Final = frozenset(
    {"state", "sent_at", "opened_at", "acknowledged_at", "acknowledged_by", "acknowledged_through", "reported_at", "steps", "next_look_at",
     "escalated_at", "closed_at"}
)  # fmt: skip


async def insert(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> list[UUID]:
    """New notices, (id, case, version, kind, party, state, drill, language, content, lots, queued_at, due_at, next_look_at); those written before
    are left alone. Gives the ids of the new ones."""
    if not rows:
        return []
    written = await tx.fetch(
        """insert into recall_notice (tenant_id, notice_id, case_id, version, kind, party, state, drill, language, content, lots, queued_at,
             due_at, next_look_at, steps)
           select $1, r.*, 0 from unnest($2::uuid[], $3::uuid[], $4::int[], $5::smallint[], $6::text[], $7::smallint[], $8::bool[], $9::text[],
             $10::text[], $11::int[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[]) r
           on conflict do nothing returning notice_id""",
        *[list(column) for column in zip(*rows, strict=True)],
    )
    return [row["notice_id"] for row in written]


async def by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """Notices by id."""
    return await tx.fetch(f"select {COLUMNS} from recall_notice n where n.tenant_id = $1 and n.notice_id = any($2::uuid[])", list(ids))


async def lock(tx: TenantTransaction, notice_id: UUID) -> Record | None:
    """One of them, held until the transaction ends."""
    return await tx.fetchrow(f"select {COLUMNS} from recall_notice n where n.tenant_id = $1 and n.notice_id = $2 for no key update", notice_id)


async def change(tx: TenantTransaction, notice_id: UUID, **changes: Any) -> None:
    """Put other values into a notice that is locked."""
    if not _CHANGED.issuperset(changes):
        raise ValueError(f"a notice doesn't change {sorted(changes.keys() - _CHANGED)}")
    places = ", ".join(f"{name} = ${place}" for place, name in enumerate(changes, 3))
    await tx.execute(f"update recall_notice set {places} where tenant_id = $1 and notice_id = $2", notice_id, *changes.values())


async def of_case(tx: TenantTransaction, case_id: UUID, limit: int) -> list[Record]:
    """All notices of a case, oldest first."""
    return await tx.fetch(
        f"select {COLUMNS} from recall_notice n where n.tenant_id = $1 and n.case_id = $2 order by n.notice_id limit $3", case_id, limit
    )


async def of_parties(tx: TenantTransaction, case_id: UUID, parties: Collection[str]) -> list[Record]:
    """The notices of a case to these customers, oldest first."""
    return await tx.fetch(
        f"""select {COLUMNS} from recall_notice n
            where n.tenant_id = $1 and n.case_id = $2 and n.party = any($3::text[]) order by n.party, n.notice_id""",
        case_id, list(parties),
    )  # fmt: skip


async def page(
    tx: TenantTransaction, case_id: UUID, *, states: Collection[int] | None, party: str | None, waiting: bool, cursor: UUID | None,
    backward: bool, limit: int,
) -> list[Record]:  # fmt: skip
    """Notices of a case, newest first, from behind the cursor, in the order of going; `waiting`: not answered for by now."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {COLUMNS} from recall_notice n
            where n.tenant_id = $1 and n.case_id = $2 and ($3::smallint[] is null or n.state = any($3)) and ($4::text is null or n.party = $4)
              and (not $5 or (n.reported_at is null and n.kind <> 3)) and ($6::uuid is null or n.notice_id {behind} $6)
            order by n.notice_id {order} limit $7""",
        case_id, list(states) if states is not None else None, party, waiting, cursor, limit,
    )  # fmt: skip


async def parties_told(tx: TenantTransaction, case_id: UUID, *, after: str, limit: int) -> list[str]:
    """The customers of a case who have a notice, in order, from behind one."""
    rows = await tx.fetch(
        """select distinct n.party from recall_notice n where n.tenant_id = $1 and n.case_id = $2 and n.kind <> 3 and n.party > $3
           order by n.party limit $4""",
        case_id, after, limit,
    )  # fmt: skip
    return [row["party"] for row in rows]


async def count_told(tx: TenantTransaction, case_id: UUID) -> int:
    """How many customers of a case have a notice."""
    found: int = await tx.fetchval(
        "select count(distinct n.party) from recall_notice n where n.tenant_id = $1 and n.case_id = $2 and n.kind <> 3", case_id
    )
    return found


async def counts(tx: TenantTransaction, case_ids: Collection[UUID]) -> list[Record]:
    """Of each case: how many notices there are, and how far they have come."""
    return await tx.fetch(
        """select n.case_id, count(*) as notices, count(distinct n.party) as customers, count(n.sent_at) as sent,
             count(n.opened_at) as opened, count(n.acknowledged_at) as acknowledged, count(n.reported_at) as reported,
             count(*) filter (where n.state = 5) as no_address, count(*) filter (where n.state = 6) as failed,
             count(*) filter (where n.state = 7) as would_send, count(*) filter (where n.state = 1) as waiting,
             count(*) filter (where n.reported_at is null and n.due_at <= now() and n.kind <> 3 and n.closed_at is null) as overdue
           from recall_notice n where n.tenant_id = $1 and n.case_id = any($2::uuid[]) group by n.case_id""",
        list(case_ids),
    )


async def due(tx: TenantTransaction, case_id: UUID, at: datetime, limit: int) -> list[Record]:
    """Notices of a case that are to be looked at by now, locked, the first due first."""
    return await tx.fetch(
        f"""select {COLUMNS} from recall_notice n
            where n.tenant_id = $1 and n.case_id = $2 and n.next_look_at <= $3 order by n.next_look_at limit $4 for no key update""",
        case_id, at, limit,
    )  # fmt: skip


async def first_due(tx: TenantTransaction, case_id: UUID) -> datetime | None:
    """When a notice of a case is to be looked at next."""
    found: datetime | None = await tx.fetchval(
        "select min(n.next_look_at) from recall_notice n where n.tenant_id = $1 and n.case_id = $2 and n.next_look_at is not null", case_id
    )
    return found


async def close_all(tx: TenantTransaction, case_id: UUID, at: datetime | None) -> None:
    """The case is closed: nobody is reminded any more; or (None) it is open again."""
    await tx.execute(
        """update recall_notice set closed_at = $3, next_look_at = case when $3::timestamptz is null then queued_at else null end
           where tenant_id = $1 and case_id = $2 and kind <> 3 and (closed_at is null) = ($3::timestamptz is not null)""",
        case_id, at,
    )  # fmt: skip


async def watch(tx: TenantTransaction, case_id: UUID) -> datetime | None:
    """For when the doorbell of a case's reminders is set, locked; None where it isn't."""
    found: datetime | None = await tx.fetchval(
        "select look_at from recall_notice_watch where tenant_id = $1 and case_id = $2 for no key update", case_id
    )
    return found


async def set_watch(tx: TenantTransaction, case_id: UUID, at: datetime | None) -> None:
    """Set it."""
    await tx.execute(
        """insert into recall_notice_watch (tenant_id, case_id, look_at) values ($1, $2, $3)
           on conflict (tenant_id, case_id) do update set look_at = excluded.look_at""",
        case_id, at,
    )  # fmt: skip


async def begin_run(tx: TenantTransaction, case_id: UUID, version: int, kind: int, customers: int, at: datetime) -> bool:
    """Begin to write the notices of a version; False where that was begun before."""
    return (
        await tx.execute(
            """insert into recall_notice_run (tenant_id, case_id, version, kind, customers, written, after_party, begun_at)
               values ($1, $2, $3, $4, $5, 0, '', $6) on conflict do nothing""",
            case_id, version, kind, customers, at,
        )
        == 1
    )  # fmt: skip


async def run(tx: TenantTransaction, case_id: UUID, version: int, kind: int) -> Record | None:
    """How far the writing has come, locked."""
    return await tx.fetchrow(
        """select case_id, version, kind, customers, written, after_party, begun_at, done_at from recall_notice_run
           where tenant_id = $1 and case_id = $2 and version = $3 and kind = $4 for no key update""",
        case_id, version, kind,
    )  # fmt: skip


async def set_run(
    tx: TenantTransaction, case_id: UUID, version: int, kind: int, *, written: int, after_party: str, customers: int, done_at: datetime | None
) -> None:
    """It has come so far."""
    await tx.execute(
        """update recall_notice_run set written = $5, after_party = $6, customers = $7, done_at = $8
           where tenant_id = $1 and case_id = $2 and version = $3 and kind = $4""",
        case_id, version, kind, written, after_party, customers, done_at,
    )  # fmt: skip


async def runs(tx: TenantTransaction, case_ids: Collection[UUID]) -> list[Record]:
    """(case, customers, written, whether all is written) of these cases' runs together."""
    return await tx.fetch(
        """select r.case_id, sum(r.customers)::int as customers, sum(r.written)::int as written, bool_and(r.done_at is not null) as done
           from recall_notice_run r where r.tenant_id = $1 and r.case_id = any($2::uuid[]) group by r.case_id""",
        list(case_ids),
    )
