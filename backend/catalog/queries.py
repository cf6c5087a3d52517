"""The catalogue's lists."""

import strawberry

from backend.catalog import query_service
from backend.catalog.loaders import sites_for
from backend.catalog.types import Location, Partner, Product
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from tenants.permissions import Permission


@strawberry.type
class CatalogQueries:
    """Products, locations, partners."""

    @field(description="Products in order of their GTIN.", directives=requires(Permission.CATALOG_READ))
    async def products(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Product]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_products(tx, cursor=page.cursor, backward=page.backward, limit=page.limit)
        languages = info.context.languages
        return connect(page, rows, node=lambda row: Product.of(row, languages), cursor=lambda row: row.gtin)

    @field(
        description="Locations in order of their URI; to whom the catalogue counts at some sites only, those, what they lie in and partners'.",
        directives=requires(Permission.CATALOG_READ),
    )
    async def locations(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Location]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        sites = await sites_for(info.context, Permission.CATALOG_READ)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_locations(tx, cursor=page.cursor, backward=page.backward, limit=page.limit, sites=sites)
        languages = info.context.languages
        return connect(page, rows, node=lambda row: Location.of(row, languages), cursor=lambda row: row.place)

    @field(description="Suppliers and customers in order of their URI.", directives=requires(Permission.CATALOG_READ))
    async def partners(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Partner]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_partners(tx, cursor=page.cursor, backward=page.backward, limit=page.limit)
        languages = info.context.languages
        return connect(page, rows, node=lambda row: Partner.of(row, languages), cursor=lambda row: row.party)
