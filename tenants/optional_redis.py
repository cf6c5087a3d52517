"""Redis as something that may be away: every use of it has a short limit of time and an answer for its absence."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra.logging import get_logger

TIME_LIMIT_SECONDS: Final = 0.25
LATE_SECONDS: Final = 0.05
# Long enough for whatever was cached before an outage, and may have missed a revocation during it, to be gone afterwards.
REST_SECONDS: Final = 10

T = TypeVar("T")
_log = get_logger(__name__)


class OptionalRedis:
    """Runs commands if Redis answers in time; after a failure it is left alone for a while, so an outage slows no request."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._rest_until = 0.0

    async def attempt(self, action: Callable[[Redis], Awaitable[T]], *, even_if_resting: bool = False) -> T | None:
        """What `action` gives, or None where Redis is away: the caller then asks PostgreSQL."""
        if self._redis is None or (time.monotonic() < self._rest_until and not even_if_resting):
            return None
        task = asyncio.current_task()
        asked_to_end = task.cancelling() if task else 0
        begun = time.monotonic()
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                answer = await action(self._redis)
            # The client sends within `asyncio.wait_for`, which before Python 3.12 loses a cancellation that meets the end of the sending.
            if task and task.cancelling() > asked_to_end:
                raise asyncio.CancelledError
        except (RedisError, OSError, TimeoutError) as problem:
            # Where the limit itself came late, this process was held up, and Redis may have answered in time: that is no outage.
            if isinstance(problem, TimeoutError) and time.monotonic() - begun > TIME_LIMIT_SECONDS + LATE_SECONDS:
                return None
            self._rest_until = time.monotonic() + REST_SECONDS
            _log.warning("redis_unavailable", problem=repr(problem))
            return None
        return answer
