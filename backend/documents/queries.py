"""Looking at documents through GraphQL."""

from typing import Annotated

import strawberry
from strawberry import ID

from backend.documents.kinds import DocumentKind, DocumentState
from backend.documents.service import Wanted
from backend.documents.types import NAME, Document, load_document
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from tenants.permissions import Permission


@strawberry.input(description="What documents must meet, all of it.")
class DocumentFilter:
    """`reference` is what they are about, exactly as it was given."""

    kind: DocumentKind | None = None
    reference: str | None = None
    state: DocumentState | None = None


@strawberry.type
class DocumentQueries:
    """Whoever may read what a document is about may read it; whoever is limited to sites, what he asked for himself."""

    @field(description="Documents, newest first.", directives=requires(Permission.DOCUMENTS_MAKE))
    async def documents(
        self, info: Info, *, given: Annotated[DocumentFilter | None, strawberry.argument(name="filter")] = None, first: int | None = None,
        after: str | None = None, last: int | None = None, before: str | None = None,
    ) -> Connection[Document]:  # fmt: skip
        """A page of them."""
        page = Page.of(first, after, last, before)
        wanted = Wanted(given.kind, given.reference, given.state) if given is not None else Wanted()
        async with info.context.reading() as tx:
            rows = await info.context.services.documents.page(
                tx, info.context.caller_principal, wanted, cursor=page.uuid(), backward=page.backward, limit=page.limit
            )
        return connect(page, rows, node=Document.of, cursor=lambda row: str(row.document_id))

    @field(description="A document by its id, and how far it is; null where there is none.", directives=requires(Permission.DOCUMENTS_MAKE))
    async def document(self, info: Info, public_id: Annotated[ID, strawberry.argument(name="id")]) -> Document | None:
        """The same as `node`."""
        return await load_document(info.context, uuid_of(public_id, NAME))
