"""Small production stories made by chance: what a works, its suppliers and its customers tell, with what goes wrong in real life."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import UUID

from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, MEAT, PLANT, SHOP, at, declared_wrong, lot, made, packed, quantity, shipped, sscc, unit
from tests.factories import transformed as _transformed

Event = dict[str, Any]

SUPPLIER: Final = "https://id.gs1.org/414/9506000134031"
CART: Final = "https://id.gs1.org/8003/095060001342941"
LOTS: Final = [lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(MEAT, "M1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1"), lot(DUMPLING, "P2")]
BEANS: Final = "https://firm.example/class/beans/B1"
PALLETS: Final = [sscc(number) for number in range(1, 5)]
# A bin that goes round all day, and a tank that is filled, drawn from and cleaned.
BIN: Final = "https://id.gs1.org/8003/095060001342947"
TANK: Final = "https://firm.example/obj/tank/T1"
CONTAINERS: Final = [*PALLETS, CART, BIN, TANK]
UNITS: Final = [unit(DUMPLING, f"S{number}") for number in range(4)]
PARTS: Final = [unit(MEAT, f"C{number}") for number in range(2)]
BEAN: Final = "https://firm.example/obj/beans/S1"
TRANSFORMATIONS: Final = [f"urn:uuid:1111111{number}-1111-4111-8111-111111111111" for number in range(2)]
# All that a story may be about.
OBJECTS: Final = [*LOTS, BEANS, *CONTAINERS, *UNITS, *PARTS, BEAN]


@dataclass(frozen=True)
class Story:
    """What was told: `events` in the order in which it happened, declarations last; `conflicts` say something else under a stored id."""

    seed: int
    events: list[Event]
    conflicts: list[Event] = field(default_factory=list)

    def without(self, gone: Event) -> "Story":
        """The story with one event less, and without what contradicts it."""
        left = [event for event in self.events if event is not gone]
        ids = {event.get("eventID") for event in left if "errorDeclaration" not in event}
        return Story(self.seed, left, [event for event in self.conflicts if event["eventID"] in ids])

    @property
    def is_corrected(self) -> bool:
        """Whether something in it was declared wrong."""
        return any("errorDeclaration" in event for event in self.events)


class Teller:
    """Makes up one story."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.now = 0.0

    def minutes(self) -> float:
        """Mostly a little later than before, often the same moment, seldom a day or years off: the clocks of phones are."""
        dice = self.chance.random()
        self.now += self.chance.choice([0, 0, 1, 5, 30])
        if dice < 0.08:
            return self.now + self.chance.choice([-1, 1]) * self.chance.choice([60 * 20, 60 * 30])
        return self.now + self.chance.choice([-1, 1]) * 60 * 24 * 365 * 3 if dice < 0.11 else self.now

    def some(self, pool: list[str], most: int = 2) -> list[str]:
        """A few of a pool."""
        return self.chance.sample(pool, self.chance.randint(1, min(most, len(pool))))

    def amount(self) -> int:
        return self.chance.choice([1, 5, 10, 40, 100])

    def named(self, plain: str) -> str:
        """A dumpling as it may be written: by its serial alone, or with its lot."""
        if not plain.startswith(unit(DUMPLING, "")) or self.chance.random() < 0.6:
            return plain
        return f"{lot(DUMPLING, self.chance.choice(['P1', 'P1', 'P2']))}/21/{plain.rsplit('/', 1)[1]}"

    def received(self) -> Event:
        return made(
            [], [quantity(each, self.amount()) for each in self.some(LOTS[:3])], self.minutes(), action="OBSERVE", bizStep="receiving",
            disposition="in_progress", sourceList=[{"type": "owning_party", "source": SUPPLIER}],
        )  # fmt: skip

    def commissioned(self) -> Event:
        if self.chance.random() < 0.2:
            return made([BEAN], minutes=self.minutes(), ilmd={"cbvmda:lotNumber": "B1"})
        ilmd = {"cbvmda:lotNumber": self.chance.choice(["P1", "P2"])} if self.chance.random() < 0.4 else None
        return made([self.named(each) for each in self.some(UNITS, 3)], minutes=self.minutes(), ilmd=ilmd)

    def container_began_or_ended(self) -> Event:
        begins = self.chance.random() < 0.6
        step: dict[str, Any] = {} if begins else {"action": "DELETE", "bizStep": "decommissioning", "disposition": "inactive"}
        return made(self.some(CONTAINERS, 1), minutes=self.minutes(), **step)

    def transformed(self) -> Event:
        """Lots mostly; with parts, units, whole containers, products without a lot, in parts under one id, back into themselves."""
        pools: list[tuple[list[str], int]] = [
            (LOTS, 8),
            (PARTS, 2),
            (UNITS, 2),
            (CONTAINERS, 2),
            ([f"https://id.gs1.org/01/{FLOUR}"], 2),
            ([BEANS], 1),
            ([BIN, TANK], 3),
        ]
        inputs = [each for pool in self.chance.choices([p for p, _ in pools], [w for _, w in pools], k=2) for each in self.some(pool, 1)]
        outputs = list(dict.fromkeys(self.some([*LOTS[3:], *LOTS[3:], *UNITS, BEANS])))
        if self.chance.random() < 0.15:
            outputs = [self.chance.choice([TANK, TANK, BIN]), *outputs[:1]]
        if self.chance.random() < 0.3:
            inputs, outputs = self.chance.choice([(inputs, []), ([], outputs), (inputs, outputs)])
            return self._transformation(inputs, outputs, self.chance.choice(TRANSFORMATIONS))
        return self._transformation(inputs, outputs, None)

    def _transformation(self, inputs: list[str], outputs: list[str], shared: str | None) -> Event:
        named = [list(dict.fromkeys(self.named(each) for each in side)) for side in (inputs, outputs)]
        event = _transformed(named[0], named[1], self.minutes(), amount=self.amount(), transformation=shared)
        for name in ("inputQuantityList", "outputQuantityList"):
            for element in event.get(name) or []:
                if element["epcClass"] in (CART, BIN, TANK):
                    instances = name.replace("QuantityList", "EPCList")
                    event[instances] = [*(event.get(instances) or []), element["epcClass"]]
            rest = [element for element in event.get(name) or [] if element["epcClass"] not in (CART, BIN, TANK)]
            event.pop(name, None)
            if rest:
                event[name] = rest
        return event

    def packed(self) -> Event:
        """Into a container, out of it, or seen in it; a container may hold containers."""
        container = self.chance.choice(CONTAINERS)
        units = [self.named(each) for each in self.some([*UNITS, BEAN, *(p for p in PALLETS if p != container)], 3)]
        amounts = [quantity(self.chance.choice(LOTS[3:]), self.amount()) for _ in range(2)] if self.chance.random() < 0.4 else []
        action = self.chance.choices(["ADD", "DELETE", "OBSERVE"], [6, 3, 1])[0]
        if action == "DELETE" and self.chance.random() < 0.25:
            return packed(container, minutes=self.minutes(), action=action, bizStep="unpacking")
        return packed(container, units, amounts, self.minutes(), action=action, bizStep="packing" if action == "ADD" else "unpacking")

    def filled_and_drawn(self) -> Event:
        """A bin or a tank in the course of a day: filled with lots, drawn from by name or as a whole, emptied, cleaned."""
        vessel = self.chance.choice([BIN, TANK, TANK])
        amounts = [quantity(each, self.amount()) for each in self.some(LOTS[:5], 2)]
        doing = self.chance.choices(["fill", "draw by name", "use", "empty", "clean"], [4, 2, 4, 1, 2])[0]
        if doing == "use":
            return self._transformation([vessel], self.some(LOTS[3:], 1), None)
        if doing == "clean":
            return made([vessel], minutes=self.minutes(), action="OBSERVE", bizStep="https://firm.example/bizstep/cleaning", disposition=None)
        if doing == "empty":
            return packed(vessel, minutes=self.minutes(), action="DELETE", bizStep="unpacking")
        action = "ADD" if doing == "fill" else "DELETE"
        return packed(vessel, [], amounts, self.minutes(), action=action, bizStep="loading" if action == "ADD" else "unloading")

    def associated(self) -> Event:
        """Something bound to a cart, or taken off it."""
        action = self.chance.choice(["ADD", "ADD", "DELETE"])
        return {**packed(CART, self.some([*PARTS, *UNITS]), minutes=self.minutes(), action=action, bizStep="other"), "type": "AssociationEvent"}

    def shipped(self) -> Event:
        """Out of the works; now and then a supplier's shipment to it, or a customer's return."""
        goods = [self.named(each) for each in self.some([*CONTAINERS, *UNITS], 2)]
        amounts = [quantity(each, self.amount()) for each in self.some(LOTS[3:], 1)] if self.chance.random() < 0.3 else []
        step = self.chance.choice(["shipping", "shipping", "shipping", "departing"])
        place = self.chance.choices([PLANT, SUPPLIER, SHOP], [8, 1, 1])[0]
        sources = [{"type": "location", "source": place}] if self.chance.random() < 0.5 else None
        event = shipped(goods, amounts, self.minutes(), bizStep=step, readPoint={"id": place}, sourceList=sources)
        return {name: value for name, value in event.items() if value is not None}

    def arrived_back(self) -> Event:
        return made(
            self.some([*CONTAINERS, *UNITS], 2), minutes=self.minutes(), action="OBSERVE", bizStep="receiving", disposition="returned",
            sourceList=[{"type": "possessing_party", "source": CUSTOMER}],
        )  # fmt: skip

    def seen(self) -> Event:
        """Inspected, stored: nothing moves, but a lot may be learnt by it."""
        return made([self.named(each) for each in self.some(UNITS)], minutes=self.minutes(), action="OBSERVE", bizStep="inspecting")

    def tell(self, length: int) -> list[Event]:
        """So many events, each with an id of its own but a few, which have none."""
        doings: list[tuple[Callable[[], Event], int]] = [
            (self.received, 3), (self.commissioned, 3), (self.container_began_or_ended, 1), (self.transformed, 7), (self.packed, 7),
            (self.filled_and_drawn, 6), (self.associated, 1), (self.shipped, 4), (self.arrived_back, 1), (self.seen, 1),
        ]  # fmt: skip
        told = []
        for doing in self.chance.choices([d for d, _ in doings], [w for _, w in doings], k=length):
            event = {**doing(), "eventID": f"urn:uuid:{UUID(int=self.chance.getrandbits(128), version=4)}"}
            if self.chance.random() < 0.08:
                del event["eventID"]
            told.append(event)
        return told


