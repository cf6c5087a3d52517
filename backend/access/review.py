"""The review queue in the portal: looked through, and each entry accepted or dismissed by a person, once."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.access.device_types import DEVICE
from backend.access.review_types import ENTRY, ReviewEntry, load_entry
from backend.catalog.loaders import sites_for
from backend.events import review
from backend.events.errors import ReviewEntryNotFoundError
from backend.events.json_text import read_json
from backend.events.projection import Source
from backend.events.review import ReviewKind
from backend.events.service import gate_for
from backend.graphql.commands import Done, Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.errors import UserError, is_business, user_errors
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from infra.database import TenantTransaction
from infra.errors import InvalidInputError, SuyuanError
from tenants.devices.administration import require_reason
from tenants.permissions import Permission

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@strawberry.input(name="ReviewFilter", description="All that is said must hold.")
class ReviewFilterInput:
    """`deviceId` is the revoked phone that delivered it."""

    open: bool | None = None
    kind: ReviewKind | None = None
    source: Source | None = None
    device_id: ID | None = None


@strawberry.input
class AcceptReviewEntryInput:
    """`event` is an EPCIS event to capture in place of what came, as JSON or as its text. `underNewEventId` takes it as a fact of its own."""

    entry_id: ID
    reason: str
    event: JSON | None = None
    under_new_event_id: bool = False


@strawberry.input
class DismissReviewEntryInput:
    """`reason` stands in the audit trail."""

    entry_id: ID
    reason: str


@strawberry.type
class ReviewPayload:
    """The entry as it is now, with its event if it was accepted; or why it stays open."""

    user_errors: list[UserError]
    review_id: strawberry.Private[UUID | None]

    @field(description="The entry as it is now.")
    async def entry(self, info: Info) -> ReviewEntry | None:
        """Through the batch."""
        return await load_entry(info.context, self.review_id)


@strawberry.type
class ReviewQueries:
    """What waits for a person, and what was decided."""

    @field(description="What was told and couldn't be taken, the newest first.", directives=requires(Permission.EVENTS_REVIEW))
    async def review_entries(
        self,
        info: Info,
        *,
        wanted: Annotated[ReviewFilterInput | None, strawberry.argument(name="filter")] = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[ReviewEntry]:
        """A page of them; a device that isn't known here has delivered nothing."""
        page = Page.of(first, after, last, before)
        given = wanted or ReviewFilterInput()
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.EVENTS_REVIEW)
        device_id = uuid_of(given.device_id, DEVICE) if given.device_id is not None else None
        if given.device_id is not None and device_id is None:
            return connect(page, [], node=ReviewEntry.of, cursor=str)
        async with info.context.reading() as tx:
            rows = await review.list_entries(
                tx,
                sites=sites,
                open_only=given.open,
                kind=given.kind,
                source=given.source,
                device_id=device_id,
                cursor=cursor,
                backward=page.backward,
                limit=page.limit,
            )
        return connect(page, rows, node=ReviewEntry.of, cursor=lambda row: str(row.review_id))

    @field(description="An entry of the review queue by its id; null where there is none.", directives=requires(Permission.EVENTS_REVIEW))
    async def review_entry(self, info: Info, public_id: Annotated[ID, strawberry.argument(name="id")]) -> ReviewEntry | None:
        """The same as `node`."""
        return await load_entry(info.context, uuid_of(public_id, ENTRY))


@strawberry.type
class ReviewMutations:
    """A decision is for good, and on the audit trail with its reason."""

    @mutation(
        description="Capture what waits as a fact: as it came, as a person corrects it, or under an event id of its own.",
        directives=(*requires(Permission.EVENTS_REVIEW), Cost(weight=200)),
    )
    async def accept_review_entry(
        self, info: Info, given: Annotated[AcceptReviewEntryInput, strawberry.argument(name="input")]
    ) -> ReviewPayload | None:
        """Where it can't be taken after all, the entry stays open."""
        review_id = uuid_of(given.entry_id, ENTRY)
        context = info.context
        try:
            correction = _event(given.event)
            # Which gate to pass is known from the event alone, and that never changes; whether it still waits is asked behind the gate.
            async with context.reading() as tx:
                entry = await review.visible_entry(tx, context.caller_principal, review_id)
            event = review.event_to_accept(entry, correction=correction, under_new_id=given.under_new_event_id)
        except SuyuanError as refusal:
            if not is_business(refusal):
                raise
            return ReviewPayload(user_errors=user_errors(refusal), review_id=None)

        async def use_case(tx: TenantTransaction) -> Reply:
            principal, reason = context.caller_principal, require_reason(given.reason)
            locked = await review.open_entry(tx, principal, entry.review_id)
            await review.require_acceptable(tx, principal, event)
            [outcome] = await context.services.capture.capture(tx, [event], source=locked.source, command=True)
            if outcome.public_id is None:
                raise RuntimeError("a command that conflicts is refused")
            await review.mark_accepted(tx, principal, locked, event=event, public_id=outcome.public_id, reason=reason)
            return {"entry": str(locked.review_id)}

        return _payload(await perform(info, given, use_case, gate=gate_for([event])))

    @mutation(description="Close an entry without capturing it; it stays to be read.", directives=requires(Permission.EVENTS_REVIEW))
    async def dismiss_review_entry(
        self, info: Info, given: Annotated[DismissReviewEntryInput, strawberry.argument(name="input")]
    ) -> ReviewPayload | None:
        """For good."""

        async def use_case(tx: TenantTransaction) -> Reply:
            review_id = uuid_of(given.entry_id, ENTRY)
            if review_id is None:
                raise ReviewEntryNotFoundError
            await review.dismiss(tx, info.context.caller_principal, review_id, reason=require_reason(given.reason))
            return {"entry": str(review_id)}

        return _payload(await perform(info, given, use_case))


def _payload(done: Done) -> ReviewPayload:
    return ReviewPayload(user_errors=done.user_errors, review_id=UUID(done.reply["entry"]) if done.reply else None)


def _event(given: Any) -> dict[str, Any] | None:
    """A corrected event, read so that no number loses a digit."""
    if given is None:
        return None
    value = read_json(given.encode() if isinstance(given, str) else _ENCODER.encode(given)).value
    if not isinstance(value, dict):
        raise InvalidInputError(
            'The event is no object. Write one EPCIS event, {"type": "ObjectEvent", …}, and no document around it.', field="event"
        )
    return value
