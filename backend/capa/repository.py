"""Statements on corrective actions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import OPEN, Fence, Sites
from backend.nonconformance.service import concerned
from infra.database import Record, TenantTransaction

COLUMNS: Final = """c.corrective_action_id, c.number, c.kind, c.status, c.title, c.owner_id, c.opened_at, c.opened_by, c.due_at, c.closed_at,
    c.check_at, c.criterion, c.watched_gtin, c.watched_characteristic, c.watched_from, c.watched_days"""
# By what lateness is ordered: when it fell due, its kind, its id, and what it is.
Late = tuple[datetime, str, UUID, str]
_ITEM: Final = """i.action_item_id, i.corrective_action_id, i.discipline, i.text, i.owner_id, i.due_at, i.done_at, i.done_by, i.evidence"""


def told(sites: Sites | None, *, at: int) -> Fence:
    """Corrective actions (as `c`) for nonconformances that concern the sites; the values stand from `$at` on."""
    if sites is None:
        return OPEN
    of_sites = concerned(sites, at=at)
    condition = f""" and exists (
        select 1 from corrective_action_cause cc join nonconformance n on n.tenant_id = $1 and n.nonconformance_id = cc.nonconformance_id
        where cc.tenant_id = $1 and cc.corrective_action_id = c.corrective_action_id{of_sites.condition})"""
    return Fence(condition, of_sites.values)


async def insert(tx: TenantTransaction, **columns: Any) -> None:
    """A new corrective action; its columns but the tenant's by name."""
    names, places = ", ".join(columns), ", ".join(f"${number + 2}" for number in range(len(columns)))
    await tx.execute(f"insert into corrective_action (tenant_id, {names}) values ($1, {places})", *columns.values())


async def add_causes(tx: TenantTransaction, corrective_action_id: UUID, nonconformance_ids: Collection[UUID]) -> None:
    """The nonconformances that it is for."""
    await tx.execute(
        """insert into corrective_action_cause (tenant_id, corrective_action_id, nonconformance_id)
           select $1, $2, * from unnest($3::uuid[]) on conflict do nothing""",
        corrective_action_id, list(nonconformance_ids),
    )  # fmt: skip


