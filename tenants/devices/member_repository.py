"""Statements on the PINs and badges of members, and on tries of them, within one tenant's transaction."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from infra.database import Record, TenantTransaction
from tenants.grants import Grant
from tenants.permissions import known_permissions, permissions_of

MOST_MEMBERS: Final = 2_000


async def member(tx: TenantTransaction, membership_id: UUID) -> Record | None:
    """An active member."""
    return await tx.fetchrow(
        "select membership_id, person_id, display_name from membership where tenant_id = $1 and membership_id = $2 and active", membership_id
    )


async def members(tx: TenantTransaction) -> list[Record]:
    """Active members by name, with whether each has a PIN and a badge."""
    return await tx.fetch(
        """select m.membership_id, m.display_name, p.membership_id is not null as has_pin, b.badge_id is not null as has_badge
           from membership m
           left join member_pin p on p.tenant_id = $1 and p.membership_id = m.membership_id
           left join member_badge b on b.tenant_id = $1 and b.membership_id = m.membership_id and b.voided_at is null
           where m.tenant_id = $1 and m.active order by m.display_name, m.membership_id limit $2""",
        MOST_MEMBERS,
    )


async def grants_of_members(tx: TenantTransaction) -> dict[UUID, list[Grant]]:
    """What each active member is granted, expired grants included."""
    rows = await tx.fetch(
        """select g.membership_id, g.role, g.site, g.expires_at, r.permissions
           from membership_grant g join membership m on m.tenant_id = $1 and m.membership_id = g.membership_id
           left join custom_role r on r.tenant_id = $1 and r.role = g.role and r.archived_at is null
           where g.tenant_id = $1 and m.active"""
    )
    found: dict[UUID, list[Grant]] = defaultdict(list)
    for row in rows:
        own = row["permissions"]
        permissions = permissions_of(row["role"]) if own is None else known_permissions(frozenset(msgspec.json.decode(own)))
        found[row["membership_id"]].append(Grant(row["role"], permissions, row["site"] or None, row["expires_at"]))
    return found


async def floor_access(
    tx: TenantTransaction, *, membership_id: UUID | None = None, cursor: UUID | None = None, backward: bool = False, limit: int = 1
) -> list[Record]:
    """Active members by id with the state of their PIN and badge; one of them where `membership_id` is given."""
    beyond, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select m.membership_id, m.display_name, p.set_at as pin_set_at, p.temporary, p.failures, b.issued_at as badge_issued_at
            from membership m
            left join member_pin p on p.tenant_id = $1 and p.membership_id = m.membership_id
            left join member_badge b on b.tenant_id = $1 and b.membership_id = m.membership_id and b.voided_at is null
            where m.tenant_id = $1 and m.active and ($2::uuid is null or m.membership_id = $2) and ($3::uuid is null or m.membership_id {beyond} $3)
            order by m.membership_id {order} limit $4""",
        membership_id,
        cursor,
        limit,
    )


async def claim_attempt(tx: TenantTransaction, device_id: UUID, membership_id: UUID, *, limit: int, pause: timedelta) -> bool:
    """Count a try on a device as a failure in advance; False at the limit, until `pause` after the last one.

    Condition and count are one step, so parallel tries can't slip through.
    """
    return bool(
        await tx.fetchval(
            """insert into switch_attempt as a (tenant_id, device_id, membership_id, failures, last_failed_at) values ($1, $2, $3, 1, now())
               on conflict (tenant_id, device_id, membership_id) do update set
                 failures = case when a.last_failed_at <= now() - $5::interval then 1 else a.failures + 1 end, last_failed_at = now()
               where a.failures < $4 or a.last_failed_at <= now() - $5::interval
               returning true""",
            device_id,
            membership_id,
            limit,
            pause,
        )
    )


