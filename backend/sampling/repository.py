"""Statements on sampling plans and states."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.database import Record, TenantTransaction

_STATE = """state_id, plan_id, product, supplier, class, severity, score, recent, refused, skipping, frequency, skip_run, skip_lots, nonce, since"""


async def insert_plan(tx: TenantTransaction, *, plan_id: UUID, name: str, definition: str, at: datetime) -> None:
    """A new plan."""
    await tx.execute(
        "insert into sampling_plan (tenant_id, plan_id, name, version, definition, changed_at) values ($1, $2, $3, 1, $4, $5)",
        plan_id,
        name,
        definition,
        at,
    )


async def insert_version(tx: TenantTransaction, *, plan_id: UUID, version: int, name: str, definition: str, at: datetime, by: UUID) -> None:
    """What a plan says from now on, for ever."""
    await tx.execute(
        """insert into sampling_plan_version (tenant_id, plan_id, version, name, definition, made_at, made_by)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        plan_id,
        version,
        name,
        definition,
        at,
        by,
    )


async def change_plan(tx: TenantTransaction, *, plan_id: UUID, name: str, version: int, definition: str, at: datetime) -> None:
    """The current version."""
    await tx.execute(
        "update sampling_plan set name = $3, version = $4, definition = $5, changed_at = $6 where tenant_id = $1 and plan_id = $2",
        plan_id,
        name,
        version,
        definition,
        at,
    )


async def archive_plan(tx: TenantTransaction, plan_id: UUID, at: datetime) -> int:
    """No new lots; 0 where it was archived before."""
    return await tx.execute("update sampling_plan set archived_at = $3 where tenant_id = $1 and plan_id = $2 and archived_at is null", plan_id, at)


async def plan(tx: TenantTransaction, plan_id: UUID) -> Record | None:
    """One plan."""
    return await tx.fetchrow(
        "select plan_id, name, version, definition, changed_at, archived_at from sampling_plan where tenant_id = $1 and plan_id = $2", plan_id
    )


async def lock_plan(tx: TenantTransaction, plan_id: UUID) -> Record | None:
    """One plan, which nobody else changes meanwhile."""
    return await tx.fetchrow(
        """select plan_id, name, version, definition, changed_at, archived_at from sampling_plan
           where tenant_id = $1 and plan_id = $2 for update""",
        plan_id,
    )


async def plans(tx: TenantTransaction, *, archived: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Plans, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select plan_id, name, version, definition, changed_at, archived_at from sampling_plan
            where tenant_id = $1 and ($2 or archived_at is null) and ($3::uuid is null or plan_id {behind} $3)
            order by plan_id {order} limit $4""",
        archived,
        cursor,
        limit,
    )


async def versions(tx: TenantTransaction, plan_ids: Sequence[UUID], limit: int) -> list[Record]:
    """The last versions of each plan, newest first."""
    return await tx.fetch(
        """select v.plan_id, v.version, v.name, v.definition, v.made_at from unnest($2::uuid[]) as asked(plan_id)
           cross join lateral (
             select p.plan_id, p.version, p.name, p.definition, p.made_at from sampling_plan_version p
             where p.tenant_id = $1 and p.plan_id = asked.plan_id order by p.version desc limit $3) v""",
        list(plan_ids),
        limit,
    )


async def ensure_state(tx: TenantTransaction, values: Sequence[Any]) -> None:
    """A state that begins, unless it has begun."""
    await tx.execute(
        """insert into sampling_state (tenant_id, state_id, plan_id, product, supplier, class, severity, score, recent, refused, skipping,
             frequency, skip_run, skip_lots, nonce, since)
           values ($1, $2, $3, $4, $5, $6, $7, 0, '', 0, 1, 1, 0, 0, $8, $9)
           on conflict (tenant_id, plan_id, product, supplier, class) do nothing""",
        *values,
    )


async def lock_state(tx: TenantTransaction, plan_id: UUID, product: str, supplier: str, kind: int) -> Record | None:
    """One state, which nobody else moves meanwhile."""
    return await tx.fetchrow(
        f"""select {_STATE} from sampling_state
            where tenant_id = $1 and plan_id = $2 and product = $3 and supplier = $4 and class = $5 for update""",
        plan_id,
        product,
        supplier,
        kind,
    )


async def lock_state_by_id(tx: TenantTransaction, state_id: UUID) -> Record | None:
    """The same by its id."""
    return await tx.fetchrow(f"select {_STATE} from sampling_state where tenant_id = $1 and state_id = $2 for update", state_id)


async def states_of(tx: TenantTransaction, plan_id: UUID, product: str, supplier: str) -> list[Record]:
    """The states of a plan's classes for a product and supplier."""
    return await tx.fetch(
        f"select {_STATE} from sampling_state where tenant_id = $1 and plan_id = $2 and product = $3 and supplier = $4 order by class",
        plan_id,
        product,
        supplier,
    )


async def state(tx: TenantTransaction, state_id: UUID) -> Record | None:
    """One state."""
    return await tx.fetchrow(f"select {_STATE} from sampling_state where tenant_id = $1 and state_id = $2", state_id)


async def states(
    tx: TenantTransaction, *, plan_id: UUID | None, severity: int | None, cursor: UUID | None, backward: bool, limit: int
) -> list[Record]:
    """States, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_STATE} from sampling_state
            where tenant_id = $1 and ($2::uuid is null or plan_id = $2) and ($3::int is null or severity = $3)
              and ($4::uuid is null or state_id {behind} $4)
            order by state_id {order} limit $5""",
        plan_id,
        severity,
        cursor,
        limit,
    )


