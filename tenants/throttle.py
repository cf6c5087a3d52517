"""How often a password or a code may be tried: per sign-in name and per address, counted before the password is looked at."""

import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from infra.database import Database
from infra.ids import uuid7
from tenants.errors import TooManyFailuresError
from tenants.limits.addresses import network_of
from tenants.optional_redis import OptionalRedis

# NIST SP 800-63B-4 §3.2.2: at most 100 consecutive failures; then the password is of no use until someone lifts the block.
ACCOUNT_FAILURES: Final = 100
WINDOW: Final = timedelta(minutes=15)
ACCOUNT_FAILURES_IN_WINDOW: Final = 10
# A factory sits behind one address.
ADDRESS_FAILURES_IN_WINDOW: Final = 100
# Three of a million codes are right at a time: who knows the password finds one with 100 tries once in 3,000 accounts, then it is blocked.
CODE_WINDOW: Final = timedelta(minutes=5)
CODE_FAILURES_IN_WINDOW: Final = 5

_WINDOW_SECONDS: Final = int(WINDOW.total_seconds())

# Sliding window; an attempt that is refused isn't counted, so that a block ends by itself. Redis' own clock serves all processes.
_CLAIM_IN_REDIS: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local window = tonumber(ARGV[2])
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  if redis.call('ZCARD', key) >= tonumber(ARGV[2 + i]) then
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    return math.max(1, math.ceil(tonumber(oldest[2]) + window - now))
  end
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[1])
  redis.call('EXPIRE', key, window)
end
return 0
"""

# No row comes back where a limit is reached. Condition and count are one step, so parallel attempts can't slip through.
_CLAIM_IN_DATABASE: Final = """
insert into sign_in_attempt as a (subject_sha256, failures, window_started_at, window_failures) values ($1, 1, now(), 1)
on conflict (subject_sha256) do update set
  failures = a.failures + 1,
  window_failures = case when a.window_started_at <= now() - $2::interval then 1 else a.window_failures + 1 end,
  window_started_at = case when a.window_started_at <= now() - $2::interval then now() else a.window_started_at end
