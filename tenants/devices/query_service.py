"""Reading phones, who is on them, and the PINs and badges of members, for pages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction
from tenants.devices import member_repository, repository
from tenants.devices.switching import WRONG_IN_ALL
from tenants.permissions import Permission
from tenants.principal import Principal


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A phone as it is stored."""

    device_id: UUID
    name: str
    site: str
    thumbprint: str
    user_agent: str
    enrolled_at: datetime
    enrolled_by_name: str
    last_seen_at: datetime
    last_address: str
    revoked_at: datetime | None
    revoked_by_name: str | None
    revoke_reason: str | None
    leftover_entries: int


@dataclass(frozen=True, slots=True)
class UserOn:
    """Who is on a phone."""

    display_name: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class FloorAccess:
    """By what a member takes over shared phones."""

    membership_id: UUID
    display_name: str
    pin_set_at: datetime | None
    pin_is_start_pin: bool
    pin_blocked: bool
    badge_issued_at: datetime | None


async def page_of_devices(
    tx: TenantTransaction,
    *,
    site: str | None,
    revoked: bool | None,
    visible: Collection[str] | None,
    cursor: UUID | None,
    backward: bool,
    limit: int,
) -> list[EnrolledDevice]:
    """Phones, the newest first; `visible` limits them to these sites."""
    rows = await repository.devices(tx, site=site, revoked=revoked, visible=visible, cursor=cursor, backward=backward, limit=limit)
    return [_device(row) for row in rows]


async def devices_by_id(tx: TenantTransaction, device_ids: Collection[UUID]) -> dict[UUID, EnrolledDevice]:
    """Those of these phones that there are."""
    return {row["device_id"]: _device(row) for row in await repository.devices_by_ids(tx, device_ids)}


async def users_on(tx: TenantTransaction, device_ids: Collection[UUID]) -> dict[UUID, UserOn]:
    """Who is on each of these phones."""
    return {row["device_id"]: UserOn(row["display_name"], row["created_at"], row["expires_at"]) for row in await repository.users_on(tx, device_ids)}


async def page_of_floor_access(tx: TenantTransaction, principal: Principal, *, cursor: UUID | None, backward: bool, limit: int) -> list[FloorAccess]:
    """Active members in the order in which they joined."""
    principal.require_everywhere(Permission.PEOPLE_READ)
    return [_access(row) for row in await member_repository.floor_access(tx, cursor=cursor, backward=backward, limit=limit)]


async def floor_access_of(tx: TenantTransaction, membership_id: UUID) -> FloorAccess | None:
    """One active member's."""
    rows = await member_repository.floor_access(tx, membership_id=membership_id)
    return _access(rows[0]) if rows else None


def _device(row: Record) -> EnrolledDevice:
    return EnrolledDevice(
        device_id=row["device_id"], name=row["name"], site=row["site"], thumbprint=row["thumbprint"], user_agent=row["user_agent"],
        enrolled_at=row["enrolled_at"], enrolled_by_name=row["enrolled_by_name"], last_seen_at=row["last_seen_at"],
        last_address=row["last_address"], revoked_at=row["revoked_at"], revoked_by_name=row["revoked_by_name"],
        revoke_reason=row["revoke_reason"], leftover_entries=row["quarantined_entries"],
    )  # fmt: skip


def _access(row: Record) -> FloorAccess:
    return FloorAccess(
        membership_id=row["membership_id"], display_name=row["display_name"], pin_set_at=row["pin_set_at"],
        pin_is_start_pin=bool(row["temporary"]), pin_blocked=(row["failures"] or 0) >= WRONG_IN_ALL, badge_issued_at=row["badge_issued_at"],
    )  # fmt: skip
