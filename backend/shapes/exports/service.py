"""Make an export: the trace is looked at once, put on the trail, and written in pieces that each take little memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backend.catalog.sites import sites_of
from backend.events.lookup_service import events_by_ids
from backend.events.query_service import RecordedEvent
from backend.services import Services
from backend.shapes import repository
from backend.shapes.clocks import plant_time
from backend.shapes.drawing import draw_flow
from backend.shapes.errors import ExportTooLargeError
from backend.shapes.exports.asked import Format
from backend.shapes.exports.epcis import epcis_parts
from backend.shapes.exports.graphml import graphml_parts
from backend.shapes.exports.report import MOST_ROWS, Material, report_of
from backend.shapes.exports.rows import csv_parts
from backend.shapes.flow import Flow, flow_of
from backend.shapes.graph import Graph, Sort
from backend.shapes.graphing import graph_of
from backend.shapes.names import Names, Reader, look_up
from backend.shapes.subject import Question, Subject, look
from backend.shapes.table import Line, TableOrder, TableRow, lines_of, rows_of
from backend.trace.rules import Direction
from backend.trace.steps import StepIndex
from infra import clock
from infra.database import TenantTransaction
from infra.printing.press import Press
from infra.printing.shell import PrintedDocument
from tenants import audit
from tenants.mandates import tenant_of
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_EVENTS: Final = 200_000
MOST_PACKED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: who asks what, in which form, with how many boxes in a picture, in which languages."""

    principal: Principal
    question: Question
    form: Format
    boxes: int
    language: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is answered: `parts` are written one after the other, and hold nothing open while nobody takes them; or a document to be printed."""

    name: str
    made: AsyncIterator[bytes] | PrintedDocument


async def prepare(services: Services, asked: Asked) -> Prepared:
    """The file of a trace, recorded on the trail before its first byte.

    Raises `PermissionDeniedError`, `ObjectNotFoundError`, what `trace` raises, and `ExportTooLargeError`.
    """
    asked.principal.require(Permission.TRACE_READ)
    if asked.form is Format.EPCIS:
        # Whole events are more than what a trace tells of them.
        asked.principal.require(Permission.EVENTS_READ)
    return await services.in_tenant(asked.principal.tenant_id, _Export(services, asked).begin)


async def written(press: Press, asked: Asked, prepared: Prepared) -> AsyncIterator[bytes]:
    """Its bytes, printed where it is a document. Raises `UnavailableError` from the press."""
    if isinstance(prepared.made, PrintedDocument):
        return _from(iter([await press.print(asked.principal.tenant_id, prepared.made)]))
    return prepared.made


class _Export:
    """One export on its way."""

    def __init__(self, services: Services, asked: Asked) -> None:
        self._services = services
        self._asked = asked

    async def begin(self, tx: TenantTransaction) -> Prepared:
        """Whatever needs the database at once, and the entry on the trail."""
        asked, principal = self._asked, self._asked.principal
        sites = await sites_of(tx, principal, Permission.TRACE_READ)
        reader = Reader(asked.language, asked.languages, sites)
        subject = await look(tx, asked.question, sites)
        made = await self._made(tx, reader, subject)
        question = asked.question
        moments = {"asOf": question.as_of, "knownAt": question.known_at}
        told = {"format": str(asked.form), "direction": str(question.direction)} | {name: at.isoformat() for name, at in moments.items() if at}
        if question.tank_policy is not None:
            told["tankPolicy"] = str(question.tank_policy)
        await audit.record(tx, principal, "trace.exported", f"object:{subject.start.key}", after=told)
        return Prepared(_file_name(subject, asked.form), made)

    async def _made(self, tx: TenantTransaction, reader: Reader, subject: Subject) -> AsyncIterator[bytes] | PrintedDocument:
        form = self._asked.form
        if form is Format.EPCIS:
            return await self._epcis(tx, subject)
        graph = await asyncio.to_thread(graph_of, subject)
        if form is Format.GRAPHML:
            return _from(graphml_parts(graph, await _names(tx, reader, graph)))
        if form is Format.CSV:
            return await self._csv(tx, reader, subject, graph)
        flow = await flow_of(tx, reader, subject, readable=self._asked.boxes)
        title = _title(flow)
        if form is Format.SVG:
            return _from(iter([draw_flow(flow, title=title, language=reader.language).encode()]))
        return await self._report(tx, reader, flow, graph, title)

    async def _epcis(self, tx: TenantTransaction, subject: Subject) -> AsyncIterator[bytes]:
        sites = await sites_of(tx, self._asked.principal, Permission.EVENTS_READ)
        things = set(subject.nodes)
        # What hangs under a lot isn't a node of its own, but it is what is packed and shipped.
        lots = [object_id for object_id, node in subject.nodes.items() if node.downstream or object_id == subject.start.object_id]
        forward = subject.question.direction is not Direction.BACKWARD
        units = await repository.units_of(tx, lots, MOST_PACKED + 1) if forward else []
        things |= {row["unit_id"] for row in units}
        around = await repository.containers_of(tx, sorted(things), MOST_PACKED + 1)
        things |= {row["container_id"] for row in around}
        rows = await repository.events_naming(tx, sorted(things), sites, subject.question.as_of, MOST_EVENTS + 1)
        if len(rows) > MOST_EVENTS or max(len(units), len(around)) > MOST_PACKED:
            raise ExportTooLargeError(f"The trace has more than {MOST_EVENTS} events. Ask in one direction, or from an object nearer to the goods.")

        async def loaded(ids: Sequence[int]) -> dict[int, RecordedEvent]:
            async with self._services.database.tenant(self._asked.principal.tenant_id) as later:
                return await events_by_ids(later, ids, sites)

        return epcis_parts([row["event_id"] for row in rows], loaded)

    async def _csv(self, tx: TenantTransaction, reader: Reader, subject: Subject, graph: Graph) -> AsyncIterator[bytes]:
        time = plant_time(subject, (await _names(tx, reader, graph)).places.values())
        table = await asyncio.to_thread(lines_of, subject, TableOrder.TIME)
        steps = await asyncio.to_thread(StepIndex, subject.trace)

        async def named(lines: Sequence[Line]) -> list[TableRow]:
            async with self._services.database.tenant(self._asked.principal.tenant_id) as later:
                return await rows_of(later, reader, lines, steps)

        return csv_parts(table, named, time, reader.language)

    async def _report(self, tx: TenantTransaction, reader: Reader, flow: Flow, graph: Graph, title: str) -> PrintedDocument:
        lines: list[Line] = []
        whole = await asyncio.to_thread(lines_of, flow.subject, TableOrder.TIME)
        for sort in Sort:
            lines += [line for line in whole.lines if line.point.sort is sort][:MOST_ROWS]
        principal = self._asked.principal
        rows = await rows_of(tx, reader, lines, await asyncio.to_thread(StepIndex, flow.subject.trace))
        material = Material(
            flow=flow, graph=graph, rows=rows, totals=dict(flow.counts), clock=flow.clock, language=reader.language,
            title=title, company=await self._company(), asked_by=principal.display_name, made_at=clock.now(),
            customers=len({point.party for point in graph.points if point.sort is Sort.SHIPMENT and point.party}),
        )  # fmt: skip
        return await asyncio.to_thread(report_of, material)

    async def _company(self) -> str:
        """Its name, as it stands over what is printed."""
        tenant = await tenant_of(self._services.database, self._asked.principal.tenant_id)
        return tenant.name if tenant else self._asked.principal.tenant_slug


async def _names(tx: TenantTransaction, reader: Reader, graph: Graph) -> Names:
    """What all products, places and parties of a graph are called."""
    points = graph.points
    return await look_up(
        tx, reader, gtins={point.gtin for point in points if point.gtin}, places={point.place for point in points if point.place},
        parties={point.party for point in points if point.party},
    )  # fmt: skip


async def _from(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """What is computed piece by piece; others get their turn in between."""
    for part in parts:
        yield part
        await asyncio.sleep(0)


def _file_name(subject: Subject, form: Format) -> str:
    """Of letters that every system takes."""
    code = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in subject.start.code)[:60].strip("-")
    return f"trace-{code or 'object'}.{form}"


def _title(flow: Flow) -> str:
    start = next(box for box in flow.boxes if box.is_start)
    return f"{start.title} · {start.subtitle}" if start.subtitle else start.title
