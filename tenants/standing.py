"""Whether the session behind a verified token still stands: asked of Redis first, of PostgreSQL where Redis doesn't know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from infra.clock import now
from infra.database import Database
from tenants import directory
from tenants.grants import Grant
from tenants.optional_redis import REST_SECONDS, OptionalRedis
from tenants.round_trip import RoundTrip
from tenants.sandbox.access import grants_in_force
from tenants.sessions import grants_of
from tenants.tokens import AccessClaims

CACHE_SECONDS: Final = REST_SECONDS
# Outlives whatever a reader that looked just before the change may still write.
DOUBT_SECONDS: Final = 3 * CACHE_SECONDS
S = TypeVar("S", bound=msgspec.Struct)


class Standing(msgspec.Struct, frozen=True):
    """A session that stood when it was looked up, and for whom."""

    tenant_id: int
    tenant_slug: str
    person_id: UUID
    membership_id: UUID
    display_name: str
    sandbox: bool
    grants: tuple[Grant, ...]
    epoch: int
    expires_at: datetime
    device_id: UUID | None = None
    second_factor_at: datetime | None = None
    reauthenticated_at: datetime | None = None


class Standings:
    """A cache that is told of every change *before* it commits, so that not even a crash in between leaves it open.

    A change writes a mark of doubt; while that stands, everyone asks PostgreSQL. Where Redis can't be reached for the mark,
    an answer cached before is believed for `CACHE_SECONDS` at most.
    """

    def __init__(self, app: Database, auth: Database, redis: OptionalRedis) -> None:
        self._app = app
        self._auth = auth
        self._redis = redis

    async def of(self, claims: AccessClaims, trip: RoundTrip | None = None) -> Standing | None:
        """The standing of the token's session, or None where it ended, the membership isn't active or the epoch passed."""
        standing = cached(await read(self._redis, session_keys(claims), trip), Standing)
        if standing is None:
            standing = await self._stored(claims)
            if standing is None:
                return None
            await self._remember(claims, standing)
        if standing.epoch != claims.epoch or standing.person_id != claims.subject_id or standing.expires_at <= now():
            return None
        return standing

    async def doubt_session(self, session_id: UUID) -> None:
        """Announce that a session is about to end."""
        await self._doubt(f"suyuan:doubt:session:{session_id}")

    async def doubt_person(self, person_id: UUID) -> None:
        """Announce that something about a person is about to change: epoch, membership or role."""
        await self._doubt(f"suyuan:doubt:person:{person_id}")

    async def doubt_tenant(self, tenant_public_id: UUID) -> None:
        """Announce that something about many of a tenant's people is about to change: what a role permits."""
        await self._doubt(f"suyuan:doubt:tenant:{tenant_public_id}")

    async def _doubt(self, key: str) -> None:
        await self._redis.attempt(lambda redis: redis.set(key, b"1", ex=DOUBT_SECONDS), even_if_resting=True)

    async def _remember(self, claims: AccessClaims, standing: Standing) -> None:
        value = msgspec.json.encode(standing)
        await self._redis.attempt(lambda redis: redis.set(_key(claims), value, ex=CACHE_SECONDS))

    async def _stored(self, claims: AccessClaims) -> Standing | None:
        tenant = await directory.tenant_by_public_id(self._app, claims.tenant_public_id)
        if tenant is None:
            return None
        async with self._app.tenant(tenant.tenant_id) as tx:
            row = await tx.fetchrow(
                """select m.person_id, m.membership_id, m.display_name, s.expires_at, s.device_id, s.second_factor_at, s.reauthenticated_at
                   from session s join membership m on m.tenant_id = $1 and m.membership_id = s.membership_id
                   where s.tenant_id = $1 and s.session_id = $2 and s.ended_at is null and m.active""",
                claims.session_id,
            )
            grants = await grants_of(tx, row["membership_id"]) if row else []
        epoch = await directory.person_epoch(self._auth, claims.subject_id)
        if row is None or epoch is None:
            return None
        allowed = await grants_in_force(self._app, tenant, claims.subject_id, grants)
        if allowed is None:
            return None
        return Standing(
            tenant_id=tenant.tenant_id,
            tenant_slug=tenant.slug,
            person_id=row["person_id"],
            membership_id=row["membership_id"],
            display_name=row["display_name"],
            sandbox=tenant.sandbox,
            grants=tuple(allowed),
            epoch=epoch,
            expires_at=row["expires_at"],
            device_id=row["device_id"],
            second_factor_at=row["second_factor_at"],
            reauthenticated_at=row["reauthenticated_at"],
        )


def session_keys(claims: AccessClaims) -> list[str]:
    """Where Redis has a session's standing, and behind it the marks that say not to believe it."""
    doubts = (f"session:{claims.session_id}", f"person:{claims.subject_id}", f"tenant:{claims.tenant_public_id}")
    return [_key(claims), *(f"suyuan:doubt:{what}" for what in doubts)]


async def read(redis: OptionalRedis, keys: Sequence[str], trip: RoundTrip | None) -> Sequence[bytes | None] | None:
    """The values of keys, with the request's one message where there is one; None where Redis is away."""
    return await (trip.read(keys) if trip is not None else redis.attempt(lambda asked: asked.mget(keys)))


def cached(values: Sequence[bytes | None] | None, kind: type[S]) -> S | None:
    """The standing in the first of the values, unless one of the others is a mark of doubt."""
    if values is None or values[0] is None or any(doubt is not None for doubt in values[1:]):
        return None
    try:
        return msgspec.json.decode(values[0], type=kind)
    except msgspec.DecodeError:
        return None


def _key(claims: AccessClaims) -> str:
    return f"suyuan:standing:{claims.tenant_public_id}:{claims.session_id}"
