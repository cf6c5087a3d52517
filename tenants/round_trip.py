"""What one request asks of Redis, in one message: who calls, whether the proof is new, and the charge to the caller's limits.

Charged so is only who was let in before with the very same token or key: of anybody else it isn't known yet whose limits to charge.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from tenants.limits.buckets import Level
from tenants.limits.service import RateLimits
from tenants.optional_redis import OptionalRedis
from tenants.principal import Principal

_MISSED: Final = object()


class RoundTrip:
    """Of one request. Without an answer, everything is asked for or counted in the way that it is for a caller who isn't known."""

    def __init__(self, redis: OptionalRedis, limits: RateLimits, credential: str, *, content_bytes: int) -> None:
        self._redis = redis
        self._limits = limits
        self._credential = hashlib.sha256(credential.encode(errors="replace")).digest()
        self._content_bytes = content_bytes
        self._values: dict[str, bytes | None] = {}
        self._asked = False
        # What the request was charged; None where it has to be charged yet.
        self.levels: list[Level] | None = None
        # Whether the proof was used for the first time; None where Redis didn't say so.
        self.proof_is_new: bool | None = None
        self.proof_key = ""

    async def read(self, keys: Sequence[str]) -> list[bytes | None] | None:
        """The values of keys, or None where Redis is away. The first reading brings along what else there is to ask."""
        if not self._asked:
            await self.ask(keys)
        values = [self._values.get(key, _MISSED) for key in keys]
        if any(value is _MISSED for value in values):
            return await self._redis.attempt(lambda redis: redis.mget(keys))
        return values  # type: ignore[return-value] # none was missed

    async def ask(self, keys: Sequence[str], *, proof_key: str = "", proof_seconds: int = 0) -> None:
        """Ask for the values, charge the caller if he is known, and note the proof's first use."""
        self._asked, self.proof_key = True, proof_key
        charges = self._limits.charges_of_known(self._credential, content_bytes=self._content_bytes)

        async def at_once(redis: Redis) -> list[Any]:
            pipeline = redis.pipeline(transaction=False)
            pipeline.mget(keys)
            if proof_key:
                pipeline.set(proof_key, b"1", nx=True, ex=proof_seconds)
            if charges:
                self._limits.buckets.put_into(pipeline, charges)
            answers = await pipeline.execute(raise_on_error=False)
            for answer in answers:
                # The script is told to a new Redis by whoever charges next.
                if isinstance(answer, Exception) and not isinstance(answer, NoScriptError):
                    raise answer
            return answers

        answers = await self._redis.attempt(at_once)
        if answers is None:
            return
        self._values.update(zip(keys, answers[0], strict=True))
        if proof_key:
            self.proof_is_new = answers[1] is not None
        if charges and not isinstance(answers[-1], NoScriptError):
            self.levels = self._limits.buckets.levels_of(charges, answers[-1])

    def let_in(self, principal: Principal) -> None:
        """The caller was let in: his next request is charged in the same message that looks him up."""
        self._limits.remember(self._credential, principal)

    def refused(self) -> None:
        """The caller wasn't let in: he isn't known any more."""
        self._limits.forget(self._credential)
