"""Reset links: who may issue one for whom, and what becomes of it.

A person's password opens every company that he works for. So an administrator may reset only who is a member of his company
alone, its sandbox aside; whether that is so is looked at when the link is issued, and again when it is used. For anybody else
whoever runs the service issues it, and each of the person's companies has that on its trail.
"""

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from infra.clock import isoformat, now
from infra.database import TenantTransaction
from infra.errors import InvalidInputError, PermissionDeniedError
from infra.ids import uuid7
from tenants import audit, directory, sessions
from tenants.accounts import AccountUseCases
from tenants.directory import Account, Tenant
from tenants.errors import MemberNotFoundError, PasswordRefusedError, ResetNotPossibleError, ResetRefusedError
from tenants.grants import sum_of
from tenants.passwords import is_long, require_acceptable
from tenants.people.errors import OwnerRequiredError
from tenants.permissions import SIGNED, Permission, Role
from tenants.principal import Principal
from tenants.recovery import repository
from tenants.recovery.repository import Reset
from tenants.second_factor import repository as factors
from tenants.sessions import Membership

PREFIX: Final = "syp_"
GOOD_FOR: Final = timedelta(hours=1)
MAX_TOKEN: Final = 100
# Where who holds a link acts that no company has issued: each has him on its trail under his name there.
NO_COMPANY: Final = Tenant(0, UUID(int=0), "", "", "", "", sandbox=False)


@dataclass(frozen=True, slots=True)
class IssuedReset:
    """A link's token, shown once, and until when it is good."""

    token: str = field(repr=False)
    expires_at: datetime


