"""Bulk capture: documents through HTTP, the database's part alone, reading alone; against COPY of the very same rows."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from backend.events.projection import Source
from backend.events.reader import read
from tests.benchmarks.client import Client
from tests.benchmarks.copy_limit import TableRows, count, rows_of, seconds_to_copy
from tests.benchmarks.production import DOCUMENT_EVENTS, Production, enter_catalogue, food
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Firm, House, Server, Stage, working

EVENTS = 6_000
SHORT_EVENTS = 40
WARM_UP_EVENTS = 1_500
JSON, XML = "application/json", "application/xml"
NAME = "capture"
THROUGH_HTTP = Target(0.05, at_least=True, reach=0.15)
IN_DATABASE = Target(0.15, at_least=True, reach=0.30)


@dataclass(slots=True)
class Yardstick:
    """COPY just before and just after a run, so that a machine that others use slows both alike."""

    house: House
    tables: list[TableRows]

    async def seconds_a_row(self) -> float:
        """Of the rows of the last run."""
        return await seconds_to_copy(self.house, self.tables) / count(self.tables)


Way = Callable[[House, Firm, Production], Awaitable[float]]


async def run(stage: Stage, report: Report) -> None:
    """Each way into a tenant of its own, with productions that differ, as a new customer meets a database that others use."""
    report.say(f"capture: {EVENTS:,} events of the food simulation in documents of {DOCUMENT_EVENTS}")
    async with stage.house("capture") as house:
        with house.serving() as server, working(house):
            ways: list[tuple[str, Way, Target | None]] = [
                (f"documents of {SHORT_EVENTS} through HTTP, captured in the request, 2 clients", in_requests(server, 2), THROUGH_HTTP),
                ("one long document through HTTP, JSON", as_one(server, JSON), THROUGH_HTTP),
                ("one long document through HTTP, XML", as_one(server, XML), THROUGH_HTTP),
                ("the database's part (CaptureService, events ready)", in_database, IN_DATABASE),
                ("reading alone (parse, validate, hash)", reading, None),
            ]
            yardstick = await _warm_up(house, [way for _, way, _ in ways])
            for seed, (name, way, target) in enumerate(ways, start=10):
                await _measure(house, report, yardstick, food(EVENTS, seed), name=name, way=way, target=target)
    rows = ", ".join(f"{part.table} {len(part.rows):,}" for part in sorted(yardstick.tables, key=lambda part: -len(part.rows))[:7])
    report.note(f"{EVENTS:,} captured events make {count(yardstick.tables):,} rows: {rows} … The workers publish pages beside.")


async def _warm_up(house: House, ways: Sequence[Way]) -> Yardstick:
    """Every path once; statistics then are those of a database that other tenants use."""
    tables: list[TableRows] = []
    for seed, way in enumerate(ways, start=1):
        firm = await house.new_firm()
        await way(house, firm, food(WARM_UP_EVENTS, seed))
        captured = await rows_of(house, firm.tenant_id)
        tables = captured if any(part.table == "event" for part in captured) else tables
    await house.analyze()
    return Yardstick(house, tables)


async def _measure(house: House, report: Report, yardstick: Yardstick, production: Production, *, name: str, way: Way, target: Target | None) -> None:
    firm = await house.new_firm()
    await enter_catalogue(house, firm, production.master_data)
    await _until_idle(house)
    before = await yardstick.seconds_a_row()
    seconds = await way(house, firm, production)
    yardstick.tables = await rows_of(house, firm.tenant_id) if target else yardstick.tables
    limit = (before + await yardstick.seconds_a_row()) / 2
    events, rows = production.events / seconds, count(yardstick.tables) / seconds
    report.add(
        Measure(
            NAME, name, f"{events:,.0f} events/s = {rows:,.0f} rows/s", f"COPY of the same rows: {1 / limit:,.0f} rows/s", rows * limit, target,
            {"events_per_second": events, "rows_per_second": rows, "copy_rows_per_second": 1 / limit},
        )
    )  # fmt: skip


async def _until_idle(house: House) -> None:
    """What the run before has left to the workers is that run's, and not to slow this one."""
    async with house.admin() as admin:
        while await admin.fetchval("select exists (select 1 from outbox where done_at is null and due_at <= now())"):  # noqa: ASYNC110 - other processes change it
            await asyncio.sleep(0.1)


def in_requests(server: Server, clients: int) -> Way:
    """Short documents in order, dealt out to clients that send them at the same time; all of them into one tenant."""

    async def send_all(house: House, firm: Firm, production: Production) -> float:
        headers = await house.bearer(firm)
        documents = production.in_documents(SHORT_EVENTS)

        def send(documents: Sequence[bytes]) -> None:
            with Client(server.port, headers) as client:
                for document in documents:
                    client.capture(document)

        begun = time.perf_counter()
        await asyncio.gather(*(asyncio.to_thread(send, list(islice(documents, number, None, clients))) for number in range(clients)))
        return time.perf_counter() - begun

    return send_all


def as_one(server: Server, content_type: str) -> Way:
    """All events in one document, from its first byte until its job is finished."""

    async def send(house: House, firm: Firm, production: Production) -> float:
        headers = {**await house.bearer(firm), "Content-Type": content_type, "GS1-Capture-Error-Behaviour": "proceed"}
        document = production.as_xml() if content_type == XML else production.in_documents(production.events)[0]
        begun = time.perf_counter()
        with Client(server.port, headers) as client:
            await asyncio.to_thread(client.capture, document)
        return time.perf_counter() - begun

    return send


async def in_database(house: House, firm: Firm, production: Production) -> float:
    """The same transactions as the route makes, without HTTP and reading."""
    batches = [read(document, JSON).canonical for document in production.documents]
    begun = time.perf_counter()
    for batch in batches:
        await house.services.capturing(firm.tenant_id, batch, partial(house.services.capture.capture, events=batch, source=Source.EPCIS))
    return time.perf_counter() - begun


async def reading(_house: House, _firm: Firm, production: Production) -> float:
    """Without anything else; the rows are those of the run before."""
    begun = time.perf_counter()
    for document in production.documents:
        if faults := read(document, JSON).faults:
            raise RuntimeError(f"the simulator's events have faults: {faults[0]}")
    return time.perf_counter() - begun
