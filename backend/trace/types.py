"""A trace as GraphQL shows it: nodes, links, gaps and shipments, each cut into pages from the one answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import strawberry

from backend.catalog.loaders import sites_for
from backend.events.types import Event, load_event
from backend.genealogy.rules import Certainty, LinkKind
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.objects.types import TraceableObject
from backend.shipments.types import Shipment
from backend.trace import query_service, rules, service
from infra.clock import isoformat
from tenants.permissions import Permission

strawberry.enum(rules.Direction, name="TraceDirection", description="Which way a trace looks from its object.")
strawberry.enum(LinkKind, description="Why one node leads to another.")
strawberry.enum(rules.Doubt, name="LinkDoubt", description="Why a link is possible and not certain.")


@strawberry.type(description="One object of a trace.")
class TraceNode:
    """`steps` is its distance in links from the object asked about."""

    object: TraceableObject
    steps: int
    certainty: Certainty


@strawberry.type(description="From what went in to what came out.")
class TraceLink:
    """`doubt` says why it is only possible. What only an event at another site than yours says is null: the quantity, the event."""

    parent: TraceableObject
    child: TraceableObject
    kind: LinkKind
    certainty: Certainty
    doubt: rules.Doubt | None
    occurred_at: datetime
    quantity: Decimal | None
    uom: str | None
    event_id: strawberry.Private[int]

    @field(description="The event that states it.")
    async def event(self, info: Info) -> Event | None:
        """Through the batch."""
        return await load_event(info.context, self.event_id)


@strawberry.type(description="A product went into a step without its lot, and no lot of it was known to be present.")
class TraceGap:
    """What came in there isn't known."""

    step: TraceableObject
    product: TraceableObject
    occurred_at: datetime


@strawberry.type(description="A shipment that carried something of the trace.")
class ReachedShipment:
    """`lots` are those of the trace, not all that the shipment carries."""

    shipment: Shipment
    lots: list["TracedLot"] = strawberry.field(directives=(ListSize(assumed_size=10),))


@strawberry.type(description="How much of one lot or unit of the trace a shipment carried.")
class TracedLot:
    """`uom` is empty where the quantity counts pieces."""

    object: TraceableObject
    quantity: Decimal
    uom: str
    certainty: Certainty


@strawberry.type(description="What lay in a container, directly in `container`, which may itself lie in the one asked about.")
class Content:
    """`until` is null while it is still inside."""

    container: TraceableObject
    object: TraceableObject
    quantity: Decimal | None
    uom: str | None
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, content: query_service.Content) -> "Content":
        """From the service's."""
        return cls(
            container=TraceableObject.of(content.container, content.since), object=TraceableObject.of(content.content, content.since),
            quantity=content.quantity, uom=content.uom, since=content.since, until=content.until,
        )  # fmt: skip


@strawberry.type(description="Everything that an object came from, or that came from it.", directives=requires(Permission.TRACE_READ))
class Trace:
    """Each page is cut from the whole, which is computed anew for each request."""

    start: TraceableObject
    direction: rules.Direction
    as_of: datetime | None
    node_count: int
    link_count: int
    found: strawberry.Private[service.Trace]

    @classmethod
    def of(cls, found: service.Trace) -> "Trace":
        """From the service's."""
        return cls(
            start=TraceableObject.of(found.start, _moments(found).get(found.start.object_id)), direction=found.direction, as_of=found.as_of,
            node_count=len(found.nodes), link_count=len(found.links), found=found,
        )  # fmt: skip

    @field(description="Its objects, nearest first.")
    def nodes(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceNode]:
        """In order of steps, kind and key."""
        page = Page.of(first, after, last, before)
        rows = cut(page, self.found.nodes, key=_node_key, cursor_key=_read_node_key)
        moments = _moments(self.found)
        return connect(page, rows, node=lambda node: _node(node, moments), cursor=lambda node: _text(_node_key(node)))

    @field(description="Its links in order of time.")
    def links(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceLink]:
        """Two links that look the same are told apart by their number among such."""
        page = Page.of(first, after, last, before)
        things = {node.thing.object_id: TraceableObject.of(node.thing) for node in self.found.nodes}
        rows = cut(page, _keyed(self.found.links, things), key=lambda row: row[0], cursor_key=_read_link_key)
        return connect(page, rows, node=lambda row: _link(row[1], things), cursor=lambda row: _text(row[0]))

    @field(description="Where something went in of which nothing is known.")
    def gaps(self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None) -> Connection[TraceGap]:
        """In order of time."""
        page = Page.of(first, after, last, before)
        things = {node.thing.object_id: TraceableObject.of(node.thing) for node in self.found.nodes}

        def key(gap: service.Gap) -> tuple[str, str, str]:
            return (isoformat(gap.occurred_at), things[gap.node_id].key, gap.product.key)

        def read(cursor: str) -> tuple[str, str, str]:
            found: tuple[str, str, str] = msgspec.json.decode(cursor, type=tuple[str, str, str])
            return found

        def told(gap: service.Gap) -> TraceGap:
            return TraceGap(
                step=_seen(things[gap.node_id], gap.occurred_at),
                product=TraceableObject.of(gap.product, gap.occurred_at),
                occurred_at=gap.occurred_at,
            )

        rows = cut(page, sorted(self.found.gaps, key=key), key=key, cursor_key=read)
        return connect(page, rows, node=told, cursor=lambda gap: _text(key(gap)))

    @field(
        description="Shipments in force that carried the object or anything made from it, oldest first, as is known now; none for a trace backward.",
        directives=(Cost(weight=50),),
    )
    async def shipments(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ReachedShipment]:
        """The heart of a recall's scope."""
        page = Page.of(first, after, last, before)
        reached: list[service.ReachedShipment] = []
        sites = await sites_for(info.context, Permission.TRACE_READ)
        if self.found.direction is rules.Direction.FORWARD:
            async with info.context.reading() as tx:
                reached = await service.shipments_reached(tx, self.found.start.key, sites)
        ordered = sorted(reached, key=_shipment_key)
        rows = cut(page, ordered, key=_shipment_key, cursor_key=lambda cursor: msgspec.json.decode(cursor, type=tuple[str, str]))
        return connect(page, rows, node=_reached, cursor=lambda row: _text(_shipment_key(row)))


