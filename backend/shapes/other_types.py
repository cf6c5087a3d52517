"""A life, the table and the map of places as GraphQL gives them."""

from datetime import datetime

import strawberry

from backend.events.types import Event, load_event
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.objects.types import TraceableObject
from backend.shapes import life as lives
from backend.shapes import places as maps
from backend.shapes import table
from backend.shapes.graph import Sort
from backend.shapes.place_flows import Part
from backend.shapes.series import Series
from backend.shapes.stays import RowKind
from backend.shapes.subject import Side
from backend.shapes.types import Amount, GridPoint, amounts_of
from backend.shapes.words import measured_word, sort_word, unit_word
from backend.trace.rules import Direction, Doubt
from backend.trace.step_types import TraceCondition
from tenants.permissions import Permission

strawberry.enum(RowKind, name="LifeRowKind", description="What a row of a life shows.")
strawberry.enum(Side, name="TraceSide", description="Where an object of a trace stands, seen from the one asked about.")
strawberry.enum(table.TableOrder, name="TraceTableOrder", description="What the rows of the table stand in order of.")
strawberry.enum(Part, name="PlacePart", description="What a place is in the flow of goods.")


@strawberry.type(description="A bar of a life.")
class LifeRow:
    """Bars of one kind in one `lane` never overlap. `until` is null while it lasts; in transit, `place` is where it left, `toPlace` where it came."""

    kind: RowKind
    lane: int
    title: str
    since: datetime
    until: datetime | None
    step: str | None
    place: str | None
    to_place: str | None
    object: TraceableObject | None


@strawberry.type(description="An event of a life.")
class LifeMark:
    """`via` is the container that it was told of, where it didn't name the object itself."""

    at: datetime
    title: str
    step: str | None
    place: str | None
    via: TraceableObject | None
    event_id: strawberry.Private[int]

    @field(description="The event.")
    async def event(self, info: Info) -> Event | None:
        """Through the batch."""
        return await load_event(info.context, self.event_id)


@strawberry.type(description="What sensors told in a stretch of time.")
class SeriesPoint:
    """Of `count` readings that began in it."""

    since: datetime
    until: datetime
    lowest: float
    mean: float
    highest: float
    count: int


@strawberry.type(description="What sensors told of one kind in one unit of measure, oldest first.")
class SensorSeries:
    """`name` and `unit` in the reader's language."""

    type: str
    name: str
    uom: str
    unit: str
    points: list[SeriesPoint] = strawberry.field(directives=(ListSize(assumed_size=50),))

    @classmethod
    def of(cls, series: Series, language: str) -> "SensorSeries":
        """From the rules'."""
        points = [
            SeriesPoint(since=one.since, until=one.until, lowest=one.lowest, mean=one.mean, highest=one.highest, count=one.count)
            for one in series.buckets
        ]
        return cls(
            type=series.kind, name=measured_word(series.kind, language), uom=series.uom, unit=unit_word(series.uom, language) if series.uom else "",
            points=points,
        )  # fmt: skip


@strawberry.type(description="The life of a lot, unit or container, as a Gantt chart.", directives=requires(Permission.TRACE_READ))
class Life:
    """Told by events at your sites. `isCut` says that there are more events, containers or holds than are shown, of which the oldest are."""

    object: TraceableObject
    product: str | None
    since: datetime | None
    until: datetime | None
    is_cut: bool
    rows: list[LifeRow] = strawberry.field(directives=(ListSize(assumed_size=50),))
    series: list[SensorSeries] = strawberry.field(directives=(ListSize(assumed_size=3),))
    marks: list[LifeMark] = strawberry.field(directives=(ListSize(assumed_size=50),))

    @classmethod
    def of(cls, found: lives.Life, language: str) -> "Life":
        """From the service's."""
        rows = [
            LifeRow(
                kind=row.kind, lane=row.lane, title=row.title, since=row.since, until=row.until, step=row.step, place=row.place,
                to_place=row.to_place, object=TraceableObject.of(row.thing, row.since) if row.thing else None,
            )
            for row in found.rows
        ]  # fmt: skip
        marks = [
            LifeMark(
                at=mark.at, title=mark.title, step=mark.step, place=mark.place, via=TraceableObject.of(mark.via, mark.at) if mark.via else None,
                event_id=mark.event_id,
            )
            for mark in found.marks
        ]  # fmt: skip
        return cls(
            object=TraceableObject.of(found.thing, found.since), product=found.product, since=found.since, until=found.until, is_cut=found.is_cut,
            rows=rows, series=[SensorSeries.of(series, language) for series in found.series], marks=marks,
        )  # fmt: skip