class Resets(AccountUseCases):
    """Issues and redeems reset links."""

    async def issue(self, principal: Principal, membership_id: UUID, *, remove_second_factor: bool = False) -> IssuedReset:
        """A link for a member, good once and for an hour; a former one of his is void.

        Raises `PermissionDeniedError`, `MemberNotFoundError`, `OwnerRequiredError` for an owner's account, `ResetNotPossibleError` where
        it isn't this company's to decide.
        """
        principal.require_everywhere(Permission.PEOPLE_MANAGE)
        async with self._app.tenant(principal.tenant_id) as tx:
            member = await self._member(tx, principal, membership_id, remove_second_factor=remove_second_factor)
        await self._require_member_of_no_other(member.person_id, principal.tenant_id)
        token, expires_at = _new_token()
        after = {"expiresAt": isoformat(expires_at), "removesSecondFactor": remove_second_factor}
        async with self._app.tenant(principal.tenant_id) as tx:
            # Recorded first: a link of which the trail knows nothing must not be.
            await audit.record(tx, principal, "password.reset_issued", f"membership:{membership_id}", after=after)
        await repository.put(self._auth, Reset(member.person_id, principal.tenant_id, remove_second_factor), _sha256(token), expires_at)
        return IssuedReset(token, expires_at)

    async def issue_for_operator(self, login: str, *, reason: str, vouched_by: str | None = None, remove_second_factor: bool = False) -> IssuedReset:
        """A link from whoever runs the service, for anybody who is an active member somewhere; on the trail of each such company.

        `vouched_by` names a second one who knows the person: without him no second factor is removed (21 CFR 11.200(a)(3)). Raises
        `InvalidInputError`.
        """
        if not reason.strip():
            raise InvalidInputError("Say why the link is issued: each company of the person's reads it on its trail.", field="reason")
        if remove_second_factor and not (vouched_by or "").strip():
            raise InvalidInputError("A second factor is removed only where a second one vouches for the person: name him.", field="vouchedBy")
        person = await directory.person_by_login(self._auth, directory.normalise_login(login))
        token, expires_at = _new_token()
        after = {"expiresAt": isoformat(expires_at), "removesSecondFactor": remove_second_factor, "issuedBy": "operator"}
        after |= {"vouchedBy": vouched_by} if vouched_by else {}
        record = self._session_control.record_everywhere
        # Recorded first, here too.
        if person is None or not await record(person.person_id, "password.reset_issued", actor=None, reason=reason, after=after):
            raise InvalidInputError("Nobody with this sign-in name is an active member of any company.", field="login")
        await repository.put(self._auth, Reset(person.person_id, None, remove_second_factor), _sha256(token), expires_at)
        return IssuedReset(token, expires_at)

    async def redeem(self, token: str, password: str, *, address: str = "", request_id: str = "") -> None:
        """Set a new password with a link, and end all the person's sessions. The trail says that he did it, with a link, from `address`.

        Raises `ResetRefusedError` for any link that isn't good, `PasswordRefusedError` for a password that the policy refuses; the link
        stays good then.
        """
        digest = _sha256(token[:MAX_TOKEN])
        reset = await repository.find(self._auth, digest) if token.startswith(PREFIX) else None
        account = await directory.account_of(self._auth, reset.person_id) if reset else None
        if reset is None or account is None or not await self._may_be_used(reset):
            raise ResetRefusedError
        await self._require_acceptable(account, reset, password)
        stored = await self._passwords.hash(password)
        await self._standings.doubt_person(reset.person_id)
        async with self._auth.connection() as connection, connection.transaction():
            if not await repository.take(connection, digest):
                raise ResetRefusedError
            if await directory.store_password(connection, reset.person_id, stored, long=is_long(password), any_former=True) is None:
                raise PasswordRefusedError("The second factor was removed meanwhile: choose a password of at least 15 characters.")
            if reset.removes_second_factor:
                await factors.remove(connection, reset.person_id)
        actor = await self._whoever_holds_the_link(account, reset, address, request_id)
        await self._session_control.record_everywhere(reset.person_id, "password.reset", actor=actor, reason="reset link used")
        await self._session_control.end_everywhere(reset.person_id, actor=actor, because="password reset")
        for login_name in account.login_names:
            await self._throttle.lift(login_name)

    async def _may_be_used(self, reset: Reset) -> bool:
        return reset.issuer is None or await self._is_member_of_no_other(reset.person_id, reset.issuer)

    async def _whoever_holds_the_link(self, account: Account, reset: Reset, address: str, request_id: str) -> Principal:
        """The person, as the trail shows him; without any rights. Where he has several companies, none learns from where he did it."""
        companies = await directory.tenants_by_id(self._app, await self._concerned(reset))
        own = companies if len(companies) == 1 else [company for company in companies if company.sandbox_of is None]
        return replace(_bearer(account, own[0]), address=address, request_id=request_id) if len(own) == 1 else _bearer(account, NO_COMPANY)

    async def _concerned(self, reset: Reset) -> list[int]:
        """The company that has issued the link, or all of the person's."""
        return [reset.issuer] if reset.issuer is not None else await directory.tenant_ids_of(self._auth, reset.person_id)

    async def _require_acceptable(self, account: Account, reset: Reset, password: str) -> None:
        second_factor = not reset.removes_second_factor and await self._second_factors.is_set_up(reset.person_id)
        companies = await directory.tenants_by_id(self._app, await self._concerned(reset))
        names = [name for tenant in companies for name in (tenant.slug, tenant.name)]
        require_acceptable(password, *account.login_names, account.person.display_name, *names, second_factor=second_factor)

    async def _member(self, tx: TenantTransaction, principal: Principal, membership_id: UUID, *, remove_second_factor: bool) -> Membership:
        member = await sessions.membership_by_id(tx, membership_id)
        if member is None or await sessions.active_membership_of(tx, member.person_id) is None:
            raise MemberNotFoundError
        if member.person_id == principal.actor_id:
            raise PermissionDeniedError("Nobody issues a link for himself: change your password with the one that you have.")
        allowed = sum_of(await sessions.grants_of(tx, membership_id), now())
        if Role.OWNER in allowed.roles and Role.OWNER not in principal.roles:
            raise OwnerRequiredError
        # 21 CFR 11.200(a)(3): nobody alone must be able to sign in another's name.
        if remove_second_factor and allowed.permissions & SIGNED:
            raise ResetNotPossibleError(
                "This person signs with his second factor, so no link takes it away: he uses a recovery code, or the roles with which he "
                "signs are withdrawn first.",
                field="removeSecondFactor",
            )
        return member

    async def _require_member_of_no_other(self, person_id: UUID, tenant_id: int) -> None:
        if not await self._is_member_of_no_other(person_id, tenant_id):
            raise ResetNotPossibleError(
                "This person's password isn't your company's alone to reset: he changes it himself, or asks those who run this service.",
                field="memberId",
            )

    async def _is_member_of_no_other(self, person_id: UUID, tenant_id: int) -> bool:
        """Whether no other company has a place for the person, be it one that he has left: he may come back to it."""
        for tenant in await directory.tenants_by_id(self._app, await directory.tenant_ids_of(self._auth, person_id)):
            # A company's people are its sandbox's too; the other way round, whoever rules in a sandbox rules nothing outside.
            if tenant_id not in (tenant.tenant_id, tenant.sandbox_of):
                async with self._app.tenant(tenant.tenant_id) as tx:
                    if await sessions.membership_of(tx, person_id) is not None:
                        return False
        return True


def _bearer(account: Account, company: Tenant) -> Principal:
    return Principal(
        tenant_id=company.tenant_id, tenant_public_id=company.public_id, tenant_slug=company.slug, actor_id=account.person.person_id,
        display_name=account.person.display_name, roles=(), permissions=frozenset(), session_id=uuid7(),
    )  # fmt: skip


def _new_token() -> tuple[str, datetime]:
    return PREFIX + secrets.token_urlsafe(32), now() + GOOD_FOR


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
