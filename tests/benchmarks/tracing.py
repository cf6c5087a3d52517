"""Traces at a million links and more: in the database, against a round trip, against memory, without policies, through HTTP."""

from collections.abc import Callable
from itertools import cycle
from random import Random
from typing import Any

from backend.genealogy import reach
from backend.simulator.genealogy import Root
from infra.database import Database
from tests.benchmarks.memory_graph import MemoryGraph
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Stage
from tests.benchmarks.synthetic import World, world
from tests.benchmarks.timing import Act, Samples, in_turns
from tests.benchmarks.trace_http import through_http

NAME = "trace"
REPETITIONS = 300
FINISHED_LOTS = 450
ROOTS = 10
UNITS = 100
SMALL = 1_000_000


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


async def run(stage: Stage, report: Report, links: int = SMALL) -> None:
    """At `links` links; above a million, a million besides to compare with."""
    small: dict[str, float] = {}
    if links > SMALL:
        async with world(stage, report, SMALL, "world_small") as smaller:
            samples = await _in_database(smaller, Questions(smaller))
            small = {name: samples[name].p50 / samples["select 1"].p50 for name in ("backward", "forward")}
    async with world(stage, report, links) as loaded:
        await trace_measures(report, loaded, links, small)


async def trace_measures(report: Report, loaded: World, links: int, small: dict[str, float]) -> None:
    """All measures of tracing on a loaded world."""
    questions = Questions(loaded)
    samples = await _in_database(loaded, questions)
    size = f"{links / 1_000_000:g} million links"
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
    for way, relative in small.items():
        ratio = samples[way].p50 / samples["select 1"].p50 / relative
        report.add(Measure(NAME, f"{way}, {size} : 1 million, in round trips", samples[way].told, "", ratio, Target(1.3)))
    await through_http(report, loaded, questions.units, [root.lot_id for root in questions.roots], size)
    report.note("The in-memory limit is a frontier search with numpy, whose calls cost about 0.1 ms a search; in C it is a tenth of that.")


def _tell(report: Report, samples: dict[str, Samples], way: str, name: str, target: Target | None) -> None:
    round_trip = samples["select 1"]
    report.add(
        Measure(
            NAME, name, samples[way].told, f"select 1: {round_trip.told}", samples[way].p50 / round_trip.p50, target,
            {"p50_ms": samples[way].p50 * 1000, "p95_ms": samples[way].percentile(0.95) * 1000, "select_1_ms": round_trip.p50 * 1000},
        )
    )  # fmt: skip


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
            acts: dict[str, Act] = {
                "select 1": lambda: tx.fetchval("select $1::int"),
                "backward": asking(questions.units, lambda unit: reach.links_up(tx, [unit], 100_001)),
                "backward without policies": asking(questions.units, lambda unit: reach.links_up(unbound, [unit], 100_001)),
                "ancestors": asking(questions.units, lambda unit: reach.ancestors(tx, [unit])),
                "forward": asking(roots, lambda root: reach.lots_and_shipments(tx, [root])),
                "forward without policies": asking(roots, lambda root: reach.lots_and_shipments(unbound, [root])),
                "memory backward": asking(questions.lots, _later(memory.ancestors)),
                "memory forward": asking(roots, _later(memory.lots_and_shipments)),
            }
            return dict(zip(acts, await in_turns(list(acts.values()), repetitions=REPETITIONS, warm_up=20), strict=True))
    finally:
        await free.close()


def _later(search: Callable[[int], Any]) -> Callable[[int], Any]:
    async def act(lot: int) -> None:
        search(lot)

    return act


def _check(found: set[int], limit: list[int], units: list[int]) -> None:
    if found != {*limit, *units}:
        raise RuntimeError(f"the database reaches {len(found)} ancestors and the memory {len(limit)}: one of them is wrong")
