"""The list of what a hold reaches, as GraphQL shows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from backend.holds import goods_reading
from backend.identifiers import ObjectKind
from backend.objects.types import TraceableObject, load_object
from infra.database import Record
from tenants.permissions import Permission


@strawberry.type(description="How many goods of one kind there are.")
class HoldGoodsCount:
    """Lots and their units are counted each."""

    kind: ObjectKind
    count: int


@strawberry.type(description="Something that a hold reaches, or a container that it blocks.")
class HeldGoods:
    """`key` orders the list within a kind."""

    kind: ObjectKind
    key: str
    object_id: strawberry.Private[int]

    @field(description="The lot, unit or container.")
    async def object(self, info: Info) -> TraceableObject | None:
        """Through the batch."""
        return await load_object(info.context, self.object_id)


@strawberry.type(
    description="What a hold reaches, as a list that is filled behind it. Whether goods are held is decided without it, at once.",
    directives=requires(Permission.HOLDS_READ),
)
class HoldListing:
    """Until it is `complete`, the list goes on growing; `filledAt` is when it last was."""

    complete: bool
    filled_at: datetime | None
    hold_id: strawberry.Private[UUID]

    @field(
        description="How many there are of each kind; null for who may read holds at some sites only.",
        directives=(ListSize(assumed_size=6), Cost(weight=20)),
    )
    async def counts(self, info: Info) -> list[HoldGoodsCount] | None:
        """As far as the list is filled."""
        if await sites_for(info.context, Permission.HOLDS_READ) is not None:
            return None
        async with info.context.reading() as tx:
            found = await goods_reading.counts(tx, self.hold_id)
        return [HoldGoodsCount(kind=kind, count=count) for kind, count in found]

    @field(description="What is held, by kind and key.", directives=(Cost(weight=5),))
    async def goods(
        self,
        info: Info,
        *,
        kinds: list[ObjectKind] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[HeldGoods]:
        """A page, of what the caller meets."""
        page, sites = Page.of(first, after, last, before), await sites_for(info.context, Permission.HOLDS_READ)
        async with info.context.reading() as tx:
            rows = await goods_reading.page_of_goods(tx, self.hold_id, page, kinds=kinds, sites=sites)
        return connect(page, rows, node=_held, cursor=lambda row: f"{row['kind']}:{row['key']}")

    @field(description="Containers in which something of it lies now.", directives=(Cost(weight=50),))
    async def blocked_containers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[HeldGoods]:
        """By key; of what the caller meets."""
        page, sites = Page.of(first, after, last, before), await sites_for(info.context, Permission.HOLDS_READ)
        async with info.context.reading() as tx:
            rows = await goods_reading.page_of_blocked(tx, self.hold_id, page, sites=sites)
        return connect(page, rows, node=_held, cursor=lambda row: str(row["key"]))


def _held(row: Record) -> HeldGoods:
    return HeldGoods(kind=ObjectKind(row["kind"]), key=row["key"], object_id=row["object_id"])


async def listing_of(context: Context, hold_id: UUID) -> HoldListing:
    """The list of a hold."""
    async with context.reading() as tx:
        complete, filled_at = await goods_reading.state(tx, hold_id)
    return HoldListing(complete=complete, filled_at=filled_at, hold_id=hold_id)


async def roots_page(info: Info, hold_id: UUID, page: Page, *, pending: bool) -> Connection[HeldGoods]:
    """What a hold stands on, or what waits under it for a decision."""
    sites: Any = await sites_for(info.context, Permission.HOLDS_READ)
    async with info.context.reading() as tx:
        rows = await goods_reading.page_of_roots(tx, hold_id, page, pending=pending, sites=sites)
    return connect(page, rows, node=_held, cursor=lambda row: str(row["key"]))
