"""Holds: placed and in force on very many goods, and what they cost every capture while they are active."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from backend.events.commands import read_command
from backend.events.projection import Source
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.identifiers import DIGITAL_LINK_ROOT
from infra.database import Gate, TenantTransaction
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.synthetic import World
from tests.benchmarks.timing import Samples, in_turns
from tests.factories import made, packed, quantity, shipped, sscc, transformed
from tests.signing import signature_of

NAME = "hold"
DESCENDANTS = 100_000
PLACED = Target(50, unit="ms")
EXTRA = Target(2, unit="ms")
REPETITIONS = 40
RAISING = "a shipment of a held lot (alert raised)"

Body = dict[str, Any]


class Goods:
    """What the synthetic tenant has in store, and events about it that nobody has told yet."""

    def __init__(self, loaded: World) -> None:
        self._random = Random(9)
        self._number = count(1)
        self._tenant = loaded.tenant
        self._keys = {row[1]: f"{DIGITAL_LINK_ROOT}{row[3]}" for row in self._tenant.objects()}
        self._graph = self._tenant.graph
        self.roots = self._widest()
        self.reached = set().union(*(self._graph.reached_finished_lots(root) for root in self.roots))

    def _widest(self) -> list[int]:
        """As few raw lots as reach so many descendants, of those that reach most."""
        graph = self._graph
        by_reach = sorted(range(graph.levels[0].lots), key=lambda lot: -len(graph.reached_finished_lots(lot)))
        chosen: list[int] = []
        units: set[int] = set()
        for root in by_reach:
            chosen.append(root)
            units |= graph.reached_finished_lots(root)
            if sum(len(self._tenant.unit_ids(lot)) for lot in units) >= DESCENDANTS:
                break
        return chosen

    @property
    def descendants(self) -> int:
        """Finished lots and their units behind the roots."""
        return sum(len(self._tenant.unit_ids(lot)) + 1 for lot in self.reached)

    def key(self, lot: int) -> str:
        """A lot's URI."""
        return self._keys[self._tenant.lot_id(lot)]

    def held_unit(self) -> int:
        """Some unit behind the roots."""
        return self._random.choice(self._tenant.unit_ids(self._random.choice(sorted(self.reached))))

    def _finished(self) -> int:
        finished = self._graph.finished
        return self._random.randrange(finished.first_lot, finished.first_lot + finished.lots)

    def _units(self, number: int) -> list[str]:
        return [self._keys[unit] for unit in self._tenant.unit_ids(self._finished())[:number]]

    def observed(self) -> Body:
        """Three units, inspected."""
        return made(self._units(3), action="OBSERVE", bizStep="inspecting")

    def packed(self) -> Body:
        """Six units into a new case."""
        return packed(sscc(next(self._number)), self._units(6))

    def transformed(self) -> Body:
        """Three raw lots into a new one."""
        raw = [self.key(lot) for lot in self._random.sample(range(self._graph.levels[0].lots), 3)]
        return transformed(raw, [f"{raw[0].partition('/10/')[0]}/10/NEW-{next(self._number)}"])

    def shipped(self, *, held: bool) -> Body:
        """A part of a finished lot that is held, or isn't."""
        finished = self._graph.finished
        lots = self.reached if held else set(range(finished.first_lot, finished.first_lot + finished.lots)) - self.reached
        return shipped([], [quantity(self.key(self._random.choice(sorted(lots))), 5)])


async def run(report: Report, loaded: World) -> None:
    """All measures of holds on a loaded world, which they change."""
    goods = Goods(loaded)
    report.say(f"holds: {len(goods.roots)} roots over {goods.descendants:,} descendants")
    await _placing(report, loaded, goods)
    await _capturing(report, loaded, goods)


def _placer(loaded: World, goods: Goods) -> tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]:
    """An act that places a hold on every root, each in a transaction of its own, and one that releases them."""
    placed: list[UUID] = []
    principal, services, tenant_id = loaded.firm.principal, loaded.house.services, loaded.tenant.tenant_id

    async def place() -> None:
        for root in goods.roots:

            async def use_case(tx: TenantTransaction, key: str = goods.key(root)) -> holds.Hold:
                return await holds.place_hold(tx, principal, key=key, reason="contaminated")

            placed.append((await services.in_tenant(tenant_id, use_case, gate=Gate.EXCLUSIVE)).hold_id)

    async def release() -> None:
        for hold_id in placed:

            async def use_case(tx: TenantTransaction, hold_id: UUID = hold_id) -> holds.Hold:
                return await holds.release_hold(tx, principal, hold_id=hold_id, reason="free again", signature=signature_of(principal))

            await services.in_tenant(tenant_id, use_case, gate=Gate.EXCLUSIVE)
        placed.clear()

    return place, release


async def _placing(report: Report, loaded: World, goods: Goods) -> None:
    place, release = _placer(loaded, goods)

    async def meet() -> None:
        async def use_case(tx: TenantTransaction) -> None:
            try:
                await holds.refuse_if_held(tx, [goods.held_unit()])
            except GoodsHeldError:
                return
            raise RuntimeError("a unit behind a held lot is free")

        await loaded.house.services.in_tenant(loaded.tenant.tenant_id, use_case, gate=Gate.SHARED)

    places, meets, _ = await in_turns([place, meet, release], repetitions=REPETITIONS)
    whole = Samples(tuple(first + second for first, second in zip(places.seconds, meets.seconds, strict=True)))
    roots = f"{len(goods.roots)} hold{'s' if len(goods.roots) > 1 else ''}"
    report.add(
        Measure(
            NAME, f"placed ({roots}) and met by a command, {goods.descendants:,} descendants", whole.told, f"the command's look: {meets.told}",
            whole.p50 * 1000, PLACED, {"p50_ms": whole.p50 * 1000, "descendants": goods.descendants},
        )
    )  # fmt: skip


async def _capturing(report: Report, loaded: World, goods: Goods) -> None:
    """The same kinds of events with holds and without, in turns."""
    services, tenant_id = loaded.house.services, loaded.tenant.tenant_id
    place, release = _placer(loaded, goods)
    kinds: dict[str, Callable[[], Body]] = {
        "an observation of 3 units": goods.observed, "a packing of 6 units": goods.packed, "a transformation of 3 raw lots": goods.transformed,
        "a shipment of a free lot": partial(goods.shipped, held=False), RAISING: partial(goods.shipped, held=True),
    }  # fmt: skip

    def capturing(make: Callable[[], Body]) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            event = read_command(make())
            await services.capturing(tenant_id, [event], lambda tx: services.capture.capture(tx, [event], source=Source.EPCIS))

        return act

    acts = [capturing(make) for make in kinds.values()]
    samples = await in_turns([*acts, place, *acts, release], repetitions=REPETITIONS)
    free, held = samples[: len(kinds)], samples[len(kinds) + 1 : -1]
    for name, without, with_holds in zip(kinds, free, held, strict=True):
        extra = (with_holds.p50 - without.p50) * 1000
        report.add(
            Measure(
                NAME, f"capture of {name} while holds are active: extra", f"{extra:.2f} ms ({with_holds.told})", f"without a hold: {without.told}",
                extra, None if name == RAISING else EXTRA, {"extra_ms": extra},
            )
        )  # fmt: skip
