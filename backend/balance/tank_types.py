"""A tank as GraphQL shows it: fills, draws, levels and what is in it, each list cut into pages from the one answer."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

import strawberry

from backend.balance import enums, service
from backend.events.types import Event, load_event
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.objects import service as objects
from backend.objects.types import TraceableObject, load_object
from tenants.permissions import Permission

MOST_SHARES: Final = 100


@strawberry.type(description="How much of one filled content a draw took, or the tank holds.")
class TankShare:
    """`quantity` is null where the policy or the events don't tell it; nought where by the policy nothing of it was taken."""

    quantity: Decimal | None
    certainty: enums.Certainty
    content_id: strawberry.Private[int]

    @classmethod
    def of(cls, share: service.TankShare) -> "TankShare":
        """From the service's."""
        return cls(quantity=share.quantity, certainty=share.certainty, content_id=share.content_id)

    @field(description="What was filled in: a lot, a unit, or the transformation that filled the tank.")
    async def content(self, info: Info) -> TraceableObject | None:
        """Through the batch."""
        return await load_object(info.context, self.content_id)


@strawberry.type(description="What went into a tank.")
class TankFill:
    """`level` is how much was in the tank then; null where it can't be told."""

    at: datetime
    quantity: Decimal | None
    basis: enums.Basis
    level: Decimal | None
    content_id: strawberry.Private[int]
    event_id: strawberry.Private[int]

    @field(description="What was filled in: a lot, a unit, or the transformation that filled the tank.")
    async def content(self, info: Info) -> TraceableObject | None:
        """Through the batch."""
        return await load_object(info.context, self.content_id, self.at)

    @field(description="The event that tells it.")
    async def event(self, info: Info) -> Event | None:
        """Through the batch."""
        return await load_event(info.context, self.event_id)


@strawberry.type(description="What was drawn from a tank.")
class TankDraw:
    """`overdrawn` is what it took beyond all that is known to have been in the tank. `byPolicy` is false where a quantity that the policy
    needs isn't told: then everything since the cleaning is possible. `level` is what was left.
    """

    at: datetime
    quantity: Decimal | None
    basis: enums.Basis
    overdrawn: Decimal
    level: Decimal | None
    by_policy: bool
    share_count: int
    shares: list[TankShare] = strawberry.field(
        description="What it took, the largest first; at most 100 of `shareCount`.", directives=(ListSize(assumed_size=5),)
    )
    node_id: strawberry.Private[int | None]
    event_id: strawberry.Private[int]

    @field(description="The step that drew it; null where contents were taken out by name.")
    async def step(self, info: Info) -> TraceableObject | None:
        """Through the batch."""
        return await load_object(info.context, self.node_id, self.at) if self.node_id is not None else None

    @field(description="The event that tells it.")
    async def event(self, info: Info) -> Event | None:
        """Through the batch."""
        return await load_event(info.context, self.event_id)


@strawberry.type(description="How much was in a tank after something happened to it.")
class TankLevel:
    """Null where it can't be told."""

    at: datetime
    step: enums.TankStep
    level: Decimal | None


@strawberry.type(description="A tank as of a moment, by a policy.", directives=requires(Permission.TRACE_READ))
class Tank:
    """`uom` is null where no quantity is told or they can't be added (`severalUnits`). `truncated`: only its newest 2,000 events are told."""

    object: TraceableObject
    policy: enums.TankPolicy
    as_of: datetime
    uom: str | None
    several_units: bool
    truncated: bool
    partial: bool
    cleaned_at: datetime | None
    level: Decimal | None
    composition: list[TankShare] = strawberry.field(
        description="What is in it, the largest first; at most 100.", directives=(ListSize(assumed_size=5),)
    )
    found: strawberry.Private[service.Tank]
    tank: strawberry.Private[objects.TraceableObject]

    @field(description="What went in, oldest first.")
    def fills(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TankFill]:
        """By number."""
        page = Page.of(first, after, last, before)
        rows = cut(page, self.found.fills, key=lambda fill: fill.number, cursor_key=int)
        return connect(page, rows, node=_fill, cursor=lambda fill: str(fill.number))

    @field(description="What was drawn, oldest first.", directives=(Cost(weight=20),))
    async def draws(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TankDraw]:
        """The shares of a page's draws alone are worked out."""
        page = Page.of(first, after, last, before)
        rows = cut(page, self.found.draws, key=lambda draw: draw.number, cursor_key=int)
        told: Mapping[int, service.TankDraw] = await self._told(info, {draw.number for draw in rows})
        return connect(page, [told[draw.number] for draw in rows], node=_draw, cursor=lambda draw: str(draw.number))

    @field(description="How much was in it after each thing that happened, oldest first.")
    def levels(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[TankLevel]:
        """By number."""
        page = Page.of(first, after, last, before)
        rows = cut(page, self.found.levels, key=lambda level: level.number, cursor_key=int)
        return connect(
            page, rows, node=lambda level: TankLevel(at=level.at, step=level.step, level=level.level), cursor=lambda level: str(level.number)
        )

    async def _told(self, info: Info, wanted: set[int]) -> dict[int, service.TankDraw]:
        async with info.context.reading() as tx:
            found = await service.tank_history(tx, self.tank.object_id, self.policy, self.as_of, wanted=wanted, sites=self.found.sites)
        return {draw.number: draw for draw in found.draws}

    @classmethod
    def of(cls, tank: objects.TraceableObject, found: service.Tank) -> "Tank":
        """From the service's."""
        return cls(
            object=TraceableObject.of(tank), policy=found.policy, as_of=found.until, uom=found.uom, several_units=found.several_units,
            truncated=found.truncated, partial=found.sites is not None, cleaned_at=found.cleaned_at, level=found.level,
            composition=[TankShare.of(share) for share in _largest(found.composition)], found=found, tank=tank,
        )  # fmt: skip


def _largest(shares: tuple[service.TankShare, ...]) -> list[service.TankShare]:
    return sorted(shares, key=lambda share: share.quantity or Decimal(0), reverse=True)[:MOST_SHARES]


def _fill(fill: service.TankFill) -> TankFill:
    return TankFill(at=fill.at, quantity=fill.quantity, basis=fill.basis, level=fill.level, content_id=fill.content_id, event_id=fill.event_id)


def _draw(draw: service.TankDraw) -> TankDraw:
    return TankDraw(
        at=draw.at, quantity=draw.quantity, basis=draw.basis, overdrawn=draw.overdrawn, level=draw.level, by_policy=draw.by_policy,
        share_count=len(draw.shares), shares=[TankShare.of(share) for share in _largest(draw.shares)], node_id=draw.node_id, event_id=draw.event_id,
    )  # fmt: skip
