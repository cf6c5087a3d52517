"""Every statement on memberships and sessions, within one tenant's transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from infra.database import TenantTransaction
from tenants.grants import Grant
from tenants.permissions import known_permissions, permissions_of
from tenants.refresh_tokens import Family, RefreshToken


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in one tenant."""

    membership_id: UUID
    person_id: UUID
    display_name: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session with its membership, as a refresh sees it; the row is locked until the transaction ends."""

    session_id: UUID
    epoch: int
    family: Family
    membership: Membership
    membership_active: bool
    second_factor_at: datetime | None
    reauthenticated_at: datetime | None
    device_id: UUID | None


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session as its owner, or an administrator, sees it in a list."""

    session_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    device_id: UUID | None
    second_factor_at: datetime | None


async def insert_membership(tx: TenantTransaction, membership: Membership) -> bool:
    """A new membership; False where the person has one already."""
    count = await tx.execute(
        """insert into membership (tenant_id, membership_id, person_id, display_name) values ($1, $2, $3, $4)
           on conflict (tenant_id, person_id) do nothing""",
        membership.membership_id,
        membership.person_id,
        membership.display_name,
    )
    return count == 1


async def active_membership_of(tx: TenantTransaction, person_id: UUID) -> Membership | None:
    """The person's membership, if it is active."""
    row = await tx.fetchrow(
        "select membership_id, person_id, display_name from membership where tenant_id = $1 and person_id = $2 and active",
        person_id,
    )
    return Membership(*row) if row else None


async def insert_grant(tx: TenantTransaction, membership_id: UUID, role: str, *, site: str | None = None, expires_at: datetime | None = None) -> None:
    """Grant a role, everywhere or at one site; a grant of the same role there is replaced."""
    await tx.execute(
        """insert into membership_grant (tenant_id, membership_id, role, site, expires_at) values ($1, $2, $3, $4, $5)
           on conflict (tenant_id, membership_id, role, site) do update set expires_at = excluded.expires_at, granted_at = now()""",
        membership_id,
        role,
        site or "",
        expires_at,
    )


async def grants_of(tx: TenantTransaction, membership_id: UUID) -> list[Grant]:
    """What a membership is granted, expired grants included; a custom role that was archived permits nothing."""
    rows = await tx.fetch(
        """select g.role, g.site, g.expires_at, r.permissions
           from membership_grant g left join custom_role r on r.tenant_id = $1 and r.role = g.role and r.archived_at is null
           where g.tenant_id = $1 and g.membership_id = $2 order by g.role, g.site""",
        membership_id,
    )
    return [
        Grant(
            row["role"],
            permissions_of(row["role"]) if row["permissions"] is None else known_permissions(frozenset(msgspec.json.decode(row["permissions"]))),
            row["site"] or None,
            row["expires_at"],
        )
        for row in rows
    ]


