"""Statements on what a case suspects, and on which cases are watched."""

from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction


async def question(tx: TenantTransaction, case_id: UUID, revision: int | None = None) -> Record | None:
    """The newest declaration of a case's sources and bounds, or that revision."""
    return await tx.fetchrow(
        """select revision, sources, bounds, digest, changed_at, changed_by from recall_question
           where tenant_id = $1 and case_id = $2 and ($3::int is null or revision = $3) order by revision desc limit 1""",
        case_id,
        revision,
    )


async def add_question(
    tx: TenantTransaction, case_id: UUID, revision: int, *, sources: str, bounds: str, digest: str, at: datetime, by: UUID | None
) -> None:
    """Write the next declaration."""
    await tx.execute(
        """insert into recall_question (tenant_id, case_id, revision, sources, bounds, digest, changed_at, changed_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        case_id,
        revision,
        sources,
        bounds,
        digest,
        at,
        by,
    )


async def lock_case(tx: TenantTransaction, case_id: UUID) -> None:
    """One transaction at a time changes what a case suspects, or freezes it."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('recall_scope:' || $1::int::text || ':' || $2::text, 0))", str(case_id))


async def put_watch(tx: TenantTransaction, case_id: UUID, *, state: int, drill: bool | None) -> None:
    """Whether a case is watched; a drill stays one."""
    await tx.execute(
        """insert into recall_watch (tenant_id, case_id, state, drill) values ($1, $2, $3, coalesce($4, false))
           on conflict (tenant_id, case_id) do update set state = excluded.state, drill = coalesce($4, recall_watch.drill)""",
        case_id,
        state,
        drill,
    )


async def start_watch(tx: TenantTransaction, case_id: UUID) -> None:
    """Watch a case from now on, unless it is watched already."""
    await tx.execute("update recall_watch set state = 1 where tenant_id = $1 and case_id = $2 and state = 0", case_id)


async def watch_of(tx: TenantTransaction, case_id: UUID) -> Record | None:
    """(state, drill, looked at) of a case."""
    return await tx.fetchrow("select state, drill, looked_at from recall_watch where tenant_id = $1 and case_id = $2", case_id)


async def any_watched(tx: TenantTransaction) -> bool:
    """Whether a case's frozen scope is watched at all."""
    return bool(await tx.fetchval("select exists (select 1 from recall_watch where tenant_id = $1 and state > 0)"))
