"""Every statement on invitations."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS = """i.invitation_id, i.login_name, i.display_name, i.grants, i.invited_by, i.created_at, i.expires_at, i.accepted_at, i.accepted_as,
              i.revoked_at, m.display_name as inviter"""
_FROM = "invitation i join membership m on m.tenant_id = $1 and m.membership_id = i.invited_by"
_OPEN = "i.accepted_at is null and i.revoked_at is null and i.expires_at > now()"


async def page(tx: TenantTransaction, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Invitations, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_COLUMNS} from {_FROM}
            where i.tenant_id = $1 and ({_OPEN} or not $2) and ($3::uuid is null or i.invitation_id {behind} $3)
            order by i.invitation_id {order} limit $4""",
        open_only,
        cursor,
        limit,
    )


async def by_ids(tx: TenantTransaction, invitation_ids: Collection[UUID]) -> list[Record]:
    """Invitations by id."""
    return await tx.fetch(f"select {_COLUMNS} from {_FROM} where i.tenant_id = $1 and i.invitation_id = any($2::uuid[])", list(invitation_ids))


async def open_by_token(tx: TenantTransaction, token_sha256: bytes) -> Record | None:
    """The open invitation whose last link holds this token."""
    return await tx.fetchrow(f"select {_COLUMNS} from {_FROM} where i.tenant_id = $1 and i.token_sha256 = $2 and {_OPEN}", token_sha256)


async def waiting_for(tx: TenantTransaction, login_name: str) -> Record | None:
    """The invitation for a sign-in name that is neither accepted nor revoked; it may have run out."""
    return await tx.fetchrow(
        """select invitation_id, expires_at from invitation
           where tenant_id = $1 and login_name = $2 and accepted_at is null and revoked_at is null""",
        login_name,
    )


async def count_open(tx: TenantTransaction) -> int:
    """How many invitations are open."""
    count: int = await tx.fetchval(f"select count(*) from invitation i where i.tenant_id = $1 and {_OPEN}")
    return count


async def insert(
    tx: TenantTransaction,
    invitation_id: UUID,
    *,
    login_name: str,
    display_name: str,
    grants: str,
    token_sha256: bytes,
    invited_by: UUID,
    expires_at: datetime,
) -> None:
    """A new invitation."""
    await tx.execute(
        """insert into invitation (tenant_id, invitation_id, login_name, display_name, grants, token_sha256, invited_by, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        invitation_id,
        login_name,
        display_name,
        grants,
        token_sha256,
        invited_by,
        expires_at,
    )


async def renew(tx: TenantTransaction, invitation_id: UUID, *, token_sha256: bytes, invited_by: UUID, expires_at: datetime) -> None:
    """Another token in the place of the last, vouched for by whoever asks for it."""
    await tx.execute(
        "update invitation set token_sha256 = $3, invited_by = $4, expires_at = $5 where tenant_id = $1 and invitation_id = $2",
        invitation_id,
        token_sha256,
        invited_by,
        expires_at,
    )


async def revoke(tx: TenantTransaction, invitation_id: UUID) -> None:
    """Make an invitation void for good."""
    await tx.execute("update invitation set revoked_at = now() where tenant_id = $1 and invitation_id = $2", invitation_id)


async def revoke_all_of(tx: TenantTransaction, membership_id: UUID) -> int:
    """Make void what a member has invited and nobody accepted; returns how many."""
    return await tx.execute(
        """update invitation set revoked_at = now()
           where tenant_id = $1 and invited_by = $2 and accepted_at is null and revoked_at is null""",
        membership_id,
    )


async def accept(tx: TenantTransaction, invitation_id: UUID, membership_id: UUID) -> None:
    """Use an invitation up."""
    await tx.execute(
        "update invitation set accepted_at = now(), accepted_as = $3 where tenant_id = $1 and invitation_id = $2", invitation_id, membership_id
    )
