"""A trace as GraphQL shows it: nodes, links, steps and where goods went, each cut into pages from the one answer."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, Requires, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut, encode_cursor
from backend.objects.types import TraceableObject
from backend.trace import answer, enums, rules, whole
from backend.trace.found import Found
from backend.trace.loops import loops
from backend.trace.node_types import ReachedShipment, TraceGap, TraceLink, TraceNode, link_of, node_of, reached_of
from backend.trace.step_types import COST, TraceStep, steps_page
from backend.trace.tank_types import TraceTankDraw
from backend.trace.tanks import Draw, draws_of
from backend.trace.whole_types import TraceContainer, TraceCustomer, TraceLoop, TraceSummary, TraceSupplier
from infra.clock import isoformat
from tenants.permissions import Permission

MOST_LOOP_NODES = 100


@strawberry.type(description="Everything that objects came from, or that came from them, or both.", directives=requires(Permission.TRACE_READ))
class Trace:
    """Each page is cut from the whole, which is computed anew for each request. Where there are too many links for one answer, `truncated` is
    true, the pages are those of one window, and `continueAfter` asks for the next one; `summary` counts the whole.
    """

    start: TraceableObject
    starts: list[TraceableObject] = strawberry.field(directives=(ListSize(assumed_size=3),))
    direction: enums.Direction
    as_of: datetime | None
    known_at: datetime | None
    tank_policy: enums.TankPolicy | None
    node_count: int
    link_count: int
    truncated: bool
    continue_after: str | None
    found: strawberry.Private[Found]

    @classmethod
    def of(cls, trace: answer.Trace, reached: Sequence[answer.ReachedShipment] | None = None) -> "Trace":
        """From the service's; with its shipments, where they are known already."""
        found = Found(trace, reached=None if reached is None else list(reached))
        starts = [TraceableObject.of(start, found.moment(start.object_id)) for start in trace.starts]
        return cls(
            start=starts[0], starts=starts, direction=trace.direction, as_of=trace.as_of, known_at=trace.known_at,
            tank_policy=trace.tanks.policy if trace.tanks else None, node_count=len(trace.nodes),
            link_count=len(trace.links), truncated=trace.truncated,
            continue_after=encode_cursor(trace.continue_after) if trace.continue_after is not None else None, found=found,
        )  # fmt: skip

    @field(description="Its objects, nearest first.")
    def nodes(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceNode]:
        """In order of steps, kind and key."""
        page = Page.of(first, after, last, before)
        rows = cut(page, self.found.trace.nodes, key=_node_key, cursor_key=_read_node_key)
        return connect(page, rows, node=lambda node: node_of(node, self.found), cursor=lambda node: _text(_node_key(node)))

    @field(description="Its links in order of time.")
    def links(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceLink]:
        """Two links that look the same are told apart by their number among such."""
        page = Page.of(first, after, last, before)
        rows = cut(page, _keyed(self.found), key=lambda row: row[0], cursor_key=_read_link_key)
        return connect(page, rows, node=lambda row: link_of(row[1], self.found), cursor=lambda row: _text(row[0]))

    @field(
        description="What happened, in order of time: each transformation, and what else was done with the goods.",
        directives=(Requires(permission=str(Permission.EVENTS_READ)), COST),
    )
    async def steps(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceStep]:
        """However long the page is, in the same number of statements."""
        return await steps_page(info, self.found, Page.of(first, after, last, before))

    @field(description="Where goods came, by way of others, from themselves; the largest first.")
    def loops(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceLoop]:
        """The cursor is a place among them."""
        page = Page.of(first, after, last, before)
        ordered = list(enumerate(loops(self.found.trace.links), start=1))
        rows = cut(page, ordered, key=lambda row: row[0], cursor_key=int)

        def told(row: tuple[int, list[int]]) -> TraceLoop:
            return TraceLoop(size=len(row[1]), nodes=sorted(self.found.key(node) for node in row[1])[:MOST_LOOP_NODES])

        return connect(page, rows, node=told, cursor=lambda row: str(row[0]))

    @field(description="Where something went in of which nothing is known.")
    def gaps(self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None) -> Connection[TraceGap]:
        """In order of time."""
        page = Page.of(first, after, last, before)

        def key(gap: answer.Gap) -> tuple[str, str, str]:
            return (isoformat(gap.occurred_at), self.found.key(gap.node_id), gap.product.key)

        def read(cursor: str) -> tuple[str, str, str]:
            found: tuple[str, str, str] = msgspec.json.decode(cursor, type=tuple[str, str, str])
            return found

        def told(gap: answer.Gap) -> TraceGap:
            product = TraceableObject.of(gap.product, gap.occurred_at)
            return TraceGap(step=self.found.seen(gap.node_id, gap.occurred_at), product=product, occurred_at=gap.occurred_at)

        rows = cut(page, sorted(self.found.trace.gaps, key=key), key=key, cursor_key=read)
        return connect(page, rows, node=told, cursor=lambda gap: _text(key(gap)))

    @field(
        description="Shipments in force that carried the objects or anything made from them, oldest first; none for a trace backward.",
        directives=(Cost(weight=50),),
    )
    async def shipments(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ReachedShipment]:
        """The heart of a recall's scope."""
        page = Page.of(first, after, last, before)
        ordered = sorted(await self.found.shipments(info), key=_shipment_key)
        rows = cut(page, ordered, key=_shipment_key, cursor_key=lambda cursor: msgspec.json.decode(cursor, type=tuple[str, str]))
        return connect(page, rows, node=reached_of, cursor=lambda row: _text(_shipment_key(row)))

    @field(description="To whom the goods of `shipments` went, and how much of what.", directives=(Cost(weight=50),))
    async def customers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceCustomer]:
        """In order of parties."""
        page = Page.of(first, after, last, before)
        found = whole.customers(await self.found.shipments(info))
        rows = cut(page, found, key=lambda one: one.party or "", cursor_key=str)
        return connect(page, rows, node=TraceCustomer.of, cursor=lambda one: one.party or "")

    @field(description="From whom goods of the trace were received.", directives=(Cost(weight=10),))
    async def suppliers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceSupplier]:
        """In order of parties."""
        page = Page.of(first, after, last, before)
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            found = await whole.suppliers(tx, self.found.trace, sites)
        rows = cut(page, found, key=lambda one: one.party, cursor_key=str)
        return connect(page, rows, node=TraceSupplier.of, cursor=lambda one: one.party)

    @field(description="In which containers goods of the trace lay as of its moment.", directives=(Cost(weight=10),))
    async def containers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceContainer]:
        """In order of keys."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await whole.containers(tx, self.found.trace, cursor=page.cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=TraceContainer.of, cursor=lambda one: one.thing.key)

    @field(description="What its transformations took from tanks, by `tankPolicy`; empty where none was chosen.", directives=(Cost(weight=20),))
    async def tank_draws(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TraceTankDraw]:
        """In order of time; the cursor is a place among them."""
        page = Page.of(first, after, last, before)
        trace = self.found.trace
        found: list[Draw] = []
        sites = await sites_for(info.context, Permission.TRACE_READ)
        if trace.tanks is not None:
            async with info.context.reading() as tx:
                found = await draws_of(tx, trace.tanks, {node.thing.object_id for node in trace.nodes}, sites)
        rows = cut(page, list(enumerate(found, start=1)), key=lambda row: row[0], cursor_key=int)
        return connect(page, rows, node=lambda row: TraceTankDraw.of(row[1]), cursor=lambda row: str(row[0]))

    @field(description="What the whole counts, also where it is cut.", directives=(Cost(weight=20),))
    async def summary(self, info: Info) -> TraceSummary:
        """Counted where the rows are."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            return TraceSummary.of(await whole.counts(tx, self.found.trace, sites))


