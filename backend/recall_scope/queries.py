"""Reading recalls' scopes: of a case or before there is one, within several bounds, as frozen, and what came since."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.recall_scope import query_service, service
from backend.recall_scope.errors import UnknownScopeError
from backend.recall_scope.frozen_types import FrozenRecallScope, RecallAddition
from backend.recall_scope.inputs import RecallBoundsInput, RecallSourceInput
from backend.recall_scope.scope_types import RecallBoundsComparison, RecallScope, listed
from infra.errors import InvalidInputError
from tenants.permissions import Permission

_READ: Final = Permission.RECALLS_READ
MOST_SOURCES: Final = 100


def case_of(given: strawberry.ID) -> UUID:
    """A case's public id; any other text answers like one that doesn't exist."""
    found = uuid_of(given, "RecallCase")
    if found is None:
        raise UnknownScopeError
    return found


def _sources(given: list[RecallSourceInput]) -> list[service.Source]:
    if len(given) > MOST_SOURCES:
        raise InvalidInputError(f"Name at most {MOST_SOURCES} sources in one question; these are {len(given)}.", field="sources")
    return [one.source() for one in given]


@strawberry.type
class RecallScopeQueries:
    """Recalls are the whole company's: nobody reads them for some sites only."""

    @field(description="What a recall reaches now, within its own bounds or others.", directives=requires(_READ, Cost(weight=200)))
    async def recall_scope(self, info: Info, case_id: strawberry.ID, bounds: RecallBoundsInput | None = None) -> RecallScope:
        """Nothing is written; what was announced stays as it was frozen."""
        async with info.context.reading() as tx:
            return RecallScope.of(await service.of_case(tx, case_of(case_id), bounds.bounds() if bounds else None))

    @field(description="What a recall of these sources would reach, before there is a case.", directives=requires(_READ, Cost(weight=200)))
    async def recall_scope_preview(
        self,
        info: Info,
        sources: Annotated[list[RecallSourceInput], strawberry.argument(description="At most 100.")],
        bounds: RecallBoundsInput | None = None,
    ) -> RecallScope:
        """Nothing is written."""
        asked, within = _sources(sources), bounds.bounds() if bounds else service.NO_BOUNDS
        async with info.context.reading() as tx:
            return RecallScope.of(await service.compute(tx, asked, within))

    @field(
        description="A scope in numbers within each of up to six bounds, side by side: of a case, or of sources.",
        directives=requires(_READ, Cost(weight=200), ListSize(assumed_size=6)),
    )
    async def compare_recall_bounds(
        self,
        info: Info,
        bounds: Annotated[list[RecallBoundsInput], strawberry.argument(description="1 to 6.")],
        case_id: strawberry.ID | None = None,
        sources: list[RecallSourceInput] | None = None,
    ) -> list[RecallBoundsComparison]:
        """Either `caseId` or `sources`."""
        if (case_id is None) == (sources is None):
            raise InvalidInputError("Name what is compared: either “caseId” or “sources”.", field="sources")
        async with info.context.reading() as tx:
            asked = _sources(sources) if sources is not None else await service.sources_of(tx, case_of(case_id or strawberry.ID("")))
            found = await query_service.compare(tx, asked, [one.bounds() for one in bounds])
        return [RecallBoundsComparison.of(one) for one in found]

    @field(
        description="What has changed since a recall's scope was frozen last: goods, shipments, and what is gone.",
        directives=requires(_READ, Cost(weight=100)),
    )
    async def recall_additions(
        self,
        info: Info,
        case_id: strawberry.ID,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecallAddition]:
        """What is no longer reached stays held."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            found = await service.additions(tx, case_of(case_id))
        return listed(page, found, RecallAddition.of)

    @field(description="A recall's scope as it was announced, and as it was extended, newest first.", directives=requires(_READ))
    async def recall_scope_versions(
        self,
        info: Info,
        case_id: strawberry.ID,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[FrozenRecallScope]:
        """None before the announcement."""
        page = Page.of(first, after, last, before)
        cursor = page.number()
        async with info.context.reading() as tx:
            rows = await query_service.versions_page(tx, case_of(case_id), cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=FrozenRecallScope.of, cursor=lambda row: str(row.version))
