"""Pure decisions: which links, memberships and movements an event states (MODEL: Objects and links)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from urllib.parse import quote

from backend.events.canonical import Action, CanonicalEvent, EventType, Participation, Role
from backend.events.vocabulary import SHIPPING_STEPS
from backend.identifiers import DIGITAL_LINK_ROOT, Identifier, ObjectKind, parse_identifier

INFINITY = datetime(9999, 12, 31, tzinfo=UTC)
IN_TRANSIT = "urn:suyuan:in-transit"
RECEIVING_STEPS = frozenset({"receiving", "arriving"})
CONTAINERS = frozenset({ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK})
_OWNERLESS = (ObjectKind.PRODUCT_CLASS,)


class LinkKind(IntEnum):
    """Why one node leads to another; the numbers are stored and never change.

    INPUT, OUTPUT: into a transformation and out of it; a container stands there as a state, as it was used or filled by that event.
    MEMBER: from a lot to a unit that has links of its own. CONTENT: from what lay in a container to the container as it was used; also
    from the state of an earlier use to that of the next, which holds all of it and more. SHARE: from such a unit to the pool of its lot,
    and from there to what the lot was used for, not knowing which units went. CANDIDATE: from a lot that was present when its product
    was used without naming a lot. ALIAS: both ways between two objects that a person has declared to be the same. RESIDUE: as CONTENT,
    of what was taken out of a tank by name, and may have been in it all the same until the tank was cleaned.
    """

    INPUT = 1
    OUTPUT = 2
    MEMBER = 3
    CONTENT = 4
    SHARE = 5
    CANDIDATE = 6
    ALIAS = 7
    RESIDUE = 8


class Certainty(IntEnum):
    """Proven by the events, or merely not excluded by them."""

    CERTAIN = 1
    POSSIBLE = 2


@dataclass(frozen=True, slots=True)
class StatedLink:
    """A link that an event states, between identifiers."""

    parent: Identifier
    child: Identifier
    kind: LinkKind
    quantity: Decimal | None
    uom: str | None


def transformation_node(event: CanonicalEvent) -> Identifier:
    """The node between inputs and outputs: one for all parts under a transformationID, else one of the event's own."""
    return node_of(event.transformation_id, event.event_key)


def node_of(transformation_id: str | None, event_key: str) -> Identifier:
    """The same, of an event as it is stored."""
    key = transformation_id or f"urn:suyuan:transformation:{event_key}"
    return Identifier(ObjectKind.TRANSFORMATION, f"transformation:{key}", transformation_id or event_key)


def use_of(event_key: str, container: Identifier) -> Identifier:
    """The state of a container as an event used it."""
    key = f"used:{event_key}|{container.key}"
    return Identifier(ObjectKind.CONTAINER_STATE, key, key)


def fill_of(event_key: str, container: Identifier) -> Identifier:
    """The state of a container as a transformation filled it: shown, but never led away from. What was filled in is the transformation."""
    key = f"filled:{event_key}|{container.key}"
    return Identifier(ObjectKind.CONTAINER_STATE, key, key)


def pool_of(lot_key: str) -> Identifier:
    """The node of those units of a lot that have histories of their own, where the lot is used without telling which units went."""
    return Identifier(ObjectKind.POOL, f"pool:{lot_key}", lot_key)


def container_states(event: CanonicalEvent) -> list[tuple[Identifier, Identifier, bool]]:
    """(state, container, filled) for the containers that a transformation uses or fills."""
    if event.type is not EventType.TRANSFORMATION:
        return []
    states: dict[str, tuple[Identifier, Identifier, bool]] = {}
    for participation in event.participations:
        container = participation.identifier
        if container.kind in CONTAINERS and participation.role in (Role.INPUT, Role.OUTPUT):
            filled = participation.role is Role.OUTPUT
            state = fill_of(event.event_key, container) if filled else use_of(event.event_key, container)
            states[state.key] = (state, container, filled)
    return list(states.values())


def lot_of(identifier: Identifier) -> Identifier | None:
    """The lot that a captured unit names beside its serial."""
    if identifier.kind is not ObjectKind.UNIT or not identifier.lot or not identifier.product_key:
        return None
    lot = quote(identifier.lot, safe="")
    if identifier.gtin:
        return parse_identifier(f"{DIGITAL_LINK_ROOT}01/{identifier.gtin}/10/{lot}")
    return parse_identifier(f"{identifier.product_key}/{lot}")


def memberships(event: CanonicalEvent) -> list[tuple[Identifier, Identifier]]:
    """(unit, lot) pairs that the event teaches."""
    return [(p.identifier, lot) for p in event.participations if (lot := lot_of(p.identifier))]


