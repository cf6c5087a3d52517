"""Recalls: a contaminated lot, and how soon its whole scope is told, held, frozen, told to customers and on paper; beside it, others at work."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from backend.documents.kinds import DocumentKind
from backend.documents.service import Document
from backend.events.commands import read_command
from backend.events.projection import Source as EventSource
from backend.recall_scope import service as scopes
from backend.recall_scope.service import RecallScope
from infra.database import TenantTransaction
from tests.benchmarks.holding import Goods
from tests.benchmarks.papers import tell_what_was_shipped
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Firm
from tests.benchmarks.synthetic import World
from tests.benchmarks.timing import Samples
from tests.factories import DOUGH, FLOUR, lot, made, quantity, transformed
from tests.recalls.whole import WholeRecall, forget_peak, peak_megabytes, press_megabytes

NAME: Final = "recall"
REPETITIONS: Final = 3
BUSY_TENANTS: Final = 4
# China's food recalls of class 1 have to be begun within 24 hours; an auditor's drill gives four.
IN_ALL: Final = Target(60, unit="s")
SCOPE, HOLD, FREEZE = "complete scope, both ways", "hold in force (decided, signed)", "scope frozen and announced"
NOTICES, REPORT, SHEET, ALL = "notices queued", "recall report ready (PDF)", "FSMA 204 sheet ready (XLSX)", "in all"
Steps = dict[str, list[float]]


class Recall:
    """One lot with all that was made of it, recalled again and again: each time as a case of its own, whose holds are let go."""

    def __init__(self, loaded: World, goods: Goods) -> None:
        self._loaded = loaded
        self._goods = goods
        self.size = ""

    @property
    def keys(self) -> list[str]:
        return [self._goods.key(root) for root in self._goods.roots]

    def case(self) -> WholeRecall:
        """A new one."""
        return WholeRecall(self._loaded.house.services, self._loaded.firm.principal, self.keys)

    async def prepare(self) -> None:
        """Events of what the scope reaches, and whom to write to at each customer: the synthetic world has links alone."""
        case = self.case()
        await case.open()
        async with self._loaded.house.services.database.tenant(case.tenant_id, timeout_ms=120_000) as tx:
            reached = await scopes.reached_ids(tx, case.case_id)
        async with self._loaded.house.admin() as connection:
            await tell_what_was_shipped(connection, case.tenant_id, sorted(reached))
        await case.end()

    async def run(self, steps: Steps) -> None:
        """Every step once, with its seconds."""
        case = self.case()
        begun = time.perf_counter()
        told: RecallScope = await self._timed(steps, SCOPE, case.scope)
        await case.open()
        await self._timed(steps, HOLD, case.hold)
        frozen = await self._timed(steps, FREEZE, case.announce)
        notices = await self._timed(steps, NOTICES, case.notify)
        paper: Document = await self._timed(steps, REPORT, lambda: case.document(DocumentKind.RECALL_REPORT))
        sheet: Document = await self._timed(steps, SHEET, lambda: case.document(DocumentKind.FSMA204_SHEET))
        steps.setdefault(ALL, []).append(time.perf_counter() - begun)
        if frozen.counts.affected != told.counts.affected:
            raise RuntimeError(f"{told.counts.affected} objects are affected and {frozen.counts.affected} frozen: one of them is wrong")
        if notices != len([each for each in await self._parties(case) if each]):
            raise RuntimeError(f"{notices} notices for {told.counts.customers} customers")
        counts = told.counts
        self.size = (
            f"{counts.affected:,} lots and containers, {counts.units:,} units, {counts.shipments:,} shipments, {counts.customers:,} customers, "
            f"report of {paper.pages} pages, sheet of {sheet.rows or 0:,} rows"
        )
        await case.end()

    async def _parties(self, case: WholeRecall) -> list[str | None]:
        async with self._loaded.house.services.database.tenant(case.tenant_id, timeout_ms=120_000) as tx:
            return [part.party for part in await scopes.customers(tx, case.case_id)]

    async def _timed(self, steps: Steps, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        begun = time.perf_counter()
        done = await act()
        steps.setdefault(name, []).append(time.perf_counter() - begun)
        return done


async def run(report: Report, loaded: World) -> None:
    """All measures of recalls on a loaded world, which they change."""
    goods = Goods(loaded)
    recall = Recall(loaded, goods)
    report.say(f"recalls: {len(recall.keys)} lots with {goods.descendants:,} descendants")
    await recall.prepare()
    quiet: Steps = {}
    before = forget_peak()
    for _ in range(REPETITIONS):
        await recall.run(quiet)
    peak, press = peak_megabytes(), press_megabytes()
    report.say(f"  {recall.size}")
    _tell(report, quiet, "alone", None)
    raw = {"peak_mb": peak, "before_mb": before, "press_mb": press}
    report.add(Measure(NAME, "peak memory: the process", f"{peak:,.0f} MB", f"before: {before:,.0f} MB", None, None, raw))
    report.add(Measure(NAME, "peak memory: the press, a process of its own", f"{press:,.0f} MB", "", None, None, raw))
    busy: Steps = {}
    async with others_at_work(loaded) as captured:
        for _ in range(REPETITIONS):
            await recall.run(busy)
    _tell(report, busy, f"with {BUSY_TENANTS} other tenants at work", quiet)
    report.note(f"Recalls: {recall.size}. Meanwhile the other tenants captured {captured[0]:,} events.")


def _tell(report: Report, steps: Steps, how: str, alone: Steps | None) -> None:
    for name, seconds in steps.items():
        samples = Samples(tuple(seconds))
        limit = f"alone: {Samples(tuple(alone[name])).p50:.2f} s" if alone else ""
        target = IN_ALL if name == ALL else None
        raw = {"p50_s": samples.p50, "max_s": max(seconds)}
        report.add(Measure(NAME, f"{name}, {how}", f"{samples.p50:.2f} s (most: {max(seconds):.2f} s)", limit, samples.p50, target, raw))


@asynccontextmanager
async def others_at_work(loaded: World) -> AsyncIterator[list[int]]:
    """Meanwhile other tenants capture events one after the other; gives how many they have."""
    firms = [await loaded.house.new_firm() for _ in range(BUSY_TENANTS)]
    captured = [0]
    workers = [asyncio.create_task(_work(loaded, firm, number, captured)) for number, firm in enumerate(firms)]
    try:
        yield captured
        if any(worker.done() for worker in workers):
            raise RuntimeError("another tenant stopped working")
    finally:
        for worker in workers:
            worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*workers)


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
