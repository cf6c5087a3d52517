"""A trace as it changes: whoever watches a lot is told when an event touches what it came from or what came of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import strawberry

from backend.catalog.sites import sites_of
from backend.events.types import Event, load_event
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field, subscription
from backend.graphql.pagination import Page, encode_cursor
from backend.trace.enums import Direction
from backend.trace.watching import Change, Watch
from tenants.permissions import Permission

POLL_SECONDS: Final = 1.0
# Events that come in a row are told together: after this long without one, or at the latest after so many rounds.
QUIET_SECONDS: Final = 1.0
MOST_ROUNDS: Final = 10
MOST_EVENTS: Final = 20


@strawberry.type(description="Events have touched a trace.")
class TraceChange:
    """`newNodes` and `newLinks` say by how much it has grown since the last message, below zero where a correction took something away.

    Subscribe again with its cursor to go on behind it.
    """

    cursor: str
    node_count: int
    link_count: int
    new_nodes: int
    new_links: int
    event_count: int
    event_ids: strawberry.Private[tuple[int, ...]]

    @classmethod
    def of(cls, change: Change) -> "TraceChange":
        """From the watch's."""
        return cls(
            cursor=encode_cursor(str(change.seq)), node_count=change.nodes, link_count=change.links, new_nodes=change.new_nodes,
            new_links=change.new_links, event_count=len(change.event_ids), event_ids=change.event_ids,
        )  # fmt: skip

    @field(description="The events that touched it, those that you may see; at most 20.", directives=(ListSize(assumed_size=5),))
    async def events(self, info: Info) -> list[Event]:
        """Through the batch."""
        found = await asyncio.gather(*(load_event(info.context, event_id) for event_id in self.event_ids[:MOST_EVENTS]))
        return [event for event in found if event is not None]


@strawberry.type
class TraceSubscriptions:
    """Over graphql-transport-ws."""

    @subscription(
        description="Says when events touch the trace of an object, from behind `after`; without it, from now on. Ends when the session does.",
        directives=requires(Permission.TRACE_READ, Cost(weight=50)),
    )
    async def trace_changed(
        self, info: Info, key: str, direction: Direction = Direction.BOTH, after: str | None = None
    ) -> AsyncIterator[TraceChange]:
        """Reads the log by sequence, as the event feed does. Events in a row are told in one message."""
        context = info.context
        seq = Page.of(1, after, None, None).number() if after is not None else None
        watch = Watch(key, direction)
        await _begin(context, watch, seq)
        rounds = 0
        while True:
            known = len(watch.touched)
            more = await _listen(context, watch)
            quiet = len(watch.touched) == known and not more
            if watch.touched and (quiet or rounds >= MOST_ROUNDS):
                yield TraceChange.of(await _changed(context, watch))
                rounds = 0
            elif watch.touched:
                rounds += 1
            if not more:
                await asyncio.sleep(QUIET_SECONDS if watch.touched else POLL_SECONDS)


async def _begin(context: Context, watch: Watch, seq: int | None) -> None:
    principal = await context.still_standing()
    async with context.services.database.tenant(principal.tenant_id) as tx:
        await watch.begin(tx, await sites_of(tx, principal, Permission.TRACE_READ), seq)


async def _listen(context: Context, watch: Watch) -> bool:
    """Read on by what the caller may do now. Raises a `NotAuthenticatedError` or `PermissionDeniedError` once he may not any more."""
    principal = await context.still_standing()
    principal.require(Permission.TRACE_READ)
    async with context.services.database.tenant(principal.tenant_id) as tx:
        return await watch.listen(tx)


async def _changed(context: Context, watch: Watch) -> Change:
    principal = await context.still_standing()
    async with context.services.database.tenant(principal.tenant_id) as tx:
        return await watch.change(tx, await sites_of(tx, principal, Permission.TRACE_READ))
