"""What waits in the review queue, as GraphQL shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access.device_types import Device, load_device
from backend.catalog.loaders import sites_for
from backend.events import review
from backend.events.projection import Source
from backend.events.review import Resolution, ReviewKind
from backend.events.types import Event, find_event
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from tenants.permissions import Permission

ENTRY: Final = "ReviewEntry"
strawberry.enum(ReviewKind, description="Why an entry waits, which says what can be done about it.")
strawberry.enum(Source, name="EventSource", description="By what way something was told.")
strawberry.enum(Resolution, name="ReviewResolution", description="What a person decided about an entry.")


@strawberry.type(
    description="Something that was told and couldn't be taken: kept whole until a person decides.", directives=requires(Permission.EVENTS_REVIEW)
)
class ReviewEntry(Node):
    """`raw` is what came. `eventJson` is the EPCIS event in it, as text that keeps every digit; null where it can't be read."""

    id: ID
    received_at: datetime
    source: Source
    kind: ReviewKind
    reason: str
    event_key: str
    raw: str
    event_json: str | None
    open: bool
    resolution: Resolution | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution_reason: str | None
    entry: strawberry.Private[review.ReviewEntry]

    @classmethod
    def of(cls, entry: review.ReviewEntry) -> "ReviewEntry":
        """From the stored one."""
        return cls(
            id=global_id(ENTRY, entry.review_id), received_at=entry.received_at, source=entry.source, kind=entry.kind,
            reason=entry.reason, event_key=entry.event_key, raw=entry.raw,
            event_json=entry.raw if entry.kind is ReviewKind.CONFLICT else entry.event, open=entry.resolved_at is None,
            resolution=entry.resolution, resolved_at=entry.resolved_at, resolved_by=entry.resolved_by_name,
            resolution_reason=entry.resolution_reason, entry=entry,
        )  # fmt: skip

    @field(description="The event that is stored under the same key, if one is: what a conflict is with.")
    async def stored_event(self, info: Info) -> Event | None:
        """Through the batch."""
        public_id = await info.context.load(load_stored, self.entry.event_key)
        return await find_event(info.context, str(public_id)) if public_id else None

    @field(description="The event as which it was accepted.")
    async def accepted_event(self, info: Info) -> Event | None:
        """Null until then, and for what was dismissed."""
        return await find_event(info.context, str(self.entry.accepted_as)) if self.entry.accepted_as else None

    @field(description="The revoked phone that delivered it.")
    async def device(self, info: Info) -> Device | None:
        """Through the batch."""
        return await load_device(info.context, self.entry.device_id)


async def load_stored(context: Context, event_keys: list[str]) -> Sequence[UUID | None]:
    """Public ids of the events that are stored under a batch of keys."""
    async with context.reading() as tx:
        found = await review.stored_under(tx, event_keys)
    return [found.get(key) for key in event_keys]


async def load_entries(context: Context, review_ids: list[UUID]) -> Sequence[review.ReviewEntry | None]:
    """A batch of entries at the caller's sites."""
    sites = await sites_for(context, Permission.EVENTS_REVIEW)
    async with context.reading() as tx:
        found = await review.entries_by_id(tx, review_ids, sites)
    return [found.get(review_id) for review_id in review_ids]


async def load_entry(context: Context, review_id: UUID | None) -> ReviewEntry | None:
    """An entry by its id, through the batch."""
    found = await context.load(load_entries, review_id) if review_id is not None else None
    return ReviewEntry.of(found) if found else None


async def find_entry(context: Context, public_id: str) -> ReviewEntry | None:
    """An entry by its public id."""
    return await load_entry(context, parse_uuid(public_id))


NODES = (NodeKind(ENTRY, Permission.EVENTS_REVIEW, find_entry),)
