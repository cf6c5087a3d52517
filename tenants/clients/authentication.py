"""How a key, or a token that was given for one, becomes a principal; and whether it still holds: asked of Redis first, then of PostgreSQL."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from infra.clock import now
from infra.database import Database
from tenants import audit, directory
from tenants.clients import repository
from tenants.clients.errors import KeyInvalidError, ScopeRefusedError
from tenants.clients.keys import Key
from tenants.clients.rules import is_allowed_from, scopes_of
from tenants.clients.throttle import KeyThrottle
from tenants.clients.usage import KeyUsage
from tenants.optional_redis import OptionalRedis
from tenants.permissions import Permission, known_permissions
from tenants.principal import ActorKind, Principal
from tenants.round_trip import RoundTrip
from tenants.standing import DOUBT_SECONDS, cached, read
from tenants.tokens import AccessClaims, AccessTokens

if TYPE_CHECKING:
    from tenants.service import Caller

CACHE_SECONDS: Final = 5
# No tenant has this id: a key of a tenant that doesn't exist takes as long as any other.
NOBODY: Final = 0
# A client has no sessions to end at once: each of its tokens falls with its key.
EPOCH: Final = 0


class KeyStanding(msgspec.Struct, frozen=True):
    """A key that stood when it was looked up, and what its client may do."""

    tenant_id: int
    tenant_slug: str
    sandbox: bool
    client_id: UUID
    name: str
    scopes: frozenset[str]
    sites: tuple[str, ...]
    addresses: tuple[str, ...]
    expires_at: datetime | None
    key_sha256: bytes

    def holds(self, address: str) -> bool:
        """Whether the key may be used now and from there."""
        return (self.expires_at is None or self.expires_at > now()) and is_allowed_from(address, self.addresses)


@dataclass(frozen=True, slots=True)
class ClientToken:
    """The answer to a client that shows its key: a token for some of its scopes."""

    principal: Principal
    access_token: str = field(repr=False)
    expires_in: int
    scopes: tuple[str, ...]


class Clients:
    """Who calls with a key. A change of a client is announced before it commits (`doubt`), as in `tenants/standing.py`."""

    def __init__(self, *, app: Database, auth: Database, redis: OptionalRedis, access_tokens: AccessTokens) -> None:
        self._app = app
        self._redis = redis
        self._access_tokens = access_tokens
        self._throttle = KeyThrottle(auth, redis)
        self._usage = KeyUsage(app, redis)

    async def authenticate_key(self, text: str, *, caller: "Caller", trip: RoundTrip | None = None) -> Principal:
        """The principal behind a key. Raises `KeyInvalidError` for whatever is wrong with it, `TooManyFailuresError` for an address."""
        key = Key.parse(text)
        if key is None:
            # A slip of the pen: nothing is looked up, so nothing has to be counted.
            raise KeyInvalidError
        standing = await self._cached(key.tenant_public_id, key.secret_id, trip)
        if standing is None or not _fits(standing, key, caller.address):
            standing = await self._looked_up(key, caller.address)
        self._usage.note(standing.tenant_id, key.secret_id, caller.address)
        return _principal(standing, key.tenant_public_id, key.secret_id, known_permissions(standing.scopes), caller)

    async def authenticate_token(self, claims: AccessClaims, *, caller: "Caller", trip: RoundTrip | None = None) -> Principal:
        """The principal behind a verified token of kind CLIENT. Raises `KeyInvalidError` where its key or client ended meanwhile."""
        standing = await self._cached(claims.tenant_public_id, claims.session_id, trip)
        if standing is None:
            standing = await self._stored(claims.tenant_public_id, claims.session_id)
        if standing is None or standing.client_id != claims.subject_id or claims.epoch != EPOCH or not standing.holds(caller.address):
            raise KeyInvalidError
        self._usage.note(standing.tenant_id, claims.session_id, caller.address)
        granted = known_permissions(standing.scopes & frozenset(claims.scope.split()))
        return _principal(standing, claims.tenant_public_id, claims.session_id, granted, caller)

    async def exchange(self, client_id: str, text: str, scope: str | None, *, caller: "Caller") -> ClientToken:
        """A token for a key (RFC 6749 §4.4). Raises as `authenticate_key` does, and `ScopeRefusedError` for more than the client has."""
        principal = await self.authenticate_key(text, caller=caller)
        if client_id != str(principal.actor_id):
            await self._throttle.failed(caller.address)
            raise KeyInvalidError
        scopes = tuple(sorted(_narrowed(principal.permissions, scope)))
        token = self._access_tokens.issue(
            subject_id=principal.actor_id,
            tenant_public_id=principal.tenant_public_id,
            session_id=principal.session_id,
            epoch=EPOCH,
            kind=ActorKind.CLIENT,
            scope=" ".join(scopes),
        )
        async with self._app.tenant(principal.tenant_id) as tx:
            await audit.record(tx, principal, "client.token_issued", f"client:{principal.actor_id}", after={"scopes": list(scopes)})
        return ClientToken(principal, token, int(self._access_tokens.lifetime.total_seconds()), scopes)

    async def doubt(self, secret_ids: Iterable[UUID]) -> None:
        """Announce that something about keys, or about their client, is about to change."""
        for name in map(_doubt, secret_ids):
            await self._redis.attempt(partial(_set_doubt, name=name), even_if_resting=True)

    async def settle(self) -> None:
        """Wait for what is written behind requests' backs."""
        await self._usage.settle()

    async def _looked_up(self, key: Key, address: str) -> KeyStanding:
        """The key as PostgreSQL knows it; the same answer, and about the same time, for every key that doesn't hold."""
        await self._throttle.require_quiet(address, key.sha256)
        standing = await self._stored(key.tenant_public_id, key.secret_id)
        if standing is None or not _fits(standing, key, address):
            await self._throttle.failed(address)
            raise KeyInvalidError
        await self._throttle.held(address, key.sha256)
        return standing

    async def _cached(self, tenant_public_id: UUID, secret_id: UUID, trip: RoundTrip | None) -> KeyStanding | None:
        keys = [_cache(tenant_public_id, secret_id), _doubt(secret_id), f"suyuan:doubt:tenant:{tenant_public_id}"]
        return cached(await read(self._redis, keys, trip), KeyStanding)

    async def _stored(self, tenant_public_id: UUID, secret_id: UUID) -> KeyStanding | None:
        tenant = await directory.tenant_by_public_id(self._app, tenant_public_id)
        async with self._app.tenant(tenant.tenant_id if tenant else NOBODY) as tx:
            found = await repository.stored_key(tx, secret_id)
        if tenant is None or found is None or found.revoked_at is not None or found.client.revoked_at is not None:
            return None
        terms = found.client.terms
        standing = KeyStanding(
            tenant_id=tenant.tenant_id,
            tenant_slug=tenant.slug,
            sandbox=tenant.sandbox,
            client_id=found.client.client_id,
            name=terms.name,
            scopes=frozenset(str(scope) for scope in terms.scopes),
            sites=terms.sites,
            addresses=terms.addresses,
            expires_at=terms.expires_at,
            key_sha256=found.key_sha256,
        )
        value = msgspec.json.encode(standing)
        await self._redis.attempt(lambda redis: redis.set(_cache(tenant_public_id, secret_id), value, ex=CACHE_SECONDS))
        return standing


