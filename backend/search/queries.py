"""Search, as GraphQL asks for it."""

from typing import Annotated

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.pagination import decode_cursor, foreign_cursor
from backend.search import finding, service
from backend.search.finding_types import FoundObjects, ObjectFilterInput
from backend.search.kinds import CATALOGUE_KINDS, OBJECT_KINDS, TOLD_KINDS, SearchKind
from backend.search.service import Sight
from backend.search.types import SearchResult
from tenants.permissions import Permission


async def sight_of(context: Context) -> Sight:
    """What the caller may be shown: objects by the permission to trace; what else events tell, and the catalogue, where he may read those."""
    principal = context.caller_principal
    kinds = set(OBJECT_KINDS)
    events = catalogue = None
    if Permission.EVENTS_READ in principal.permissions:
        kinds |= set(TOLD_KINDS)
        events = await sites_for(context, Permission.EVENTS_READ)
    if Permission.CATALOG_READ in principal.permissions:
        kinds |= set(CATALOGUE_KINDS)
        catalogue = await sites_for(context, Permission.CATALOG_READ)
    return Sight(await sites_for(context, Permission.TRACE_READ), events, catalogue, frozenset(kinds))


@strawberry.type
class SearchQueries:
    """Find anything by whatever is known of it."""

    @field(
        description="What a text finds as it is typed, pasted or scanned: objects, products, places, partners, papers, equipment, operators.",
        directives=requires(Permission.TRACE_READ, Cost(weight=10)),
    )
    async def search(self, info: Info, text: str, kinds: list[SearchKind] | None = None, first: int = 20) -> SearchResult:
        """From 1 to 50 of them; what was captured is found within a second or so."""
        sight = await sight_of(info.context)
        async with info.context.reading() as tx:
            return SearchResult.of(await service.search(tx, text, sight, kinds=kinds or (), first=first))

    @field(
        description="Objects by what they are and by what their events say, alone or combined: where a trace may begin.",
        directives=requires(Permission.EVENTS_READ, Cost(weight=50)),
    )
    async def find_objects(
        self, info: Info, wanted: Annotated[ObjectFilterInput, strawberry.argument(name="filter")], first: int = 20, after: str | None = None
    ) -> FoundObjects:
        """From 1 to 100 on a page; only events at the caller's sites are looked at."""
        question, cursor = wanted.read(), decode_cursor(after, "after") if after is not None else None
        events, met = await sites_for(info.context, Permission.EVENTS_READ), await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            at = await finding.place_of(tx, cursor, events) if cursor is not None else None
            if cursor is not None and at is None:
                raise foreign_cursor("after")
            page = await finding.find_objects(tx, question, events=events, met=met, after=at, first=first)
            return FoundObjects.of(page, await finding.cursor_of(tx, page.after) if page.after else None)
