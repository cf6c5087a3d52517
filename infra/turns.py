"""Whose request is worked on next: whoever asks for much never keeps the others waiting.

One event loop works on many requests side by side, so each of them takes as long as all of them together. Here a tenant who takes more
than his share of the time is served one request at a time, with a rest after each, for as long as others ask too.
"""

import asyncio
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from infra.errors import UnavailableError

TOGETHER: Final = 32
BESIDE_OTHERS: Final = 2
MOST_WAITING: Final = 200
PATIENCE_SECONDS: Final = 10.0
# Others count as long as this after they were last seen, and so does what a tenant has used, by halves.
MEMORY_SECONDS: Final = 2.0
# A quarter of the time, remembered so: below it nobody has to step back.
LITTLE_SECONDS: Final = 0.7
# How long a heavy tenant rests after each request, in times of what that one took.
REST: Final = 2.0
_FULL: Final = "Your company has too many requests waiting. Send fewer side by side, and try again in a second."


@dataclass
class _Tenant:
    """What is known of one who asks."""

    held: int = 0
    used: float = 0.0
    used_at: float = 0.0
    seen_at: float = 0.0
    rests_until: float = 0.0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def used_by(self, moment: float) -> float:
        """Seconds of work, of which half is forgotten every `MEMORY_SECONDS`."""
        return self.used * float(0.5 ** ((moment - self.used_at) / MEMORY_SECONDS))


class Turns:
    """For one event loop. `enter` when a request begins, `leave` with the moment that it gave when it ends."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[int, _Tenant] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, tenant_id: int) -> float:
        """Wait for a turn; gives the moment at which it begins. Raises `UnavailableError` where too many wait, or for too long."""
        moment = time.monotonic()
        tenant = self._tenants.setdefault(tenant_id, _Tenant())
        tenant.seen_at = moment
        if not tenant.waiting and self._may_begin(tenant_id, tenant, moment):
            tenant.held += 1
            return moment
        if len(tenant.waiting) >= MOST_WAITING:
            raise UnavailableError(_FULL, retry_after=1)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        tenant.waiting.append(turn)
        self._serve()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await turn
        except BaseException as problem:
            if turn in tenant.waiting:
                tenant.waiting.remove(turn)
            elif not turn.cancelled():
                # It was given in the same moment.
                self.leave(tenant_id, time.monotonic())
            if isinstance(problem, TimeoutError):
                raise UnavailableError(_FULL, retry_after=1) from problem
            raise
        return time.monotonic()

    def leave(self, tenant_id: int, begun: float) -> None:
        """End a turn that began at a moment."""
        moment = time.monotonic()
        tenant = self._tenants[tenant_id]
        tenant.held -= 1
        tenant.used, tenant.used_at = tenant.used_by(moment) + moment - begun, moment
        tenant.rests_until = moment + REST * (moment - begun)
        self._serve()

    def _may_begin(self, tenant_id: int, tenant: _Tenant, moment: float) -> bool:
        others = [each for number, each in self._tenants.items() if number != tenant_id and moment - each.seen_at < MEMORY_SECONDS]
        own = tenant.used_by(moment)
        if not others or own <= sum(each.used_by(moment) for each in others):
            return tenant.held < TOGETHER
        # He has used more than all others together.
        if own < LITTLE_SECONDS:
            return tenant.held < BESIDE_OTHERS
        return tenant.held == 0 and moment >= tenant.rests_until

    def _serve(self) -> None:
        """Begin what may begin, one of each tenant in turn, and look again when the next rest is over."""
        moment = time.monotonic()
        for tenant_id in list(self._tenants):
            tenant = self._tenants[tenant_id]
            while tenant.waiting and self._may_begin(tenant_id, tenant, moment):
                turn = tenant.waiting.popleft()
                if not turn.done():
                    tenant.held += 1
                    turn.set_result(None)
            if not tenant.held and not tenant.waiting and moment - tenant.seen_at > 10 * MEMORY_SECONDS:
                del self._tenants[tenant_id]
        self._look_again(moment)

    def _look_again(self, moment: float) -> None:
        waiting = [tenant for tenant in self._tenants.values() if tenant.waiting]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if waiting:
            # Who waits for nobody else's end waits for his own rest, or for being alone.
            next_at = min(max(tenant.rests_until - moment, 0.005) for tenant in waiting)
            self._timer = asyncio.get_running_loop().call_later(next_at, self._serve)
