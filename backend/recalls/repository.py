"""Statements on recall cases and what hangs on them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = """c.case_id, c.number, c.drill, c.state, c.title, c.reason, c.hazard, c.products, c.instructions, c.source_reference, c.sector,
    c.countries, c.contact_phone, c.contact_email, c.owner_id, c.known_at, c.opened_at, c.opened_by, c.decision, c.recall_class, c.depth,
    c.decision_reason, c.decided_at, c.decided_by, c.decided_name, c.announced_at, c.announced_by, c.scope_version, c.completed_at, c.root_cause,
    c.capa_waiver, c.effect_waiver, c.closed_at, c.closed_by, c.grown_at"""


async def insert(tx: TenantTransaction, **columns: Any) -> None:
    """A new case; its columns but the tenant's by name."""
    names = ", ".join(columns)
    places = ", ".join(f"${number + 2}" for number in range(len(columns)))
    await tx.execute(f"insert into recall_case (tenant_id, {names}) values ($1, {places})", *columns.values())


async def update(tx: TenantTransaction, case_id: UUID, **columns: Any) -> None:
    """Other values of some columns."""
    values = ", ".join(f"{name} = ${number + 3}" for number, name in enumerate(columns))
    await tx.execute(f"update recall_case set {values} where tenant_id = $1 and case_id = $2", case_id, *columns.values())


async def by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """Cases by id."""
    return await tx.fetch(f"select {COLUMNS} from recall_case c where c.tenant_id = $1 and c.case_id = any($2::uuid[])", list(ids))


async def lock(tx: TenantTransaction, case_id: UUID) -> Record | None:
    """One of them, held until the transaction ends: acts follow each other."""
    return await tx.fetchrow(f"select {COLUMNS} from recall_case c where c.tenant_id = $1 and c.case_id = $2 for no key update", case_id)


async def insert_act(
    tx: TenantTransaction, case_id: UUID, act_id: UUID, *, at: datetime, kind: int, actor_id: UUID | None, actor: str, reason: str, detail: str,
    signature_id: UUID | None,
) -> None:  # fmt: skip
    """One act in the timeline."""
    await tx.execute(
        """insert into recall_act (tenant_id, case_id, act_id, at, kind, actor_id, actor, reason, detail, signature_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        case_id, act_id, at, kind, actor_id, actor, reason, detail, signature_id,
    )  # fmt: skip


async def acts(tx: TenantTransaction, case_id: UUID, *, kinds: list[int] | None, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Acts of a case, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select a.act_id, a.at, a.kind, a.actor_id, a.actor, a.reason, a.detail, a.signature_id from recall_act a
            where a.tenant_id = $1 and a.case_id = $2 and ($3::smallint[] is null or a.kind = any($3))
              and ($4::uuid is null or a.act_id {behind} $4) order by a.act_id {order} limit $5""",
        case_id, kinds, cursor, limit,
    )  # fmt: skip


async def add_links(tx: TenantTransaction, case_id: UUID, references: Collection[str], *, at: datetime, by: UUID | None) -> int:
    """Link what belongs to a case; gives how many weren't."""
    return await tx.execute(
        """insert into recall_link (tenant_id, case_id, reference, linked_at, linked_by)
           select $1, $2, r, $4, $5 from unnest($3::text[]) as r on conflict do nothing""",
        case_id, list(references), at, by,
    )  # fmt: skip


async def links(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """(case, reference) of what belongs to cases, in order."""
    return await tx.fetch(
        """select l.case_id, l.reference from recall_link l where l.tenant_id = $1 and l.case_id = any($2::uuid[])
           order by l.linked_at, l.reference""",
        list(ids),
    )


async def policy(tx: TenantTransaction) -> Record | None:
    """How the company computes periods; None where it has said nothing."""
    return await tx.fetchrow("select target_hours, holidays, workdays from recall_policy where tenant_id = $1")


async def put_policy(tx: TenantTransaction, *, target_hours: int, holidays: str, workdays: str) -> None:
    """Say it."""
    await tx.execute(
        """insert into recall_policy (tenant_id, target_hours, holidays, workdays) values ($1, $2, $3, $4)
           on conflict (tenant_id) do update set target_hours = excluded.target_hours, holidays = excluded.holidays,
             workdays = excluded.workdays""",
        target_hours, holidays, workdays,
    )  # fmt: skip


async def member_exists(tx: TenantTransaction, membership_id: UUID) -> bool:
    """Whether somebody works for the company under this id."""
    found = await tx.fetchval("select 1 from membership m where m.tenant_id = $1 and m.membership_id = $2 and m.active", membership_id)
    return found is not None