def stated_links(event: CanonicalEvent) -> list[StatedLink]:
    """Inputs to the transformation's node and the node to its outputs: n + m links, never n × m.

    Serial outputs whose lot is known are grouped under the lot, unless serials went in: then each unit may differ from
    its lot (an engine with its own parts) and keeps links of its own.
    """
    if event.type is not EventType.TRANSFORMATION:
        return []
    node = transformation_node(event)
    own_links = any(p.role is Role.INPUT and p.identifier.kind is ObjectKind.UNIT for p in event.participations)
    links: dict[tuple[str, str, int], StatedLink] = {}
    for participation in event.participations:
        identifier = participation.identifier
        if identifier.kind in _OWNERLESS:
            continue
        if participation.role is Role.INPUT:
            parent = use_of(event.event_key, identifier) if identifier.kind in CONTAINERS else identifier
            link = StatedLink(parent, node, LinkKind.INPUT, participation.quantity, participation.uom)
        elif participation.role is Role.OUTPUT and identifier.kind in CONTAINERS:
            filled = fill_of(event.event_key, identifier)
            link = StatedLink(node, filled, LinkKind.OUTPUT, participation.quantity, participation.uom)
        elif participation.role is Role.OUTPUT:
            link = _output_link(node, participation, own_links=own_links)
        else:
            continue
        key = (link.parent.key, link.child.key, int(link.kind))
        known = links.get(key)
        links[key] = _added(known, link) if known else link
    return list(links.values())


def _output_link(node: Identifier, participation: Participation, *, own_links: bool) -> StatedLink:
    lot = lot_of(participation.identifier)
    if lot is None or own_links:
        return StatedLink(node, participation.identifier, LinkKind.OUTPUT, participation.quantity, participation.uom)
    return StatedLink(node, lot, LinkKind.OUTPUT, Decimal(1), None)


def _added(first: StatedLink, second: StatedLink) -> StatedLink:
    """Two statements of the same pair in one event; quantities in different units stay unadded."""
    same_unit = first.uom == second.uom and first.quantity is not None and second.quantity is not None
    quantity = first.quantity + second.quantity if same_unit and first.quantity and second.quantity else first.quantity
    return StatedLink(first.parent, first.child, first.kind, quantity, first.uom)


def class_inputs(event: CanonicalEvent) -> list[Identifier]:
    """Products that went in without their lot being told."""
    if event.type is not EventType.TRANSFORMATION:
        return []
    return [p.identifier for p in event.participations if p.role is Role.INPUT and p.identifier.kind is ObjectKind.PRODUCT_CLASS]


class _Flow(Enum):
    TRANSFORMING = 1
    SHIPPING = 2
    RECEIVING = 3
    MAKING = 4
    DESTROYING = 5


@dataclass(frozen=True, slots=True)
class StatedMovement:
    """A signed quantity of an object at a place."""

    identifier: Identifier
    place: str
    delta: Decimal
    uom: str
    counterparty: str | None


def movements(event: CanonicalEvent) -> list[StatedMovement]:
    """What the event moves, as signed quantities; a position is their sum.

    Making adds at the place, using up takes away; shipping takes from the source's place into transit, receiving takes out
    of transit into the receiver's place. A lot told without a quantity moves nothing that could be counted.
    """
    flow = _flow(event)
    if flow is None:
        return []
    made: list[StatedMovement] = []
    for participation in event.participations:
        quantity = Decimal(1) if participation.quantity is None and participation.identifier.kind is not ObjectKind.LOT else participation.quantity
        if quantity is None or participation.identifier.kind in _OWNERLESS:
            continue
        for place, factor in _steps(event, flow, participation.role):
            made.append(StatedMovement(participation.identifier, place, factor * quantity, participation.uom or "", _counterparty(event, factor)))
    return made


def _flow(event: CanonicalEvent) -> _Flow | None:
    """Which way the event moves goods; None where it moves none."""
    if event.type is EventType.TRANSFORMATION:
        return _Flow.TRANSFORMING
    if event.type not in (EventType.OBJECT, EventType.TRANSACTION):
        return None
    if event.biz_step in SHIPPING_STEPS:
        return _Flow.SHIPPING
    if event.biz_step in RECEIVING_STEPS:
        return _Flow.RECEIVING
    by_action = {Action.ADD: _Flow.MAKING, Action.DELETE: _Flow.DESTROYING}
    return by_action.get(event.action) if event.type is EventType.OBJECT and event.action else None


def _steps(event: CanonicalEvent, flow: _Flow, role: Role) -> list[tuple[str, int]]:
    """(place, +1 or -1) for one participation."""
    here = event.biz_location or event.read_point
    if flow is _Flow.TRANSFORMING:
        return [(here, -1 if role is Role.INPUT else 1)] if here else []
    if role is not Role.SUBJECT:
        return []
    if flow is _Flow.SHIPPING:
        left = _party(event.sources, "location") or event.read_point or event.biz_location
        return [(left, -1), (IN_TRANSIT, 1)] if left else []
    if not here:
        return []
    if flow is _Flow.RECEIVING:
        return [(IN_TRANSIT, -1), (here, 1)]
    return [(here, 1 if flow is _Flow.MAKING else -1)]


def _party(parties: Sequence[tuple[str, str]], *kinds: str) -> str | None:
    return next((party for kind in kinds for of, party in parties if of == kind), None)


def _counterparty(event: CanonicalEvent, factor: int) -> str | None:
    parties = event.destinations if factor < 0 else event.sources
    return _party(parties, "owning_party", "possessing_party")
