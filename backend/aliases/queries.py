"""Reading aliases."""

import strawberry

from backend.aliases import service
from backend.aliases.types import Alias
from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from tenants.permissions import Permission


@strawberry.type
class AliasQueries:
    """Aliases."""

    @field(
        description="What an object is, or with activeOnly: false ever was, declared the same as; newest first.",
        directives=requires(Permission.TRACE_READ),
    )
    async def aliases(
        self,
        info: Info,
        key: str,
        *,
        active_only: bool = True,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Alias] | None:
        """Declarations that name it; those of an alias of an alias are found by asking on."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            rows = await service.page_of_aliases(
                tx, key, active_only=active_only, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites
            )
        return connect(page, rows, node=Alias.of, cursor=lambda row: str(row.alias_id))
