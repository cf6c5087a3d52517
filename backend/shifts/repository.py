"""Statements on teams and shift plans."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction

_TEAM = "team_id, name, updated_at"
_PLAN = "plan_id, name, time_zone, site, body, updated_at"


async def teams(tx: TenantTransaction, limit: int) -> list[Record]:
    """Teams in use, in order of name."""
    return await tx.fetch(
        f"""select {_TEAM} from duty_team where tenant_id = $1 and archived_at is null order by name collate "C", team_id limit $2""", limit
    )


async def team(tx: TenantTransaction, team_id: UUID) -> Record | None:
    """One of them, locked: whoever archives it waits for whoever names it."""
    return await tx.fetchrow(
        f"select {_TEAM} from duty_team where tenant_id = $1 and team_id = $2 and archived_at is null for no key update", team_id
    )


async def teams_named(tx: TenantTransaction, name: str) -> list[UUID]:
    """Those in use of a name."""
    rows = await tx.fetch("select team_id from duty_team where tenant_id = $1 and name = $2 and archived_at is null order by team_id limit 2", name)
    return [row["team_id"] for row in rows]


async def put_team(tx: TenantTransaction, team_id: UUID, name: str, at: datetime) -> None:
    """A team, new or renamed."""
    await tx.execute(
        """insert into duty_team (tenant_id, team_id, name, updated_at) values ($1, $2, $3, $4)
           on conflict (tenant_id, team_id) do update set name = excluded.name, updated_at = excluded.updated_at""",
        team_id,
        name,
        at,
    )


async def archive_team(tx: TenantTransaction, team_id: UUID, at: datetime) -> None:
    """Take a team out of use."""
    await tx.execute("update duty_team set archived_at = $3, updated_at = $3 where tenant_id = $1 and team_id = $2", team_id, at)


async def members(tx: TenantTransaction, team_ids: Collection[UUID]) -> list[Record]:
    """(team, member) for these teams."""
    return await tx.fetch(
        "select team_id, membership_id from duty_team_member where tenant_id = $1 and team_id = any($2::uuid[]) order by team_id, membership_id",
        list(team_ids),
    )


async def set_members(tx: TenantTransaction, team_id: UUID, membership_ids: Collection[UUID]) -> None:
    """Exactly these are in the team from now on."""
    await tx.execute(
        "delete from duty_team_member where tenant_id = $1 and team_id = $2 and not membership_id = any($3::uuid[])", team_id, list(membership_ids)
    )
    await tx.execute(
        """insert into duty_team_member (tenant_id, team_id, membership_id) select $1, $2::uuid, * from unnest($3::uuid[])
           on conflict do nothing""",
        team_id,
        sorted(membership_ids),
    )


async def plans(tx: TenantTransaction, limit: int) -> list[Record]:
    """Plans in force, in order of name."""
    return await tx.fetch(
        f"""select {_PLAN} from shift_plan where tenant_id = $1 and archived_at is null order by name collate "C", plan_id limit $2""", limit
    )


async def plan(tx: TenantTransaction, plan_id: UUID) -> Record | None:
    """One of them, locked."""
    return await tx.fetchrow(
        f"select {_PLAN} from shift_plan where tenant_id = $1 and plan_id = $2 and archived_at is null for no key update", plan_id
    )


async def put_plan(tx: TenantTransaction, plan_id: UUID, *, name: str, time_zone: str, site: str | None, body: str, at: datetime) -> None:
    """A plan, new or changed."""
    await tx.execute(
        """insert into shift_plan (tenant_id, plan_id, name, time_zone, site, body, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (tenant_id, plan_id) do update set name = excluded.name, time_zone = excluded.time_zone, site = excluded.site,
             body = excluded.body, updated_at = excluded.updated_at""",
        plan_id,
        name,
        time_zone,
        site,
        body,
        at,
    )


async def archive_plan(tx: TenantTransaction, plan_id: UUID, at: datetime) -> int:
    """Take a plan out of force; 0 where it was before."""
    return await tx.execute(
        "update shift_plan set archived_at = $3, updated_at = $3 where tenant_id = $1 and plan_id = $2 and archived_at is null", plan_id, at
    )
