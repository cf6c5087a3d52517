"""Recalls: a contaminated lot, and how soon its whole scope is told, held, frozen and handed on; beside it, other tenants at work."""

import asyncio
import contextlib
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from backend.events.commands import read_command
from backend.events.projection import Source as EventSource
from backend.holds import service as holds
from backend.recall_scope import service as scopes
from backend.recall_scope.service import FrozenScope, RecallScope, Source
from backend.worker import handlers
from infra.database import Gate, TenantTransaction
from infra.ids import uuid7
from infra.queue import drain
from tests.benchmarks.holding import Goods
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Firm
from tests.benchmarks.synthetic import World
from tests.benchmarks.timing import Samples
from tests.factories import DOUGH, FLOUR, lot, made, quantity, transformed

NAME: Final = "recall"
REPETITIONS: Final = 5
BUSY_TENANTS: Final = 4
# China's food recalls of class 1 have to be begun within 24 hours; an auditor's drill gives four.
IN_ALL: Final = Target(60, unit="s")
Steps = dict[str, list[float]]


class Recall:
    """One lot with all that was made of it, recalled again and again: each time as a case of its own, whose holds are let go."""

    def __init__(self, loaded: World, goods: Goods) -> None:
        self._loaded = loaded
        self._services = loaded.house.services
        self._tenant_id = loaded.tenant.tenant_id
        self.keys = [goods.key(root) for root in goods.roots]
        self.descendants = goods.descendants

    async def run(self, steps: Steps) -> RecallScope:
        """Every step once, with its seconds."""
        case_id, sources = uuid7(), [Source.of_object(key) for key in self.keys]

        async def scope() -> RecallScope:
            async with self._services.database.tenant(self._tenant_id, timeout_ms=60_000) as tx:
                return await scopes.compute(tx, sources)

        async def put(tx: TenantTransaction) -> None:
            await scopes.put_sources(tx, case_id, sources)

        async def place(tx: TenantTransaction) -> list[holds.Hold]:
            origin = holds.HoldOrigin(holds.HoldCauseKind.RECALL, f"recall:{case_id}")
            found = await scopes.hold_scopes(tx, case_id)
            return [await holds.place(tx, self._loaded.firm.principal, scope=one, origin=origin, reason="contaminated") for one in found]

        async def freeze(tx: TenantTransaction) -> FrozenScope:
            return await scopes.freeze(tx, case_id, signature_id=None, principal=None)

        async def hand_on() -> int:
            async with self._services.database.tenant(self._tenant_id, timeout_ms=60_000) as tx:
                return len(await scopes.customers(tx, case_id))

        begun = time.perf_counter()
        told: RecallScope = await self._timed(steps, "complete scope, both ways", scope)
        await self._services.in_tenant(self._tenant_id, put)
        held = await self._timed(steps, "hold in force", lambda: self._services.in_tenant(self._tenant_id, place, gate=Gate.EXCLUSIVE))
        frozen = await self._timed(steps, "scope frozen, with its digest", lambda: self._services.in_tenant(self._tenant_id, freeze))
        await self._timed(steps, "list of customers", hand_on)
        steps.setdefault("in all", []).append(time.perf_counter() - begun)
        if frozen.counts.affected != told.counts.affected:
            raise RuntimeError(f"{told.counts.affected} objects are affected and {frozen.counts.affected} frozen: one of them is wrong")
        await self._end(case_id, held)
        return told

    async def _timed(self, steps: Steps, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        begun = time.perf_counter()
        done = await act()
        steps.setdefault(name, []).append(time.perf_counter() - begun)
        return done

    async def _end(self, case_id: Any, held: list[holds.Hold]) -> None:
        """Not counted: the case is no longer watched, and what it held is let go, as the next one would find it held already."""
        principal = self._loaded.firm.principal

        async def release(tx: TenantTransaction) -> None:
            await scopes.watch(tx, case_id, scopes.Watch.OFF)
            for hold in held:
                await holds.release_of_origin(tx, principal, hold_id=hold.hold_id, reason="measured", signature_id=uuid7())

        await self._services.in_tenant(self._tenant_id, release, gate=Gate.EXCLUSIVE)


async def run(report: Report, loaded: World) -> None:
    """All measures of recalls on a loaded world, which they change."""
    goods = Goods(loaded)
    recall = Recall(loaded, goods)
    report.say(f"recalls: {len(recall.keys)} lots with {recall.descendants:,} descendants")
    quiet: Steps = {}
    before = _memory()
    for _ in range(REPETITIONS):
        told = await recall.run(quiet)
    counts = told.counts
    size = f"{counts.affected:,} lots, {counts.units:,} units, {counts.shipments:,} shipments, {counts.customers:,} customers"
    report.say(f"  {size}")
    _tell(report, quiet, "alone", None)
    peak = _memory()
    report.add(Measure(NAME, "peak memory of the process", f"{peak:,.0f} MB", f"before: {before:,.0f} MB", None, None, {"peak_mb": peak}))
    busy: Steps = {}
    async with others_at_work(loaded) as captured:
        for _ in range(REPETITIONS):
            await recall.run(busy)
    _tell(report, busy, f"with {BUSY_TENANTS} other tenants at work", quiet)
    report.note(f"Recalls: {size}. Meanwhile the other tenants captured {captured[0]:,} events.")
    report.note("Notices, printed reports and spreadsheets are made behind the commit by their own features, and measured where those are.")


def _tell(report: Report, steps: Steps, how: str, alone: Steps | None) -> None:
    for name, seconds in steps.items():
        samples = Samples(tuple(seconds))
        limit = f"alone: {Samples(tuple(alone[name])).p50:.2f} s" if alone else ""
        target = IN_ALL if name == "in all" else None
        raw = {"p50_s": samples.p50, "max_s": max(seconds)}
        report.add(Measure(NAME, f"{name}, {how}", f"{samples.p50:.2f} s (most: {max(seconds):.2f} s)", limit, samples.p50, target, raw))


def _memory() -> float:
    """The most that this process has held so far, in megabytes; servers have theirs."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@asynccontextmanager
async def others_at_work(loaded: World) -> AsyncIterator[list[int]]:
    """Meanwhile other tenants capture events one after the other; gives how many they have."""
    firms = [await loaded.house.new_firm() for _ in range(BUSY_TENANTS)]
    captured = [0]
    workers = [asyncio.create_task(_work(loaded, firm, number, captured)) for number, firm in enumerate(firms)]
    try:
        yield captured
    finally:
        for worker in workers:
            worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*workers)
    await drain(loaded.house.services.database, loaded.house.services.relay_database, handlers(loaded.house.services))


async def _work(loaded: World, firm: Firm, number: int, captured: list[int]) -> None:
    services, day = loaded.house.services, 0
    while True:
        day += 1
        flour, dough = lot(FLOUR, f"B{number}-{day}"), lot(DOUGH, f"B{number}-{day}")
        bodies = [made(amounts=[quantity(flour, 5)], minutes=day), transformed([flour], [dough], minutes=day + 1)]
        events = [read_command(body) for body in bodies]

        async def take(tx: TenantTransaction, events: list[Any] = events) -> Any:
            return await services.capture.capture(tx, events, source=EventSource.EPCIS)

        await services.capturing(firm.tenant_id, events, take)
        captured[0] += len(events)
