"""What went from which place to which: receipts, uses elsewhere than where something was made, shipments. Rules only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from backend.genealogy.rules import Certainty, LinkKind
from backend.shapes.graph import Arrow, Graph, Point, Sort, add
from infra.database import Record


class Part(StrEnum):
    """What a place is in the flow."""

    SUPPLIER = "supplier"
    OWN = "own"
    FOREIGN = "foreign"
    CUSTOMER = "customer"


Node = tuple[Part | None, str]
"""A party with its part, or a place (None), which the catalogue tells to be own or not."""


@dataclass(slots=True)
class Flowing:
    """What went from one place to another. `lots` names what did; `untold` counts what did without a quantity that is told."""

    lots: set[str] = field(default_factory=set)
    shipments: set[str] = field(default_factory=set)
    amounts: dict[str, Decimal] = field(default_factory=dict)
    certain: int = 0
    untold: int = 0
    since: datetime | None = None
    until: datetime | None = None

    def take(self, lot: str, quantity: Decimal | None, uom: str | None, at: datetime, certainty: Certainty) -> None:
        """Add what went at once."""
        self.lots.add(lot)
        if quantity is None:
            self.untold += 1
        else:
            add(self.amounts, uom, quantity)
        self.certain += certainty is Certainty.CERTAIN
        self.since = at if self.since is None else min(self.since, at)
        self.until = at if self.until is None else max(self.until, at)


def flows(graph: Graph, receipts: Iterable[Record], lots: Mapping[int, str]) -> dict[tuple[Node, Node], Flowing]:
    """What went from where to where: from suppliers to where it was received, on to where it was used, and to customers."""
    found: dict[tuple[Node, Node], Flowing] = defaultdict(Flowing)
    points = {point.name: point for point in graph.points}
    home = _made_at(graph, points)
    for row in receipts:
        lot = lots[row["object_id"]]
        home.setdefault(lot, row["place"])
        pair = (Part.SUPPLIER, row["counterparty"]), (None, row["place"])
        found[pair].take(lot, row["quantity"], row["uom"], row["since"], Certainty.CERTAIN)
        found[pair].until = max(found[pair].until or row["until"], row["until"])
    for arrow in graph.arrows:
        child = points[arrow.child]
        here = home.get(arrow.parent)
        if child.sort in (Sort.STEP, Sort.SHIPMENT) and child.place and here and here != child.place:
            found[(None, here), (None, child.place)].take(arrow.parent, arrow.quantity, arrow.uom, arrow.at, arrow.certainty)
        if child.sort is Sort.SHIPMENT and child.party:
            _ship(found, arrow, child, here)
    return dict(found)


def _ship(found: Mapping[tuple[Node, Node], Flowing], arrow: Arrow, shipment: Point, here: str | None) -> None:
    left = shipment.place or here
    if left and shipment.party:
        flowing = found[(None, left), (Part.CUSTOMER, shipment.party)]
        flowing.take(arrow.parent, arrow.quantity, arrow.uom, arrow.at, arrow.certainty)
        flowing.shipments.add(shipment.name)


def _made_at(graph: Graph, points: Mapping[str, Point]) -> dict[str, str]:
    made: dict[str, str] = {}
    for arrow in graph.arrows:
        place = points[arrow.parent].place
        if points[arrow.parent].sort is Sort.STEP and place:
            made.setdefault(arrow.child, place)
    for arrow in graph.arrows:
        # Units are where their lot was made.
        if arrow.kind is LinkKind.MEMBER and arrow.parent in made:
            made.setdefault(arrow.child, made[arrow.parent])
    return made
