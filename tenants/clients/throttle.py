"""How often an address may show keys that don't hold, before it is not listened to for a while."""

import hashlib
from datetime import timedelta
from typing import Final

from infra.database import Database
from tenants.errors import TooManyFailuresError
from tenants.limits.addresses import network_of
from tenants.optional_redis import OptionalRedis

WINDOW: Final = timedelta(minutes=15)
# A partner's whole data centre may stand behind one address, and a forgotten job tries a revoked key every minute.
FAILURES_IN_WINDOW: Final = 100
GOOD_SECONDS: Final = 86_400
_SECONDS: Final = int(WINDOW.total_seconds())
_COUNT_IN_REDIS: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""
_COUNT: Final = """
insert into sign_in_attempt as a (subject_sha256, failures, window_started_at, window_failures) values ($1, 1, now(), 1)
on conflict (subject_sha256) do update set
  failures = a.failures + 1,
  window_failures = case when a.window_started_at <= now() - $2::interval then 1 else a.window_failures + 1 end,
  window_started_at = case when a.window_started_at <= now() - $2::interval then now() else a.window_started_at end
"""
_FAILED: Final = "select window_failures from sign_in_attempt where subject_sha256 = $1 and window_started_at > now() - $2::interval"


class KeyThrottle:
    """Counts in Redis, and in PostgreSQL, which is asked where Redis is away.

    Keys can't be guessed; what is limited is the work that wrong ones make. A key that held from the same address within a day is let
    through, so that nobody shuts his neighbours out.
    """

    def __init__(self, auth: Database, redis: OptionalRedis) -> None:
        self._auth = auth
        self._redis = redis

    async def require_quiet(self, address: str, key_sha256: bytes) -> None:
        """Raise `TooManyFailuresError` for an address that has failed too often, unless this key held there lately."""
        subject = _subject(address)
        counted = await self._redis.attempt(lambda redis: redis.mget([_counter(subject), _good(subject, key_sha256)]))
        if counted is None:
            failures, good = await self._stored(subject), False
        else:
            failures, good = int(counted[0] or 0), counted[1] is not None
        if failures >= FAILURES_IN_WINDOW and not good:
            raise TooManyFailuresError(_SECONDS)

    async def failed(self, address: str) -> None:
        """Count a key that didn't hold."""
        subject = _subject(address)

        await self._redis.attempt(lambda redis: redis.register_script(_COUNT_IN_REDIS)(keys=[_counter(subject)], args=[_SECONDS]))
        async with self._auth.connection() as connection:
            await connection.execute(_COUNT, subject, WINDOW)

    async def held(self, address: str, key_sha256: bytes) -> None:
        """Remember that a key held there."""
        name = _good(_subject(address), key_sha256)
        await self._redis.attempt(lambda redis: redis.set(name, b"1", ex=GOOD_SECONDS))

    async def _stored(self, subject: bytes) -> int:
        async with self._auth.connection() as connection:
            return int(await connection.fetchval(_FAILED, subject, WINDOW) or 0)


def _counter(subject: bytes) -> str:
    return f"suyuan:{{keys:{subject.hex()}}}:failures"


def _good(subject: bytes, key_sha256: bytes) -> str:
    return f"suyuan:{{keys:{subject.hex()}}}:good:{key_sha256.hex()}"


def _subject(address: str) -> bytes:
    return hashlib.sha256(f"key address:{network_of(address)}".encode()).digest()
