"""The shapes of a trace: the flow, a life, the table, the map of places."""

from datetime import datetime

import msgspec
import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.shapes import flow as flows
from backend.shapes import life as lives
from backend.shapes import places, table
from backend.shapes.grouping import READABLE
from backend.shapes.names import Reader
from backend.shapes.other_types import Life, PlaceMap, TraceTableRow
from backend.shapes.subject import Question
from backend.shapes.types import Flow
from backend.trace.enums import TankPolicy
from backend.trace.rules import Direction
from backend.trace.steps import StepIndex
from tenants.permissions import Permission


async def _reader(info: Info) -> Reader:
    context = info.context
    return Reader(context.language, context.languages, await sites_for(context, Permission.TRACE_READ))


@strawberry.type
class ShapeQueries:
    """`key` is any form of an identifier, or a bare lot number, serial or SSCC that is unique here."""

    @field(
        description="The process flow of a trace, drawn; grouped where it has more than a person can read.",
        directives=requires(Permission.TRACE_READ, Cost(weight=100)),
    )
    async def flow(
        self,
        info: Info,
        key: str,
        direction: Direction = Direction.BOTH,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        tank_policy: TankPolicy | None = None,
        boxes: int = READABLE,
        open: list[str] | None = None,  # noqa: A002 - as clients write it
    ) -> Flow | None:
        """At most about `boxes` (10 to 200) boxes; `open` takes the `expandKey` of groups that are to be shown in parts."""
        reader = await _reader(info)
        async with info.context.reading() as tx:
            question = Question(key, direction, as_of, known_at, tank_policy)
            found = await flows.flow(tx, reader, question, readable=boxes, opened=open or ())
        return Flow.of(found, reader.language)

    @field(description="The life of a lot, unit or container, with what sensors told.", directives=requires(Permission.TRACE_READ, Cost(weight=100)))
    async def life_of(self, info: Info, key: str, points: int = lives.DEFAULT_POINTS, as_of: datetime | None = None) -> Life | None:
        """Each series has at most `points` (10 to 500) points. Holds are told to whoever may read holds. With `asOf` it is the life until then."""
        reader = await _reader(info)
        holds = Permission.HOLDS_READ in info.context.caller_principal.permissions
        hold_sites = await sites_for(info.context, Permission.HOLDS_READ) if holds else None
        async with info.context.reading() as tx:
            found = await lives.life_of(tx, reader, key, points=points, holds=holds, hold_sites=hold_sites, as_of=as_of)
        return Life.of(found, reader.language)

    @field(description="The whole trace as a table, paged.", directives=requires(Permission.TRACE_READ, Cost(weight=100)))
    async def trace_table(
        self,
        info: Info,
        key: str,
        direction: Direction = Direction.BOTH,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        tank_policy: TankPolicy | None = None,
        order: table.TableOrder = table.TableOrder.TIME,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[TraceTableRow] | None:
        """Computed anew for each page; exports give all rows at once."""
        page = Page.of(first, after, last, before)
        reader = await _reader(info)
        async with info.context.reading() as tx:
            found = await table.table_of(tx, reader, Question(key, direction, as_of, known_at, tank_policy), order)
            lines = cut(page, found.lines, key=found.key, cursor_key=lambda cursor: _read_key(cursor, order))
            rows = await table.rows_of(tx, reader, lines, StepIndex(found.subject.trace))
        return connect(
            page, rows, node=lambda row: TraceTableRow.of(row, reader.language), cursor=lambda row: msgspec.json.encode(found.key(row.line)).decode()
        )  # fmt: skip

    @field(description="The places of a trace as a schematic, drawn.", directives=requires(Permission.TRACE_READ, Cost(weight=100)))
    async def place_map(
        self,
        info: Info,
        key: str,
        direction: Direction = Direction.BOTH,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        tank_policy: TankPolicy | None = None,
    ) -> PlaceMap | None:
        """With what went from where to where, how much, when, and to whom."""
        reader = await _reader(info)
        async with info.context.reading() as tx:
            return PlaceMap.of(await places.place_map(tx, reader, Question(key, direction, as_of, known_at, tank_policy)), reader.language)


def _read_key(cursor: str, order: table.TableOrder) -> table.RowKey:
    first, at, name = msgspec.json.decode(cursor, type=tuple[str | int, str, str])
    if isinstance(first, int) != (order is table.TableOrder.STEPS):
        raise ValueError("a cursor of another order")
    return (first, at, name)
