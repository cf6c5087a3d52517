"""From the answer of a trace to the graph that is drawn. Rules only."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.shapes.graph import Arrow, Graph, Point, Sort, in_order
from backend.shapes.subject import Extent, Subject, Told
from backend.trace.rules import Doubt
from backend.trace.service import Gap, ReachedShipment

_SORTS: Final[Mapping[ObjectKind, Sort]] = {
    ObjectKind.LOT: Sort.LOT,
    ObjectKind.UNIT: Sort.UNIT,
    ObjectKind.LOGISTIC_UNIT: Sort.CONTAINER,
    ObjectKind.ASSET: Sort.CONTAINER,
    ObjectKind.TANK: Sort.CONTAINER,
    ObjectKind.TRANSFORMATION: Sort.STEP,
}


def graph_of(subject: Subject) -> Graph:
    """Points under their keys; gaps and shipments beside the trace's own nodes."""
    keys = {object_id: node.thing.key for object_id, node in subject.nodes.items()}
    arrows = [
        Arrow(
            keys[link.parent_id], keys[link.child_id], link.kind, link.certainty, link.occurred_at, link.doubt, link.quantity, link.uom, link.event_id
        )
        for link in subject.links
        if link.parent_id in keys and link.child_id in keys
    ]
    points = _objects(subject, keys)
    arrows += _of_the_start(subject, keys, points)
    for gap in subject.gaps:
        if gap.node_id in keys:
            point, arrow = _gap(gap, keys[gap.node_id], subject.nodes[gap.node_id].steps + 1)
            points[point.name] = point
            arrows.append(arrow)
    for reached in subject.shipments:
        carried = _carried(reached, points)
        if carried:
            points[carried[0].child] = _shipment(reached, carried, 1 + max(points[arrow.parent].distance for arrow in carried))
            arrows += carried
    return Graph(tuple(in_order(points.values())), tuple(arrows))


def _of_the_start(subject: Subject, keys: Mapping[int, str], points: Mapping[str, Point]) -> Iterator[Arrow]:
    """What no link says: a unit belongs to its lot, and what lies in the container asked about leads to it."""
    start = subject.start
    linked = {(link.parent_id, link.child_id) for link in subject.links}
    for unit, lot in subject.members:
        if unit in keys and lot in keys and (lot, unit) not in linked:
            yield _standing(keys[lot], keys[unit], LinkKind.MEMBER, points)
    if subject.question.extent is not Extent.FORWARD:
        pairs = [(keys[content], start.key) for content in subject.contents if content in keys]
    else:
        pairs = [(start.key, keys[content]) for content in subject.contents if content in keys]
    for parent, child in pairs:
        yield _standing(parent, child, LinkKind.CONTENT, points)


def _standing(parent: str, child: str, kind: LinkKind, points: Mapping[str, Point]) -> Arrow:
    moment = points[child].at or points[parent].at or datetime.min.replace(tzinfo=UTC)
    return Arrow(parent, child, kind, Certainty.CERTAIN, moment, stated=False)


def _objects(subject: Subject, keys: Mapping[int, str]) -> dict[str, Point]:
    moments = _moments(subject)
    families = {link.child_id: keys.get(link.parent_id) for link in subject.links if link.kind is LinkKind.MEMBER}
    steps = _steps(subject)
    made = {link.child_id for link in subject.links}
    points: dict[str, Point] = {}
    for object_id, node in subject.nodes.items():
        thing, told = node.thing, steps.get(object_id)
        points[thing.key] = Point(
            name=thing.key, sort=_SORTS.get(thing.kind, Sort.OTHER), code=_code(thing), certainty=node.certainty, distance=node.steps,
            at=moments.get(object_id), gtin=thing.gtin, family=families.get(object_id), step=told.step if told else None,
            place=told.place if told else None, is_start=object_id == subject.start.object_id,
            turn=1 if thing.kind is ObjectKind.TRANSFORMATION else 2 if object_id in made else 0,
        )  # fmt: skip
    return points


def _code(thing: TraceableObject) -> str:
    """What people call it; of a step that nobody numbered, the event's own id."""
    return thing.code.removeprefix("transformation:").removeprefix("urn:suyuan:transformation:").removeprefix("e:")


def _moments(subject: Subject) -> dict[int, datetime]:
    """When each came into being, or a step happened; of what the trace tells no making, when it first went into something."""
    made: dict[int, datetime] = {}
    used: dict[int, datetime] = {}
    for link in subject.links:
        made.setdefault(link.child_id, link.occurred_at)
        used.setdefault(link.parent_id, link.occurred_at)
    return used | made


def _steps(subject: Subject) -> dict[int, Told]:
    """What was done at each step, by the first of its events that tells it."""
    steps: dict[int, Told] = {}
    for link in subject.links:
        told = subject.told.get(link.event_id)
        for object_id in (link.parent_id, link.child_id):
            node = subject.nodes.get(object_id)
            if told is not None and node is not None and node.thing.kind is ObjectKind.TRANSFORMATION:
                steps.setdefault(object_id, told)
    return steps


def _gap(gap: Gap, step: str, distance: int) -> tuple[Point, Arrow]:
    name = f"gap:{step}:{gap.product.key}:{gap.occurred_at.isoformat()}"
    point = Point(name, Sort.GAP, "?", Certainty.POSSIBLE, distance, at=gap.occurred_at, gtin=gap.product.gtin)
    return point, Arrow(name, step, LinkKind.CANDIDATE, Certainty.POSSIBLE, gap.occurred_at, Doubt.LOT_NOT_TOLD)


def _carried(reached: ReachedShipment, points: Mapping[str, Point]) -> list[Arrow]:
    name = f"shipment:{reached.shipment.public_id}"
    return [
        Arrow(lot.lot.key, name, None, lot.certainty, reached.shipment.shipped_at, quantity=lot.quantity, uom=lot.uom)
        for lot in reached.lots
        if lot.lot.key in points
    ]


def _shipment(reached: ReachedShipment, carried: list[Arrow], distance: int) -> Point:
    shipped = reached.shipment
    certainty = min(arrow.certainty for arrow in carried)
    code = (shipped.document or "").rsplit(":", 1)[-1]
    return Point(
        carried[0].child, Sort.SHIPMENT, code, Certainty(certainty), distance, at=shipped.shipped_at, step="shipping", place=shipped.from_place,
        party=shipped.to_party, turn=3,
    )  # fmt: skip
