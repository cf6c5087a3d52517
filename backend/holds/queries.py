"""Reading holds."""

from typing import Annotated

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.holds.preview import preview
from backend.holds.preview_types import HoldPreview
from backend.holds.query_service import page_of_holds, wanted_holds
from backend.holds.scope_types import HoldScopeInput, scope_from
from backend.holds.scopes import HoldCauseKind
from backend.holds.types import Hold, load_hold
from tenants.permissions import Permission


@strawberry.type
class HoldQueries:
    """Holds."""

    @field(description="Holds, newest first.", directives=requires(Permission.HOLDS_READ))
    async def holds(
        self,
        info: Info,
        *,
        active_only: bool = True,
        origin_kinds: list[HoldCauseKind] | None = None,
        origin_reference: str | None = None,
        key: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Hold]:
        """A page of them: of these causes, of one, standing on one object (in any form of its identifier)."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.HOLDS_READ)
        async with info.context.reading() as tx:
            wanted = await wanted_holds(tx, active_only=active_only, kinds=origin_kinds, reference=origin_reference, key=key, sites=sites)
            rows = await page_of_holds(tx, wanted, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites) if wanted else []
        return connect(page, rows, node=Hold.of, cursor=lambda row: str(row.hold.hold_id))

    @field(description="A hold by its id; null where there is none.", directives=requires(Permission.HOLDS_READ))
    async def hold(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Hold | None:
        """The same as `node`."""
        return await load_hold(info.context, uuid_of(public_id, "Hold"))

    @field(
        description="What a hold would stop if it were placed now; nothing is written.",
        directives=requires(Permission.HOLDS_PLACE, Cost(weight=200)),
    )
    async def preview_hold(self, info: Info, key: str | None = None, scope: HoldScopeInput | None = None) -> HoldPreview:
        """Of a `key` or a `scope`, as `placeHold` takes them."""
        async with info.context.reading() as tx:
            return HoldPreview.of(await preview(tx, info.context.caller_principal, scope_from(key, scope)))
