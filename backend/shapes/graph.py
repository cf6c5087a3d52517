"""A trace as points and arrows under public names, ready to be grouped and drawn. Rules only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from backend.genealogy.rules import Certainty, LinkKind
from backend.trace.rules import Doubt

Amounts = Mapping[str, Decimal]
"""How much by unit of measure; the unit is empty where pieces are counted. Never across units."""


class Sort(StrEnum):
    """What a box stands for."""

    LOT = "lot"
    UNIT = "unit"
    CONTAINER = "container"
    STEP = "step"
    SHIPMENT = "shipment"
    GAP = "gap"
    POOL = "pool"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Point:
    """One object, step, shipment or gap. `name` is public and unique; what only events elsewhere tell is None.

    `at` is when it came into being or happened, as far as the trace tells. `family` is what units are grouped by: their lot.
    """

    name: str
    sort: Sort
    code: str
    certainty: Certainty
    distance: int
    at: datetime | None = None
    gtin: str | None = None
    family: str | None = None
    step: str | None = None
    place: str | None = None
    party: str | None = None
    is_start: bool = False
    # Of one moment: what was there already, what was done, what came of it, where it went.
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Arrow:
    """From what went in to what came out, or from what was carried to its shipment (`kind` None)."""

    parent: str
    child: str
    kind: LinkKind | None
    certainty: Certainty
    at: datetime
    doubt: Doubt | None = None
    quantity: Decimal | None = None
    uom: str | None = None
    event_id: int = 0
    # Whether an event states it; else it merely stands: what a unit belongs to, what lies in a container.
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Graph:
    """Points in order of time, as far as they have one, and the arrows between them."""

    points: tuple[Point, ...]
    arrows: tuple[Arrow, ...]

    def amounts(self) -> dict[str, dict[str, Decimal]]:
        """How much of each point there is, by unit of measure: what was made of it; where the trace tells of no making, what was used or shipped."""
        made: dict[str, dict[str, Decimal]] = defaultdict(dict)
        used: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for arrow in self.arrows:
            if arrow.quantity is None:
                continue
            if arrow.kind is LinkKind.OUTPUT:
                add(made[arrow.child], arrow.uom, arrow.quantity)
            elif arrow.kind in (LinkKind.INPUT, None):
                add(used[arrow.parent], arrow.uom, arrow.quantity)
        return used | made


def add(amounts: dict[str, Decimal], uom: str | None, quantity: Decimal) -> None:
    """Add to the amount in its own unit of measure."""
    amounts[uom or ""] = amounts.get(uom or "", Decimal(0)) + quantity


def add_all(amounts: dict[str, Decimal], more: Amounts) -> None:
    """Add each amount in its own unit of measure."""
    for uom, quantity in more.items():
        add(amounts, uom, quantity)


def in_order(points: Iterable[Point]) -> list[Point]:
    """Oldest first; what has no time stands by its distance, then by name."""
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(points, key=lambda point: (point.at or far, point.turn, point.distance, point.sort, point.name))
