"""Random acts one after the other, beside an obviously right model: the product refuses to ship what the model says is held, and no more."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from backend.aliases import service as aliases
from backend.aliases.errors import AliasExistsError
from backend.events.projection import Source
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.objects import service as objects
from backend.services import Services
from backend.shipments import service as shipments
from infra.database import Gate, TenantTransaction
from tests.factories import CUSTOMER, DOUGH, DUMPLING, PLANT, capture, declared_wrong, lot, made, packed, quantity, sscc, transformed, unit
from tests.firms import Firm
from tests.holds.test_scopes import received
from tests.signing import signature_of
from tests.soak.held_goods import Authority, Corrected, Delivered, Fact, Made, Packed, Same, World
from tests.soak.marks import soak

T = TypeVar("T")
LOTS = [lot(DOUGH, f"L{number}") for number in range(6)]
UNITS = [unit(DUMPLING, f"U{number}") for number in range(3)]
PALLETS = [sscc(900 + number) for number in range(2)]
LOT_OF = {each: lot(DUMPLING, f"D{number % 2}") for number, each in enumerate(UNITS)}
MAKERS = [*LOTS, *sorted(set(LOT_OF.values()))]
SUPPLIERS = ["https://id.gs1.org/417/9506000134031", "https://id.gs1.org/417/9506000134048"]
makers, units, pallets = st.sampled_from(MAKERS), st.sampled_from(UNITS), st.sampled_from(PALLETS)
several = st.lists(makers, min_size=1, max_size=2, unique=True)
chosen = st.integers(0, 1_000)


class Goods(RuleBasedStateMachine):
    """One firm. `place` and the others do the act in the product and in the model."""

    services: Services
    new_firm: Callable[[], Awaitable[Firm]]
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.firm = self.do(self._firm())
        self.clock, self.keys = count(100), count(1)
        self.facts: list[Fact] = []
        self.events: dict[str, dict[str, Any]] = {}
        self.authority = Authority()
        self.placed: dict[str, holds.Hold] = {}

    async def _firm(self) -> Firm:
        firm = await type(self).new_firm()
        start = [made(PALLETS, [quantity(each, 1_000) for each in MAKERS])]
        start += [made([f"{LOT_OF[each]}/21/{each.rsplit('/', 1)[1]}" for each in UNITS], minutes=1)]
        await capture(type(self).services, firm.tenant_id, *start, together=True)
        return firm

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """In the tests' own loop, from the thread of the machine."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def tell(self, body: dict[str, Any], fact: Fact) -> None:
        """Capture a fact."""
        self.do(capture(self.services, self.firm.tenant_id, body))
        self.facts.append(fact)

    def alone(self, use: Callable[[TenantTransaction], Awaitable[T]], gate: Gate = Gate.EXCLUSIVE) -> T:
        """In a transaction behind the gate."""
        return self.do(self.services.in_tenant(self.firm.tenant_id, use, gate=gate))

    @property
    def world(self) -> World:
        return World(LOT_OF, list(self.facts))

    @rule(inputs=several, outputs=several)
    def make(self, inputs: list[str], outputs: list[str]) -> None:
        """Production, splitting, merging and rework, with cycles."""
        event = transformed(inputs, outputs, minutes=next(self.clock))
        self.events[event["eventID"]] = event
        self.tell(event, Made(event["eventID"], tuple(inputs), tuple(outputs)))

    @rule(which=units, pallet=pallets, inside=st.booleans())
    def pack(self, which: str, pallet: str, inside: bool) -> None:
        """Into a pallet, or out of it."""
        minutes = next(self.clock)
        event = packed(pallet, [which], minutes=minutes, action="ADD" if inside else "DELETE", bizStep="packing" if inside else "unpacking")
        self.tell(event, Packed(minutes, pallet, (which,), inside))

    @rule(which=makers, supplier=st.sampled_from(SUPPLIERS))
    def deliver(self, which: str, supplier: str) -> None:
        """A receipt, told late or in time."""
        self.tell(received([], [quantity(which, 1)], minutes=next(self.clock), party=supplier), Delivered(supplier, (which,)))

    @precondition(lambda self: self.events)
    @rule(which=chosen)
    def correct(self, which: int) -> None:
        """A transformation that never was."""
        key = sorted(self.events)[which % len(self.events)]
        before = self.world
        self.tell(declared_wrong(self.events.pop(key)), Corrected(key))
        self.authority.correct(before, self.world)

    @rule(first=makers, second=makers)
    def alias(self, first: str, second: str) -> None:
        """Two lots are the same."""
        if first == second:
            return

        async def use(tx: TenantTransaction) -> None:
            await aliases.assert_alias(
                tx, self.firm.principal, self.services.capture, key=first, same_as=second, cause=aliases.AliasCause.OTHER, reason="relabelled"
            )

        try:
            self.alone(use, Gate.SHARED)
        except AliasExistsError:
            return
        self.facts.append(Same(first, second))

    def _place(self, scope: holds.Scope, origin: holds.HoldOrigin) -> tuple[str, bool]:
        hold = self.alone(lambda tx: holds.place(tx, self.firm.principal, scope=scope, origin=origin, reason="metal found"))
        name = str(hold.hold_id)
        known = name in self.placed
        self.placed[name] = hold
        return name, known

    @rule(which=st.sampled_from([*MAKERS, *UNITS, *PALLETS]), reference=st.sampled_from(["", "inspection:1", "inspection:2"]))
    def place(self, which: str, reference: str) -> None:
        """By hand each time anew; for the same inspection once while it is in force."""
        origin = holds.HoldOrigin(holds.HoldCauseKind.INSPECTION, reference) if reference else holds.HoldOrigin()
        name, known = self._place(holds.Scope.of_objects(which), origin)
        if known:
            assert reference
            assert self.authority.holds[name].root == which
        else:
            self.authority.place(name, which)

    @rule(supplier=st.sampled_from(SUPPLIERS))
    def place_on_supplier(self, supplier: str) -> None:
        """What came, and what comes."""
        name, known = self._place(holds.Scope.of_supplier(supplier), holds.HoldOrigin())
        assert not known
        self.authority.place_on_supplier(name, supplier)

    @precondition(lambda self: self.placed)
    @rule(which=chosen, part=st.one_of(st.none(), makers, units))
    def release(self, which: int, part: str | None) -> None:
        """The whole hold, or a part of it."""
        name = sorted(self.placed)[which % len(self.placed)]
        parts = () if part is None else (part,)
        principal = self.firm.principal
        hold = self.alone(
            lambda tx: holds.release_hold(
                tx, principal, hold_id=self.placed[name].hold_id, reason="cleared", keys=parts, signature=signature_of(principal)
            )
        )
        self.authority.release(name, parts)
        assert hold.active == (name in self.authority.holds)
        if not hold.active:
            del self.placed[name]

    @rule(goods=st.lists(st.sampled_from([*MAKERS, *UNITS, *PALLETS]), min_size=1, max_size=2, unique=True))
    def ship(self, goods: list[str]) -> None:
        """By command: it leaves, or is refused with a cause that is in force."""
        lines = [shipments.ShipLine(key, Decimal(1), "KGM") if "/10/" in key else shipments.ShipLine(key) for key in goods]
        order = shipments.ShipOrder(lines=lines, from_place=PLANT, to_party=CUSTOMER)
        try:
            self.alone(lambda tx: shipments.ship(tx, self.firm.principal, self.services.capture, order, source=Source.COMMAND), Gate.SHARED)
            refused, told = False, set[str]()
        except GoodsHeldError as refusal:
            refused, told = True, {str(cause.hold_id) for cause in refusal.causes}
        assert told <= self.authority.holds.keys()
        assert refused == self.authority.stops(self.world, goods)

    def teardown(self) -> None:
        """Of everything there is, each hold that the model knows is told, and no other."""
        world = self.world

        async def told(tx: TenantTransaction) -> dict[str, set[str]]:
            found = {key: await objects.find(tx, key) for key in (*MAKERS, *UNITS, *PALLETS)}
            return {key: {str(cause.hold_id) for cause in await holds.why_held(tx, [thing.object_id])} for key, thing in found.items()}

        for key, by in self.alone(told, Gate.NONE).items():
            right = {name for name, hold in self.authority.holds.items() if world.stops(hold, [key])}
            # Of very many causes some are told.
            assert by <= right
            assert bool(by) == bool(right), key


def machine(services: Services, new_firm: Callable[[], Awaitable[Firm]]) -> type[Goods]:
    loop = asyncio.get_running_loop()
    return type("GoodsOfATest", (Goods,), {"services": services, "new_firm": staticmethod(new_firm), "loop": loop})


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip


async def test_the_product_holds_what_the_model_holds(services: Services, new_firm: Callable[[], Awaitable[Firm]]) -> None:
    await asyncio.to_thread(run_state_machine_as_test, machine(services, new_firm), settings=_settings(4, 18))


@soak
@pytest.mark.timeout(1_800)
async def test_the_product_holds_what_the_model_holds_for_long(services: Services, new_firm: Callable[[], Awaitable[Firm]]) -> None:
    await asyncio.to_thread(run_state_machine_as_test, machine(services, new_firm), settings=_settings(100, 40))
