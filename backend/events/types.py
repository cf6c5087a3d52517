"""Events and who took part in them as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.catalog.loaders import sites_for
from backend.catalog.types import Location, load_location
from backend.events import loaders
from backend.events.canonical import Action, EventType, Role
from backend.events.contexts import STANDARD_CONTEXT
from backend.events.errors import EventNotFoundError
from backend.events.lookup_service import Line
from backend.events.query_service import RecordedEvent, get_event
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from backend.objects.types import TraceableObject, load_object
from tenants.permissions import Permission

strawberry.enum(EventType, description="The five event types of EPCIS 2.0.")
strawberry.enum(Action, name="EventAction", description="What the event does to its objects.")
strawberry.enum(Role, name="ParticipationRole", description="The part that an object plays in an event.")


@strawberry.type(description="One object's part in an event.")
class Participation:
    """`quantity` is null for an instance and for an unmeasured amount of a class; `uom` is null where the quantity counts pieces."""

    role: Role
    quantity: Decimal | None
    uom: str | None
    line: strawberry.Private[Line]
    at: strawberry.Private[datetime]

    @field(description="What took part.")
    async def object(self, info: Info) -> TraceableObject | None:
        """Through the batch."""
        return await load_object(info.context, self.line.object_id, self.at)


@strawberry.type(description="Something that happened to goods, as EPCIS 2.0 has it.", directives=requires(Permission.EVENTS_READ))
class Event(Node):
    """`eventTime` is in UTC, with the offset at which it was told beside it; business words are bare CBV words, or URIs."""

    id: ID
    type: EventType
    action: Action | None
    event_time: datetime
    event_time_zone_offset: str
    record_time: datetime
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    transformation_id: str | None
    event_hash: str
    superseded: bool = strawberry.field(description="An error declaration has taken it out of force.")
    declared_at: datetime | None = strawberry.field(description="Set on an error declaration: when it was declared.")
    broke_hold: bool = strawberry.field(description="It reports that held goods were shipped; an alert was raised.")
    record: strawberry.Private[RecordedEvent]

    @classmethod
    def of(cls, record: RecordedEvent) -> "Event":
        """From the log's."""
        return cls(
            id=global_id("Event", record.public_id), type=record.type, action=record.action, event_time=record.event_time,
            event_time_zone_offset=record.event_offset, record_time=record.record_time, biz_step=record.biz_step,
            disposition=record.disposition, read_point=record.read_point, biz_location=record.biz_location,
            transformation_id=record.transformation_id, event_hash=record.event_hash, superseded=record.superseded,
            declared_at=record.declared_at, broke_hold=record.anomaly is not None, record=record,
        )  # fmt: skip

    @field(name="eventID", description="The id that the event was captured with.")
    def event_id(self) -> str | None:
        """An error declaration carries that of the event which it corrects."""
        return self.record.body.get("eventID")

    @field(description="The event as EPCIS 2.0 JSON-LD, as it was captured, with the context that its extensions need.")
    def body(self) -> JSON:
        """Spliced from the stored text, so that no number loses a digit."""
        context: list[object] = [STANDARD_CONTEXT, *msgspec.json.decode(self.record.context_json)]
        return JSON(msgspec.Raw(b'{"@context":' + msgspec.json.encode(context) + b"," + self.record.body_json[1:].encode()))

    @field(description="The catalogue's entry for the place of the event.")
    async def location(self, info: Info) -> Location | None:
        """Where the goods are after it, else where it was read."""
        return await load_location(info.context, self.biz_location or self.read_point, self.event_time)

    @field(description="What took part, in the order of the event's lines.")
    async def objects(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Participation]:
        """Lines never change, so a cursor is a place among them."""
        page = Page.of(first, after, last, before)
        event_id, context = self.record.event_id, info.context
        offset, limit = page.number(), page.limit
        if page.backward:
            end = offset - 1 if page.cursor is not None else await context.load(loaders.line_counts, event_id)
            offset = max(0, end - page.limit)
            limit = max(0, end - offset)
        lines = await context.load(loaders.lines, (event_id, offset, limit))
        rows = lines[::-1] if page.backward else lines
        return connect(page, rows, node=lambda line: _participation(line, self.event_time), cursor=lambda line: str(line.place))


def _participation(line: Line, at: datetime) -> Participation:
    return Participation(role=line.role, quantity=line.quantity, uom=line.uom, line=line, at=at)


LazyEvent = Annotated["Event", strawberry.lazy("backend.events.types")]


async def load_event(context: Context, event_id: int | None) -> Event | None:
    """An event by the log's own id, through the batch."""
    found = await context.load(loaders.events, event_id) if event_id is not None else None
    return Event.of(found) if found else None


async def find_event(context: Context, public_id: str) -> Event | None:
    """An event by its public id."""
    identifier = parse_uuid(public_id)
    if identifier is None:
        return None
    sites = await sites_for(context, Permission.EVENTS_READ)
    async with context.reading() as tx:
        try:
            return Event.of(await get_event(tx, identifier, sites))
        except EventNotFoundError:
            return None


NODES = (NodeKind("Event", Permission.EVENTS_READ, find_event),)
