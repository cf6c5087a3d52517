"""Charging requests: a signed-in caller's to his tenant and himself, anybody else's to his address."""

import hashlib
import math
from collections.abc import Sequence
from typing import Final

from infra.settings import Settings
from tenants.limits.addresses import network_of
from tenants.limits.buckets import Buckets, Charge, Level
from tenants.limits.errors import RateLimitedError
from tenants.limits.policies import Policy, address_limit, limits_for
from tenants.optional_redis import OptionalRedis
from tenants.principal import Principal

# Of a GraphQL operation's cost (objects that it may bring), so many weigh as much as one request.
COST_OF_A_UNIT: Final = 100


class RateLimits:
    """One object a process. Refusals are `RateLimitedError`s; a request is charged to all of its buckets or to none."""

    def __init__(self, redis: OptionalRedis, settings: Settings) -> None:
        self.buckets = Buckets(redis)
        self._settings = settings
        self._address = address_limit(settings)

    async def charge_caller(self, principal: Principal, *, units: int = 1, content_bytes: int = 0) -> list[Level]:
        """Charge a signed-in caller: `units` to the tenant and to the session, key or device, the body's bytes to the tenant."""
        limits = limits_for(self._settings, principal)
        tenant = f"suyuan:limit:{{{principal.tenant_public_id}}}"
        charges = [Charge(f"{tenant}:tenant", limits.tenant, units), Charge(f"{tenant}:caller:{principal.session_id}", limits.caller, units)]
        if content_bytes:
            charges.append(Charge(f"{tenant}:content", limits.content, content_bytes))
        return await self.buckets.take(charges)

    async def charge_address(self, address: str, *, policy: Policy | None = None, units: int = 1, force: bool = False) -> list[Level]:
        """Charge an address for what comes without a sign-in; `policy` for a kind of request that has a bucket of its own."""
        policy = policy or self._address
        counted = hashlib.sha256(network_of(address).encode()).hexdigest()[:32]
        return await self.buckets.take([Charge(f"suyuan:limit:{policy.name}:{counted}", policy, units)], force=force)


def refuse_over(levels: Sequence[Level]) -> None:
    """Raise `RateLimitedError` where a bucket had too little."""
    over = [level for level in levels if level.wait > 0]
    if over:
        raise RateLimitedError([level.policy.name for level in over], max(1, math.ceil(max(level.wait for level in over))))
