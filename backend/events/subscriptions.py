"""The event feed: what has been committed after a cursor, in order, as long as somebody listens."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import strawberry

from backend.catalog.sites import sites_of
from backend.events.query_service import EventFilter, find_events, last_seq
from backend.events.types import Event
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import subscription
from backend.graphql.pagination import Page, encode_cursor
from tenants.permissions import Permission

POLL_SECONDS: Final = 1.0
BATCH: Final = 50


@strawberry.type(description="An event of the feed; subscribe again with its cursor to go on behind it.")
class FedEvent:
    """Each event comes once, in the order of commits."""

    cursor: str
    event: Event


@strawberry.type(name="Subscription")
class EventSubscriptions:
    """Over graphql-transport-ws."""

    @subscription(
        description="Events as they are committed, from behind `after`; without it, from now on. Ends with an error when the session does.",
        directives=requires(Permission.EVENTS_READ),
    )
    async def event_feed(self, info: Info, after: str | None = None) -> AsyncIterator[FedEvent]:
        """Asks the log by sequence: a lost doorbell or a slow transaction can't make it miss an event."""
        context = info.context
        seq = Page.of(1, after, None, None).number() if after is not None else await _last(context)
        while True:
            principal = await context.still_standing()
            async with context.services.database.tenant(principal.tenant_id) as tx:
                sites = await sites_of(tx, principal, Permission.EVENTS_READ)
                seen = await last_seq(tx) if sites is not None else seq
                page = await find_events(tx, EventFilter(), after_seq=seq, limit=BATCH, sites=sites)
            for record in page.events:
                seq = record.seq
                yield FedEvent(cursor=encode_cursor(str(seq)), event=Event.of(record))
            if page.next_seq is None:
                # Behind the last one at his sites only others' follow, which aren't looked through again.
                seq = max(seq, seen)
                await asyncio.sleep(POLL_SECONDS)


async def _last(context: Context) -> int:
    async with context.services.database.tenant(context.caller_principal.tenant_id) as tx:
        return await last_seq(tx)
