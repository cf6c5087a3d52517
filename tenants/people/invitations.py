"""Inviting: a link for one person with what he will be granted, sent again, revoked, or accepted once (`acceptance.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

import msgspec

from infra.clock import now
from infra.database import Database, Record, TenantTransaction
from infra.errors import ConflictError, InvalidInputError
from infra.ids import uuid7
from tenants import audit, directory
from tenants.names import require_name
from tenants.people import invitation_repository, repository, rules
from tenants.people.errors import AlreadyInvitedError, AlreadyMemberError, InvitationClosedError, InvitationNotFoundError, OwnerRequiredError
from tenants.people.invitation_tokens import InvitationToken
from tenants.people.rules import WantedGrant
from tenants.people.service import FindSites, wanted_here
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.roles.acting import begin_change, rights_now

STANDS: Final = timedelta(days=7)
MAX_OPEN: Final = 500


class InvitationState(Enum):
    """What has become of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who was asked in, by whom, as what; `accepted_as` is the membership that came of it."""

    invitation_id: UUID
    login_name: str
    display_name: str
    grants: tuple[WantedGrant, ...]
    inviter: str
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    accepted_as: UUID | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: Record) -> "Invitation":
        """From its row."""
        return cls(
            invitation_id=row["invitation_id"], login_name=row["login_name"], display_name=row["display_name"],
            grants=tuple(WantedGrant.read(told) for told in msgspec.json.decode(row["grants"])), inviter=row["inviter"], invited_by=row["invited_by"],
            created_at=row["created_at"], expires_at=row["expires_at"], accepted_at=row["accepted_at"], accepted_as=row["accepted_as"],
            revoked_at=row["revoked_at"],
        )  # fmt: skip

    def state(self, moment: datetime) -> InvitationState:
        """At a moment."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.OPEN if moment < self.expires_at else InvitationState.EXPIRED


async def invite(
    tx: TenantTransaction,
    auth: Database,
    principal: Principal,
    *,
    login: str,
    display_name: str,
    wanted: Sequence[WantedGrant],
    find_sites: FindSites,
) -> tuple[UUID, InvitationToken]:
    """A new invitation and its token, which is shown now and never again. Whether anybody has the sign-in name elsewhere isn't told.

    Raises `AlreadyMemberError`, `AlreadyInvitedError`, `OwnerRequiredError`, or `InvalidInputError` naming the field.
    """
    principal.require(Permission.PEOPLE_MANAGE)
    login_name = directory.normalise_login(login)
    shown = require_name(display_name, "displayName")
    acting = await begin_change(tx, principal, Permission.PEOPLE_MANAGE)
    grants = await wanted_here(tx, wanted, find_sites)
    if rules.ownership(grants, now()) and not acting.is_owner:
        raise OwnerRequiredError
    await _require_stranger(tx, auth, login_name)
    await _make_room(tx, login_name)
    invitation_id, token = uuid7(), InvitationToken.new(principal.tenant_public_id)
    told = [grant.told() for grant in grants]
    await invitation_repository.insert(
        tx,
        invitation_id,
        login_name=login_name,
        display_name=shown,
        grants=msgspec.json.encode(told).decode(),
        token_sha256=token.sha256,
        invited_by=acting.membership_id,
        expires_at=now() + STANDS,
    )
    after: Mapping[str, Any] = {"login": login_name, "displayName": shown, "grants": told}
    await audit.record(tx, principal, "invitation.created", f"invitation:{invitation_id}", after=after)
    return invitation_id, token


async def resend(tx: TenantTransaction, principal: Principal, invitation_id: UUID) -> InvitationToken:
    """Another token for another seven days; the one before is void. Whoever asks for it vouches for what is granted."""
    acting = await begin_change(tx, principal, Permission.PEOPLE_MANAGE)
    invitation = await _waiting(tx, invitation_id)
    if rules.ownership(invitation.grants, now()) and not acting.is_owner:
        raise OwnerRequiredError
    if any(grant.expires_at is not None and grant.expires_at <= now() for grant in invitation.grants):
        raise InvalidInputError("What was to be granted has run out meanwhile. Revoke this invitation and invite again.", field="invitationId")
    token = InvitationToken.new(principal.tenant_public_id)
    await invitation_repository.renew(
        tx, invitation_id, token_sha256=token.sha256, invited_by=acting.membership_id, expires_at=now() + STANDS
    )  # fmt: skip
    await audit.record(tx, principal, "invitation.resent", f"invitation:{invitation_id}", after={"login": invitation.login_name})
    return token


async def revoke(tx: TenantTransaction, principal: Principal, invitation_id: UUID, *, reason: str | None = None) -> None:
    """Make an invitation void for good; its link answers like one that never was."""
    await begin_change(tx, principal, Permission.PEOPLE_MANAGE)
    invitation = await _waiting(tx, invitation_id)
    await invitation_repository.revoke(tx, invitation_id)
    before = {"login": invitation.login_name, "grants": [grant.told() for grant in invitation.grants]}
    await audit.record(tx, principal, "invitation.revoked", f"invitation:{invitation_id}", before=before, reason=reason)


async def is_vouched_for(tx: TenantTransaction, invitation: Invitation) -> bool:
    """Whether whoever made the last link might still make it: with his rights his invitations end, whatever took them."""
    inviter = await rights_now(tx, invitation.invited_by)
    return inviter.may_everywhere(Permission.PEOPLE_MANAGE) and (inviter.is_owner or not rules.ownership(invitation.grants, now()))


async def _require_stranger(tx: TenantTransaction, auth: Database, login_name: str) -> None:
    person = await directory.person_by_login(auth, login_name)
    member = await repository.member_of(tx, person.person_id) if person else None
    if member is not None:
        raise AlreadyMemberError(active=member["active"])


async def _make_room(tx: TenantTransaction, login_name: str) -> None:
    """One invitation waits for a sign-in name at a time; one that ran out gives way."""
    waiting = await invitation_repository.waiting_for(tx, login_name)
    if waiting is not None:
        if waiting["expires_at"] > now():
            raise AlreadyInvitedError
        await invitation_repository.revoke(tx, waiting["invitation_id"])
    if await invitation_repository.count_open(tx) >= MAX_OPEN:
        raise ConflictError(f"{MAX_OPEN} invitations are open. Revoke those that nobody will accept.")


async def _waiting(tx: TenantTransaction, invitation_id: UUID) -> Invitation:
    found = await invitation_repository.by_ids(tx, [invitation_id])
    if not found:
        raise InvitationNotFoundError
    invitation = Invitation.of(found[0])
    if invitation.accepted_at is not None:
        raise InvitationClosedError("accepted")
    if invitation.revoked_at is not None:
        raise InvitationClosedError("revoked")
    return invitation