def _fits(standing: KeyStanding, key: Key, address: str) -> bool:
    return hmac.compare_digest(standing.key_sha256, key.sha256) and standing.sandbox == key.sandbox and standing.holds(address)


def _narrowed(granted: frozenset[Permission], scope: str | None) -> frozenset[Permission]:
    """The scopes asked for, all of them without a word (RFC 6749 §3.3). Raises `ScopeRefusedError`."""
    if scope is None:
        return granted
    wanted = scopes_of(scope.split(" "))
    if not wanted <= granted:
        beyond = ", ".join(sorted(wanted - granted))
        raise ScopeRefusedError(f"This client lacks the scope {beyond}; leave it out, or have it added to the client.", field="scope")
    return wanted


def _principal(standing: KeyStanding, tenant_public_id: UUID, secret_id: UUID, granted: frozenset[Permission], caller: "Caller") -> Principal:
    limits = frozenset(standing.sites)
    return Principal(
        tenant_id=standing.tenant_id,
        tenant_public_id=tenant_public_id,
        tenant_slug=standing.tenant_slug,
        actor_id=standing.client_id,
        display_name=standing.name,
        roles=(),
        permissions=granted,
        session_id=secret_id,
        kind=ActorKind.CLIENT,
        sandbox=standing.sandbox,
        sites=dict.fromkeys(granted, limits) if limits else {},
        request_id=caller.request_id,
        address=caller.address,
    )


async def _set_doubt(redis: Redis, name: str) -> None:
    await redis.set(name, b"1", ex=DOUBT_SECONDS)


def _cache(tenant_public_id: UUID, secret_id: UUID) -> str:
    return f"suyuan:key:{tenant_public_id}:{secret_id}"


def _doubt(secret_id: UUID) -> str:
    return f"suyuan:doubt:key:{secret_id}"
