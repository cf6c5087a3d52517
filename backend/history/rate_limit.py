"""How often one address may ask for public pages: a bucket of its own beside that of the other requests without a sign-in."""

from typing import Final

from tenants.limits.edge import Connection, tell
from tenants.limits.policies import Policy
from tenants.limits.service import RateLimits, refuse_over

# Two pages a second for as long as one likes, and sixty times as many at once: a shelf that is scanned through.
PAGES: Final = Policy("page", 120, 60)
PAGE_COST: Final = 1
# Who guesses numbers meets mostly nothing; who scans codes hardly ever does.
MISS_COST: Final = 9


class PageRateLimit:
    """Charges visitors by their address."""

    def __init__(self, limits: RateLimits, policy: Policy = PAGES) -> None:
        self._limits = limits
        self._policy = policy

    async def take(self, request: Connection, address: str) -> None:
        """Charge a page; raises `RateLimitedError` where nothing is left."""
        levels = await self._limits.charge_address(address, policy=self._policy, units=PAGE_COST)
        tell(request, levels)
        refuse_over(levels)

    async def charge_for_miss(self, request: Connection, address: str) -> None:
        """Charge the price of having asked for what there is not."""
        tell(request, await self._limits.charge_address(address, policy=self._policy, units=MISS_COST, force=True))
