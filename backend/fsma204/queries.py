"""Records of the food traceability rule, what they lack, and what is told of foods and places."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.catalog.loaders import sites_for
from backend.fsma204 import details, foods, service
from backend.fsma204.completeness import Purpose
from backend.fsma204.context import Context
from backend.fsma204.elements import Cte
from backend.fsma204.selection import Selection
from backend.fsma204.types import FoodListing, FoodPlace, FoodProduct, Foods, Fsma204Completeness, TraceabilityRecord
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import parse_uuid, uuid_of
from backend.graphql.pagination import Connection, Page, connect
from infra.errors import InvalidInputError, NotFoundError
from tenants.permissions import Permission


@strawberry.input(name="Fsma204Selection")
class Fsma204SelectionInput:
    """Lots, a recall case, or a time; lots and a case within the time if there is one. `until` is left out itself."""

    lots: list[str] = strawberry.field(default_factory=list, description="Identifiers in any form, or lot numbers that are unique here; at most 500.")
    from_: datetime | None = strawberry.field(default=None, name="from")
    until: datetime | None = None
    recall: strawberry.ID | None = strawberry.field(default=None, description="A recall case. Needs the permission to read recalls.")
    events: list[Cte] = strawberry.field(default_factory=list, description="Of these kinds only; all where none is named.")
    foods: Foods = Foods.COVERED

    def selection(self) -> Selection:
        """Raises `InvalidInputError` for none, or too much."""
        return Selection.of(self.lots, self.from_, self.until, case_id=self._case(), ctes=self.events, every_food=self.foods is Foods.ALL)

    def _case(self) -> UUID | None:
        if self.recall is None:
            return None
        found = uuid_of(self.recall, "RecallCase") or parse_uuid(self.recall)
        if found is None:
            raise NotFoundError("There is no such recall. The list of recalls shows those that there are.", field="recall")
        return found


@strawberry.type
class Fsma204Queries:
    """Of what happened at the caller's sites."""

    @field(
        description="Records of critical tracking events (21 CFR 1.1325 to 1.1350), oldest first, with what each lacks.",
        directives=requires(Permission.TRACE_READ, Cost(weight=50)),
    )
    async def fsma204_records(
        self, info: Info, select: Fsma204SelectionInput, *, purpose: Purpose = Purpose.RECORD, first: int | None = None, after: str | None = None,
        last: int | None = None, before: str | None = None,
    ) -> Connection[TraceabilityRecord] | None:  # fmt: skip
        """To whom traces count at some sites only, events there."""
        page = Page.of(first, after, last, before)
        context, at = info.context, _at(page)
        selection, sites = _selected(info, select), await sites_for(context, Permission.TRACE_READ)
        async with context.reading() as tx:
            found = await service.plan(tx, selection, sites)
            known = Context(sites, context.languages)
            rows = await service.page(tx, found, known, after=at, backward=page.backward, limit=page.limit)
        return connect(
            page, rows, node=lambda row: TraceabilityRecord.of(row[1], purpose, context.language),
            cursor=lambda row: f"{row[0].event}/{row[0].number}",
        )  # fmt: skip

    @field(
        description="How complete the records are, by kind of event, over at most 5,000 events; the sheet checks all.",
        directives=requires(Permission.TRACE_READ, Cost(weight=500)),
    )
    async def fsma204_completeness(
        self, info: Info, select: Fsma204SelectionInput, *, purpose: Purpose = Purpose.RECORD
    ) -> Fsma204Completeness | None:
        """By the same selection."""
        selection, sites = _selected(info, select), await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            found = await service.plan(tx, selection, sites)
            checked = await service.check(tx, found, Context(sites, info.context.languages), purpose)
        return Fsma204Completeness.of(checked, info.context.language)

    @field(
        description="Whether a food of this description is on the FDA's Food Traceability List, with the reason.",
        directives=requires(Permission.CATALOG_READ),
    )
    def food_listing(self, info: Info, description: str) -> FoodListing | None:
        """By the words of the list's entries."""
        if not 1 <= len(description.strip()) <= foods.LONGEST:
            raise InvalidInputError(f"“description” has 1 to {foods.LONGEST} characters.", field="description")
        return FoodListing.of(foods.classify(description))

    @field(description="What is told of foods for the food traceability rule, in order of their GTIN.", directives=requires(Permission.CATALOG_READ))
    async def food_products(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[FoodProduct] | None:
        """The whole company's."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await details.page_of_products(tx, cursor=page.cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=FoodProduct.of, cursor=lambda row: row.gtin)

    @field(
        description="What is told of places and parties for the food traceability rule, in order of their URI.",
        directives=requires(Permission.CATALOG_READ),
    )
    async def food_places(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[FoodPlace] | None:
        """To whom the catalogue counts at some sites only: of the company's own places those there."""
        page = Page.of(first, after, last, before)
        sites = await sites_for(info.context, Permission.CATALOG_READ)
        async with info.context.reading() as tx:
            rows = await details.page_of_places(tx, cursor=page.cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=FoodPlace.of, cursor=lambda row: row.place)


def _selected(info: Info, select: Fsma204SelectionInput) -> Selection:
    selection = select.selection()
    if selection.case_id is not None:
        info.context.caller_principal.require_everywhere(Permission.RECALLS_READ)
    return selection


def _at(page: Page) -> service.At | None:
    if page.cursor is None:
        return None
    event, _, number = page.cursor.partition("/")
    found = parse_uuid(event)
    if found is None or not number.isascii() or not number.isdigit() or len(number) > 9:
        raise page.unknown_cursor()
    return service.At(found, int(number))
