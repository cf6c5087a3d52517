"""Random interleavings of captures, corrections, aliases, holds, releases and shipments: each shipment is let go or refused as the reference says.

Holds, releases and corrections shut the tenant's gate, so a number drawn inside of each transaction orders them among all others;
facts are ordered by the sequence of their commits, and what has no number there (an alias, a refusal) behind the last number given and
by a count drawn while nobody else derives. From both the reference knows what was so when a shipment committed.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest

from backend.aliases import service as aliases
from backend.aliases.errors import AliasExistsError
from backend.events.projection import Source
from backend.events.service import Outcome
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError, HoldReleasedError
from backend.services import Services, build_services
from backend.shipments import service as shipments
from infra.database import Gate, TenantTransaction
from infra.settings import Settings
from tests.factories import CUSTOMER, DOUGH, DUMPLING, PLANT, canonical, capture, declared_wrong, lot, made, packed, quantity, sscc, transformed, unit
from tests.firms import Firm
from tests.holds.test_scopes import received
from tests.signing import signature_of
from tests.soak.held_goods import Authority, Corrected, Delivered, Fact, Held, Made, Packed, Same, World
from tests.soak.marks import soak

AT_ONCE = 8
SUPPLIERS = ["https://id.gs1.org/417/9506000134031", "https://id.gs1.org/417/9506000134048"]
LOTS = [lot(DOUGH, f"L{number}") for number in range(9)]
UNITS = [unit(DUMPLING, f"U{number}") for number in range(6)]
PALLETS = [sscc(800 + number) for number in range(3)]
LOT_OF = {unit: lot(DUMPLING, f"D{number % 2}") for number, unit in enumerate(UNITS)}
MAKERS = [*LOTS, *sorted(set(LOT_OF.values()))]


@dataclass
class Deed:
    """One transaction that committed, or a shipment that was refused. `stamp` was drawn behind the gate; `seq` is of its commit,
    with a count behind it."""

    kind: str
    stamp: int = 0
    seq: tuple[int, int] = (0, 0)
    event_id: int | None = None
    fact: Fact | None = None
    goods: tuple[str, ...] = ()
    hold: str = ""
    supplier: str = ""
    refused: bool = False


@dataclass
class Crew:
    """Workers on one firm, each with a connection of his own, who do as chance has it."""

    services: Services
    firm: Firm
    chance: Random
    stamps: Any = field(default_factory=lambda: count(1))
    counts: Any = field(default_factory=lambda: count(1))
    deeds: list[Deed] = field(default_factory=list)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    placed: list[UUID] = field(default_factory=list)
    clock: Any = field(default_factory=lambda: count(100))

    async def work(self, deeds: int) -> None:
        """Some deeds, one after the other."""
        doings: list[Callable[[], Awaitable[None]]] = [self.correct]
        for doing, weight in ((self.make, 5), (self.pack, 3), (self.ship, 6), (self.hold, 2), (self.release, 2), (self.deliver, 2), (self.alias, 1)):
            doings += [doing] * weight
        for _ in range(deeds):
            await self.chance.choice(doings)()

    async def make(self) -> None:
        """A transformation, perhaps a rework that closes a cycle."""
        inputs, outputs = self.chance.sample(MAKERS, self.chance.randint(1, 2)), self.chance.sample(MAKERS, self.chance.randint(1, 2))
        event = transformed(inputs, outputs, minutes=next(self.clock))
        self.events[event["eventID"]] = event
        await self._tell(event, Deed("fact", fact=Made(event["eventID"], tuple(inputs), tuple(outputs))))

    async def pack(self) -> None:
        """Units go into a pallet or out of it."""
        pallet, units, inside = self.chance.choice(PALLETS), self.chance.sample(UNITS, self.chance.randint(1, 2)), self.chance.random() < 0.6
        minutes = next(self.clock)
        event = packed(pallet, units, minutes=minutes, action="ADD" if inside else "DELETE", bizStep="packing" if inside else "unpacking")
        await self._tell(event, Deed("fact", fact=Packed(minutes, pallet, tuple(units), inside)))

    async def deliver(self) -> None:
        """A lot comes from a supplier, who may be on hold."""
        which, supplier = self.chance.choice(LOTS), self.chance.choice(SUPPLIERS)
        event = received([], [quantity(which, 1)], minutes=next(self.clock), party=supplier)
        await self._tell(event, Deed("fact", fact=Delivered(supplier, (which,))))

    async def alias(self) -> None:
        """Two lots are the same."""
        first, second = self.chance.sample(LOTS, 2)
        deed = Deed("alias", fact=Same(first, second))

        async def use(tx: TenantTransaction) -> None:
            await aliases.assert_alias(
                tx, self.firm.principal, self.services.capture, key=first, same_as=second, cause=aliases.AliasCause.OTHER, reason="relabelled"
            )
            deed.seq = await self._behind(tx)

        with contextlib.suppress(AliasExistsError):
            await self.services.in_tenant(self.firm.tenant_id, use, gate=Gate.SHARED)
            self.deeds.append(deed)

    async def _behind(self, tx: TenantTransaction) -> tuple[int, int]:
        """Behind all that is numbered: no other transaction of the tenant derives before this one ends."""
        return await tx.fetchval("select coalesce(max(seq), 0) from event_feed where tenant_id = $1"), next(self.counts)

    async def correct(self) -> None:
        """A transformation is declared wrong."""
        told = [deed.fact.key for deed in self.deeds if isinstance(deed.fact, Made)]
        wrong = {deed.fact.key for deed in self.deeds if isinstance(deed.fact, Corrected)}
        left = sorted(set(told) - wrong)
        if left:
            key = self.chance.choice(left)
            event = self.events.pop(key, None)
            if event is not None:
                await self._tell(declared_wrong(event), Deed("correction", fact=Corrected(key)))

    async def _tell(self, body: dict[str, Any], deed: Deed) -> None:
        events = canonical(body)

        async def use(tx: TenantTransaction) -> list[Outcome]:
            deed.stamp = next(self.stamps)
            return await self.services.capture.capture(tx, events, source=Source.EPCIS)

        [outcome] = await self.services.capturing(self.firm.tenant_id, events, use)
        deed.event_id = outcome.event_id
        self.deeds.append(deed)

    async def ship(self) -> None:
        """A shipment by command."""
        goods = tuple(self.chance.sample([*MAKERS, *UNITS, *PALLETS], self.chance.randint(1, 2)))
        deed = Deed("shipment", goods=goods)
        lines = [shipments.ShipLine(key, Decimal(1), "KGM") if "/10/" in key else shipments.ShipLine(key) for key in goods]
        order = shipments.ShipOrder(lines=lines, from_place=PLANT, to_party=CUSTOMER)

        async def use(tx: TenantTransaction) -> None:
            deed.stamp, deed.refused = next(self.stamps), False
            try:
                outcome = await shipments.ship(tx, self.firm.principal, self.services.capture, order, source=Source.COMMAND)
                deed.event_id = outcome.event_id
            except GoodsHeldError:
                deed.refused = True
                deed.seq = await self._behind(tx)

        await self.services.in_tenant(self.firm.tenant_id, use, gate=Gate.SHARED)
        self.deeds.append(deed)

    async def hold(self) -> None:
        """A hold on anything, or on a supplier."""
        key = self.chance.choice([*LOTS, *LOTS, *UNITS, *PALLETS])
        supplier = self.chance.choice(SUPPLIERS) if self.chance.random() < 0.15 else ""
        deed = Deed("hold", goods=() if supplier else (key,), supplier=supplier)
        scope = holds.Scope.of_supplier(supplier) if supplier else holds.Scope.of_objects(key)

        async def use(tx: TenantTransaction) -> UUID:
            deed.stamp = next(self.stamps)
            return (await holds.place(tx, self.firm.principal, scope=scope, origin=holds.HoldOrigin(), reason="metal found")).hold_id

        hold_id = await self.services.in_tenant(self.firm.tenant_id, use, gate=Gate.EXCLUSIVE)
        deed.hold = str(hold_id)
        self.deeds.append(deed)
        self.placed.append(hold_id)

    async def release(self) -> None:
        """A hold as a whole, or a lot from it."""
        if not self.placed:
            return
        hold_id = self.chance.choice(self.placed)
        parts = (self.chance.choice(MAKERS),) if self.chance.random() < 0.4 else ()
        deed = Deed("release", hold=str(hold_id), goods=parts)

        async def use(tx: TenantTransaction) -> None:
            deed.stamp = next(self.stamps)
            await holds.release_hold(
                tx, self.firm.principal, hold_id=hold_id, reason="cleared", keys=parts, signature=signature_of(self.firm.principal)
            )

        try:
            await self.services.in_tenant(self.firm.tenant_id, use, gate=Gate.EXCLUSIVE)
        except HoldReleasedError:
            return
        self.deeds.append(deed)


async def numbered(crew: Crew) -> None:
    """Give each deed that was stored the number of its commit."""
    async with crew.services.database.tenant(crew.firm.tenant_id) as tx:
        seq_of = {row["event_id"]: row["seq"] for row in await tx.fetch("select event_id, seq from event_feed where tenant_id = $1")}
    for deed in crew.deeds:
        if deed.event_id is not None:
            deed.seq = (seq_of[deed.event_id], 0)


def judge(deeds: list[Deed]) -> Counter[tuple[bool, bool]]:
    """How often each (held by the reference, refused by the product) came about."""
    facts = sorted((deed for deed in deeds if deed.fact is not None), key=lambda deed: deed.seq)

    def world_before(seq: tuple[int, int]) -> World:
        return World(LOT_OF, [deed.fact for deed in facts if deed.fact is not None and deed.seq < seq])

    authority, verdicts = Authority(), Counter[tuple[bool, bool]]()
    for deed in sorted(deeds, key=lambda deed: deed.stamp):
        if deed.kind == "hold":
            if deed.supplier:
                authority.place_on_supplier(deed.hold, deed.supplier)
            else:
                authority.place(deed.hold, deed.goods[0])
        elif deed.kind == "release":
            authority.release(deed.hold, deed.goods)
        elif deed.kind == "correction":
            authority.correct(world_before(deed.seq), world_before((deed.seq[0], 1)))
        elif deed.kind == "shipment":
            held = authority.stops(world_before(deed.seq), deed.goods)
            assert held == deed.refused, deed
            verdicts[held, deed.refused] += 1
    return verdicts


@pytest.fixture
async def crew_services(settings: Settings) -> AsyncIterator[Services]:
    # So many that one tenant's share of them is enough for the whole crew.
    built = build_services(settings.model_copy(update={"database_pool_size": 4 * AT_ONCE}))
    yield built
    await built.close()


async def interleave(services: Services, firm: Firm, *, seed: int, deeds: int) -> None:
    start = [made([], [quantity(each, 1_000) for each in MAKERS]), made(PALLETS)]
    start += [made([f"{LOT_OF[each]}/21/{each.rsplit('/', 1)[1]}"], minutes=1) for each in UNITS]
    await capture(services, firm.tenant_id, *start)
    crew = Crew(services, firm, Random(seed))
    await asyncio.gather(*(crew.work(deeds) for _ in range(AT_ONCE)))
    await numbered(crew)
    verdicts = judge(crew.deeds)
    assert verdicts.keys() == {(True, True), (False, False)}
    assert {deed.kind for deed in crew.deeds} == {"fact", "correction", "shipment", "hold", "release", "alias"}


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_interleaving_lets_held_goods_ship_or_stops_free_ones(crew_services: Services, firm: Firm, seed: int) -> None:
    await interleave(crew_services, firm, seed=seed, deeds=12)


@soak
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("seed", range(20, 30))
async def test_no_interleaving_lets_held_goods_ship_or_stops_free_ones_for_long(crew_services: Services, firm: Firm, seed: int) -> None:
    await interleave(crew_services, firm, seed=seed, deeds=100)


def test_the_reference_knows_holds_through_making_packing_cuts_and_corrections() -> None:
    a, b, c = LOTS[:3]
    unit_of_a = {"u": a}
    chain: list[Fact] = [Made("1", (a,), (b,)), Made("2", (b,), (c,)), Made("3", (c,), (a,)), Packed(1, "p", ("u",), True)]
    world = World(unit_of_a, chain)
    assert all(world.stops(Held(a), [goods]) for goods in (a, b, c, "u", "p"))
    assert not World({}, chain[:2]).stops(Held(b), [a])
    assert World({}, chain[:2]).stops(Held(b), [c])
    assert not World({}, chain[:2]).stops(Held(a, cuts={b}), [c])
    assert World({}, [Packed(1, "p", ("u",), True)]).stops(Held("p"), ["u"])
    assert not World({}, [Packed(1, "p", ("u",), True), Packed(2, "p", ("u",), False)]).stops(Held("u"), ["p"])
    assert World({}, [Packed(2, "p", ("u",), True), Packed(1, "p", ("u",), False)]).stops(Held("u"), ["p"])
    authority = Authority()
    authority.place("h", a)
    authority.correct(World({}, chain[:2]), World({}, [*chain[:2], Corrected("1")]))
    assert authority.holds["h"].pending == {b, c}
    assert authority.stops(World({}, [*chain[:2], Corrected("1")]), [c])
    authority.release("h", [c])
    assert not authority.stops(World({}, []), [c])
    authority.release("h", ())
    assert authority.holds == {}
