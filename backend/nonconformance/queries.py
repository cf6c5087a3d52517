"""Reading nonconformances."""

from typing import Annotated

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.nonconformance import query_service, rules, stored
from backend.nonconformance.deciding import two_people_from
from backend.nonconformance.types import Nonconformance, load_nonconformance
from backend.objects import service as objects
from infra.errors import InvalidInputError
from tenants.permissions import Permission

_MOST_WORDS = 10


@strawberry.input
class NonconformanceFilter:
    """What is left out doesn't matter. `goods` is any form of an identifier of something concerned."""

    open_only: bool = True
    statuses: list[rules.NcStatus] | None = None
    severities: list[rules.NcSeverity] | None = None
    supplier: str | None = None
    characteristic: str | None = None
    goods: str | None = None


@strawberry.type
class NonconformanceQueries:
    """Nonconformances."""

    @field(description="Nonconformances, newest first.", directives=requires(Permission.QUALITY_READ))
    async def nonconformances(
        self,
        info: Info,
        *,
        filter: NonconformanceFilter | None = None,  # noqa: A002 - as the other lists call it
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Nonconformance]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites, asked = page.uuid(), await sites_for(info.context, Permission.QUALITY_READ), filter or NonconformanceFilter()
        for name, words in (("filter.statuses", asked.statuses), ("filter.severities", asked.severities)):
            if words is not None and len(words) > _MOST_WORDS:
                raise InvalidInputError(f"“{name}” names more than there are.", field=name)
        async with info.context.reading() as tx:
            goods = (await objects.find(tx, asked.goods, sites)).object_id if asked.goods is not None else None
            wanted = query_service.Wanted(asked.open_only, asked.statuses, asked.severities, asked.supplier, asked.characteristic, goods)
            rows = await query_service.page_of(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=Nonconformance.of, cursor=_cursor)

    @field(description="A nonconformance by its id; null where there is none.", directives=requires(Permission.QUALITY_READ))
    async def nonconformance(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Nonconformance | None:
        """The same as `node`."""
        return await load_nonconformance(info.context, uuid_of(public_id, "Nonconformance"))

    @field(description="From which severity on two people decide about nonconforming goods.", directives=requires(Permission.QUALITY_READ))
    async def two_people_decide_from(self, info: Info) -> rules.NcSeverity:
        """CRITICAL where the company has said nothing else."""
        async with info.context.reading() as tx:
            return await two_people_from(tx)


def _cursor(row: stored.Nonconformance) -> str:
    return str(row.nonconformance_id)
