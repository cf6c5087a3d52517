"""What is done about phones, PINs and badges in the portal: each a use case in the caller's transaction, audited."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from infra.clock import now
from infra.database import Record, TenantTransaction
from infra.errors import ConflictError, InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.audit import MAX_REASON
from tenants.devices import member_repository, repository
from tenants.devices.errors import DeviceGoneError, DeviceNotFoundError, OnlyInThePortalError, QuarantineFullError
from tenants.devices.pins import EnrolmentCode, badge_sha256, new_badge
from tenants.devices.service import Devices
from tenants.errors import MemberNotFoundError
from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal

CODE_LIFETIME: Final = timedelta(minutes=5)
LONGEST_NAME: Final = 100
# Weeks of work of one phone.
MOST_LEFT_ENTRIES: Final = 5_000
MOST_LEFT_BYTES: Final = 20_000_000
# Whether the caller's permission counts at a place.
Covers = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A code to be scanned; shown once, when it is made."""

    enrolment_id: UUID
    code: str = field(repr=False)
    expires_at: datetime


async def create_enrolment(tx: TenantTransaction, principal: Principal, *, name: str, site: str, covers: Covers) -> Enrolment:
    """A code that enrols one phone at a site of the company's own. Raises `InvalidInputError` for the name or the site."""
    principal.require(Permission.DEVICES_MANAGE)
    shown = _name(name)
    await _require_site(tx, site, covers)
    code = EnrolmentCode.new(principal.tenant_public_id)
    enrolment = Enrolment(uuid7(), code.text, now() + CODE_LIFETIME)
    await repository.insert_enrolment(
        tx, enrolment.enrolment_id, code_sha256=code.sha256, name=shown, site=site, by=principal.actor_id, by_name=principal.display_name,
        expires_at=enrolment.expires_at,
    )  # fmt: skip
    told = {"name": shown, "site": site}
    await audit.record(tx, principal, "device.enrolment_offered", f"enrolment:{enrolment.enrolment_id}", after=told)
    return enrolment


async def rename(tx: TenantTransaction, devices: Devices, principal: Principal, device_id: UUID, *, name: str, covers: Covers) -> None:
    """Another name. Raises `DeviceNotFoundError`, `DeviceGoneError`, `InvalidInputError`."""
    shown = _name(name)
    row = await _changeable(tx, principal, device_id, covers)
    await devices.standings.doubt(row["thumbprint"])
    await repository.change_device(tx, device_id, name=shown, site=row["site"])
    await audit.record(tx, principal, "device.renamed", f"device:{device_id}", before={"name": row["name"]}, after={"name": shown})


async def move(tx: TenantTransaction, devices: Devices, principal: Principal, device_id: UUID, *, site: str, covers: Covers) -> None:
    """Another site, from the next request on; whoever is on it stays, with what he may do there."""
    row = await _changeable(tx, principal, device_id, covers)
    await _require_site(tx, site, covers)
    await devices.standings.doubt(row["thumbprint"])
    await repository.change_device(tx, device_id, name=row["name"], site=site)
    await audit.record(tx, principal, "device.moved", f"device:{device_id}", before={"site": row["site"]}, after={"site": site})


async def revoke(tx: TenantTransaction, devices: Devices, principal: Principal, device_id: UUID, *, reason: str, covers: Covers) -> None:
    """Revoke it for good, with the shifts on it, from the commit on. What it still holds it may deliver to the review queue."""
    told = require_reason(reason)
    row = await _changeable(tx, principal, device_id, covers)
    await devices.standings.doubt(row["thumbprint"])
    ended = await repository.open_sessions(tx, device_id)
    await devices.end_sessions(tx, ended, "the phone was revoked")
    await repository.revoke_device(tx, device_id, by=principal.actor_id, by_name=principal.display_name, reason=told, moment=now())
    before = {"name": row["name"], "site": row["site"], "sessions": [str(session_id) for session_id in ended]}
    await audit.record(tx, principal, "device.revoked", f"device:{device_id}", before=before, reason=told)


async def count_leftovers(tx: TenantTransaction, device: Principal, *, entries: int, size: int) -> None:
    """Count what a revoked phone has delivered, in the transaction that sets it aside. Raises `QuarantineFullError` beyond what is kept."""
    kept = await repository.count_quarantined(tx, device.actor_id, entries, size)
    if kept is None:
        raise DeviceNotFoundError
    if kept["quarantined_entries"] > MOST_LEFT_ENTRIES or kept["quarantined_bytes"] > MOST_LEFT_BYTES:
        raise QuarantineFullError(kept["quarantined_entries"] - entries)
    await audit.record(tx, device, "device.quarantined", f"device:{device.actor_id}", after={"entries": entries, "bytes": size})


