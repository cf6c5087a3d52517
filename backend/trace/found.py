"""A trace as the fields of one answer share it: what several of them need is worked out once, and only when it is asked for."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.objects.types import TraceableObject
from backend.trace import answer
from backend.trace.reached_shipments import shipments_of
from backend.trace.rules import Direction
from tenants.permissions import Permission


@dataclass(slots=True)
class Found:
    """The answer, and what its fields share."""

    trace: answer.Trace
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    reached: list[answer.ReachedShipment] | None = None
    moments: dict[int, datetime] | None = None
    things: dict[int, answer.TraceNode] | None = None

    async def shipments(self, info: Info) -> list[answer.ReachedShipment]:
        """Shipments from or to the caller's sites; none backward."""
        if Direction.FORWARD not in self.trace.direction.parts:
            return []
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with self.lock:
            if self.reached is None:
                async with info.context.reading() as tx:
                    self.reached = await shipments_of(
                        tx, self.trace.starts, self.trace.seeds, sites, as_of=self.trace.as_of, known_at=self.trace.known_at
                    )
            return self.reached

    def moment(self, object_id: int) -> datetime | None:
        """When an object came into being, as far as the links tell; else when it first went into something."""
        if self.moments is None:
            made: dict[int, datetime] = {}
            used: dict[int, datetime] = {}
            # In order of time: the first is the earliest.
            for link in self.trace.links:
                made.setdefault(link.child_id, link.occurred_at)
                used.setdefault(link.parent_id, link.occurred_at)
            self.moments = used | made
        return self.moments.get(object_id)

    def node(self, object_id: int) -> answer.TraceNode:
        """The node of an object."""
        if self.things is None:
            self.things = {node.thing.object_id: node for node in self.trace.nodes}
        return self.things[object_id]

    def key(self, object_id: int) -> str:
        """The node's key, which is its own in this trace."""
        return self.node(object_id).thing.key

    def seen(self, object_id: int, at: datetime | None) -> TraceableObject:
        """The object as people know it."""
        return TraceableObject.of(self.trace.shown(object_id) or self.node(object_id).thing, at)