def story_of(seed: int, *, length: int | None = None, corrected: bool = True) -> Story:
    """The story of a seed: always the same. Some of its events, of any kind, were declared wrong later, one or two of them twice."""
    chance = Random(seed)
    events = Teller(chance).tell(length or chance.randint(8, 26))
    conflicts = [{**event, "disposition": "unknown"} for event in events if "eventID" in event and chance.random() < 0.06]
    declared: list[Event] = []
    if corrected:
        for event in chance.sample(events, chance.randint(0, max(1, len(events) // 3))):
            declared += [declared_wrong(event, 10_000 + again) for again in range(1 if chance.random() < 0.85 else 2)]
    return Story(seed, events + declared, conflicts)


def brief(event: Event) -> str:
    """One line that says what an event is about."""
    left_out = (
        "type",
        "eventID",
        "eventTimeZoneOffset",
        "bizLocation",
        "readPoint",
        "disposition",
        "bizStep",
        "sourceList",
        "destinationList",
        "eventTime",
    )
    told = " ".join(f"{name}={value}" for name, value in event.items() if name not in left_out)
    step = event.get("bizStep", "")
    return f"{event['type']} {event['eventTime'][:16]} {step} {told} ({event.get('eventID', 'no id')[-6:]})".replace("https://id.gs1.org/", "")


def junk(chance: Random) -> Event:
    """An event that no service can take."""
    return {**made([UNITS[0]]), **chance.choice([{"eventTime": "yesterday"}, {"action": "MAYBE"}, {"epcList": ["urn:epc:id:sgtin:1.2"]}])} | {
        "readPoint": {"id": PLANT}, "eventTimeZoneOffset": at(0)[:1] + "9"
    }  # fmt: skip