async def update_state(tx: TenantTransaction, state_id: UUID, values: Sequence[Any]) -> None:
    """severity, score, recent, refused, skipping, frequency, skip_run, skip_lots, since."""
    await tx.execute(
        """update sampling_state set severity = $3, score = $4, recent = $5, refused = $6, skipping = $7, frequency = $8, skip_run = $9,
             skip_lots = $10, since = $11 where tenant_id = $1 and state_id = $2""",
        state_id,
        *values,
    )


async def add_lot(tx: TenantTransaction, *, state_id: UUID, inspection_id: UUID, accepted: bool, severity: int, score: int, at: datetime) -> bool:
    """A lot that counts, behind the others; False where this inspection has counted before. The state is locked."""
    done = await tx.execute(
        """insert into sampling_lot (tenant_id, state_id, inspection_id, number, accepted, severity, score, concluded_at)
           select $1, $2, $3, coalesce(max(l.number), 0) + 1, $4, $5, $6, $7 from sampling_lot l where l.tenant_id = $1 and l.state_id = $2
           on conflict (tenant_id, state_id, inspection_id) do nothing""",
        state_id,
        inspection_id,
        accepted,
        severity,
        score,
        at,
    )
    return done == 1


async def counted(tx: TenantTransaction, state_id: UUID, inspection_id: UUID) -> bool:
    """Whether an inspection has counted."""
    found = await tx.fetchval("select 1 from sampling_lot where tenant_id = $1 and state_id = $2 and inspection_id = $3", state_id, inspection_id)
    return found is not None


async def last_lots(tx: TenantTransaction, state_id: UUID, limit: int, *, refused_only: bool = False) -> list[Record]:
    """The last lots that counted, newest first."""
    return await tx.fetch(
        """select inspection_id, number, accepted, severity, score, concluded_at from sampling_lot
           where tenant_id = $1 and state_id = $2 and (not $4 or not accepted) order by number desc limit $3""",
        state_id,
        limit,
        refused_only,
    )


async def add_switch(tx: TenantTransaction, values: Sequence[Any]) -> None:
    """switch_id, state_id, rule, from, to, skipping, frequency, lots, at, actor, reason."""
    await tx.execute(
        """insert into sampling_switch (tenant_id, switch_id, state_id, rule, from_severity, to_severity, skipping, frequency, lots,
             switched_at, actor_id, reason) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        *values,
    )


async def switches(tx: TenantTransaction, state_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """A state's history, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select switch_id, rule, from_severity, to_severity, skipping, frequency, lots, switched_at, reason from sampling_switch
            where tenant_id = $1 and state_id = $2 and ($3::uuid is null or switch_id {behind} $3) order by switch_id {order} limit $4""",
        state_id,
        cursor,
        limit,
    )