async def set_own_pin(tx: TenantTransaction, principal: Principal, pin_hash: str) -> None:
    """A PIN that the member has chosen himself, signed in with his password."""
    if principal.device_id is not None or principal.kind is not ActorKind.PERSON or principal.membership_id is None:
        raise OnlyInThePortalError
    if await member_repository.member(tx, principal.membership_id) is None:
        raise MemberNotFoundError
    await member_repository.put_pin(tx, principal.membership_id, pin_hash=pin_hash, temporary=False, by=principal.actor_id)
    await audit.record(tx, principal, "pin.set", f"membership:{principal.membership_id}")


async def put_start_pin(tx: TenantTransaction, devices: Devices, principal: Principal, membership_id: UUID, pin_hash: str) -> None:
    """A PIN that is good once, in place of the member's own; his shifts end."""
    principal.require_everywhere(Permission.PEOPLE_MANAGE)
    await _require_member(tx, membership_id)
    await member_repository.put_pin(tx, membership_id, pin_hash=pin_hash, temporary=True, by=principal.actor_id)
    await devices.end_sessions(tx, await repository.floor_sessions(tx, membership_id), "the PIN was set anew")
    await audit.record(tx, principal, "pin.start_pin_issued", f"membership:{membership_id}")


async def issue_badge(tx: TenantTransaction, devices: Devices, principal: Principal, membership_id: UUID) -> str:
    """The text of a new badge, shown once; the one before is void, and shifts that it opened end."""
    principal.require_everywhere(Permission.PEOPLE_MANAGE)
    await _require_member(tx, membership_id)
    replaced = await member_repository.void_badge(tx, membership_id, reason="replaced", moment=now())
    if replaced:
        await devices.end_sessions(tx, await repository.floor_sessions(tx, membership_id), "the badge was replaced")
    badge, badge_id = new_badge(), uuid7()
    if not await member_repository.insert_badge(tx, badge_id, membership_id, code_sha256=badge_sha256(badge), by=principal.actor_id):
        raise ConflictError("Somebody has just issued a badge to this member. Look at the list and issue another if you need it.", field="memberId")
    told = {"badge": str(badge_id), "replaced": replaced}
    await audit.record(tx, principal, "badge.issued", f"membership:{membership_id}", after=told)
    return badge


async def void_badge(tx: TenantTransaction, devices: Devices, principal: Principal, membership_id: UUID, *, reason: str) -> None:
    """The member's badge opens nothing any more, and his shifts on phones end."""
    principal.require_everywhere(Permission.PEOPLE_MANAGE)
    told = require_reason(reason)
    await _require_member(tx, membership_id)
    if not await member_repository.void_badge(tx, membership_id, reason=told, moment=now()):
        raise ConflictError("This member has no badge in force; nothing was changed.", field="memberId")
    await devices.end_sessions(tx, await repository.floor_sessions(tx, membership_id), "the badge was voided")
    await audit.record(tx, principal, "badge.voided", f"membership:{membership_id}", reason=told)


def require_reason(reason: str) -> str:
    """A reason of 1 to 2,000 characters. Raises `InvalidInputError`."""
    text = reason.strip()
    if not text or len(text) > MAX_REASON or "\x00" in text:
        raise InvalidInputError(f"Say why, in at most {MAX_REASON} characters: it stands in the audit trail.", field="reason")
    return text


async def _changeable(tx: TenantTransaction, principal: Principal, device_id: UUID, covers: Covers) -> Record:
    principal.require(Permission.DEVICES_MANAGE)
    row = await repository.device(tx, device_id, lock=True)
    if row is None or not covers(row["site"]):
        raise DeviceNotFoundError
    if row["revoked_at"] is not None:
        raise DeviceGoneError
    return row


async def _require_site(tx: TenantTransaction, site: str, covers: Covers) -> None:
    if not covers(site) or not await repository.is_own_place(tx, site):
        raise InvalidInputError(
            "The catalogue has no such place of your own. Put it into the locations first, or choose one from them.", field="site"
        )


async def _require_member(tx: TenantTransaction, membership_id: UUID) -> None:
    if await member_repository.member(tx, membership_id) is None:
        raise MemberNotFoundError


def _name(name: str) -> str:
    text = unicodedata.normalize("NFC", name).strip()
    if not text or len(text) > LONGEST_NAME or any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InvalidInputError(f"The name has 1 to {LONGEST_NAME} characters, none of them a control character.", field="name")
    return text
