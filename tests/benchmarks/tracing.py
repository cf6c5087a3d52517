"""Traces at a million links and more: in the database, against a round trip, against memory, without policies, through HTTP."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

from backend.genealogy import reach
from backend.simulator.genealogy import Root
from infra.database import Database, TenantTransaction
from tests.benchmarks.memory_graph import MemoryGraph
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Stage
from tests.benchmarks.synthetic import MILLION, World, world
from tests.benchmarks.timing import Act, Samples, in_turns
from tests.benchmarks.trace_conditions import beside_writers, cold
from tests.benchmarks.trace_http import through_http

NAME = "trace"
REPETITIONS = 300
FINISHED_LOTS = 450
ROOTS = 10
UNITS = 100


class Questions:
    """The same units and raw lots for every way of asking, each in its turn."""

    def __init__(self, of: World) -> None:
        random = Random(5)
        tenant, finished = of.tenant, of.tenant.graph.finished
        lots = [random.randrange(finished.first_lot, finished.first_lot + finished.lots) for _ in range(UNITS)]
        self.units = [random.choice(tenant.unit_ids(lot)) for lot in lots]
        self.lots = [tenant.lot_id(lot) for lot in lots]
        self.roots: list[Root] = of.genealogy.roots(FINISHED_LOTS, ROOTS)


def asking(ids: list[int], ask: Callable[[int], Any]) -> Act:
    """An act that asks for one id after the other."""
    waiting = cycle(ids)

    async def act() -> None:
        await ask(next(waiting))

    return act


async def small_world(stage: Stage, report: Report) -> dict[str, float]:
    """Traces at a million links, in round trips, to compare a larger world with."""
    async with world(stage, report, MILLION, "world_small") as smaller:
        return _in_round_trips(await _in_database(smaller, Questions(smaller)))


def _in_round_trips(samples: dict[str, Samples]) -> dict[str, float]:
    return {way: samples[way].p50 / samples["select 1"].p50 for way in ("backward", "forward")}


async def run(stage: Stage, report: Report, loaded: World, small: dict[str, float]) -> Callable[[], Awaitable[None]]:
    """All measures of tracing on a loaded world; `small` is what `small_world` gave, or empty. Gives the one that must be last: it
    cuts off whoever is connected."""
    questions = Questions(loaded)
    samples = await _in_database(loaded, questions)
    size = f"{loaded.links / MILLION:g} million links"
    finished = sum(root.finished_lots for root in questions.roots) / len(questions.roots)
    _tell(report, samples, "backward", f"backward trace of one unit (its steps), {size}", Target(3.5, reach=2))
    _tell(report, samples, "ancestors", "the same, ids alone (the gate of holds)", None)
    _tell(report, samples, "forward", f"forward: raw lot → {finished:.0f} finished lots and their shipments, {size}", Target(15))
    for way, limit in (("backward", "memory backward"), ("forward", "memory forward")):
        held = samples[limit]
        report.add(
            Measure(
                NAME, f"{way} against memory", samples[way].told, f"numpy: {held.told}", samples[way].p50 / held.p50,
                None, {"p50_ms": samples[way].p50 * 1000, "memory_p50_ms": held.p50 * 1000},
            )
        )  # fmt: skip
    for way, name in (("backward", "backward, row level security on : off"), ("forward", "forward, row level security on : off")):
        on, off = samples[way], samples[f"{way} without policies"]
        report.add(Measure(NAME, name, on.told, off.told, on.p50 / off.p50, Target(1.1)))
    large = _in_round_trips(samples)
    for way, before in small.items():
        name = f"{way}, {size} : 1 million, in round trips"
        report.add(Measure(NAME, name, f"{large[way]:.2f}", f"{before:.2f}", large[way] / before, Target(1.3)))
    roots = [root.lot_id for root in questions.roots]
    await through_http(report, loaded, questions.units, roots, size)
    async with loaded.house.services.database.tenant(loaded.tenant.tenant_id, timeout_ms=60_000) as tx:
        await beside_writers(report, loaded, _ways(tx, questions.units, roots), samples)
    report.note("The in-memory limit is a frontier search with numpy, whose calls cost about 0.1 ms a search; in C it is a tenth of that.")
    return partial(cold, stage, report, loaded, questions.units, roots, samples)


def _tell(report: Report, samples: dict[str, Samples], way: str, name: str, target: Target | None) -> None:
    round_trip = samples["select 1"]
    report.add(
        Measure(
            NAME, name, samples[way].told, f"select 1: {round_trip.told}", samples[way].p50 / round_trip.p50, target,
            {"p50_ms": samples[way].p50 * 1000, "p95_ms": samples[way].percentile(0.95) * 1000, "select_1_ms": round_trip.p50 * 1000},
        )
    )  # fmt: skip


def _ways(tx: TenantTransaction, units: list[int], roots: list[int]) -> dict[str, Act]:
    return {
        "select 1": lambda: tx.fetchval("select $1::int"),
        "backward": asking(units, lambda unit: reach.links_up(tx, [unit], 100_001)),
        "forward": asking(roots, lambda root: reach.lots_and_shipments(tx, [root])),
    }


async def _in_database(loaded: World, questions: Questions) -> dict[str, Samples]:
    """Every way in turns, the database's inside of one open transaction each."""
    tenant = loaded.tenant
    first_id = tenant.lot_id(0)
    memory = MemoryGraph(first_id, tenant.next_id, tenant.lot_links(), tenant.lot_shipments())
    roots = [root.lot_id for root in questions.roots]
    free = Database(loaded.house.admin_dsn, application_name="suyuan-bench-free")
    try:
        async with loaded.house.services.database.tenant(tenant.tenant_id) as tx, free.tenant(tenant.tenant_id) as unbound:
            _check(await reach.ancestors(tx, questions.units[:1]), memory.ancestors(questions.lots[0]).tolist(), questions.units[:1])
            acts: dict[str, Act] = _ways(tx, questions.units, roots) | {
                "backward without policies": asking(questions.units, lambda unit: reach.links_up(unbound, [unit], 100_001)),
                "ancestors": asking(questions.units, lambda unit: reach.ancestors(tx, [unit])),
                "forward without policies": asking(roots, lambda root: reach.lots_and_shipments(unbound, [root])),
                "memory backward": asking(questions.lots, _later(memory.ancestors)),
                "memory forward": asking(roots, _later(memory.lots_and_shipments)),
            }
            return dict(zip(acts, await in_turns(list(acts.values()), repetitions=REPETITIONS, warm_up=20, shuffled=True), strict=True))
    finally:
        await free.close()


def _later(search: Callable[[int], Any]) -> Callable[[int], Any]:
    async def act(lot: int) -> None:
        search(lot)

    return act


def _check(found: set[int], limit: list[int], units: list[int]) -> None:
    if found != {*limit, *units}:
        raise RuntimeError(f"the database reaches {len(found)} ancestors and the memory {len(limit)}: one of them is wrong")
