"""Phones at the door: enrolled with a code, known by their key, given short tokens, and recognised on every request."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from infra.clock import now
from infra.database import Database, TenantTransaction
from infra.ids import uuid7
from infra.settings import Settings
from tenants import audit, directory, sessions
from tenants.devices import repository
from tenants.devices.dpop import Nonces, Proof, read_proof, request_url
from tenants.devices.errors import (
    DeviceKeyKnownError,
    DeviceRevokedError,
    DeviceUnknownError,
    EnrolmentRefusedError,
)
from tenants.devices.memory import PROOF_SECONDS, ProofMemory, key_of
from tenants.devices.pins import EnrolmentCode
from tenants.devices.rules import alone, elsewhere, narrowed, with_stems
from tenants.devices.standing import DeviceStanding, DeviceStandings, device_keys
from tenants.errors import SessionEndedError, TokenInvalidError
from tenants.grants import sum_of
from tenants.optional_redis import OptionalRedis
from tenants.passwords import Passwords
from tenants.principal import ActorKind, Principal
from tenants.round_trip import RoundTrip
from tenants.session_control import SessionControl
from tenants.standing import Standings, session_keys
from tenants.throttle import Throttle
from tenants.tokens import AccessClaims, AccessTokens, refresh_key

if TYPE_CHECKING:
    from tenants.service import Caller

# A factory's phones are enrolled from behind one address.
ENROLMENTS_IN_WINDOW: Final = 60
_NO_EPOCH: Final = 0


@dataclass(frozen=True, slots=True)
class Presented:
    """A proof as it came, with the request that it has to be for: its method, and its path as the URL has it."""

    proof: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class FloorSession:
    """A person's shift on a phone."""

    session_id: UUID
    epoch: int
    ends_at: datetime
    person_id: UUID


@dataclass(frozen=True, slots=True)
class DeviceToken:
    """An access token bound to the phone's key. `revoked`: it opens nothing but the delivery of what the phone still holds."""

    access_token: str = field(repr=False)
    expires_in: int
    device: DeviceStanding
    principal: Principal
    ends_at: datetime | None = None

    @property
    def revoked(self) -> bool:
        """Whether the phone was revoked."""
        return self.device.revoked


