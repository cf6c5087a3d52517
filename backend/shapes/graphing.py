"""From the answer of a trace to the graph that is drawn. Rules only."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.shapes.graph import Arrow, Graph, Point, Sort, in_order
from backend.shapes.subject import Subject, Told
from backend.trace.answer import UNCOUNTED, Gap, ReachedShipment, TraceNode
from backend.trace.rules import Direction, Doubt, Link

_SORTS: Final[Mapping[ObjectKind, Sort]] = {
    ObjectKind.LOT: Sort.LOT,
    ObjectKind.UNIT: Sort.UNIT,
    ObjectKind.LOGISTIC_UNIT: Sort.CONTAINER,
    ObjectKind.ASSET: Sort.CONTAINER,
    ObjectKind.TANK: Sort.CONTAINER,
    ObjectKind.CONTAINER_STATE: Sort.CONTAINER,
    ObjectKind.TRANSFORMATION: Sort.STEP,
    ObjectKind.POOL: Sort.POOL,
}


def graph_of(subject: Subject) -> Graph:
    """Points under their keys; gaps and shipments beside the trace's own nodes."""
    keys = {object_id: node.thing.key for object_id, node in subject.nodes.items()}
    arrows = [
        Arrow(
            keys[link.parent_id], keys[link.child_id], link.kind, link.certainty, link.occurred_at, link.doubt, link.quantity, link.uom, link.event_id
        )
        for link in subject.links
        if link.parent_id in keys and link.child_id in keys and _is_drawn(link, subject)
    ]
    points = _objects(subject, keys)
    arrows += _of_the_start(subject, keys, points)
    for gap in subject.gaps:
        if gap.node_id in keys:
            point, arrow = _gap(gap, keys[gap.node_id], points[keys[gap.node_id]].distance + 1)
            points[point.name] = point
            arrows.append(arrow)
    for reached in subject.shipments:
        carried = _carried(reached, points)
        if carried:
            points[carried[0].child] = _shipment(reached, carried, 1 + max(points[arrow.parent].distance for arrow in carried))
            arrows += carried
    return Graph(tuple(in_order(points.values())), tuple(arrows))


def _is_drawn(link: Link, subject: Subject) -> bool:
    """Two objects that are declared to be the same have a link each way, of which the one with the flow is drawn."""
    if link.kind is not LinkKind.ALIAS:
        return True
    parent, child = subject.nodes[link.parent_id], subject.nodes[link.child_id]
    order = (parent.steps, parent.thing.key) < (child.steps, child.thing.key)
    return order if parent.downstream or child.downstream else not order


def _of_the_start(subject: Subject, keys: Mapping[int, str], points: Mapping[str, Point]) -> Iterator[Arrow]:
    """What no link says: a unit belongs to its lot, and what lies in the container asked about leads to it."""
    start = subject.start
    linked = {(link.parent_id, link.child_id) for link in subject.links}
    for unit, lot in subject.members:
        if unit in keys and lot in keys and (lot, unit) not in linked:
            yield _standing(keys[lot], keys[unit], LinkKind.MEMBER, points)
    if subject.question.direction is not Direction.FORWARD:
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
        shown = subject.trace.shown(object_id) or thing
        points[thing.key] = Point(
            name=thing.key, sort=_SORTS.get(thing.kind, Sort.OTHER), code=_code(shown), certainty=node.certainty, distance=_distance(node),
            at=moments.get(object_id), gtin=shown.gtin, family=families.get(object_id), step=told.step if told else None,
            place=told.place if told else None, is_start=object_id == subject.start.object_id,
            turn=1 if thing.kind is ObjectKind.TRANSFORMATION else 2 if object_id in made else 0,
        )  # fmt: skip
    return points


def _distance(node: TraceNode) -> int:
    """In links; -1 where it wasn't counted, because the trace has too many."""
    return -1 if node.steps >= UNCOUNTED else node.steps


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
