"""The map of places as a schematic: suppliers to the left, own places in the order of the flow, customers to the right."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from backend.catalog.service import Location
from backend.genealogy.rules import Certainty
from backend.shapes import repository
from backend.shapes.graph import Amounts, Graph, Sort, add
from backend.shapes.graphing import graph_of
from backend.shapes.layout import Spot, draw
from backend.shapes.names import Names, Reader, look_up
from backend.shapes.place_flows import Flowing, Node, Part, flows
from backend.shapes.subject import Question, Subject, look
from infra.database import TenantTransaction

READABLE: Final = 40


@dataclass(frozen=True, slots=True)
class MapPlace:
    """A box of the map. `path` are the names of what it lies in, the innermost first; `inside` counts places that are shown in it."""

    name: str
    part: Part
    title: str
    path: tuple[str, ...]
    uri: str
    spot: Spot
    steps: int
    lots: int
    inside: int


@dataclass(frozen=True, slots=True)
class MapArrow:
    """What went from one box to another; a loop leads back to the left."""

    parent: str
    child: str
    lots: int
    shipments: int
    certainty: Certainty
    amounts: Amounts
    untold: int
    since: datetime | None
    until: datetime | None
    is_loop: bool
    bends: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """The drawing; `unplaced` counts steps of which no place is told."""

    subject: Subject
    columns: int
    rows: float
    places: tuple[MapPlace, ...]
    arrows: tuple[MapArrow, ...]
    unplaced: int


async def place_map(tx: TenantTransaction, reader: Reader, question: Question) -> PlaceMap:
    """The map of a question; places are shown as a whole where there are more than can be read. Raises what `trace` raises."""
    subject = await look(tx, question, reader.sites)
    graph = graph_of(subject)
    lots = {node.thing.object_id: node.thing.key for node in subject.nodes.values()}
    rows = await repository.receipts_of(tx, list(lots), reader.sites)
    receipts = [row for row in rows if question.as_of is None or row["since"] <= question.as_of]
    flowing = flows(graph, receipts, lots)
    names = await look_up(
        tx, reader, places={place for pair in flowing for part, place in pair if part is None} | {one.place for one in graph.points if one.place},
        parties={party for pair in flowing for part, party in pair if part is not None}, then=False,
    )  # fmt: skip
    homes = _homes({place for pair in flowing for place in pair} | {(None, point.place) for point in graph.points if point.place}, names.places)
    return _drawn(subject, graph, flowing, homes, names)


def _homes(nodes: Iterable[Node], locations: Mapping[str, Location]) -> dict[Node, Node]:
    """In which box each place is shown: its own, or that of what it lies in, level by level until few enough are left."""
    homes = {node: node for node in sorted(nodes, key=str)}
    while len(set(homes.values())) > READABLE:
        above = {node: _parent(home, locations) for node, home in homes.items()}
        if above == homes:
            break
        homes = above
    return homes


def _parent(node: Node, locations: Mapping[str, Location]) -> Node:
    known = locations.get(node[1]) if node[0] is None else None
    return (None, known.parent_place) if known and known.parent_place and known.parent_place in locations else node


def _drawn(subject: Subject, graph: Graph, flowing: Mapping[tuple[Node, Node], Flowing], homes: Mapping[Node, Node], names: Names) -> PlaceMap:
    merged = _merge(flowing, homes)
    nodes = _in_order(homes, merged)
    suppliers, customers = ([node for node in nodes if node[0] is part] for part in (Part.SUPPLIER, Part.CUSTOMER))
    drawing = draw(nodes, list(merged), first=suppliers, last=customers)
    at = {home: {node for node, other in homes.items() if other == home} for home in nodes}
    steps, lots = _counts(graph, homes)
    places = [
        MapPlace(
            _id(node), _part(node, names), _title(node, names), tuple(_path(node, names)), node[1], drawing.spots[node], steps.get(node, 0),
            len(lots.get(node, ())), len(at[node]) - (node in at[node]),
        )
        for node in nodes
    ]  # fmt: skip
    arrows = [
        MapArrow(
            _id(parent), _id(child), len(one.lots), len(one.shipments), Certainty.CERTAIN if one.certain else Certainty.POSSIBLE, dict(one.amounts),
            one.untold, one.since, one.until, (parent, child) in drawing.loops, drawing.bends.get((parent, child), ()),
        )
        for (parent, child), one in merged.items()
    ]  # fmt: skip
    unplaced = sum(point.sort is Sort.STEP and point.place is None for point in graph.points)
    return PlaceMap(subject, drawing.columns, drawing.rows, tuple(places), tuple(arrows), unplaced)


def _merge(flowing: Mapping[tuple[Node, Node], Flowing], homes: Mapping[Node, Node]) -> dict[tuple[Node, Node], Flowing]:
    """What flows between boxes; what stays inside of one isn't shown."""
    merged: dict[tuple[Node, Node], Flowing] = defaultdict(Flowing)
    for (parent, child), one in flowing.items():
        pair = homes[parent], homes[child]
        if pair[0] == pair[1]:
            continue
        into = merged[pair]
        into.lots |= one.lots
        into.shipments |= one.shipments
        for uom, quantity in one.amounts.items():
            add(into.amounts, uom, quantity)
        into.certain += one.certain
        into.untold += one.untold
        into.since = min((moment for moment in (into.since, one.since) if moment), default=None)
        into.until = max((moment for moment in (into.until, one.until) if moment), default=None)
    return dict(merged)


def _in_order(homes: Mapping[Node, Node], merged: Mapping[tuple[Node, Node], Flowing]) -> list[Node]:
    """By when something first came or went."""
    first: dict[Node, datetime] = {}
    for pair, one in merged.items():
        for node in pair:
            if one.since and (node not in first or one.since < first[node]):
                first[node] = one.since
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(set(homes.values()), key=lambda node: (first.get(node, far), str(node)))


def _counts(graph: Graph, homes: Mapping[Node, Node]) -> tuple[dict[Node, int], dict[Node, set[str]]]:
    """How many steps were done in each box, and which lots were made or used there."""
    points = {point.name: point for point in graph.points}
    steps: dict[Node, int] = defaultdict(int)
    lots: dict[Node, set[str]] = defaultdict(set)
    for point in graph.points:
        if point.sort is Sort.STEP and point.place:
            steps[homes[(None, point.place)]] += 1
    for arrow in graph.arrows:
        for step, other in ((arrow.child, arrow.parent), (arrow.parent, arrow.child)):
            place = points[step].place
            if points[step].sort is Sort.STEP and place:
                lots[homes[(None, place)]].add(other)
    return dict(steps), dict(lots)


def _id(node: Node) -> str:
    return f"{node[0]}:{node[1]}" if node[0] else f"place:{node[1]}"


def _part(node: Node, names: Names) -> Part:
    if node[0] is not None:
        return node[0]
    known = names.places.get(node[1])
    return Part.OWN if known is None or known.own or known.undetermined else Part.FOREIGN


def _title(node: Node, names: Names) -> str:
    return (names.party(node[1]) if node[0] else names.place(node[1])) or node[1]


def _path(node: Node, names: Names) -> Iterator[str]:
    known, seen = names.places.get(node[1]), {node[1]}
    while known is not None and known.parent_place and known.parent_place not in seen:
        seen.add(known.parent_place)
        yield names.place(known.parent_place) or known.parent_place
        known = names.places.get(known.parent_place)