class Devices:
    """The phones of all tenants. One object a process, made by `Identity`; it opens its own transactions."""

    def __init__(
        self,
        *,
        app: Database,
        auth: Database,
        redis: OptionalRedis,
        settings: Settings,
        access_tokens: AccessTokens,
        standings: Standings,
        session_control: SessionControl,
        throttle: Throttle,
        passwords: Passwords,
    ) -> None:
        self.app = app
        self.auth = auth
        self.passwords = passwords
        self.session_control = session_control
        self._standings = standings
        self.standings = DeviceStandings(app, redis)
        self.nonces = Nonces(hmac.digest(refresh_key(settings), b"suyuan proof nonces", "sha256"))
        self._memory = ProofMemory(app, redis, self.nonces)
        self._tokens = access_tokens
        self._throttle = throttle
        self._public_url = settings.public_url

    def nonce(self) -> str:
        """The nonce for the next proof; a header DPoP-Nonce carries it."""
        return self.nonces.issue(now())

    async def enrol(self, code: str, presented: Presented, *, caller: "Caller") -> DeviceToken:
        """Make the phone that shows a good code, and proves its key, one of the tenant's.

        Raises `EnrolmentRefusedError` for whatever is wrong with the code, which then stays as it was, `DeviceKeyKnownError`,
        `ProofInvalidError` and `NonceRequiredError` for the proof, `TooManyFailuresError` where an address tries too often.
        """
        moment = now()
        proof = self._read(presented, None, moment)
        attempt = await self._throttle.claim_address("enrolment", caller.address, ENROLMENTS_IN_WINDOW)
        parsed = EnrolmentCode.parse(code)
        tenant = await directory.tenant_by_public_id(self.app, parsed.tenant_public_id) if parsed else None
        if parsed is None or tenant is None:
            raise EnrolmentRefusedError
        await self._memory.use(tenant.tenant_id, proof, moment)
        device_id = uuid7()
        async with self.app.tenant(tenant.tenant_id) as tx:
            # Asked here and not of the clock that was read before Redis was: a code ends when it ends.
            enrolment = await repository.use_enrolment(tx, parsed.sha256, device_id, now())
            if enrolment is None:
                raise EnrolmentRefusedError
            created = await repository.insert_device(
                tx, device_id, proof.key, name=enrolment["name"], site=enrolment["site"], by=enrolment["created_by"],
                by_name=enrolment["created_by_name"], user_agent=caller.device, address=caller.address,
            )  # fmt: skip
            if not created:
                raise DeviceKeyKnownError
            above = await repository.places_above(tx, with_stems([enrolment["site"]]))
            device = DeviceStanding(
                tenant.tenant_id, tenant.public_id, tenant.slug, tenant.sandbox, device_id, enrolment["name"], enrolment["site"], tuple(above),
                proof.key.thumbprint, False,
            )  # fmt: skip
            told = {"name": device.name, "site": device.site, "thumbprint": device.thumbprint, "enrolledBy": enrolment["created_by_name"]}
            await audit.record(tx, device_principal(device, caller), "device.enrolled", f"device:{device_id}", after=told)
        await self._throttle.give_back_address(attempt)
        return self._device_token(device, caller)

    async def token(
        self, presented: Presented, *, tenant_public_id: UUID, device_id: UUID, session_id: UUID | None = None, caller: "Caller"
    ) -> DeviceToken:
        """A token for a phone that proves its key; with `session_id` for the person who was switched to on it.

        A revoked phone gets one too, which opens the delivery of what it still holds and nothing else. Raises `DeviceUnknownError`,
        `SessionEndedError` where the person's shift has ended, and what `enrol` raises for the proof.
        """
        moment = now()
        proof = self._read(presented, None, moment)
        device = await self.standings.stored(tenant_public_id, proof.key.thumbprint)
        if device is None or device.device_id != device_id:
            raise DeviceUnknownError
        await self._memory.use(device.tenant_id, proof, moment)
        if device.revoked:
            return self._device_token(device, caller)
        async with self.app.tenant(device.tenant_id) as tx:
            await repository.seen(tx, device_id, address=caller.address, moment=moment)
            session = await repository.session_on(tx, device_id, session_id, address=caller.address) if session_id else None
        if session_id is None:
            return self._device_token(device, caller)
        if session is None:
            raise SessionEndedError
        return await self.person_token(device, FloorSession(*session), caller=caller)

    async def authenticate(self, token: str, presented: Presented, *, caller: "Caller", trip: RoundTrip | None = None) -> Principal:
        """The principal behind a token that is bound to a phone's key and shown with a proof of it (RFC 9449 §7).

        Raises `TokenInvalidError` for a token that isn't bound, or not to this key, `DeviceRevokedError` for a phone that was
        revoked, and another `NotAuthenticatedError` for whatever else doesn't hold.
        """
        claims, thumbprint = self._bound(token)
        moment = now()
        proof = self._read(presented, token, moment)
        if not hmac.compare_digest(proof.key.thumbprint.encode(), thumbprint.encode()):
            raise TokenInvalidError
        if trip is not None:
            of_person = session_keys(claims) if claims.kind is ActorKind.PERSON else []
            keys = [*device_keys(claims.tenant_public_id, thumbprint), *of_person]
            await trip.ask(keys, proof_key=key_of(proof), proof_seconds=PROOF_SECONDS)
        device = await self._device_of(claims, thumbprint, trip)
        await self._memory.use(device.tenant_id, proof, moment, trip)
        return await self._principal(claims, device, caller, trip)

    async def authenticate_again(self, token: str, *, caller: "Caller") -> Principal:
        """The principal as he stands now, on a connection at whose opening the phone has proved its key. Raises as `authenticate` does."""
        claims, thumbprint = self._bound(token)
        return await self._principal(claims, await self._device_of(claims, thumbprint), caller)

    async def person_token(self, device: DeviceStanding, session: FloorSession, *, caller: "Caller") -> DeviceToken:
        """A token for a person on a phone. Raises `SessionEndedError` where he may do nothing there any more."""
        claims = AccessClaims(uuid7(), session.person_id, device.tenant_public_id, session.session_id, session.epoch, thumbprint=device.thumbprint)
        principal = await self._on_device(claims, device, caller)
        token = self._tokens.issue(
            subject_id=session.person_id, tenant_public_id=device.tenant_public_id, session_id=session.session_id, epoch=session.epoch,
            thumbprint=device.thumbprint,
        )  # fmt: skip
        return DeviceToken(token, self._seconds, device, principal, session.ends_at)

    async def end_sessions(self, tx: TenantTransaction, session_ids: Collection[UUID], because: str) -> None:
        """End shifts, from the transaction's commit on."""
        for session_id in session_ids:
            await self._standings.doubt_session(session_id)
            await sessions.end_session(tx, session_id, because)

    async def lying_in(self, tx: TenantTransaction, device: DeviceStanding, sites: Collection[str]) -> list[str]:
        """Those of some sites that lie in the phone's."""
        return [site for site in sorted(sites) if device.site in await repository.places_above(tx, with_stems([site]))]

    @property
    def _seconds(self) -> int:
        return int(self._tokens.lifetime / timedelta(seconds=1))

    def _read(self, presented: Presented, token: str | None, moment: datetime) -> Proof:
        url = request_url(self._public_url, presented.path)
        return read_proof(presented.proof, method=presented.method, url=url, moment=moment, nonces=self.nonces, access_token=token)

    def _bound(self, token: str) -> tuple[AccessClaims, str]:
        """A verified token that is bound to a key, and that key's thumbprint."""
        claims = self._tokens.verify(token)
        if claims.thumbprint is None or claims.kind not in (ActorKind.DEVICE, ActorKind.PERSON):
            raise TokenInvalidError
        return claims, claims.thumbprint

    async def _device_of(self, claims: AccessClaims, thumbprint: str, trip: RoundTrip | None = None) -> DeviceStanding:
        device = await self.standings.of(claims.tenant_public_id, thumbprint, trip)
        if device is None or (claims.kind is ActorKind.DEVICE and device.device_id != claims.subject_id):
            raise SessionEndedError
        return device

    async def _principal(self, claims: AccessClaims, device: DeviceStanding, caller: "Caller", trip: RoundTrip | None = None) -> Principal:
        if device.revoked:
            raise DeviceRevokedError(device_principal(device, caller))
        return device_principal(device, caller) if claims.kind is ActorKind.DEVICE else await self._on_device(claims, device, caller, trip)

    async def _on_device(self, claims: AccessClaims, device: DeviceStanding, caller: "Caller", trip: RoundTrip | None = None) -> Principal:
        standing = await self._standings.of(claims, trip)
        if standing is None or standing.device_id != device.device_id:
            raise SessionEndedError
        allowed = sum_of(standing.grants, now())
        inside: list[str] = []
        if unknown := elsewhere(allowed, device.above):
            async with self.app.tenant(device.tenant_id) as tx:
                inside = await self.lying_in(tx, device, unknown)
        sites = narrowed(allowed, device.site, above=device.above, inside=inside)
        return Principal(
            tenant_id=standing.tenant_id, tenant_public_id=claims.tenant_public_id, tenant_slug=standing.tenant_slug,
            actor_id=standing.person_id, display_name=standing.display_name, roles=allowed.roles, permissions=frozenset(sites),
            session_id=claims.session_id, sandbox=standing.sandbox, membership_id=standing.membership_id, device_id=device.device_id,
            sites=sites, request_id=caller.request_id, address=caller.address,
        )  # fmt: skip

    def _device_token(self, device: DeviceStanding, caller: "Caller") -> DeviceToken:
        token = self._tokens.issue(
            subject_id=device.device_id, tenant_public_id=device.tenant_public_id, session_id=device.device_id, epoch=_NO_EPOCH,
            kind=ActorKind.DEVICE, thumbprint=device.thumbprint,
        )  # fmt: skip
        return DeviceToken(token, self._seconds, device, device_principal(device, caller))


def device_principal(device: DeviceStanding, caller: "Caller") -> Principal:
    """The phone without anybody named; a revoked one as an actor that may do nothing."""
    sites = alone(device.site)
    permissions = frozenset() if device.revoked else frozenset(sites)
    return Principal(
        tenant_id=device.tenant_id, tenant_public_id=device.tenant_public_id, tenant_slug=device.tenant_slug, actor_id=device.device_id,
        display_name=device.name, roles=("device",), permissions=permissions, session_id=device.device_id, kind=ActorKind.DEVICE,
        sandbox=device.sandbox, device_id=device.device_id, sites=sites, request_id=caller.request_id, address=caller.address,
    )  # fmt: skip