where ($3::int is null or a.failures < $3) and (a.window_started_at <= now() - $2::interval or a.window_failures < $4)
returning 1
"""

_GIVE_BACK: Final = """
update sign_in_attempt set failures = greatest(failures - 1, 0), window_failures = greatest(window_failures - 1, 0)
where subject_sha256 = $1
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted try: a failure until it is said to have succeeded."""

    attempt_id: str
    account: bytes
    address: bytes


class Throttle:
    """Redis refuses a flood early and smoothly; PostgreSQL counts every attempt and decides alone where Redis is away."""

    def __init__(self, auth: Database, redis: OptionalRedis) -> None:
        self._auth = auth
        self._redis = redis

    async def claim(self, login_name: str, address: str) -> Attempt:
        """Count an attempt as a failure in advance; `TooManyFailuresError` at a limit, for known and unknown names alike."""
        attempt = Attempt(str(uuid7()), _sha256(f"name:{login_name}"), _sha256(f"address:{network_of(address)}"))
        await self._claim_in_redis(attempt)
        async with self._auth.connection() as connection, connection.transaction():
            for subject, in_all, in_window in (
                (attempt.account, ACCOUNT_FAILURES, ACCOUNT_FAILURES_IN_WINDOW),
                (attempt.address, None, ADDRESS_FAILURES_IN_WINDOW),
            ):
                if not await connection.fetchval(_CLAIM_IN_DATABASE, subject, WINDOW, in_all, in_window):
                    raise TooManyFailuresError(_WINDOW_SECONDS)
        return attempt

    async def claim_address(self, purpose: str, address: str, limit: int) -> bytes:
        """Count an attempt that no account stands behind, as a failure in advance: at most `limit` from an address in a window.

        Raises `TooManyFailuresError`; what it returns goes to `give_back_address` when the attempt has succeeded.
        """
        subject = _sha256(f"{purpose}:{network_of(address)}")
        async with self._auth.connection() as connection:
            if not await connection.fetchval(_CLAIM_IN_DATABASE, subject, WINDOW, None, limit):
                raise TooManyFailuresError(_WINDOW_SECONDS)
        return subject

    async def give_back_address(self, subject: bytes) -> None:
        """An attempt of `claim_address` has succeeded."""
        async with self._auth.connection() as connection:
            await connection.execute(_GIVE_BACK, subject)

    async def succeeded(self, attempt: Attempt) -> None:
        """The name starts afresh; the address gets back only this attempt, lest one good account hide many bad ones."""
        async with self._auth.connection() as connection, connection.transaction():
            await connection.execute("delete from sign_in_attempt where subject_sha256 = $1", attempt.account)
            await connection.execute(_GIVE_BACK, attempt.address)
        account, address = _redis_keys(attempt)
        await self._redis.attempt(lambda redis: redis.delete(account))
        await self._redis.attempt(lambda redis: cast(Awaitable[Any], redis.zrem(address, attempt.attempt_id)))

    async def give_back(self, attempt: Attempt) -> None:
        """The attempt was no failure and no success either: a password was right, and a code is still asked for."""
        async with self._auth.connection() as connection, connection.transaction():
            for subject in (attempt.account, attempt.address):
                await connection.execute(_GIVE_BACK, subject)
        account, address = _redis_keys(attempt)
        await self._redis.attempt(lambda redis: cast(Awaitable[Any], redis.zrem(account, attempt.attempt_id)))
        await self._redis.attempt(lambda redis: cast(Awaitable[Any], redis.zrem(address, attempt.attempt_id)))

    async def claim_code(self, person_id: UUID) -> None:
        """Count a second factor's code as wrong in advance; `TooManyFailuresError` at a limit, wherever the tries come from."""
        async with self._auth.connection() as connection:
            claimed = await connection.fetchval(_CLAIM_IN_DATABASE, _code_subject(person_id), CODE_WINDOW, ACCOUNT_FAILURES, CODE_FAILURES_IN_WINDOW)
        if not claimed:
            raise TooManyFailuresError(int(CODE_WINDOW.total_seconds()))

    async def code_succeeded(self, person_id: UUID) -> None:
        """The code was right: the person's codes start afresh."""
        async with self._auth.connection() as connection:
            await connection.execute("delete from sign_in_attempt where subject_sha256 = $1", _code_subject(person_id))

    async def lift(self, login_name: str) -> None:
        """Forget a name's failures, and its person's wrong codes; for an administrator who knows the person, and after a new password."""
        attempt = Attempt("", _sha256(f"name:{login_name}"), b"")
        async with self._auth.connection() as connection:
            await connection.execute("delete from sign_in_attempt where subject_sha256 = $1", attempt.account)
            person_id = await connection.fetchval("select person_id from login_directory where login_name = $1", login_name)
            if person_id is not None:
                await connection.execute("delete from sign_in_attempt where subject_sha256 = $1", _code_subject(person_id))
        await self._redis.attempt(lambda redis: redis.delete(_redis_keys(attempt)[0]))

    async def _claim_in_redis(self, attempt: Attempt) -> None:
        account, address = _redis_keys(attempt)
        limits = (attempt.attempt_id, str(_WINDOW_SECONDS), str(ACCOUNT_FAILURES_IN_WINDOW), str(ADDRESS_FAILURES_IN_WINDOW))
        wait = await self._redis.attempt(lambda redis: cast(Awaitable[int], redis.eval(_CLAIM_IN_REDIS, 2, account, address, *limits)))
        if wait:
            raise TooManyFailuresError(wait)


def _redis_keys(attempt: Attempt) -> tuple[str, str]:
    # One hash tag: on a Redis cluster both keys of the script live on one node.
    return f"suyuan:{{sign-in}}:{attempt.account.hex()}", f"suyuan:{{sign-in}}:{attempt.address.hex()}"


def _code_subject(person_id: UUID) -> bytes:
    return _sha256(f"code:{person_id}")


def _sha256(subject: str) -> bytes:
    return hashlib.sha256(subject.encode()).digest()
