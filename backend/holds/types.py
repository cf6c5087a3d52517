"""Holds, and why goods are held, as GraphQL shows them."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access.signatures import ElectronicSignature, signatures_of
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.holds import errors, loaders
from backend.holds.goods_types import HeldGoods, HoldListing, listing_of, roots_page
from backend.holds.query_service import ListedHold
from backend.holds.scope_types import HoldScope
from backend.holds.scopes import HoldCauseKind
from backend.objects.types import TraceableObject, load_object
from infra.clock import now
from tenants.permissions import Permission


@strawberry.type(description="A stop on an object, its units and everything made from it.", directives=requires(Permission.HOLDS_READ))
class Hold(Node):
    """In force while `active`; released as a whole then, `releaseReason` says why."""

    id: ID
    object_key: str | None
    object_uri: str | None
    reason: str
    note: str
    active: bool
    placed_at: datetime
    released_at: datetime | None
    release_reason: str | None
    origin_kind: HoldCauseKind
    origin_reference: str
    scope: HoldScope
    object_id: strawberry.Private[int | None]

    @classmethod
    def of(cls, listed: ListedHold) -> "Hold":
        """From the stored one."""
        hold = listed.hold
        return cls(
            id=global_id("Hold", hold.hold_id), object_key=hold.object_key, object_uri=hold.object_uri, reason=hold.reason, note=hold.note,
            active=hold.active, placed_at=hold.placed_at, released_at=hold.released_at, release_reason=hold.release_reason,
            origin_kind=hold.origin.kind, origin_reference=hold.origin.reference, scope=HoldScope.of(hold.scope, now()),
            object_id=listed.object_id,
        )  # fmt: skip

    @field(description="What the hold was placed on; of several objects the first, null while nothing has fallen into its scope.")
    async def object(self, info: Info) -> TraceableObject | None:
        """The root."""
        return await load_object(info.context, self.object_id) if self.object_id is not None else None

    @field(description="All objects on which it stands, by key; in a window more may come.")
    async def roots(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[HeldGoods]:
        """Of what the caller meets."""
        return await roots_page(info, self._hold_id, Page.of(first, after, last, before), pending=False)

    @field(description="What a correction has cut off from it: held until somebody who may release it decides.")
    async def pending(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[HeldGoods]:
        """By key, of what the caller meets."""
        return await roots_page(info, self._hold_id, Page.of(first, after, last, before), pending=True)

    @field(description="What it reaches.")
    async def listing(self, info: Info) -> HoldListing:
        """Filled behind it."""
        return await listing_of(info.context, self._hold_id)

    @property
    def _hold_id(self) -> UUID:
        _, hold_id = parse_global_id(self.id) or ("", "")
        return UUID(hold_id)

    @field(description="The signatures under its releases, newest first.")
    async def signatures(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ElectronicSignature]:
        """A partial release has one too."""
        return await signatures_of(info, f"hold:{self._hold_id}", Page.of(first, after, last, before))


@strawberry.type(
    description="Why goods are held: which hold, on what, and which of the goods asked about it reaches.", directives=requires(Permission.HOLDS_READ)
)
class HoldCause:
    """`correctionPending`: a correction has removed the path from the root; somebody who may release has to decide."""

    reason: str
    root_key: str
    root_uri: str
    held_key: str
    held_uri: str
    correction_pending: bool
    origin_kind: HoldCauseKind
    origin_reference: str
    hold_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, cause: errors.HoldCause) -> "HoldCause":
        """From the gate's."""
        return cls(
            reason=cause.reason, root_key=cause.root_key, root_uri=cause.root_uri, held_key=cause.held_key, held_uri=cause.held_uri,
            correction_pending=cause.correction_pending, origin_kind=cause.origin_kind,
            origin_reference=cause.origin_reference, hold_id=cause.hold_id,
        )  # fmt: skip

    @field()
    async def hold(self, info: Info) -> Hold | None:
        """The hold."""
        return await load_hold(info.context, self.hold_id)


async def load_hold(context: Context, hold_id: UUID | None) -> Hold | None:
    """A hold by its id, through the batch."""
    found = await context.load(loaders.holds, hold_id) if hold_id is not None else None
    return Hold.of(found) if found else None


async def find_hold(context: Context, public_id: str) -> Hold | None:
    """A hold by its public id."""
    return await load_hold(context, parse_uuid(public_id))


NODES = (NodeKind("Hold", Permission.HOLDS_READ, find_hold),)
