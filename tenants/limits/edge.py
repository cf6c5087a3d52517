"""Rate limits at the HTTP edge: what a request is charged, and the fields of the answer that tell what is left.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10: structured fields (RFC 9651), one item for each policy.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from litestar.connection import ASGIConnection

from infra.http import answer_headers
from tenants.limits.buckets import Level
from tenants.limits.policies import REQUESTS
from tenants.limits.service import COST_OF_A_UNIT, RateLimits, refuse_over
from tenants.principal import Principal

POLICY_FIELD: Final = "RateLimit-Policy"
LIMIT_FIELD: Final = "RateLimit"
# A body that doesn't say how long it is counts as much as most routes take at all.
UNKNOWN_LENGTH: Final = 1_000_000
_LEVELS: Final = "suyuan_rate_limits"

Connection = ASGIConnection[Any, Any, Any, Any]


async def charge_caller(connection: Connection, limits: RateLimits, principal: Principal) -> None:
    """Charge a signed-in caller's request: one unit, and its body by its length. Raises `RateLimitedError`."""
    settle(connection, await limits.charge_caller(principal, content_bytes=announced_length(connection)))


async def charge_operation(connection: Connection, limits: RateLimits, principal: Principal | None, address: str, cost: int) -> None:
    """Charge a GraphQL operation's cost, besides the request that brought it. Raises `RateLimitedError`."""
    if units := cost // COST_OF_A_UNIT:
        charged = limits.charge_caller(principal, units=units) if principal else limits.charge_address(address, units=units)
        settle(connection, await charged)


async def charge_address(connection: Connection, limits: RateLimits, address: str, *, force: bool = False) -> None:
    """Charge a request without a sign-in. Raises `RateLimitedError`."""
    settle(connection, await limits.charge_address(address, force=force))


def announced_length(connection: Connection) -> int:
    """The body's length by its header, in bytes."""
    given = connection.headers.get("content-length", "")
    if given.isascii() and given.isdigit():
        return int(given)
    return UNKNOWN_LENGTH if "transfer-encoding" in connection.headers else 0


def settle(connection: Connection, levels: Sequence[Level]) -> None:
    """Tell the levels in the answer, refusals included; a later charge of the same request replaces what an earlier one told."""
    tell(connection, levels)
    refuse_over(levels)


def tell(connection: Connection, levels: Sequence[Level]) -> None:
    """Put the two fields on the answer."""
    told: dict[str, Level] = connection.scope.setdefault(_LEVELS, {})  # type: ignore[typeddict-item] # ours, beside the server's own
    told.update({level.policy.name: level for level in levels})
    headers = answer_headers(connection.scope)
    headers[POLICY_FIELD] = policy_field(told.values())
    headers[LIMIT_FIELD] = limit_field(told.values())


def policy_field(levels: Iterable[Level]) -> str:
    """`RateLimit-Policy`: each policy with its quota, its unit and its window in seconds."""
    return ", ".join(
        f'"{policy.name}";q={policy.quota}{"" if policy.unit == REQUESTS else f";qu={chr(34)}{policy.unit}{chr(34)}"};w={policy.seconds}'
        for policy in (level.policy for level in levels)
    )


def limit_field(levels: Iterable[Level]) -> str:
    """`RateLimit`: what is left of each policy, and in how many seconds there is more: enough for this request, or all of it."""
    return ", ".join(f'"{level.policy.name}";r={level.remaining};t={math.ceil(level.wait or level.full_in)}' for level in levels)