@strawberry.type(description="A row of the table: an object, a step, a shipment or a gap.")
class TraceTableRow:
    """`side` is null for shipments and gaps. `made` is what the trace says came of it, `used` what of it went on. `suppliers` as its receipts say."""

    id: str
    kind: Sort
    kind_name: str
    side: Side | None
    steps: int | None
    certainty: Certainty
    doubts: list[Doubt] = strawberry.field(directives=(ListSize(assumed_size=1),))
    code: str
    gtin: str | None
    product: str | None
    object: TraceableObject | None
    since: datetime | None
    until: datetime | None
    step: str | None
    place: str | None
    party: str | None
    suppliers: list[str] = strawberry.field(directives=(ListSize(assumed_size=1),))
    made: list[Amount] = strawberry.field(directives=(ListSize(assumed_size=1),))
    used: list[Amount] = strawberry.field(directives=(ListSize(assumed_size=1),))
    operators: list[str] = strawberry.field(directives=(ListSize(assumed_size=1),))
    equipment: list[str] = strawberry.field(directives=(ListSize(assumed_size=1),))
    conditions: list[TraceCondition] = strawberry.field(directives=(ListSize(assumed_size=1),))
    input_count: int
    output_count: int

    @classmethod
    def of(cls, row: table.TableRow, language: str) -> "TraceTableRow":
        """From the service's."""
        line, point = row.line, row.line.point
        return cls(
            id=point.name, kind=point.sort, kind_name=sort_word(point.sort, language), side=line.side,
            steps=point.distance if point.distance >= 0 else None,
            certainty=point.certainty, doubts=list(line.doubts), code=point.code, gtin=point.gtin, product=row.product,
            object=TraceableObject.of(line.thing, point.at) if line.thing else None, since=point.at, until=line.until, step=row.step,
            place=row.place, party=row.party, suppliers=list(row.suppliers), made=amounts_of(line.made, language),
            used=amounts_of(line.used, language), operators=list(row.operators), equipment=list(row.equipment),
            conditions=[TraceCondition.of(condition) for condition in row.conditions], input_count=line.inputs, output_count=line.outputs,
        )  # fmt: skip


@strawberry.type(description="A place or partner of the map, drawn.")
class MapPlace:
    """`path` names what it lies in, the innermost first. `insideCount` counts places that are shown in it, because all would be too many."""

    id: str
    part: Part
    title: str
    path: list[str] = strawberry.field(directives=(ListSize(assumed_size=2),))
    uri: str
    column: int
    row: float
    step_count: int
    lot_count: int
    inside_count: int


@strawberry.type(description="What went from one place to another.")
class MapArrow:
    """As an arrow of the flow. `lotCount` counts what did, `shipmentCount` with how many shipments it left."""

    parent: str
    child: str
    lot_count: int
    shipment_count: int
    certainty: Certainty
    amounts: list[Amount] = strawberry.field(directives=(ListSize(assumed_size=2),))
    untold_count: int
    since: datetime | None
    until: datetime | None
    is_loop: bool
    bends: list[GridPoint] = strawberry.field(directives=(ListSize(assumed_size=2),))


@strawberry.type(
    description="The places of a trace as a schematic: suppliers to the left, own places in the middle, customers to the right.",
    directives=requires(Permission.TRACE_READ),
)
class PlaceMap:
    """`unplacedStepCount` counts steps of which no place is told, or only at another site than yours."""

    start: TraceableObject
    direction: Direction
    as_of: datetime | None
    known_at: datetime | None
    truncated: bool
    columns: int
    rows: float
    unplaced_step_count: int
    places: list[MapPlace] = strawberry.field(directives=(ListSize(assumed_size=40),))
    arrows: list[MapArrow] = strawberry.field(directives=(ListSize(assumed_size=60),))

    @classmethod
    def of(cls, found: maps.PlaceMap, language: str) -> "PlaceMap":
        """From the service's."""
        boxes = [
            MapPlace(
                id=one.name, part=one.part, title=one.title, path=list(one.path), uri=one.uri, column=one.spot.column, row=one.spot.row,
                step_count=one.steps, lot_count=one.lots, inside_count=one.inside,
            )
            for one in found.places
        ]  # fmt: skip
        arrows = [
            MapArrow(
                parent=one.parent, child=one.child, lot_count=one.lots, shipment_count=one.shipments, certainty=one.certainty,
                amounts=amounts_of(one.amounts, language), untold_count=one.untold, since=one.since, until=one.until, is_loop=one.is_loop,
                bends=[GridPoint.of(bend) for bend in one.bends],
            )
            for one in found.arrows
        ]  # fmt: skip
        question = found.subject.question
        return cls(
            start=TraceableObject.of(found.subject.start), direction=question.direction, as_of=question.as_of, known_at=question.known_at,
            truncated=found.subject.truncated, columns=found.columns, rows=found.rows,
            unplaced_step_count=found.unplaced, places=boxes, arrows=arrows,
        )  # fmt: skip