async def page(
    tx: TenantTransaction, *, open_only: bool, owner_id: UUID | None, not_owner_id: UUID | None, nonconformance_id: UUID | None, to_verify: bool,
    at: datetime, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None,
) -> list[Record]:  # fmt: skip
    """Corrective actions, newest first, from behind the cursor, in the order of going; `to_verify`: whose check is due."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence = told(sites, at=10)
    return await tx.fetch(
        f"""select {COLUMNS} from corrective_action c
            where c.tenant_id = $1 and (c.closed_at is null or not $2) and ($3::uuid is null or c.owner_id = $3)
              and ($4::uuid is null or exists (select 1 from corrective_action_cause k
                where k.tenant_id = $1 and k.corrective_action_id = c.corrective_action_id and k.nonconformance_id = $4))
              and (not $5 or (c.status = 2 and c.check_at <= $6)) and ($7::uuid is null or c.corrective_action_id {behind} $7)
              and ($9::uuid is null or c.owner_id <> $9){fence.condition}
            order by c.corrective_action_id {order} limit $8""",
        open_only, owner_id, nonconformance_id, to_verify, at, cursor, limit, not_owner_id, *fence.values,
    )  # fmt: skip


async def by_ids(tx: TenantTransaction, ids: Collection[UUID], sites: Sites | None = None) -> list[Record]:
    """Corrective actions by id."""
    fence = told(sites, at=3)
    return await tx.fetch(
        f"select {COLUMNS} from corrective_action c where c.tenant_id = $1 and c.corrective_action_id = any($2::uuid[]){fence.condition}",
        list(ids), *fence.values,
    )  # fmt: skip


async def lock(tx: TenantTransaction, corrective_action_id: UUID) -> Record | None:
    """One of them, held until the transaction ends."""
    return await tx.fetchrow(
        f"select {COLUMNS} from corrective_action c where c.tenant_id = $1 and c.corrective_action_id = $2 for no key update", corrective_action_id
    )


async def set_status(tx: TenantTransaction, corrective_action_id: UUID, status: int, closed_at: datetime | None) -> None:
    """Its next status."""
    await tx.execute(
        "update corrective_action set status = $3, closed_at = $4 where tenant_id = $1 and corrective_action_id = $2",
        corrective_action_id, status, closed_at,
    )  # fmt: skip


async def plan_check(
    tx: TenantTransaction, corrective_action_id: UUID, *, at: datetime, criterion: str, gtin: str | None, characteristic: str | None,
    since: datetime, days: int,
) -> None:  # fmt: skip
    """When its effect is checked, and by what."""
    await tx.execute(
        """update corrective_action set check_at = $3, criterion = $4, watched_gtin = $5, watched_characteristic = $6, watched_from = $7,
             watched_days = $8
           where tenant_id = $1 and corrective_action_id = $2""",
        corrective_action_id, at, criterion, gtin, characteristic, since, days,
    )  # fmt: skip


async def put_discipline(
    tx: TenantTransaction, corrective_action_id: UUID, discipline: int, *, text: str, detail: str, due_at: datetime | None,
    done_at: datetime | None,
) -> None:  # fmt: skip
    """What a discipline says now; a discipline that stays done keeps its day."""
    await tx.execute(
        """insert into discipline as d (tenant_id, corrective_action_id, discipline, text, detail, due_at, done_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (tenant_id, corrective_action_id, discipline) do update set text = excluded.text, detail = excluded.detail,
             due_at = excluded.due_at, done_at = case when excluded.done_at is null then null else coalesce(d.done_at, excluded.done_at) end""",
        corrective_action_id, discipline, text, detail, due_at, done_at,
    )  # fmt: skip


async def disciplines_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """What is written of corrective actions, in the disciplines' order."""
    return await tx.fetch(
        """select d.corrective_action_id, d.discipline, d.text, d.detail, d.due_at, d.done_at from discipline d
           where d.tenant_id = $1 and d.corrective_action_id = any($2::uuid[]) order by d.discipline""",
        list(ids),
    )


async def insert_item(
    tx: TenantTransaction, item_id: UUID, corrective_action_id: UUID, *, discipline: int, text: str, owner_id: UUID, due_at: datetime | None
) -> None:
    """An action to be done."""
    await tx.execute(
        """insert into action_item (tenant_id, action_item_id, corrective_action_id, discipline, text, owner_id, due_at)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        item_id, corrective_action_id, discipline, text, owner_id, due_at,
    )  # fmt: skip


async def items_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """The actions of corrective actions, oldest first."""
    return await tx.fetch(
        f"select {_ITEM} from action_item i where i.tenant_id = $1 and i.corrective_action_id = any($2::uuid[]) order by i.action_item_id",
        list(ids),
    )


async def item(tx: TenantTransaction, item_id: UUID) -> Record | None:
    """One action."""
    return await tx.fetchrow(f"select {_ITEM} from action_item i where i.tenant_id = $1 and i.action_item_id = $2", item_id)


async def complete_item(tx: TenantTransaction, item_id: UUID, *, at: datetime, by: UUID, evidence: str) -> int:
    """It is done; 0 where it was already."""
    return await tx.execute(
        """update action_item set done_at = $3, done_by = $4, evidence = $5
           where tenant_id = $1 and action_item_id = $2 and done_at is null""",
        item_id, at, by, evidence,
    )  # fmt: skip


async def causes_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """(corrective action, nonconformance)."""
    return await tx.fetch(
        """select k.corrective_action_id, k.nonconformance_id from corrective_action_cause k
           where k.tenant_id = $1 and k.corrective_action_id = any($2::uuid[]) order by k.nonconformance_id""",
        list(ids),
    )


async def overdue(tx: TenantTransaction, at: datetime, limit: int, after: Late | None = None) -> list[Record]:
    """What should have been done by now: (kind, id, number, what, owner, due at), the longest late first, from behind the one given."""
    return await tx.fetch(
        """select * from (
             select 'discipline' as kind, c.corrective_action_id as id, c.number, 'D' || d.discipline as what, c.owner_id, d.due_at
             from discipline d join corrective_action c on c.tenant_id = $1 and c.corrective_action_id = d.corrective_action_id
             where d.tenant_id = $1 and d.done_at is null and d.due_at <= $2 and c.closed_at is null
             union all
             select 'item', i.action_item_id, c.number, i.text, i.owner_id, i.due_at
             from action_item i join corrective_action c on c.tenant_id = $1 and c.corrective_action_id = i.corrective_action_id
             where i.tenant_id = $1 and i.done_at is null and i.due_at <= $2 and c.closed_at is null
             union all
             select 'action', c.corrective_action_id, c.number, c.title, c.owner_id, c.due_at
             from corrective_action c where c.tenant_id = $1 and c.closed_at is null and c.due_at <= $2
             union all
             select 'check', c.corrective_action_id, c.number, coalesce(c.criterion, ''), c.owner_id, c.check_at
             from corrective_action c where c.tenant_id = $1 and c.status = 2 and c.check_at <= $2
             union all
             select 'request', r.supplier_request_id, r.number, r.supplier, coalesce(c.owner_id, m.membership_id, r.sent_by), r.due_at
             from supplier_request r
             left join corrective_action c on c.tenant_id = $1 and c.corrective_action_id = r.corrective_action_id
             left join membership m on m.tenant_id = $1 and m.person_id = r.sent_by
             where r.tenant_id = $1 and r.closed_at is null and r.status in (1, 2, 4) and r.due_at <= $2) late
           where $4::timestamptz is null or (late.due_at, late.kind, late.id, late.what) > ($4, $5::text, $6::uuid, $7::text)
           order by late.due_at, late.kind, late.id, late.what limit $3""",
        at, limit, *(after or (None, None, None, None)),
    )  # fmt: skip


async def members_exist(tx: TenantTransaction, membership_ids: Sequence[UUID]) -> bool:
    """Whether all of them are active members."""
    found: int = await tx.fetchval(
        "select count(*) from membership m where m.tenant_id = $1 and m.membership_id = any($2::uuid[]) and m.active", list(set(membership_ids))
    )
    return found == len(set(membership_ids))


async def member_names(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of members, active or not."""
    rows = await tx.fetch(
        "select m.membership_id, m.display_name from membership m where m.tenant_id = $1 and m.membership_id = any($2::uuid[])",
        list(membership_ids),
    )
    return {row["membership_id"]: row["display_name"] for row in rows}
