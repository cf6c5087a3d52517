"""Bulk capture: documents through HTTP, the database's part alone, reading alone; against COPY of the very same rows."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from backend.events.canonical import CanonicalEvent
from backend.events.projection import Source
from backend.events.reader import read
from tests.benchmarks.client import Client
from tests.benchmarks.copy_limit import TableRows, count, rows_of, seconds_to_copy
from tests.benchmarks.production import DOCUMENT_EVENTS, Production, enter_catalogue, food
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Firm, House, Stage

EVENTS = 6_000
WARM_UP_EVENTS = 1_000
JSON = "application/json"
NAME = "capture"
THROUGH_HTTP = Target(0.05, at_least=True, reach=0.15)
IN_DATABASE = Target(0.15, at_least=True, reach=0.30)


@dataclass(frozen=True, slots=True)
class Run:
    """One way of capturing the whole production, and the rows that it left."""

    seconds: float
    tables: list[TableRows]


async def run(stage: Stage, report: Report) -> None:
    """All ways, each into a tenant of its own, then the rows of the first by COPY."""
    report.say(f"capture: {EVENTS:,} events of the food simulation in documents of {DOCUMENT_EVENTS}")
    production = food(EVENTS)
    warm_up = food(WARM_UP_EVENTS, seed=2)
    async with stage.house("capture") as house:
        reading = _read_all(production, report)
        with house.serving() as server:
            await _through_http(house, server.port, warm_up, clients=2)
            runs = {clients: await _through_http(house, server.port, production, clients=clients) for clients in (1, 4)}
        await _in_database(house, list(_batches(warm_up)))
        database = await _in_database(house, list(_batches(production)))
        async with house.admin() as connection:
            await connection.execute("checkpoint")
        copied = {clients: await seconds_to_copy(house, done.tables) for clients, done in runs.items()}
        copied_database = await seconds_to_copy(house, database.tables)
    for clients, done in runs.items():
        _tell(report, f"documents through HTTP, {clients} client{'s' if clients > 1 else ''}", production.events, done, copied[clients], THROUGH_HTTP)
    _tell(report, "the database's part (CaptureService, events ready)", production.events, database, copied_database, IN_DATABASE)
    rows = count(runs[1].tables) / production.events
    _tell_reading(report, production.events, reading, copied[1])
    largest = ", ".join(f"{part.table} {len(part.rows):,}" for part in sorted(runs[1].tables, key=lambda part: -len(part.rows))[:7])
    report.note(f"An event makes {rows:.1f} rows here ({largest}).")


def _tell(report: Report, name: str, events: int, done: Run, copied: float, target: Target) -> None:
    rows = count(done.tables)
    report.add(
        Measure(
            NAME, name, f"{events / done.seconds:,.0f} events/s = {rows / done.seconds:,.0f} rows/s",
            f"COPY of the same rows: {rows / copied:,.0f} rows/s", copied / done.seconds, target,
            {"events_per_second": events / done.seconds, "rows_per_second": rows / done.seconds, "copy_rows_per_second": rows / copied},
        )
    )  # fmt: skip


def _tell_reading(report: Report, events: int, reading: float, copied: float) -> None:
    report.add(
        Measure(
            NAME, "reading alone (parse, validate, hash)", f"{events / reading:,.0f} events/s", f"COPY: {events / copied:,.0f} events/s",
            copied / reading, None, {"events_per_second": events / reading},
        )
    )  # fmt: skip


def _read_all(production: Production, report: Report) -> float:
    """The seconds that reading takes without anything else."""
    read(production.documents[0], JSON)
    begun = time.perf_counter()
    faults = [fault for document in production.documents for fault in read(document, JSON).faults]
    seconds = time.perf_counter() - begun
    if faults:
        report.note(f"The simulator's events have {len(faults)} faults, the first: {faults[0]}")
    return seconds


def _batches(production: Production) -> Iterable[list[CanonicalEvent]]:
    return (read(document, JSON).canonical for document in production.documents)


async def _through_http(house: House, port: int, production: Production, *, clients: int) -> Run:
    """The documents in order, dealt out to clients that send them at the same time; all of them into one tenant."""
    firm = await house.new_firm()
    await enter_catalogue(house, firm, production.master_data)
    headers = await house.bearer(firm)

    def send(documents: Sequence[bytes]) -> None:
        with Client(port, headers) as client:
            for document in documents:
                client.post("/epcis/capture", document)

    begun = time.perf_counter()
    await asyncio.gather(*(asyncio.to_thread(send, list(islice(production.documents, number, None, clients))) for number in range(clients)))
    seconds = time.perf_counter() - begun
    return Run(seconds, await rows_of(house, firm.tenant_id))


async def _in_database(house: House, batches: list[list[CanonicalEvent]]) -> Run:
    """The same transactions as the route makes, without HTTP and reading."""
    firm: Firm = await house.new_firm()
    begun = time.perf_counter()
    for batch in batches:
        await house.services.capturing(firm.tenant_id, batch, lambda tx, batch=batch: house.services.capture.capture(tx, batch, source=Source.EPCIS))
    seconds = time.perf_counter() - begun
    return Run(seconds, await rows_of(house, firm.tenant_id))
