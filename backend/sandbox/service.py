"""Fill a sandbox with a simulated factory's month: the catalogue at once, the events part by part behind everybody's back."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from backend.events.projection import Source
from backend.events.service import CaptureService, gate_for
from backend.sandbox import repository, samples
from backend.simulator import Industry
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue
from tenants import audit
from tenants.directory import Tenant
from tenants.permissions import Permission
from tenants.principal import Principal

FILL: Final = "sandbox.fill"
SAMPLE_EVENTS: Final = 2_000
# The same goods in every sandbox of an industry: what a partner's tests name is there again after a reset, only the dates are newer.
SEED: Final = 2_026
# A minute of tries, each after twice the time of the last. It is tried every hour after that, and at once when it is asked for.
FAILURES: Final = 6


class FillStatus(StrEnum):
    """How far the sample data are."""

    EMPTY = "empty"
    FILLING = "filling"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FillState:
    """`total_events` is what will be there in the end, before people's own."""

    status: FillStatus
    industry: Industry | None = None
    filled_events: int = 0
    total_events: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None


async def start(tx: TenantTransaction, principal: Principal, sandbox: Tenant, industry: Industry, *, events: int = SAMPLE_EVENTS) -> bool:
    """Begin to fill an empty sandbox, in its own transaction, in the name of who asked for it; False where it was begun before."""
    begins_at = (clock.now() - timedelta(days=samples.DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    made = await asyncio.to_thread(samples.simulation, str(industry), events, SEED, begins_at)
    if not await repository.insert(tx, industry=str(industry), seed=SEED, begins_at=begins_at, total=len(made.submissions)):
        return False
    inside = _inside(principal, sandbox)
    await samples.put_catalogue(tx, inside, made.master_data)
    await enqueue(tx, FILL, [{"part": 0, "industry": str(industry), "seed": SEED, "beginsAt": begins_at.isoformat(), "events": events}])
    return True


async def start_again(tx: TenantTransaction, principal: Principal, sandbox: Tenant) -> bool:
    """Go on with a filling that has failed, in the sandbox's transaction, where it stopped; False where none has."""
    if not await repository.try_again(tx, FILL, failed=FAILURES):
        return False
    await audit.record(tx, _inside(principal, sandbox), "sandbox.filling_resumed", "sandbox")
    return True


def _inside(principal: Principal, sandbox: Tenant) -> Principal:
    """Who asked for it, as the one who puts the catalogue into the sandbox."""
    return replace(
        principal,
        tenant_id=sandbox.tenant_id,
        tenant_public_id=sandbox.public_id,
        tenant_slug=sandbox.slug,
        permissions=frozenset({Permission.CATALOG_WRITE}),
        sites={},
        sandbox=True,
    )


class Filler:
    """The job of a part: captures it, and asks for the next one. Done twice, its events are duplicates."""

    def __init__(self, capture: CaptureService) -> None:
        self._capture = capture

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """One part, in the job's transaction."""
        begins_at = datetime.fromisoformat(payload["beginsAt"])
        made = await asyncio.to_thread(samples.simulation, payload["industry"], payload["events"], payload["seed"], begins_at)
        events = await asyncio.to_thread(samples.part_of, made, payload["part"])
        await tx.pass_gate(gate_for(events))
        state = await repository.lock(tx)
        if state is None or state["cancelled_at"] is not None or state["finished_at"] is not None:
            return
        await self._capture.capture(tx, events, source=Source.IMPORT)
        filled = payload["part"] * samples.PART + len(events)
        finished = filled >= len(made.submissions)
        await repository.progress(tx, filled, finished=finished)
        if finished:
            await audit.record(tx, None, "sandbox.filled", "sandbox", after={"industry": payload["industry"], "events": filled})
        else:
            await enqueue(tx, FILL, [{**payload, "part": payload["part"] + 1}])


async def state_of(tx: TenantTransaction) -> FillState:
    """How far the sandbox of this transaction is filled."""
    row = await repository.state(tx, FILL)
    if row is None:
        return FillState(FillStatus.EMPTY)
    status = FillStatus.READY if row["finished_at"] else FillStatus.FAILED if row["attempts"] >= FAILURES else FillStatus.FILLING
    return FillState(status, Industry(row["industry"]), row["filled_events"], row["total_events"], row["started_at"], row["finished_at"])


async def stop(tx: TenantTransaction) -> None:
    """End in a generation that is being retired whatever goes on by itself."""
    await repository.cancel(tx)