async def claim_pin(tx: TenantTransaction, membership_id: UUID, *, limit: int) -> Record | None:
    """Count a try of a PIN as a failure in advance; None where the limit is reached or there is no PIN."""
    rows = await tx.fetch(
        """update member_pin set failures = failures + 1 where tenant_id = $1 and membership_id = $2 and failures < $3
           returning pin_hash, temporary""",
        membership_id,
        limit,
    )
    return rows[0] if rows else None


async def has_pin(tx: TenantTransaction, membership_id: UUID) -> bool:
    """Whether there is a PIN, blocked or not."""
    return bool(await tx.fetchval("select true from member_pin where tenant_id = $1 and membership_id = $2", membership_id))


async def give_back_attempt(tx: TenantTransaction, device_id: UUID, membership_id: UUID) -> None:
    """One try on a device has succeeded; those that failed before it still count."""
    await tx.execute(
        "update switch_attempt set failures = greatest(failures - 1, 0) where tenant_id = $1 and device_id = $2 and membership_id = $3",
        device_id,
        membership_id,
    )


async def forget_attempts(tx: TenantTransaction, device_id: UUID, membership_id: UUID) -> None:
    """A member has proved himself on a device: his count starts afresh."""
    await tx.execute(
        "update switch_attempt set failures = 0 where tenant_id = $1 and device_id = $2 and membership_id = $3", device_id, membership_id
    )


async def accept_pin(tx: TenantTransaction, membership_id: UUID, *, pin_hash: str, successor: str | None, by: UUID) -> bool:
    """The PIN was right: its count starts afresh, and a successor takes its place. False where it was replaced meanwhile."""
    count = await tx.execute(
        """update member_pin set failures = 0, pin_hash = coalesce($4, pin_hash), temporary = temporary and $4::text is null,
             set_at = case when $4::text is null then set_at else now() end, set_by = case when $4::text is null then set_by else $5 end
           where tenant_id = $1 and membership_id = $2 and pin_hash = $3""",
        membership_id,
        pin_hash,
        successor,
        by,
    )
    return count == 1


async def put_pin(tx: TenantTransaction, membership_id: UUID, *, pin_hash: str, temporary: bool, by: UUID) -> None:
    """A member's PIN in place of whatever was there; lifts a block."""
    await tx.execute(
        """insert into member_pin (tenant_id, membership_id, pin_hash, temporary, set_by) values ($1, $2, $3, $4, $5)
           on conflict (tenant_id, membership_id) do update set
             pin_hash = excluded.pin_hash, temporary = excluded.temporary, set_by = excluded.set_by, set_at = now(), failures = 0""",
        membership_id,
        pin_hash,
        temporary,
        by,
    )


async def member_of_badge(tx: TenantTransaction, code_sha256: bytes) -> Record | None:
    """The active member whose badge this is; it isn't voided before the transaction ends."""
    return await tx.fetchrow(
        """select m.membership_id, m.person_id, m.display_name
           from member_badge b join membership m on m.tenant_id = $1 and m.membership_id = b.membership_id
           where b.tenant_id = $1 and b.code_sha256 = $2 and b.voided_at is null and m.active for share of b""",
        code_sha256,
    )


async def void_badge(tx: TenantTransaction, membership_id: UUID, *, reason: str, moment: datetime) -> bool:
    """Void a member's badge; False where he has none."""
    count = await tx.execute(
        "update member_badge set voided_at = $4, void_reason = $3 where tenant_id = $1 and membership_id = $2 and voided_at is null",
        membership_id,
        reason,
        moment,
    )
    return count == 1


async def insert_badge(tx: TenantTransaction, badge_id: UUID, membership_id: UUID, *, code_sha256: bytes, by: UUID) -> bool:
    """A badge in force; False where another came first."""
    count = await tx.execute(
        """insert into member_badge (tenant_id, badge_id, membership_id, code_sha256, issued_by) values ($1, $2, $3, $4, $5)
           on conflict do nothing""",
        badge_id,
        membership_id,
        code_sha256,
        by,
    )
    return count == 1
