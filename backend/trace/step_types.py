"""Steps of a trace as GraphQL shows them."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
import strawberry

from backend.catalog.loaders import sites_for
from backend.catalog.types import Location, load_location
from backend.events.canonical import Role
from backend.events.types import Event, load_event
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from backend.objects.types import TraceableObject
from backend.trace import steps
from backend.trace.event_words import Condition
from backend.trace.found import Found
from tenants.permissions import Permission

_LINES = (ListSize(assumed_size=10),)
_FEW = (ListSize(assumed_size=3),)
MOST_EVENTS = 20


@strawberry.type(description="One object's part in a step.")
class TraceStepLine:
    """`uom` is null where the quantity counts pieces. A lot that is possible merely was there. A product stands for itself where no lot was told."""

    object: TraceableObject
    role: Role
    quantity: Decimal | None
    uom: str | None
    certainty: Certainty
    by_product: bool = strawberry.field(description="The event calls it a by-product.")


@strawberry.type(description="One quantity that was measured at one device in a step.")
class TraceCondition:
    """A series of readings is told by its extent and mean; `value` where there is a single one. `uom` is of UN/CEFACT Recommendation 20."""

    kind: str
    device: str | None
    uom: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    mean: Decimal | None
    value: Decimal | None
    text: str | None
    readings: int
    began: datetime | None
    ended: datetime | None
    exceptions: list[str]

    @classmethod
    def of(cls, condition: Condition) -> "TraceCondition":
        """From the event's."""
        return cls(
            kind=condition.kind, device=condition.device, uom=condition.uom, minimum=condition.minimum, maximum=condition.maximum,
            mean=condition.mean, value=condition.value, text=condition.text, readings=condition.readings, began=condition.began,
            ended=condition.ended, exceptions=list(condition.exceptions),
        )  # fmt: skip


@strawberry.type(description="A paper that a step's events name.")
class TraceDocument:
    """`kind` is a word of the CBV ("prodorder") or a URI."""

    kind: str | None
    uri: str


@strawberry.type(description="A transformation with all its parts, or another act on goods of the trace.")
class TraceStep:
    """`node` is null for an act. Of a step at other sites than yours `told` is false, and only what it links is there.

    Of inputs, outputs and objects at most 100 each; the counts tell how many there are, and the events' own lines give the rest in pages.
    """

    node: TraceableObject | None
    began: datetime
    ended: datetime
    time_zone_offset: str | None
    told: bool
    biz_step: str | None
    disposition: str | None
    place: str | None
    operators: list[str]
    equipment: list[str]
    conditions: list[TraceCondition] = strawberry.field(directives=_FEW)
    documents: list[TraceDocument] = strawberry.field(directives=_FEW)
    inputs: list[TraceStepLine] = strawberry.field(directives=_LINES)
    input_count: int
    outputs: list[TraceStepLine] = strawberry.field(directives=_LINES)
    output_count: int
    objects: list[TraceStepLine] = strawberry.field(directives=_LINES)
    object_count: int
    certainty: Certainty
    event_ids: strawberry.Private[tuple[int, ...]]

    @classmethod
    def of(cls, step: steps.Step) -> "TraceStep":
        """From the service's."""
        inputs, outputs, subjects = ([_line(line, step.began) for line in lines] for lines in (step.inputs, step.outputs, step.subjects))
        return cls(
            node=TraceableObject.of(step.node, step.began) if step.node else None, began=step.began, ended=step.ended,
            time_zone_offset=step.offset, told=step.told, biz_step=step.biz_step, disposition=step.disposition, place=step.place,
            operators=list(step.operators), equipment=list(step.equipment),
            conditions=[TraceCondition.of(condition) for condition in step.conditions],
            documents=[TraceDocument(kind=document.kind, uri=document.uri) for document in step.documents], inputs=inputs,
            input_count=step.input_count, outputs=outputs, output_count=step.output_count, objects=subjects, object_count=step.subject_count,
            certainty=step.certainty, event_ids=step.event_ids,
        )  # fmt: skip

    @field(description="The catalogue's entry for the place.")
    async def location(self, info: Info) -> Location | None:
        """As it was then."""
        return await load_location(info.context, self.place, self.began)

    @field(description="The events that state it, at most 20.", directives=_FEW)
    async def events(self, info: Info) -> list[Event]:
        """Through the batch."""
        loaded = await asyncio.gather(*(load_event(info.context, event_id) for event_id in self.event_ids[:MOST_EVENTS]))
        return [event for event in loaded if event is not None]


COST = Cost(weight=20)


async def steps_page(info: Info, found: Found, page: Page) -> Connection[TraceStep]:
    """A page of a trace's steps in the order of time: transformations, and other acts, which are looked up from where the page begins."""
    trace, shipments = found.trace, await found.shipments(info)
    sites = await sites_for(info.context, Permission.EVENTS_READ)
    moment, act, key = _read(page)
    inner = _behind(steps.transformations(trace), page, (moment, act is not None, str(act or key))) if moment else steps.transformations(trace)
    if page.backward:
        inner = inner[::-1]
    async with info.context.reading() as tx:
        cursor = (moment, act) if moment else None
        acts = await steps.acts(tx, trace, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites, shipments=shipments)
        places = sorted([*inner[: page.limit], *acts], key=lambda place: place.order, reverse=page.backward)[: page.limit]
        told = await steps.describe_steps(tx, trace, sites, only={place.step_id for place in places if place.act is None})
        done = await steps.describe_acts(tx, trace, [place for place in places if place.act is not None], sites, shipments=shipments)
    by_place = {(step.node is None, step.step_id): step for step in (*told, *done)}
    rows = [(place, by_place[place.act is not None, place.step_id]) for place in places if (place.act is not None, place.step_id) in by_place]
    return connect(page, rows, node=lambda row: TraceStep.of(row[1]), cursor=lambda row: _write(row[0]))


def _line(line: steps.StepLine, at: datetime) -> TraceStepLine:
    return TraceStepLine(
        object=TraceableObject.of(line.thing, at), role=line.role, quantity=line.quantity, uom=line.uom, certainty=line.certainty,
        by_product=line.by_product,
    )  # fmt: skip


def _behind(places: list[steps.StepPlace], page: Page, at: tuple[datetime, bool, str]) -> list[steps.StepPlace]:
    return [place for place in places if (place.order < at if page.backward else place.order > at)]


def _write(place: steps.StepPlace) -> str:
    return msgspec.json.encode((place.at, place.act, place.key)).decode()


def _read(page: Page) -> tuple[datetime | None, UUID | None, str]:
    if page.cursor is None:
        return None, None, ""
    try:
        moment, act, key = msgspec.json.decode(page.cursor, type=tuple[datetime, UUID | None, str])
        return moment.astimezone(UTC), act, key
    except (msgspec.MsgspecError, OverflowError, ValueError) as problem:
        raise page.unknown_cursor() from problem
