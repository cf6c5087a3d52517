"""How often one address may ask for public pages: a token bucket in Redis, in this process where Redis is away."""

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable
from typing import Final, cast

from tenants.optional_redis import OptionalRedis

CAPACITY: Final = 120
REFILL_PER_SECOND: Final = 2.0
PAGE_COST: Final = 1
# Who guesses numbers meets mostly nothing; who scans codes hardly ever does.
MISS_COST: Final = 9
_REMEMBERED: Final = 10_000

# Redis' own clock serves all processes. A charge (ARGV[4] = 1) is taken also from an empty bucket.
_TAKE: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local capacity, refill, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(capacity, (tonumber(state[1]) or capacity) + (now - (tonumber(state[2]) or now)) * refill)
local wait = 0
if tokens >= cost or ARGV[4] == '1' then
  tokens = math.max(tokens - cost, 0)
else
  wait = math.ceil((cost - tokens) / refill)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], math.ceil(capacity / refill))
return wait
"""


class PageRateLimit:
    """A bucket of `CAPACITY` pages for each address, refilled at `REFILL_PER_SECOND`."""

    def __init__(self, redis: OptionalRedis) -> None:
        self._redis = redis
        self._local: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def take(self, address: str) -> int:
        """Take a page's worth; returns 0, or in how many seconds to come again."""
        return await self._spend(address, PAGE_COST, force=False)

    async def charge_for_miss(self, address: str) -> None:
        """Take the price of having asked for what there is not."""
        await self._spend(address, MISS_COST, force=True)

    async def _spend(self, address: str, cost: int, *, force: bool) -> int:
        key = f"suyuan:page:{hashlib.sha256(_network(address).encode()).hexdigest()[:32]}"
        values = (str(CAPACITY), str(REFILL_PER_SECOND), str(cost), "1" if force else "0")
        wait = await self._redis.attempt(lambda redis: cast(Awaitable[int], redis.eval(_TAKE, 1, key, *values)))
        return self._spend_here(key, cost, force=force) if wait is None else int(wait)

    def _spend_here(self, key: str, cost: int, *, force: bool) -> int:
        now = time.monotonic()
        tokens, at = self._local.pop(key, (float(CAPACITY), now))
        tokens = min(CAPACITY, tokens + (now - at) * REFILL_PER_SECOND)
        wait = 0 if tokens >= cost or force else math.ceil((cost - tokens) / REFILL_PER_SECOND)
        self._local[key] = (tokens if wait else max(tokens - cost, 0.0), now)
        if len(self._local) > _REMEMBERED:
            self._local.popitem(last=False)
        return wait


def _network(address: str) -> str:
    """The address as it is counted: an IPv6 customer has a /64 to himself, a v4-mapped address is the v4 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
