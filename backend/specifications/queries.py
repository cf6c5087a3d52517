"""Reading specifications."""

from typing import Annotated

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.specifications import service
from backend.specifications.types import Specification, load_specification
from tenants.permissions import Permission


@strawberry.type
class SpecificationQueries:
    """Specifications are the whole company's."""

    @field(description="Specifications in order of their codes; with a GTIN only that product's.", directives=requires(Permission.QUALITY_READ))
    async def specifications(
        self,
        info: Info,
        *,
        product: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Specification]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await service.page_of_specifications(tx, product=product, cursor=page.cursor or "", backward=page.backward, limit=page.limit)
        languages = info.context.languages
        return connect(page, rows, node=lambda row: Specification.of(row, languages), cursor=lambda row: row.code)

    @field(description="A specification by its id; null where there is none.", directives=requires(Permission.QUALITY_READ))
    async def specification(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Specification | None:
        """The same as `node`."""
        return await load_specification(info.context, uuid_of(public_id, "Specification"))