_NodeKey = tuple[int, int, str]
_LinkKey = tuple[str, int, str, str, int]


def _text(key: tuple[Any, ...]) -> str:
    return msgspec.json.encode(key).decode()


def _node_key(node: answer.TraceNode) -> _NodeKey:
    return (node.steps, int(node.thing.kind), node.thing.key)


def _read_node_key(cursor: str) -> _NodeKey:
    key: _NodeKey = msgspec.json.decode(cursor, type=_NodeKey)
    return key


def _read_link_key(cursor: str) -> _LinkKey:
    key: _LinkKey = msgspec.json.decode(cursor, type=_LinkKey)
    return key


def _shipment_key(reached: answer.ReachedShipment) -> tuple[str, str]:
    return (isoformat(reached.shipment.shipped_at), str(reached.shipment.public_id))


def _keyed(found: Found) -> list[tuple[_LinkKey, rules.Link]]:
    """Links with keys that hold nothing internal, in order of them. Links of one look stay in the order of their events."""
    alike: Counter[tuple[str, int, str, str]] = Counter()
    moments: dict[datetime, str] = {}
    keyed = []
    for link in sorted(found.trace.links, key=lambda link: link.event_id):
        moment = moments.get(link.occurred_at) or moments.setdefault(link.occurred_at, isoformat(link.occurred_at))
        look = (moment, int(link.kind), found.key(link.parent_id), found.key(link.child_id))
        keyed.append(((*look, alike[look]), link))
        alike[look] += 1
    return sorted(keyed, key=lambda row: row[0])
