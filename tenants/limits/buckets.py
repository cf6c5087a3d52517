"""Buckets that fill evenly (the generic cell rate algorithm): in Redis for all processes, in this one where Redis is away."""

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.commands.core import AsyncScript

from tenants.limits.policies import Policy
from tenants.optional_redis import OptionalRedis

REMEMBERED: Final = 10_000
# What floating point leaves of a whole unit.
_GRAIN: Final = 1e-3

# A bucket is one number: the moment at which it will be full again, at most `seconds` away, whatever the policy was when it was written.
# Redis' own clock serves all processes. ARGV[1] = 1 takes from
# empty buckets too; after it quota, seconds and cost of each key. All are charged, or none. Answers for each: remaining units, then
# milliseconds until it is full and until the cost is there.
_TAKE: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local force = ARGV[1] == '1'
local full, charged, waits, refused = {}, {}, {}, false
for i, key in ipairs(KEYS) do
  local quota, seconds, cost = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  full[i] = math.min(math.max(tonumber(redis.call('GET', key) or '0'), now), now + seconds)
  charged[i] = full[i] + math.min(cost, quota) * seconds / quota
  waits[i] = charged[i] - now - seconds
  if force then
    charged[i] = math.min(charged[i], now + seconds)
    waits[i] = 0
  elseif waits[i] > 0.000001 then
    refused = true
  else
    waits[i] = 0
  end
end
local answer = {}
for i, key in ipairs(KEYS) do
  local quota, seconds = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  if not refused then
    full[i] = charged[i]
    redis.call('SET', key, string.format('%.17g', full[i]), 'PX', math.ceil((full[i] - now) * 1000) + 1000)
  end
  table.insert(answer, math.max(0, math.floor((seconds - (full[i] - now)) * quota / seconds + 0.001)))
  table.insert(answer, math.ceil((full[i] - now) * 1000))
  table.insert(answer, math.ceil(waits[i] * 1000))
end
return answer
"""
_TAKE_SHA: Final = hashlib.sha1(_TAKE.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Charge:
    """So many units out of the bucket of this key. Keys of one call share a hash tag, for a cluster runs a script on one node."""

    key: str
    policy: Policy
    cost: int = 1


@dataclass(frozen=True, slots=True)
class Level:
    """A bucket after a charge, or after its refusal: units left, seconds until it is full, seconds until the charge would pass."""

    policy: Policy
    remaining: int
    full_in: float
    wait: float = 0.0


class Buckets:
    """All buckets of a process. A new key is a full bucket."""

    def __init__(self, redis: OptionalRedis) -> None:
        self._redis = redis
        self._script: AsyncScript | None = None
        # When each bucket will be full again, by this process's clock.
        self._here: OrderedDict[str, float] = OrderedDict()

    async def take(self, charges: Sequence[Charge], *, force: bool = False) -> list[Level]:
        """Charge all buckets, or none where one has too little: its level then says how long to wait. `force` empties what has too little.

        A cost above the quota counts as the quota: it passes when the bucket is full.
        """
        answer = await self._redis.attempt(lambda redis: self._take_in_redis(redis, charges, force))
        return self._take_here(charges, force) if answer is None else self.levels_of(charges, answer)

    def put_into(self, pipeline: Pipeline, charges: Sequence[Charge]) -> None:
        """Charge all or none in a pipeline; its answer is one for `levels_of`, or a `NoScriptError` from a Redis that is new."""
        pipeline.evalsha(_TAKE_SHA, len(charges), *(charge.key for charge in charges), *_numbers(charges, force=False))

    def levels_of(self, charges: Sequence[Charge], answer: Sequence[int]) -> list[Level]:
        """The levels that the script tells."""
        rows = zip(charges, answer[::3], answer[1::3], answer[2::3], strict=True)
        return [Level(charge.policy, remaining, full / 1000, wait / 1000) for charge, remaining, full, wait in rows]

    def _take_in_redis(self, redis: Redis, charges: Sequence[Charge], force: bool) -> Awaitable[list[int]]:
        if self._script is None:
            self._script = redis.register_script(_TAKE)
        keys = [charge.key for charge in charges]
        return cast(Awaitable[list[int]], self._script(keys, _numbers(charges, force=force), client=redis))

    def _take_here(self, charges: Sequence[Charge], force: bool) -> list[Level]:
        now = time.monotonic()
        before = [min(max(self._here.get(charge.key, 0.0), now), now + charge.policy.seconds) for charge in charges]
        after = [full + _seconds(charge.policy, charge.cost) for charge, full in zip(charges, before, strict=True)]
        waits = [full - now - charge.policy.seconds for charge, full in zip(charges, after, strict=True)]
        if force:
            after = [min(full, now + charge.policy.seconds) for charge, full in zip(charges, after, strict=True)]
        refused = not force and any(wait > _GRAIN for wait in waits)
        kept = before if refused else after
        for charge, full in zip(charges, kept, strict=True):
            self._remember(charge.key, full)
        return [
            Level(
                charge.policy,
                max(0, math.floor((charge.policy.seconds - (full - now)) * charge.policy.quota / charge.policy.seconds + _GRAIN)),
                full - now,
                max(0.0, wait) if refused and wait > _GRAIN else 0.0,
            )
            for charge, full, wait in zip(charges, kept, waits, strict=True)
        ]

    def _remember(self, key: str, full: float) -> None:
        self._here[key] = full
        self._here.move_to_end(key)
        if len(self._here) > REMEMBERED:
            self._here.popitem(last=False)


def _numbers(charges: Sequence[Charge], *, force: bool) -> list[Any]:
    """The script's arguments."""
    numbers: list[Any] = ["1" if force else "0"]
    for charge in charges:
        numbers += (charge.policy.quota, charge.policy.seconds, charge.cost)
    return numbers


def _seconds(policy: Policy, cost: int) -> float:
    """How long a bucket takes to fill by the cost."""
    return min(cost, policy.quota) * policy.seconds / policy.quota
