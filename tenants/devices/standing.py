"""Whether a phone still stands, by its key: asked of Redis first, of PostgreSQL where Redis doesn't know or was told to doubt it."""

from uuid import UUID

import msgspec

from infra.database import Database
from tenants import directory
from tenants.devices import repository
from tenants.devices.rules import with_stems
from tenants.optional_redis import OptionalRedis
from tenants.round_trip import RoundTrip
from tenants.standing import CACHE_SECONDS, DOUBT_SECONDS, cached, read


class DeviceStanding(msgspec.Struct, frozen=True):
    """An enrolled phone as it was looked up; `above` are its site and the places that it lies in."""

    tenant_id: int
    tenant_public_id: UUID
    tenant_slug: str
    sandbox: bool
    device_id: UUID
    name: str
    site: str
    above: tuple[str, ...]
    thumbprint: str
    revoked: bool


class DeviceStandings:
    """A cache like that of sessions: told of every change *before* it commits (`tenants/standing.py`)."""

    def __init__(self, app: Database, redis: OptionalRedis) -> None:
        self._app = app
        self._redis = redis

    async def of(self, tenant_public_id: UUID, thumbprint: str, trip: RoundTrip | None = None) -> DeviceStanding | None:
        """The phone with this key, revoked or not; None where there is none."""
        standing = cached(await read(self._redis, device_keys(tenant_public_id, thumbprint), trip), DeviceStanding)
        if standing is None:
            standing = await self.stored(tenant_public_id, thumbprint)
            if standing is not None:
                value = msgspec.json.encode(standing)
                await self._redis.attempt(lambda redis: redis.set(_key(tenant_public_id, thumbprint), value, ex=CACHE_SECONDS))
        return standing

    async def stored(self, tenant_public_id: UUID, key: str | UUID) -> DeviceStanding | None:
        """The phone with this key or this id, from PostgreSQL."""
        tenant = await directory.tenant_by_public_id(self._app, tenant_public_id)
        if tenant is None:
            return None
        async with self._app.tenant(tenant.tenant_id) as tx:
            row = await (repository.device(tx, key) if isinstance(key, UUID) else repository.device_by_key(tx, key))
            above = await repository.places_above(tx, with_stems([row["site"]])) if row else []
        if row is None:
            return None
        return DeviceStanding(
            tenant_id=tenant.tenant_id,
            tenant_public_id=tenant.public_id,
            tenant_slug=tenant.slug,
            sandbox=tenant.sandbox,
            device_id=row["device_id"],
            name=row["name"],
            site=row["site"],
            above=tuple(above),
            thumbprint=row["thumbprint"],
            revoked=row["revoked_at"] is not None,
        )

    async def doubt(self, thumbprint: str) -> None:
        """Announce that the phone is about to be revoked, moved or renamed."""
        await self._redis.attempt(lambda redis: redis.set(_doubt(thumbprint), b"1", ex=DOUBT_SECONDS), even_if_resting=True)


def device_keys(tenant_public_id: UUID, thumbprint: str) -> list[str]:
    """Where Redis has a phone's standing, and behind it the marks that say not to believe it."""
    return [_key(tenant_public_id, thumbprint), _doubt(thumbprint), f"suyuan:doubt:tenant:{tenant_public_id}"]


def _key(tenant_public_id: UUID, thumbprint: str) -> str:
    return f"suyuan:device:{tenant_public_id}:{thumbprint}"


def _doubt(thumbprint: str) -> str:
    return f"suyuan:doubt:device:{thumbprint}"
