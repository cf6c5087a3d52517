"""Charging requests: a signed-in caller's to his tenant and himself, anybody else's to his address."""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.settings import Settings
from tenants.limits.addresses import network_of
from tenants.limits.buckets import Buckets, Charge, Level
from tenants.limits.errors import RateLimitedError
from tenants.limits.policies import Policy, TenantLimits, address_limit, limits_for
from tenants.optional_redis import OptionalRedis
from tenants.principal import Principal

# Of a GraphQL operation's cost (objects that it may bring), so many weigh as much as one request.
COST_OF_A_UNIT: Final = 100
# So many callers a process charges without looking them up first.
KNOWN: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Account:
    """Where a signed-in caller's requests are charged."""

    limits: TenantLimits
    tenant: str
    caller: str
    content: str

    def charges(self, units: int, content_bytes: int) -> list[Charge]:
        """`units` to the tenant and to the session, key or device, the body's bytes to the tenant."""
        charges = [Charge(self.tenant, self.limits.tenant, units), Charge(self.caller, self.limits.caller, units)]
        if content_bytes:
            charges.append(Charge(self.content, self.limits.content, content_bytes))
        return charges


class RateLimits:
    """One object a process. Refusals are `RateLimitedError`s; a request is charged to all of its buckets or to none."""

    def __init__(self, redis: OptionalRedis, settings: Settings) -> None:
        self.buckets = Buckets(redis)
        self._settings = settings
        self._address = address_limit(settings)
        self._known: OrderedDict[bytes, _Account] = OrderedDict()

    async def charge_caller(self, principal: Principal, *, units: int = 1, content_bytes: int = 0) -> list[Level]:
        """Charge a signed-in caller: `units` to the tenant and to the session, key or device, the body's bytes to the tenant."""
        return await self.buckets.take(self._account_of(principal).charges(units, content_bytes))

    def remember(self, credential: bytes, principal: Principal) -> None:
        """Whom a token or key, of which `credential` is the digest, has let in: `charges_of_known` tells his charges from now on."""
        self._known[credential] = self._account_of(principal)
        self._known.move_to_end(credential)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def forget(self, credential: bytes) -> None:
        """It doesn't let anybody in any more."""
        self._known.pop(credential, None)

    def charges_of_known(self, credential: bytes, *, content_bytes: int) -> list[Charge]:
        """What a request is charged; empty where it isn't known whose it is."""
        account = self._known.get(credential)
        return account.charges(1, content_bytes) if account else []

    def _account_of(self, principal: Principal) -> _Account:
        tenant = f"suyuan:limit:{{{principal.tenant_public_id}}}"
        limits = limits_for(self._settings, principal)
        return _Account(limits, f"{tenant}:tenant", f"{tenant}:caller:{principal.session_id}", f"{tenant}:content")

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
