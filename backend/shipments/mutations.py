"""The command that ships."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from backend.events.projection import Source
from backend.events.types import Event, find_event
from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.holds.errors import GoodsHeldError
from backend.holds.types import HoldCause
from backend.shipments.service import ShipLine, ShipOrder, ship
from backend.shipments.types import Shipment, find_shipment
from infra.database import Gate, TenantTransaction
from tenants.permissions import Permission


@strawberry.input
class ShipLineInput:
    """A pallet, case or unit; or a lot, then with a quantity."""

    key: str
    quantity: Decimal | None = None
    uom: str | None = None


@strawberry.input
class ShipInput:
    """`commandId` becomes the event's id. Without `shippedAt` it is now; `offset` is the place's own ("+08:00")."""

    lines: list[ShipLineInput]
    from_place: str
    to_party: str
    document: str | None = None
    command_id: UUID | None = None
    shipped_at: datetime | None = None
    offset: str = "+00:00"


@strawberry.type
class ShipPayload:
    """The shipment; or why nothing left: held goods are told cause by cause."""

    user_errors: list[UserError]
    hold_causes: list[HoldCause] = strawberry.field(
        description="Why goods are held, where the code is GOODS_HELD; at most 20.", directives=(ListSize(assumed_size=20),)
    )
    public_id: strawberry.Private[str | None]

    @field()
    async def shipment(self, info: Info) -> Shipment | None:
        """As it is now."""
        return await find_shipment(info.context, self.public_id)

    @field()
    async def event(self, info: Info) -> Event | None:
        """The event that was captured."""
        return await find_event(info.context, self.public_id) if self.public_id else None


@strawberry.type
class ShipmentMutations:
    """Ship."""

    @mutation(
        description="Ship goods, unless they, what they were made from or what lies in them is held. Needs an Idempotency-Key.",
        directives=requires(Permission.SHIPMENTS_COMMAND),
    )
    async def ship(self, info: Info, given: Annotated[ShipInput, strawberry.argument(name="input")]) -> ShipPayload | None:
        """Behind the tenant's gate."""
        context = info.context
        require_key(context)
        order = ShipOrder(
            lines=[ShipLine(line.key, line.quantity, line.uom) for line in given.lines],
            from_place=given.from_place,
            to_party=given.to_party,
            document=given.document,
            command_id=given.command_id,
            shipped_at=given.shipped_at,
            offset=given.offset,
        )

        async def use_case(tx: TenantTransaction) -> Reply:
            outcome = await ship(tx, context.caller_principal, context.services.capture, order, source=Source.GRAPHQL)
            return {"event": str(outcome.public_id)}

        done = await perform(info, given, use_case, gate=Gate.SHARED)
        causes = done.refusal.causes if isinstance(done.refusal, GoodsHeldError) else []
        return ShipPayload(
            user_errors=done.user_errors, hold_causes=[HoldCause.of(cause) for cause in causes], public_id=done.reply["event"] if done.reply else None
        )
