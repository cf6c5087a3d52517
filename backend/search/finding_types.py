"""Combined questions and what they find, as GraphQL has them."""

from datetime import datetime
from typing import Annotated

import strawberry

from backend.events.canonical import EventType
from backend.graphql.directives import ListSize
from backend.graphql.fields import field
from backend.graphql.pagination import encode_cursor
from backend.identifiers import ObjectKind
from backend.objects.types import TraceableObject
from backend.search.finding import FoundObject, FoundPage
from backend.search.question import Parameter, Part, Question

strawberry.enum(Part, name="ObjectPart", description="What an object did in an event.")


@strawberry.input(description="A measured value within bounds, both inclusive.")
class ParameterInput:
    """With `unit` it is what a sensor reported, converted; else an extension field."""

    name: str | None = strawberry.field(
        default=None, description="With `unit` the sensor report's type, as Temperature; else the field's full name, or the last part of it."
    )
    unit: str | None = strawberry.field(default=None, description="UN/CEFACT Recommendation 20, as CEL.")
    at_least: float | None = None
    at_most: float | None = None

    def read(self) -> Parameter:
        """For the service."""
        return Parameter(self.name, self.unit, self.at_least, self.at_most)


@strawberry.input(name="ObjectFilter", description="All that is given holds, of the object or of one event of it; values of a list are alternatives.")
class ObjectFilterInput:
    """Times are of the event, from (inclusive) to (exclusive)."""

    product: str | None = strawberry.field(default=None, description="A GTIN, or any identifier that holds one.")
    lot: str | None = strawberry.field(default=None, description="A lot number; with `serial` the lot that the unit belongs to.")
    serial: str | None = None
    container: str | None = strawberry.field(default=None, description="An SSCC or any other identifier that takes part in the event.")
    kinds: list[ObjectKind] | None = None
    document: str | None = strawberry.field(default=None, description="The number or URI of a business transaction.")
    document_type: str | None = strawberry.field(default=None, description="Its type, as po, desadv or inv.")
    supplier: str | None = strawberry.field(default=None, description="A source of the event: identifier, GLN or exact name.")
    supplier_lot: str | None = None
    customer: str | None = strawberry.field(default=None, description="A destination of the event: identifier, GLN or exact name.")
    equipment: str | None = None
    operator: str | None = None
    parameters: list[ParameterInput] | None = None
    biz_steps: list[str] | None = None
    dispositions: list[str] | None = None
    place: str | None = strawberry.field(default=None, description="Identifier, GLN or exact name; with all that lies in it.")
    event_time_from: datetime | None = None
    event_time_to: datetime | None = None
    event_types: list[EventType] | None = None
    parts: list[Part] | None = None
    also: list[Annotated["ObjectFilterInput", strawberry.lazy("backend.search.finding_types")]] | None = strawberry.field(
        default=None, description="Holds of the same object too, through another event or the same; three at most."
    )

    def read(self) -> Question:
        """For the service."""
        return Question(
            product=self.product, lot=self.lot, serial=self.serial, container=self.container, kinds=tuple(self.kinds or ()),
            document=self.document, document_type=self.document_type, supplier=self.supplier, supplier_lot=self.supplier_lot,
            customer=self.customer, equipment=self.equipment, operator=self.operator,
            parameters=tuple(each.read() for each in self.parameters or ()), biz_steps=tuple(self.biz_steps or ()),
            dispositions=tuple(self.dispositions or ()), place=self.place, time_from=self.event_time_from, time_to=self.event_time_to,
            event_types=tuple(self.event_types or ()), parts=tuple(self.parts or ()), also=tuple(each.read() for each in self.also or ()),
        )  # fmt: skip


@strawberry.type(name="FoundObject", description="An object that a question finds.")
class FoundObjectType:
    """Over all events that the question asks for."""

    object: TraceableObject
    first_event_time: datetime
    last_event_time: datetime

    @classmethod
    def of(cls, found: FoundObject) -> "FoundObjectType":
        """From the service's."""
        return cls(object=TraceableObject.of(found.thing), first_event_time=found.first_at, last_event_time=found.last_at)


@strawberry.type(description="A page of what a question finds, the objects with the newest events first.")
class FoundObjects:
    """`truncated`: enough was looked through for one answer. Go on behind `endCursor`; without one, ask for less."""

    truncated: bool
    end_cursor: str | None
    page: strawberry.Private[FoundPage]

    @classmethod
    def of(cls, page: FoundPage, cursor: str | None) -> "FoundObjects":
        """From the service's, with where the next page goes on."""
        return cls(truncated=page.truncated, end_cursor=encode_cursor(cursor) if cursor is not None else None, page=page)

    @field(description="At most `first`.", directives=(ListSize(assumed_size=1),))
    async def nodes(self) -> list[FoundObjectType]:
        """Each object stands on one page only."""
        return [FoundObjectType.of(found) for found in self.page.objects]
