"""Every statement on members and what they are granted."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction
from tenants.people.rules import WantedGrant

MEMBER: str = "m.membership_id, m.person_id, m.display_name, m.active, m.created_at, m.deactivated_at"


async def page(
    tx: TenantTransaction,
    *,
    active: bool | None,
    role: str | None,
    site: str | None,
    name_part: str | None,
    person_id: UUID | None,
    cursor: tuple[str, UUID] | None,
    backward: bool,
    limit: int,
) -> list[Record]:
    """Members in order of name, from behind the cursor (name, id), in the order of going. `name_part` or `person_id` must fit."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select {MEMBER} from membership m
            where m.tenant_id = $1 and ($2::bool is null or m.active = $2)
              and (($3::text is null and $4::text is null) or exists (
                select from membership_grant g where g.tenant_id = $1 and g.membership_id = m.membership_id
                  and (g.expires_at is null or g.expires_at > now()) and ($3::text is null or g.role = $3) and ($4::text is null or g.site = $4)))
              and ($5::text is null or strpos(lower(m.display_name), lower($5)) > 0 or m.person_id = $6)
              and ($7::text is null or (m.display_name collate "C", m.membership_id) {behind} ($7, $8::uuid))
            order by m.display_name collate "C" {order}, m.membership_id {order} limit $9""",
        active,
        role,
        site,
        name_part,
        person_id,
        cursor[0] if cursor else None,
        cursor[1] if cursor else None,
        limit,
    )


async def members(tx: TenantTransaction, membership_ids: Collection[UUID]) -> list[Record]:
    """Members by id."""
    return await tx.fetch(f"select {MEMBER} from membership m where m.tenant_id = $1 and m.membership_id = any($2::uuid[])", list(membership_ids))


async def member_of(tx: TenantTransaction, person_id: UUID) -> Record | None:
    """The person's membership here, active or not."""
    return await tx.fetchrow(f"select {MEMBER} from membership m where m.tenant_id = $1 and m.person_id = $2", person_id)


async def last_used(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each of the members last got tokens, as far as sessions are kept."""
    rows = await tx.fetch(
        """select membership_id, max(last_used_at) as at from session
           where tenant_id = $1 and membership_id = any($2::uuid[]) group by membership_id""",
        list(membership_ids),
    )
    return {row["membership_id"]: row["at"] for row in rows}


async def grants(tx: TenantTransaction, membership_ids: Collection[UUID]) -> list[Record]:
    """What these members are granted, grants that ran out included."""
    return await tx.fetch(
        """select membership_id, role, site, expires_at, granted_at from membership_grant
           where tenant_id = $1 and membership_id = any($2::uuid[]) order by role, site""",
        list(membership_ids),
    )


async def holding(tx: TenantTransaction, role: str, at: datetime) -> list[UUID]:
    """The active members to whom a role is granted at a moment, be it at one site only, in order of name."""
    rows = await tx.fetch(
        """select m.membership_id from membership m where m.tenant_id = $1 and m.active and exists (
             select from membership_grant g where g.tenant_id = $1 and g.membership_id = m.membership_id and g.role = $2
               and (g.expires_at is null or g.expires_at > $3))
           order by m.display_name, m.membership_id""",
        role,
        at,
    )
    return [row["membership_id"] for row in rows]


async def delete_grants(tx: TenantTransaction, membership_id: UUID, gone: Collection[WantedGrant]) -> None:
    """Take grants away."""
    await tx.execute(
        """delete from membership_grant g using unnest($3::text[], $4::text[]) as gone (role, site)
           where g.tenant_id = $1 and g.membership_id = $2 and g.role = gone.role and g.site = gone.site""",
        membership_id,
        *_keys(gone),
    )


async def put_grants(tx: TenantTransaction, membership_id: UUID, given: Sequence[WantedGrant]) -> None:
    """Grant, or give a grant another end."""
    await tx.execute(
        """insert into membership_grant (tenant_id, membership_id, role, site, expires_at)
           select $1, $2::uuid, * from unnest($3::text[], $4::text[], $5::timestamptz[])
           on conflict (tenant_id, membership_id, role, site) do update set expires_at = excluded.expires_at, granted_at = now()""",
        membership_id,
        *_keys(given),
        [grant.expires_at for grant in given],
    )


def _keys(given: Collection[WantedGrant]) -> tuple[list[str], list[str]]:
    return [grant.role for grant in given], [grant.site or "" for grant in given]


async def lasting_owners(tx: TenantTransaction) -> int:
    """How many active members own the company without an end."""
    count: int = await tx.fetchval(
        """select count(*) from membership_grant g join membership m on m.tenant_id = $1 and m.membership_id = g.membership_id
           where g.tenant_id = $1 and g.role = 'owner' and g.site = '' and g.expires_at is null and m.active"""
    )
    return count


async def set_active(tx: TenantTransaction, membership_id: UUID, *, active: bool) -> None:
    """Let a member in again, or no longer."""
    await tx.execute(
        """update membership set active = $3, deactivated_at = case when $3 then null else now() end
           where tenant_id = $1 and membership_id = $2""",
        membership_id,
        active,
    )


async def rename(tx: TenantTransaction, membership_id: UUID, display_name: str) -> None:
    """The name from now on; what was done before keeps the name of then."""
    await tx.execute("update membership set display_name = $3 where tenant_id = $1 and membership_id = $2", membership_id, display_name)


async def end_sessions(tx: TenantTransaction, membership_id: UUID, because: str) -> int:
    """End all sessions of a member in this tenant; returns how many were open."""
    return await tx.execute(
        "update session set ended_at = now(), ended_because = $3 where tenant_id = $1 and membership_id = $2 and ended_at is null",
        membership_id,
        because,
    )
