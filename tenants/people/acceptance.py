"""Coming in by an invitation: somebody new chooses a password, somebody who has one proves it; either becomes a member once."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg

from infra.database import TenantTransaction
from infra.errors import NotAuthenticatedError
from infra.ids import uuid7
from tenants import audit, directory, sessions
from tenants.directory import Person, Tenant
from tenants.errors import SecondFactorRequiredError, SignInRefusedError
from tenants.names import require_name
from tenants.passwords import require_acceptable
from tenants.people import invitation_repository, repository
from tenants.people.errors import AlreadyMemberError, InvitationInvalidError
from tenants.people.invitation_tokens import InvitationToken
from tenants.people.invitations import Invitation, is_vouched_for
from tenants.principal import Principal
from tenants.roles.acting import lock_rights
from tenants.service import Caller, Identity
from tenants.sessions import Membership

NO_SESSION: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Opened:
    """An invitation that its token has opened. `registered`: the sign-in name that was invited has a password already."""

    tenant: Tenant
    invitation: Invitation
    registered: bool
    token: InvitationToken = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where the new member signs in, and with which name."""

    tenant: Tenant
    login_name: str
    membership_id: UUID


async def open_invitation(identity: Identity, token: str, *, caller: Caller) -> Opened:
    """What a link leads to. Raises `InvitationInvalidError` for every token that opens nothing, `TooManyFailuresError` at a limit."""
    given = InvitationToken.parse(token)
    # What isn't even a token in form guesses nothing; the others count like a wrong password.
    attempt = await identity.throttle.claim(f"invitation:{given.sha256.hex()}", caller.address)
    tenant = await directory.tenant_by_public_id(identity.app, given.tenant_public_id)
    if tenant is None:
        raise InvitationInvalidError
    async with identity.app.tenant(tenant.tenant_id) as tx:
        invitation = await _opened_by(tx, given)
    if invitation is None:
        raise InvitationInvalidError
    await identity.throttle.succeeded(attempt)
    registered = await directory.person_by_login(identity.auth, invitation.login_name) is not None
    return Opened(tenant, invitation, registered, given)


async def accept_invitation(
    identity: Identity, token: str, *, login: str | None, display_name: str | None, password: str, code: str | None, caller: Caller
) -> Accepted:
    """Become a member. With `login` somebody takes his place here under a name that he has; anybody new signs in with the one invited.

    Raises what `open_invitation` does; for an existing person what signing in does (`SignInRefusedError`,
    `SecondFactorRequiredError`, `CodeRefusedError`); for a new one `PasswordRefusedError`; and `AlreadyMemberError`.
    """
    opened = await open_invitation(identity, token, caller=caller)
    login_name = directory.normalise_login(login) if login else opened.invitation.login_name
    shown = require_name(display_name or opened.invitation.display_name, "displayName")
    person = await directory.person_by_login(identity.auth, login_name)
    if person is not None or login_name != opened.invitation.login_name:
        person = await _proved(identity, person, login_name, password=password, code=code, caller=caller)
        return await _join(identity, opened, person, login_name, shown, is_new=False, caller=caller)
    require_acceptable(password, login_name, shown, opened.tenant.slug, opened.tenant.name)
    person = Person(uuid7(), shown, 0, await identity.passwords.hash(password))
    return await _join(identity, opened, person, login_name, shown, is_new=True, caller=caller)


async def _opened_by(tx: TenantTransaction, token: InvitationToken) -> Invitation | None:
    row = await invitation_repository.open_by_token(tx, token.sha256)
    invitation = Invitation.of(row) if row else None
    return invitation if invitation is not None and await is_vouched_for(tx, invitation) else None


async def _proved(identity: Identity, person: Person | None, login_name: str, *, password: str, code: str | None, caller: Caller) -> Person:
    """The person whose password, and code where he has a second factor, were given; counted and refused as at signing in."""
    attempt = await identity.throttle.claim(login_name, caller.address)
    verified = await identity.passwords.verify(person.password_hash if person else None, password)
    if person is None or not verified:
        raise SignInRefusedError
    if await identity.second_factors.is_set_up(person.person_id):
        try:
            if not code:
                raise SecondFactorRequiredError
            await identity.second_factors.use(await identity.second_factors.check(person.person_id, code))
        except NotAuthenticatedError:
            # The password was right; wrong codes are counted for themselves.
            await identity.throttle.give_back(attempt)
            raise
    await identity.throttle.succeeded(attempt)
    return person


async def _join(
    identity: Identity, opened: Opened, person: Person, login_name: str, shown: str, *, is_new: bool, caller: Caller
) -> Accepted:  # fmt: skip
    membership = Membership(uuid7(), person.person_id, shown)
    async with identity.app.tenant(opened.tenant.tenant_id) as tx:
        await lock_rights(tx)
        # Once more behind the lock: of two who use one link at once, one comes in.
        invitation = await _opened_by(tx, opened.token)
        if invitation is None:
            raise InvitationInvalidError
        # A person without a membership can do nothing, and proves his password if he tries again; the other way round is worse.
        await _note_person(identity, opened.tenant, person, login_name, is_new=is_new)
        await _become_member(tx, opened.tenant, invitation, membership, caller)
    return Accepted(opened.tenant, login_name, membership.membership_id)


async def _note_person(identity: Identity, tenant: Tenant, person: Person, login_name: str, *, is_new: bool) -> None:
    if not is_new:
        await directory.insert_person_tenant(identity.auth, person.person_id, tenant.tenant_id)
        return
    try:
        await directory.insert_person(identity.auth, person, login_name, tenant.tenant_id)
    except asyncpg.UniqueViolationError:
        # Somebody took the name since it was looked up: by another company's invitation, with a password of his own.
        raise SignInRefusedError from None


async def _become_member(tx: TenantTransaction, tenant: Tenant, invitation: Invitation, membership: Membership, caller: Caller) -> None:
    if not await sessions.insert_membership(tx, membership):
        member = await repository.member_of(tx, membership.person_id)
        raise AlreadyMemberError(active=bool(member and member["active"]))
    await repository.put_grants(tx, membership.membership_id, invitation.grants)
    await invitation_repository.accept(tx, invitation.invitation_id, membership.membership_id)
    himself = _principal(tenant, membership, caller)
    after = {"displayName": membership.display_name, "grants": [grant.told() for grant in invitation.grants]}
    await audit.record(tx, himself, "membership.created", f"membership:{membership.membership_id}", after=after)
    accepted = {"membership": str(membership.membership_id), "inviter": invitation.inviter}
    await audit.record(tx, himself, "invitation.accepted", f"invitation:{invitation.invitation_id}", after=accepted)


def _principal(tenant: Tenant, membership: Membership, caller: Caller) -> Principal:
    """The new member, for the trail of his own coming in; he has no session yet."""
    return Principal(
        tenant_id=tenant.tenant_id,
        tenant_public_id=tenant.public_id,
        tenant_slug=tenant.slug,
        actor_id=membership.person_id,
        display_name=membership.display_name,
        roles=(),
        permissions=frozenset(),
        session_id=NO_SESSION,
        sandbox=tenant.sandbox,
        membership_id=membership.membership_id,
        request_id=caller.request_id,
        address=caller.address,
    )
