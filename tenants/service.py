"""The use cases of identity: signing in and out, refreshing, and telling who calls."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from redis.asyncio import Redis

from infra.clock import now
from infra.database import Database, TenantTransaction
from infra.errors import PermissionDeniedError
from infra.ids import uuid7
from infra.logging import get_logger
from infra.settings import Settings
from infra.turns import Turns
from tenants import audit, directory, sessions
from tenants.accounts import AccountMeans
from tenants.clients.authentication import Clients
from tenants.clients.keys import PREFIX as KEY_PREFIX
from tenants.credentials import Credentials
from tenants.devices.service import Devices
from tenants.directory import Person, Tenant
from tenants.errors import SecondFactorRequiredError, SessionEndedError, SignInRefusedError, TenantChoiceRequiredError, TokenInvalidError
from tenants.grants import Grant, sum_of
from tenants.limits.service import RateLimits
from tenants.optional_redis import OptionalRedis
from tenants.passwords import Passwords
from tenants.principal import ActorKind, Principal
from tenants.recovery.service import Resets
from tenants.refresh_tokens import RefreshToken, Rotation, decide_rotation
from tenants.round_trip import RoundTrip
from tenants.sandbox.access import grants_in_force
from tenants.sandbox.service import Sandboxes
from tenants.second_factor.service import CheckedCode, SecondFactors
from tenants.session_control import SessionControl
from tenants.sessions import Membership, OpenSession
from tenants.signatures.service import Signatures
from tenants.standing import Standings
from tenants.throttle import Attempt, Throttle
from tenants.tokens import AccessTokens, refresh_key

MAX_USER_AGENT: Final = 300
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from, as far as it can be told; `address` is the one that the outermost trusted proxy saw."""

    address: str = ""
    user_agent: str = ""
    request_id: str = ""

    @property
    def device(self) -> str:
        """The user agent as it is stored: printable and short."""
        return "".join(character for character in self.user_agent if unicodedata.category(character)[0] != "C")[:MAX_USER_AGENT]


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that is about to be stored."""

    session_id: UUID
    membership: Membership
    second_factor_at: datetime | None
    reauthenticated_at: datetime | None
    device_id: UUID | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The answer to a sign-in or a refresh."""

    principal: Principal
    access_token: str = field(repr=False)
    access_expires_in: int
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A new access token for a session that goes on; `expires_in` in seconds."""

    text: str = field(repr=False)
    expires_in: int


class Identity:
    """Who calls, in which tenant, and whether that still stands. One object a process; it opens its own transactions."""

    def __init__(self, *, app: Database, auth: Database, redis: Redis | None, settings: Settings, passwords: Passwords | None = None) -> None:
        optional_redis = self._redis = OptionalRedis(redis)
        self.app = app
        self.auth = auth
        self.settings = settings
        self.passwords = passwords or Passwords()
        self.access_tokens = AccessTokens(settings)
        self.throttle = Throttle(auth, optional_redis)
        self._standings = self.standings = Standings(app, auth, optional_redis)
        self.session_control = SessionControl(app, auth, self._standings)
        self.devices = Devices(
            app=app, auth=auth, redis=optional_redis, settings=settings, access_tokens=self.access_tokens, standings=self._standings,
            session_control=self.session_control, throttle=self.throttle, passwords=self.passwords,
        )  # fmt: skip
        self.clients = Clients(app=app, auth=auth, redis=optional_redis, access_tokens=self.access_tokens)
        self.sandboxes = Sandboxes(app=app, auth=auth, standings=self._standings)
        self.limits = RateLimits(optional_redis, settings)
        self.turns, self.long_turns = Turns(), Turns()
        self.second_factors = SecondFactors(auth, self.throttle, settings)
        means = AccountMeans(app, auth, self.passwords, self.throttle, self._standings, self.second_factors, self.session_control)
        self.credentials, self.resets = Credentials(means), Resets(means)
        self.signatures = Signatures(self.credentials, self.second_factors)
        self._refresh_key = refresh_key(settings)
        self._refresh_lifetime = timedelta(seconds=settings.refresh_token_seconds)

    async def sign_in(self, login: str, password: str, *, tenant_slug: str | None = None, code: str | None = None, caller: Caller) -> Tokens:
        """Open a session. Without `tenant_slug` the person's only tenant is taken; `code` is asked of who has a second factor.

        Raises `SignInRefusedError` for whatever is wrong with name, password or tenant, `SecondFactorRequiredError` where the code
        lacks and `CodeRefusedError` where it is wrong, `TenantChoiceRequiredError` where a choice must be made, `TooManyFailuresError`
        where a limit was reached.
        """
        login_name = directory.normalise_login(login)
        attempt = await self.throttle.claim(login_name, caller.address)
        person = await directory.person_by_login(self.auth, login_name)
        verified = await self.passwords.verify(person.password_hash if person else None, password)
        if person is None or not verified:
            _log.info("sign_in_refused", address=caller.address)
            raise SignInRefusedError
        checked = await self._check_code(person, code, attempt)
        await self.throttle.succeeded(attempt)
        await self._renew_hash(person, password)
        tenant, membership = await self._choose(person, tenant_slug)
        if checked is not None:
            # Only now: who is asked to choose a company sends the same code again.
            await self.second_factors.use(checked)
        return await self._open_session(tenant, membership, caller, epoch=person.epoch, checked=checked)

    async def refresh(self, refresh_token: str, *, caller: Caller) -> Tokens:
        """Exchange a refresh token for new tokens. A token that was exchanged before ends the session: two hold it.

        Within the grace the last exchange may be repeated and gives the same refresh token. Raises `SessionEndedError`.
        """
        presented = RefreshToken.parse(refresh_token)
        tenant = await directory.tenant_by_public_id(self.app, presented.tenant_public_id)
        if tenant is None:
            raise SessionEndedError
        successor = presented.successor(self._refresh_key)
        async with self.app.tenant(tenant.tenant_id) as tx:
            session = await sessions.lock_session(tx, presented.selector)
            stands = session is not None and await self._rotate(tx, session, presented, successor, caller)
            grants = await sessions.grants_of(tx, session.membership.membership_id) if session else []
        # Raised only here: the end of a reused family has to be committed.
        if session is None or not stands or await directory.person_epoch(self.auth, session.membership.person_id) != session.epoch:
            raise SessionEndedError
        allowed = await grants_in_force(self.app, tenant, session.membership.person_id, grants)
        if allowed is None:
            raise SessionEndedError
        principal = _principal(tenant, session, allowed, caller)
        return self._tokens(principal, session.epoch, successor, session.family.expires_at)

    async def enter_sandbox(self, principal: Principal, *, reason: str | None, caller: Caller) -> Tokens:
        """A session of a company's member in its sandbox, with the second factor that he has proved already. Raises as `Sandboxes.admit`."""
        tenant, membership = await self.sandboxes.admit(principal, reason=reason)
        epoch = await directory.person_epoch(self.auth, principal.actor_id)
        if epoch is None:
            raise SessionEndedError
        return await self._open_session(tenant, membership, caller, epoch=epoch, second_factor_at=principal.second_factor_at)

    async def sign_out(self, principal: Principal) -> None:
        """End the caller's session, access token included. A machine has none: its key is revoked by a person."""
        if principal.kind is not ActorKind.PERSON:
            raise PermissionDeniedError("Only a person signs out. A key or a phone is revoked by somebody who manages them.")
        await self._standings.doubt_session(principal.session_id)
        async with self.app.tenant(principal.tenant_id) as tx:
            if await sessions.end_session(tx, principal.session_id, "signed out"):
                await audit.record(tx, principal, "session.ended", f"session:{principal.session_id}", reason="signed out")

    async def end_all_sessions(self, person_id: UUID, *, actor: Principal | None = None, because: str = "signed out everywhere") -> None:
        """End every session of a person in every tenant, each on that tenant's audit trail: after a lost phone, or by himself."""
        await self._standings.doubt_person(person_id)
        await directory.raise_epoch(self.auth, person_id)
        await self.session_control.end_everywhere(person_id, actor=actor, because=because)

    async def change_password(self, principal: Principal, *, current: str, new: str) -> AccessToken:
        """Change the caller's password; his other sessions end, this one goes on with its refresh token and the access token given here."""
        epoch = await self.credentials.change_password(principal, current=current, new=new)
        return self._access_token(principal, epoch)

    def round_trip(self, credential: str, *, content_bytes: int) -> RoundTrip:
        """The one message in which a request that shows a token or key asks Redis whatever it needs."""
        return RoundTrip(self._redis, self.limits, credential, content_bytes=content_bytes)

    async def authenticate(self, bearer: str, *, caller: Caller, trip: RoundTrip | None = None) -> Principal:
        """The principal behind an access token or an API key. Raises a `NotAuthenticatedError` unless it is ours and stands."""
        if bearer.startswith(KEY_PREFIX):
            return await self.clients.authenticate_key(bearer, caller=caller, trip=trip)
        claims = self.access_tokens.verify(bearer)
        if claims.kind is ActorKind.CLIENT and claims.thumbprint is None:
            return await self.clients.authenticate_token(claims, caller=caller, trip=trip)
        if claims.kind is not ActorKind.PERSON or claims.thumbprint is not None:
            raise TokenInvalidError
        standing = await self._standings.of(claims, trip)
        if standing is None:
            raise SessionEndedError
        allowed = sum_of(standing.grants, now())
        return Principal(
            tenant_id=standing.tenant_id,
            tenant_public_id=claims.tenant_public_id,
            tenant_slug=standing.tenant_slug,
            actor_id=standing.person_id,
            display_name=standing.display_name,
            roles=allowed.roles,
            permissions=allowed.permissions,
            session_id=claims.session_id,
            sandbox=standing.sandbox,
            membership_id=standing.membership_id,
            device_id=standing.device_id,
            sites=allowed.sites,
            second_factor_at=standing.second_factor_at,
            reauthenticated_at=standing.reauthenticated_at,
            request_id=caller.request_id,
            address=caller.address,
        )

    async def _check_code(self, person: Person, code: str | None, attempt: Attempt) -> CheckedCode | None:
        if not await self.second_factors.is_set_up(person.person_id):
            return None
        if not code:
            # No failure, and no success that would let the name start afresh.
            await self.throttle.give_back(attempt)
            raise SecondFactorRequiredError
        return await self.second_factors.check(person.person_id, code)

    async def _renew_hash(self, person: Person, password: str) -> None:
        if person.password_hash and self.passwords.is_outdated(person.password_hash):
            renewed = await self.passwords.hash(password)
            await directory.replace_password_hash(self.auth, person.person_id, person.password_hash, renewed)

    async def _choose(self, person: Person, slug: str | None) -> tuple[Tenant, Membership]:
        tenants = await directory.tenants_by_id(self.app, await directory.tenant_ids_of(self.auth, person.person_id))
        found = []
        for tenant in tenants:
            if slug is None or tenant.slug == slug.lower():
                async with self.app.tenant(tenant.tenant_id) as tx:
                    membership = await sessions.active_membership_of(tx, person.person_id)
                if membership is not None:
                    found.append((tenant, membership))
        if not found:
            raise SignInRefusedError
        if len(found) > 1:
            raise TenantChoiceRequiredError([{"slug": tenant.slug, "name": tenant.name} for tenant, _ in found])
        return found[0]

    async def _open_session(
        self,
        tenant: Tenant,
        membership: Membership,
        caller: Caller,
        *,
        epoch: int,
        checked: CheckedCode | None = None,
        second_factor_at: datetime | None = None,
    ) -> Tokens:
        token = RefreshToken.new(tenant.public_id)
        expires_at = now() + self._refresh_lifetime
        opened = NewSession(uuid7(), membership, now() if checked else second_factor_at, None, None)
        after = {"device": caller.device} | ({"secondFactor": str(checked.factor)} if checked else {})
        async with self.app.tenant(tenant.tenant_id) as tx:
            principal = _principal(tenant, opened, await sessions.grants_of(tx, membership.membership_id), caller)
            await self.session_control.make_room(tx, principal)
            await sessions.insert_session(
                tx,
                session_id=principal.session_id,
                membership=membership,
                epoch=epoch,
                token=token,
                expires_at=expires_at,
                user_agent=caller.device,
                address=caller.address,
                second_factor_at=opened.second_factor_at,
            )
            await audit.record(tx, principal, "session.started", f"session:{principal.session_id}", after=after)
        return self._tokens(principal, epoch, token, expires_at)

    async def _rotate(self, tx: TenantTransaction, session: OpenSession, presented: RefreshToken, successor: RefreshToken, caller: Caller) -> bool:
        moment = now()
        rotation = decide_rotation(session.family, presented.sha256, moment)
        if rotation is Rotation.REUSED:
            await self._standings.doubt_session(session.session_id)
            await sessions.end_session(tx, session.session_id, "refresh token reused")
            detail = {"device": caller.device, "address": caller.address}
            await audit.record(tx, None, "session.ended", f"session:{session.session_id}", after=detail, reason="refresh token reused")
            return False
        if rotation is Rotation.ENDED or not session.membership_active:
            return False
        if rotation is Rotation.REPEAT:
            # With another key than at the first exchange the same successor can't be made again.
            return successor.sha256 == session.family.token_sha256
        await sessions.rotate_session(
            tx,
            session.session_id,
            presented=presented.sha256,
            successor=successor.sha256,
            moment=moment,
            user_agent=caller.device,
            address=caller.address,
        )
        return True

    def _tokens(self, principal: Principal, epoch: int, refresh_token: RefreshToken, expires_at: datetime) -> Tokens:
        access = self._access_token(principal, epoch)
        return Tokens(principal, access.text, access.expires_in, str(refresh_token), expires_at)

    def _access_token(self, principal: Principal, epoch: int) -> AccessToken:
        text = self.access_tokens.issue(
            subject_id=principal.actor_id,
            tenant_public_id=principal.tenant_public_id,
            session_id=principal.session_id,
            epoch=epoch,
        )
        return AccessToken(text, int(self.access_tokens.lifetime.total_seconds()))


def _principal(tenant: Tenant, session: OpenSession | NewSession, grants: list[Grant], caller: Caller) -> Principal:
    allowed = sum_of(grants, now())
    return Principal(
        tenant_id=tenant.tenant_id,
        tenant_public_id=tenant.public_id,
        tenant_slug=tenant.slug,
        actor_id=session.membership.person_id,
        display_name=session.membership.display_name,
        roles=allowed.roles,
        permissions=allowed.permissions,
        session_id=session.session_id,
        sandbox=tenant.sandbox,
        membership_id=session.membership.membership_id,
        device_id=session.device_id,
        sites=allowed.sites,
        second_factor_at=session.second_factor_at,
        reauthenticated_at=session.reauthenticated_at,
        request_id=caller.request_id,
        address=caller.address,
    )
