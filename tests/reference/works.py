"""What a works tells of its goods: parts of stories, each real and small."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final
from uuid import UUID

from tests.factories import (
    CUSTOMER,
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
    PLANT,
    SHOP,
    gtin,
    lot,
    made,
    packed,
    quantity,
    shipped,
    sscc,
    unit,
)
from tests.factories import transformed as _transformed
from tests.reference.told import Body

Part = list[Body]
SUPPLIER: Final = "https://id.gs1.org/414/9506000134031"
HALL: Final = "https://id.gs1.org/414/9506000134048"
# With their check digits; crates go round, tanks stay.
CRATES: Final = ["https://id.gs1.org/8003/095060001342941", "https://id.gs1.org/8003/095060001342942"]
TANKS: Final = [f"https://firm.example/obj/tank/{name}" for name in ("silo", "vat")]
MILK, ENGINE, CRANK = gtin(440), gtin(441), gtin(442)
BEANS: Final = "https://firm.example/class/beans"
RAW: Final = [
    *(lot(FLOUR, f"F{n}") for n in range(3)),
    *(lot(MEAT, f"M{n}") for n in range(2)),
    *(lot(MILK, f"K{n}") for n in range(3)),
    f"{BEANS}/B1",
]
WORKED: Final = [*(lot(DOUGH, f"D{n}") for n in range(4)), *(lot(DUMPLING, f"P{n}") for n in range(4))]
PIECES: Final = [unit(DUMPLING, f"S{n}") for n in range(8)]
CRANKS: Final = [unit(CRANK, f"C{n}") for n in range(4)]
ENGINES: Final = [unit(ENGINE, f"E{n}") for n in range(4)]
CASES, PALLETS = [sscc(n) for n in range(1, 5)], [sscc(n) for n in range(11, 14)]
DAY: Final = 24 * 60
CLEANING: Final = "https://firm.example/bizstep/cleaning"
UNITS_OF_MEASURE: Final = ["KGM", "KGM", "KGM", "LTR", None]


class Works:
    """Tells parts of stories. Time goes on in steps; a clock is now and then hours off."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.now = 0.0

    def when(self) -> float:
        """A little later than before, or the same moment; seldom by a clock that is off, by less than a day or by more."""
        self.now += self.chance.choice([0, 1, 5, 30, 120, 120])
        dice = self.chance.random()
        return self.now + (self.chance.choice([-1, 1]) * self.chance.choice([20 * 60, 30 * 60]) if dice < 0.06 else 0)

    def later(self, days: float = 2) -> None:
        """Time passes: what was long ago isn't within any tolerance."""
        self.now += days * DAY

    def one(self, pool: Sequence[str]) -> str:
        return self.chance.choice(pool)

    def some(self, pool: Sequence[str], most: int = 3) -> list[str]:
        return self.chance.sample(list(pool), self.chance.randint(1, min(most, len(pool))))

    def amount(self) -> int:
        return self.chance.choice([1, 5, 10, 40, 100])

    def amounts(self, of: Sequence[str]) -> list[Body]:
        return [quantity(each, self.amount(), self.chance.choice(UNITS_OF_MEASURE)) for each in of]

    def turned(self, inputs: Sequence[str], outputs: Sequence[str], shared: str | None = None, **fields: Any) -> Body:
        """A transformation: instances in the lists of EPCs, the rest with amounts."""
        event = _transformed([], [], self.when(), transformation=shared, **fields)
        for side, names in (("input", inputs), ("output", outputs)):
            classes = [name for name in names if is_class(name)]
            instances = [name for name in names if not is_class(name)]
            event |= {f"{side}EPCList": instances} if instances else {}
            event |= {f"{side}QuantityList": self.amounts(classes)} if classes else {}
        return event

    def with_lot(self, piece: str) -> str:
        """A piece as it may be written: by its serial alone, or with its lot."""
        if self.chance.random() < 0.5:
            return piece
        number = "P0" if self.chance.random() < 0.9 else "P1"
        return piece.replace("/21/", f"/10/{number if DUMPLING in piece else 'L0'}/21/")

    # The parts of a story.

    def receipt(self) -> Part:
        """Goods come in, with their quantities."""
        place = {"bizLocation": {"id": self.one([PLANT, PLANT, HALL])}}
        party = [{"type": "owning_party", "source": SUPPLIER}]
        return [
            made(
                [],
                self.amounts(self.some(RAW)),
                self.when(),
                action="OBSERVE",
                bizStep="receiving",
                disposition="in_progress",
                sourceList=party,
                **place,
            )
        ]

    def recipe(self) -> Part:
        """Lots into lots: merges, splits, by-products."""
        return [self.turned(self.some([*RAW, *WORKED], 3), self.some(WORKED, 3))]

    def rework(self) -> Part:
        """What came out goes in again: a loop."""
        first, second = self.chance.sample(WORKED, 2)
        return [self.turned([self.one(RAW), first], [second]), self.turned([second], [first])]

    def in_parts(self) -> Part:
        """One transformation told in parts: all inputs reach all outputs, whatever their order."""
        shared = f"urn:uuid:{UUID(int=self.chance.getrandbits(128), version=4)}"
        parts = [self.turned(self.some(RAW, 2), [], shared), self.turned([], self.some(WORKED, 2), shared)]
        if self.chance.random() < 0.5:
            parts.append(self.turned(self.some(RAW, 1), self.some(WORKED, 1), shared))
        return parts

    def without_lot(self) -> Part:
        """A product goes in, and nobody says which lot of it."""
        products = self.some([f"https://id.gs1.org/01/{FLOUR}", f"https://id.gs1.org/01/{MEAT}", f"https://id.gs1.org/01/{DOUGH}", BEANS], 2)
        if self.chance.random() < 0.3:
            self.later(self.chance.choice([0.5, 2]))
        return [self.turned([*products, *self.some(RAW, 1)], self.some(WORKED, 1), bizLocation={"id": self.one([PLANT, PLANT, HALL])})]

    def pieces(self) -> Part:
        """Units are made and numbered; which lot they are of is told at once, by ILMD, or later, or never."""
        made_of = self.some(PIECES, 4)
        how = self.chance.random()
        if how < 0.4:
            return [self.turned(self.some([*RAW, *WORKED[:4]], 2), [self.with_lot(piece) for piece in made_of])]
        if how < 0.7:
            return [made(made_of, minutes=self.when(), ilmd={"cbvmda:lotNumber": "P0"} if self.chance.random() < 0.6 else None)]
        seen = made([f"{lot(DUMPLING, 'P0')}/21/{piece[-2:]}" for piece in made_of[:2]], minutes=self.when(), action="OBSERVE", bizStep="inspecting")
        return [self.turned(self.some(WORKED[:4], 1), made_of), seen]

    def assembly(self) -> Part:
        """Parts with serials into engines of one lot; the lot is used as a whole, not saying which engine."""
        engines, parts = self.some(ENGINES, 2), self.some(CRANKS, 2)
        told = [self.turned([part, *self.some(RAW, 1)], [self.with_lot(engine)]) for part, engine in zip(parts, engines, strict=False)]
        if self.chance.random() < 0.7:
            told.append(self.turned([lot(ENGINE, "L0")], self.some(WORKED, 1)))
        return told

    def disassembly(self) -> Part:
        """An engine is taken apart; its parts go into another."""
        engine, other = self.chance.sample(ENGINES, 2)
        parts = self.some(CRANKS, 2)
        return [self.turned([self.with_lot(engine)], parts), self.turned(parts[:1], [self.with_lot(other)])]

    def packing(self) -> Part:
        """Pieces and amounts into a case, the case onto a pallet; now and then some of it out again, or over to another case."""
        case, other = self.chance.sample(CASES, 2)
        pieces, lots = [self.with_lot(each) for each in self.some(PIECES)], self.some(WORKED, 1)
        uom = self.chance.choice(UNITS_OF_MEASURE)
        told = [packed(case, pieces, [quantity(lots[0], 100, uom)], self.when())]
        if self.chance.random() < 0.6:
            told.append(packed(self.one(PALLETS), [case, *self.some(CASES, 1)], [], self.when()))
        if self.chance.random() < 0.4:
            taken = quantity(lots[0], 40, uom)
            if uom == "KGM" and len(told) == 2:
                taken = quantity(lots[0], 40_000, "GRM")
            elif uom == "LTR":
                taken = {"epcClass": lots[0]}
            told.append(packed(case, pieces[:1], [taken], self.when(), action="DELETE", bizStep="unpacking"))
            told.append(packed(other, pieces[:1], [quantity(lots[0], 40, uom)], self.when()))
        return told

    def unpacking(self) -> Part:
        """Everything out, or what is seen inside."""
        container = self.one([*CASES, *PALLETS, *CRATES])
        if self.chance.random() < 0.3:
            return [packed(container, self.some(PIECES), minutes=self.when(), action="OBSERVE", bizStep="stock_taking")]
        return [packed(container, minutes=self.when(), action="DELETE", bizStep="unpacking")]

    def crate(self) -> Part:
        """A crate goes round: filled, used up as a whole, emptied, filled with something else, used again."""
        crate, told = self.one(CRATES), []
        for _ in range(self.chance.randint(1, 3)):
            told.append(packed(crate, self.some(PIECES, 2), self.amounts(self.some([*RAW, *WORKED], 2)), self.when()))
            if self.chance.random() < 0.8:
                told.append(self.turned([crate], self.some(WORKED, 1)))
            if self.chance.random() < 0.7:
                told.append(packed(crate, minutes=self.when(), action="DELETE", bizStep="unpacking"))
            self.later(self.chance.choice([0, 0.3, 2]))
        return told

    def nested_use(self) -> Part:
        """A pallet of cases is used up as a whole."""
        case, pallet = self.one(CASES), self.one(PALLETS)
        return [
            packed(case, self.some(PIECES, 2), self.amounts(self.some(WORKED, 1)), self.when()),
            packed(pallet, [case], [], self.when()),
            self.turned([pallet], self.some(WORKED, 1)),
        ]

    def tank(self) -> Part:
        """Filled, drawn, filled, drawn, cleaned; by amounts, or by the transformation that runs into it."""
        tank, told = self.one(TANKS), []
        for _ in range(self.chance.randint(1, 2)):
            for _ in range(self.chance.randint(1, 4)):
                dice = self.chance.random()
                if dice < 0.35:
                    told.append(packed(tank, [], self.amounts(self.some(RAW[5:8], 1)), self.when()))
                    if self.chance.random() < 0.2:
                        told.append({**packed(tank, [], minutes=self.when(), action="DELETE", bizStep="unpacking"), **_children(told[-1])})
                elif dice < 0.55:
                    told.append(self.turned(self.some(RAW, 2), [tank]))
                else:
                    told.append(self.turned([tank], self.some(WORKED, 1)))
            if self.chance.random() < 0.7:
                told.append(self.cleaned(tank))
            self.later(self.chance.choice([0, 2]))
        return told

    def cleaned(self, tank: str) -> Body:
        """Emptied, or ended and begun anew."""
        how = self.chance.random()
        if how < 0.5:
            return packed(tank, minutes=self.when(), action="DELETE", bizStep="unpacking")
        step: dict[str, Any] = {"action": "OBSERVE", "bizStep": CLEANING}
        if how < 0.7:
            step = {} if how < 0.6 else {"action": "DELETE", "bizStep": "decommissioning", "disposition": "inactive"}
        return made([tank], minutes=self.when(), **step)

    def shipping(self) -> Part:
        """Goods leave, from the works or from somewhere else; some come back, and leave again."""
        goods = [self.with_lot(each) for each in self.some([*CASES, *PALLETS, *CRATES, *PIECES, *ENGINES], 2)]
        amounts = self.amounts(self.some(WORKED, 1)) if self.chance.random() < 0.3 else []
        place = self.chance.choices([PLANT, HALL, SUPPLIER, SHOP], [6, 1, 1, 1])[0]
        told = [shipped(goods, amounts, self.when(), readPoint={"id": place}, bizStep=self.chance.choice(["shipping", "shipping", "departing"]))]
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            self.later(self.chance.choice([0.2, 2]))
            party = [{"type": "possessing_party", "source": CUSTOMER}]
            told.append(made(goods, minutes=self.when(), action="OBSERVE", bizStep="receiving", disposition="returned", sourceList=party))
            if self.chance.random() < 0.5:
                told.append(packed(self.one([*CASES, *PALLETS]), self.some(PIECES, 2), minutes=self.when()))
            told.append(shipped(goods, [], self.when()))
        return told

    def kit(self) -> Part:
        """An engine with what lies in it, packed and used up as a whole with the case."""
        engine, case = self.one(ENGINES), self.one(CASES)
        told = [packed(engine, self.some(CRANKS, 2), minutes=self.when()), packed(case, [self.with_lot(engine)], minutes=self.when())]
        return [*told, self.turned([case], self.some(WORKED, 1))] if self.chance.random() < 0.6 else told

    def associated(self) -> Part:
        """Something is bound to a crate, or taken off it."""
        action = self.chance.choice(["ADD", "ADD", "DELETE"])
        return [
            {
                **packed(self.one(CRATES), self.some([*CRANKS, *PIECES]), minutes=self.when(), action=action, bizStep="other"),
                "type": "AssociationEvent",
            }
        ]


def _children(event: Body) -> Body:
    return {name: event[name] for name in ("childEPCs", "childQuantityList") if name in event}


def is_class(name: str) -> bool:
    """Whether an identifier names a class, which has an amount."""
    return "/21/" not in name and ("/10/" in name or "/01/" in name or "/class/" in name)