async def insert_session(
    tx: TenantTransaction,
    *,
    session_id: UUID,
    membership: Membership,
    epoch: int,
    token: RefreshToken,
    expires_at: datetime,
    user_agent: str,
    address: str,
    second_factor_at: datetime | None = None,
    device_id: UUID | None = None,
) -> None:
    """A new session with its first refresh token."""
    await tx.execute(
        """insert into session (
             tenant_id, session_id, membership_id, epoch, selector, token_sha256, expires_at, user_agent, address, second_factor_at, device_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        session_id,
        membership.membership_id,
        epoch,
        token.selector,
        token.sha256,
        expires_at,
        user_agent,
        address,
        second_factor_at,
        device_id,
    )


async def lock_session(tx: TenantTransaction, selector: bytes) -> OpenSession | None:
    """The session that a refresh token names, locked so that two refreshes come one after the other."""
    row = await tx.fetchrow(
        """select s.session_id, s.epoch, s.token_sha256, s.previous_sha256, s.rotated_at, s.expires_at, s.ended_at,
                  s.second_factor_at, s.reauthenticated_at, s.device_id,
                  m.membership_id, m.person_id, m.display_name, m.active
           from session s join membership m on m.tenant_id = $1 and m.membership_id = s.membership_id
           where s.tenant_id = $1 and s.selector = $2 for no key update of s""",
        selector,
    )
    if row is None:
        return None
    return OpenSession(
        session_id=row["session_id"],
        epoch=row["epoch"],
        family=Family(row["token_sha256"], row["previous_sha256"], row["rotated_at"], row["expires_at"], row["ended_at"]),
        membership=Membership(row["membership_id"], row["person_id"], row["display_name"]),
        membership_active=row["active"],
        second_factor_at=row["second_factor_at"],
        reauthenticated_at=row["reauthenticated_at"],
        device_id=row["device_id"],
    )


async def rotate_session(
    tx: TenantTransaction,
    session_id: UUID,
    *,
    presented: bytes,
    successor: bytes,
    moment: datetime,
    user_agent: str,
    address: str,
) -> None:
    """Put the successor in the presented token's place; both as hashes."""
    await tx.execute(
        """update session
           set previous_sha256 = $3, token_sha256 = $4, rotated_at = $5, last_used_at = $5, user_agent = $6, address = $7
           where tenant_id = $1 and session_id = $2""",
        session_id,
        presented,
        successor,
        moment,
        user_agent,
        address,
    )


async def end_session(tx: TenantTransaction, session_id: UUID, because: str) -> bool:
    """End a session for good; False where it had ended before."""
    count = await tx.execute(
        "update session set ended_at = now(), ended_because = $3 where tenant_id = $1 and session_id = $2 and ended_at is null",
        session_id,
        because,
    )
    return count == 1


async def membership_by_id(tx: TenantTransaction, membership_id: UUID) -> Membership | None:
    """A membership of this tenant, active or not."""
    row = await tx.fetchrow(
        "select membership_id, person_id, display_name from membership where tenant_id = $1 and membership_id = $2", membership_id
    )
    return Membership(*row) if row else None


async def membership_of(tx: TenantTransaction, person_id: UUID) -> Membership | None:
    """The person's membership of this tenant, active or not."""
    row = await tx.fetchrow("select membership_id, person_id, display_name from membership where tenant_id = $1 and person_id = $2", person_id)
    return Membership(*row) if row else None


async def page_of_sessions(tx: TenantTransaction, membership_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[LiveSession]:
    """A member's live sessions, newest first, from behind the cursor (a session's id), in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    rows = await tx.fetch(
        f"""select session_id, created_at, last_used_at, expires_at, user_agent, address, device_id, second_factor_at from session
            where tenant_id = $1 and membership_id = $2 and ended_at is null and expires_at > now() and ($3::uuid is null or session_id {behind} $3)
            order by session_id {order} limit $4""",
        membership_id,
        cursor,
        limit,
    )
    return [LiveSession(*row) for row in rows]


async def is_live_session_of(tx: TenantTransaction, membership_id: UUID, session_id: UUID) -> bool:
    """Whether a session is this member's and hasn't ended."""
    return bool(
        await tx.fetchval(
            "select exists (select 1 from session where tenant_id = $1 and membership_id = $2 and session_id = $3 and ended_at is null)",
            membership_id,
            session_id,
        )
    )


async def end_sessions_of(tx: TenantTransaction, membership_id: UUID, because: str, *, keep: UUID | None = None) -> list[UUID]:
    """End a member's sessions, but for one to `keep`; gives those that had not ended before."""
    rows = await tx.fetch(
        """update session set ended_at = now(), ended_because = $3
           where tenant_id = $1 and membership_id = $2 and ended_at is null and session_id is distinct from $4 returning session_id""",
        membership_id,
        because,
        keep,
    )
    return [row["session_id"] for row in rows]


async def sessions_beyond(tx: TenantTransaction, membership_id: UUID, allowed: int, *, on_phones: bool) -> list[UUID]:
    """A member's live sessions on phones, or elsewhere, beyond the `allowed` ones that were used last.

    Whoever else opens one for him waits from here on.
    """
    await tx.fetchval("select 1 from membership where tenant_id = $1 and membership_id = $2 for no key update", membership_id)
    rows = await tx.fetch(
        """select session_id from session
           where tenant_id = $1 and membership_id = $2 and ended_at is null and expires_at > now() and (device_id is not null) = $4
           order by last_used_at desc, session_id desc offset $3""",
        membership_id,
        allowed,
        on_phones,
    )
    return [row["session_id"] for row in rows]


async def mark_proved(tx: TenantTransaction, session_id: UUID, *, moment: datetime, second_factor: bool) -> None:
    """Note that the person behind a session has proved himself once more."""
    await tx.execute(
        """update session set reauthenticated_at = $3, second_factor_at = case when $4 then $3 else second_factor_at end
           where tenant_id = $1 and session_id = $2""",
        session_id,
        moment,
        second_factor,
    )


async def carry_over(tx: TenantTransaction, session_id: UUID, epoch: int) -> None:
    """Let a session live on in the person's new epoch, in which his others ended."""
    await tx.execute("update session set epoch = $3 where tenant_id = $1 and session_id = $2", session_id, epoch)
