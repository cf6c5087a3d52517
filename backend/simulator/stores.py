"""The factory's stores: lots and serialised units in them, drawn first in, first out, with remainders."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.simulator.ledger import Lot, Unit
from backend.simulator.master_data import Product

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Portion:
    """A quantity of one lot, drawn for a step or coming out of it."""

    lot: Lot
    quantity: Decimal


class Stores:
    def __init__(self) -> None:
        self._lots: dict[str, deque[Lot]] = {}
        self._units: dict[str, deque[Unit]] = {}
        self._every_lot: dict[str, list[Lot]] = {}

    def put(self, lot: Lot) -> None:
        self._lots.setdefault(lot.product.gtin, deque()).append(lot)
        self._every_lot.setdefault(lot.product.gtin, []).append(lot)

    def put_first(self, lot: Lot) -> None:
        """A lot that is to be used before all others."""
        self._lots.setdefault(lot.product.gtin, deque()).appendleft(lot)
        self._every_lot.setdefault(lot.product.gtin, []).append(lot)

    def put_units(self, units: Sequence[Unit]) -> None:
        for unit in units:
            self._units.setdefault(unit.product.gtin, deque()).append(unit)

    def put_back(self, lot: Lot, quantity: Decimal, at: datetime) -> None:
        """More of a lot that was in store before, to be used next."""
        lot.available_at = at
        lot.quantity += quantity
        lot.remaining += quantity
        store = self._lots.setdefault(lot.product.gtin, deque())
        if lot not in store:
            store.appendleft(lot)

    def lots_of(self, product: Product) -> list[Lot]:
        return list(self._lots.get(product.gtin, ()))

    def remove(self, lot: Lot) -> None:
        self._lots[lot.product.gtin].remove(lot)

    def available(self, product: Product, at: datetime) -> Decimal:
        """The quantity in lots and the content of serialised units; several orders run at once, so some is yet to come."""
        in_lots = sum((lot.remaining for lot in self._lots.get(product.gtin, ()) if lot.available_at <= at), NOTHING)
        return in_lots + sum((unit.content for unit in self._units.get(product.gtin, ())), NOTHING)

    def another_lot(self, drawn: Sequence[Portion], product: Product, before: datetime) -> Lot | None:
        """A lot of the same product, in store before, of which nothing was drawn: what a wrong scan would name."""
        taken = [draw.lot for draw in drawn]
        others = [lot for lot in self._every_lot.get(product.gtin, ()) if lot.made_at < before and lot not in taken]
        return others[-1] if others else None

    def draw(self, product: Product, quantity: Decimal, at: datetime) -> list[Portion]:
        """Oldest lot first; a remainder too small to be worth weighing stays where it is for good."""
        store = self._lots.get(product.gtin, deque())
        usable = [lot for lot in store if lot.available_at <= at]
        draws: list[Portion] = []
        missing = quantity
        for position, lot in enumerate(usable, start=1):
            if lot.remaining < quantity / 40 and position < len(usable):
                store.remove(lot)
                continue
            taken = min(missing, lot.remaining)
            lot.remaining -= taken
            missing -= taken
            draws.append(Portion(lot, taken))
            if not lot.remaining:
                store.remove(lot)
            if not missing:
                break
        if not draws:
            raise ValueError(f"There is no {product.name_en} in store: have it delivered or made first.")
        return draws

    def draw_units(self, product: Product, count: int) -> list[Unit]:
        """Whole serialised units, each used once."""
        units = [self._units[product.gtin].popleft() for _ in range(count)]
        for unit in units:
            unit.content = NOTHING
        return units

    def draw_content(self, product: Product, quantity: Decimal) -> list[Unit]:
        """The reels that a quantity comes from; one that is not yet empty stays in use."""
        store = self._units[product.gtin]
        used: list[Unit] = []
        while quantity > 0:
            unit = store[0]
            taken = min(quantity, unit.content)
            unit.content -= taken
            quantity -= taken
            used.append(unit)
            if not unit.content:
                store.popleft()
        return used
