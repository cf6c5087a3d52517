"""Nodes, links, gaps and shipments of a trace, and contents of containers, as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal

import strawberry

from backend.events.types import Event, load_event
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import ListSize
from backend.graphql.fields import field
from backend.objects.types import TraceableObject
from backend.shipments.types import Shipment
from backend.trace import answer, query_service, rules
from backend.trace.enums import Basis, Doubt, LinkKind
from backend.trace.found import Found
from backend.trace.whole_types import TracedLot


@strawberry.type(description="One object of a trace.")
class TraceNode:
    """`steps` is its distance in links from the objects asked about; null in a trace that is cut. `doubts` say why it is only possible.

    `key` is its own in this trace; links name it. To ask from here, take the key of `object`, and `asOf` where it is set: a container as
    it was used then. `upstream` and `downstream` say which way reaches it.
    """

    key: str
    object: TraceableObject
    as_of: datetime | None
    steps: int | None
    certainty: Certainty
    doubts: list[Doubt]
    upstream: bool
    downstream: bool


@strawberry.type(description="From what went in to what came out.")
class TraceLink:
    """`doubt` says why it is only possible. What only an event at another site than yours says is null: the quantity, the event.

    `parentKey` and `childKey` are keys of the trace's nodes.
    """

    parent_key: str
    child_key: str
    parent: TraceableObject
    child: TraceableObject
    kind: LinkKind
    certainty: Certainty
    doubt: Doubt | None
    occurred_at: datetime
    quantity: Decimal | None
    uom: str | None
    basis: Basis | None
    event_id: strawberry.Private[int]

    @field(description="The event that states it; null for an alias, which a person has declared.")
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
    lots: list[TracedLot] = strawberry.field(directives=(ListSize(assumed_size=10),))


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


def node_of(node: answer.TraceNode, found: Found) -> TraceNode:
    """From the service's."""
    object_id = node.thing.object_id
    shown = found.trace.stands_for.get(object_id)
    at = shown.as_of if shown else None
    return TraceNode(
        key=node.thing.key, object=found.seen(object_id, at or found.moment(object_id)), as_of=at,
        steps=None if node.steps == answer.UNCOUNTED else node.steps, certainty=node.certainty, doubts=list(node.doubts),
        upstream=node.upstream, downstream=node.downstream,
    )  # fmt: skip


def link_of(link: rules.Link, found: Found) -> TraceLink:
    """From the service's."""
    return TraceLink(
        parent_key=found.key(link.parent_id), child_key=found.key(link.child_id), parent=found.seen(link.parent_id, link.occurred_at),
        child=found.seen(link.child_id, link.occurred_at), kind=link.kind, certainty=link.certainty, doubt=link.doubt,
        occurred_at=link.occurred_at, quantity=link.quantity, uom=link.uom, basis=link.basis, event_id=link.event_id,
    )  # fmt: skip


def reached_of(reached: answer.ReachedShipment) -> ReachedShipment:
    """From the service's."""
    at = reached.shipment.shipped_at
    return ReachedShipment(shipment=Shipment.of(reached.shipment), lots=[TracedLot.of(lot, at) for lot in reached.lots])
