"""Where the rest went: balances of lots, steps and products, and tanks by policy."""

from datetime import datetime

import strawberry

from backend.balance import flow_service, service, step_service
from backend.balance.errors import NotALotError
from backend.balance.tank_types import Tank
from backend.balance.tanks import TankPolicy
from backend.balance.types import LotBalance, ProductBalance, StepBalance
from backend.catalog.loaders import sites_for
from backend.genealogy.containment import CONTAINERS
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.objects import service as objects
from tenants.permissions import Permission

_EVERYTHING = TankPolicy.EVERYTHING_SINCE_CLEANING


@strawberry.type
class BalanceQueries:
    """All of them are worked out of the events in force, each time anew."""

    @field(
        description="What became of a lot: made or received, used up, shipped, returned, destroyed, in stock, in transit, and what doesn't add up.",
        directives=requires(Permission.TRACE_READ, Cost(weight=50)),
    )
    async def lot_balance(
        self, info: Info, key: str, *, since: datetime | None = None, as_of: datetime | None = None, policy: TankPolicy = _EVERYTHING
    ) -> LotBalance | None:
        """Of the time from `since` to `asOf`; `policy` tells what was drawn of it from tanks."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            return LotBalance.of(
                await flow_service.lot_balance(tx, key, since=since, until=as_of or info.context.started_at, policy=policy, sites=sites)
            )

    @field(
        description="What went into a step and came out of it, with yield and loss. The key is that of a transformation in a trace.",
        directives=requires(Permission.TRACE_READ, Cost(weight=20)),
    )
    async def step_balance(self, info: Info, key: str) -> StepBalance | None:
        """Over all the parts that share one transformationID."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            return StepBalance.of(await step_service.step_balance(tx, key, sites))

    @field(
        description="A product over a time: opening, in, out and closing over all its lots and units, and the yields of the steps that made it.",
        directives=requires(Permission.TRACE_READ, Cost(weight=200)),
    )
    async def product_balance(self, info: Info, gtin: str, *, since: datetime | None = None, as_of: datetime | None = None) -> ProductBalance | None:
        """Added up in the database; refused above 100,000 lots and units."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            return ProductBalance.of(await flow_service.product_balance(tx, gtin, since=since, until=as_of or info.context.started_at, sites=sites))

    @field(
        description="A tank's fills, draws, levels and contents by a policy; also of any other container that is filled and drawn from.",
        directives=requires(Permission.TRACE_READ, Cost(weight=50)),
    )
    async def tank(self, info: Info, key: str, *, policy: TankPolicy = _EVERYTHING, as_of: datetime | None = None) -> Tank | None:
        """Holds and recalls take everything since the cleaning, whatever the policy."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            found = await objects.find(tx, key, sites)
            if found.kind not in CONTAINERS:
                raise NotALotError(f"{found.uri} is no tank or container.", field="key")
            return Tank.of(found, await service.tank_history(tx, found.object_id, policy, as_of or info.context.started_at, sites=sites))