_NodeKey = tuple[int, int, str]
_LinkKey = tuple[str, int, str, str, int]


def _text(key: tuple[Any, ...]) -> str:
    return msgspec.json.encode(key).decode()


def _node_key(node: service.TraceNode) -> _NodeKey:
    return (node.steps, int(node.thing.kind), node.thing.key)


def _read_node_key(cursor: str) -> _NodeKey:
    key: _NodeKey = msgspec.json.decode(cursor, type=_NodeKey)
    return key


def _read_link_key(cursor: str) -> _LinkKey:
    key: _LinkKey = msgspec.json.decode(cursor, type=_LinkKey)
    return key


def _shipment_key(reached: service.ReachedShipment) -> tuple[str, str]:
    return (isoformat(reached.shipment.shipped_at), str(reached.shipment.public_id))


def _moments(found: service.Trace) -> dict[int, datetime]:
    """When each object of a trace came into being, as far as its links tell; else when it first went into something."""
    made: dict[int, datetime] = {}
    used: dict[int, datetime] = {}
    for link in found.links:
        for moments, object_id in ((made, link.child_id), (used, link.parent_id)):
            moments[object_id] = min(link.occurred_at, moments.get(object_id, link.occurred_at))
    return used | made


def _seen(thing: TraceableObject, at: datetime) -> TraceableObject:
    return replace(thing, at=at)


def _node(node: service.TraceNode, moments: dict[int, datetime]) -> TraceNode:
    return TraceNode(object=TraceableObject.of(node.thing, moments.get(node.thing.object_id)), steps=node.steps, certainty=node.certainty)


def _keyed(links: Sequence[rules.Link], things: dict[int, TraceableObject]) -> list[tuple[_LinkKey, rules.Link]]:
    """Links with keys that hold nothing internal, in order of them. Links of one look stay in the order of their events."""
    alike: Counter[tuple[str, int, str, str]] = Counter()
    keyed = []
    for link in sorted(links, key=lambda link: link.event_id):
        look = (isoformat(link.occurred_at), int(link.kind), things[link.parent_id].key, things[link.child_id].key)
        keyed.append(((*look, alike[look]), link))
        alike[look] += 1
    return sorted(keyed, key=lambda row: row[0])


def _link(link: rules.Link, things: dict[int, TraceableObject]) -> TraceLink:
    return TraceLink(
        parent=_seen(things[link.parent_id], link.occurred_at), child=_seen(things[link.child_id], link.occurred_at), kind=link.kind,
        certainty=link.certainty, doubt=link.doubt, occurred_at=link.occurred_at, quantity=link.quantity, uom=link.uom, event_id=link.event_id,
    )  # fmt: skip


def _reached(reached: service.ReachedShipment) -> ReachedShipment:
    at = reached.shipment.shipped_at
    lots = [TracedLot(object=TraceableObject.of(lot.lot, at), quantity=lot.quantity, uom=lot.uom, certainty=lot.certainty) for lot in reached.lots]
    return ReachedShipment(shipment=Shipment.of(reached.shipment), lots=lots)
