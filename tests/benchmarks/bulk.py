"""Long documents: what they take of memory, and how long single scans of the same firm wait beside them."""

import asyncio
import json
import tempfile
import time
from typing import Any, BinaryIO
from uuid import uuid4

from tests.benchmarks.client import Client
from tests.benchmarks.production import enter_catalogue, food
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import House, Server, Stage, WorkerProcess, working
from tests.benchmarks.timing import Samples
from tests.factories import DUMPLING, lot, made, quantity

NAME = "bulk"
LARGE_BYTES = 1_000_000_000
NOTE_BYTES = 100_000
SCANNED_SECONDS = 8.0
EVENTS = 8_000
PAUSE = 0.02
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ext": "https://example.com/ext/"}]
PROCEED = {"GS1_Capture_Error_Behaviour": "proceed"}
_HEAD = json.dumps({"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T08:00:00Z"})[:-1]


async def run(stage: Stage, report: Report) -> None:
    """One house, a firm for each measure."""
    async with stage.house("bulk") as house:
        with house.serving() as server, working(house) as worker:
            await _scans(house, server, report)
            await _memory(house, server, worker, report)


async def _scans(house: House, server: Server, report: Report) -> None:
    """One scan after the other, quiet, then while a long document of the same firm is captured."""
    report.say(f"bulk: single scans beside a document of {EVENTS:,} events of the same firm")
    firm, production = await house.new_firm(), food(EVENTS, seed=7, size=EVENTS)
    await enter_catalogue(house, firm, production.master_data)
    headers = await house.bearer(firm)

    def scan(until: Any) -> Samples:
        taken = []
        with Client(server.port, headers) as client:
            while until():
                begun = time.perf_counter()
                client.post("/epcis/capture", document([made([], [quantity(lot(DUMPLING, uuid4().hex[:12]), 1)])]))
                taken.append(time.perf_counter() - begun)
                time.sleep(PAUSE)
        return Samples(tuple(taken))

    ends = time.perf_counter() + SCANNED_SECONDS
    quiet = await asyncio.to_thread(scan, lambda: time.perf_counter() < ends)
    with Client(server.port, headers) as client:
        begun = time.perf_counter()
        job = asyncio.create_task(asyncio.to_thread(client.capture, production.documents[0], **PROCEED))
        beside = await asyncio.to_thread(scan, lambda: not job.done())
        await job
        seconds = time.perf_counter() - begun
    p95, most = (beside.percentile(0.95) * 1_000, quiet.percentile(0.95) * 1_000), max(beside.seconds) * 1_000
    report.add(
        Measure(
            NAME, "p95 of a capture of one event beside a long document of the same firm", f"{p95[0]:.3g} ms", f"quiet: {p95[1]:.3g} ms",
            p95[0] / p95[1], None, {"p95_ms": p95[0], "quiet_p95_ms": p95[1], "most_ms": most, "events_per_second": EVENTS / seconds},
        )
    )  # fmt: skip
    report.note(f"the long document went at {EVENTS / seconds:,.0f} events/s beside the scans; the longest scan took {most:.0f} ms")


async def _memory(house: House, server: Server, worker: WorkerProcess, report: Report) -> None:
    report.say(f"bulk: a document of {LARGE_BYTES / 1e9:g} GB")
    firm = await house.new_firm()
    before = worker.peak_megabytes()
    with tempfile.TemporaryFile() as file, Client(server.port, await house.bearer(firm)) as client:
        events = _write_large(file)
        file.seek(0)
        begun = time.perf_counter()
        accepted = json.loads(await asyncio.to_thread(client.post, "/epcis/capture", file, **PROCEED))
        taken = time.perf_counter() - begun
        job = await asyncio.to_thread(client.finished, accepted)
        seconds = time.perf_counter() - begun
    peak, what = worker.peak_megabytes(), f"memory of the worker at its most, {LARGE_BYTES / 1e9:g} GB of {events:,} events"
    report.add(
        Measure(
            NAME, what, f"{peak:,.0f} MB", "400 MB", peak / 400, Target(1),
            {"peak_mb": peak, "before_mb": before, "upload_seconds": taken, "seconds": seconds, "accepted": job["accepted"]},
        )
    )  # fmt: skip
    report.note(f"it was taken in {taken:.1f} s and captured in {seconds:.0f} s; before it the worker had had {before:,.0f} MB at its most")


def document(events: list[dict[str, Any]]) -> bytes:
    """As it is sent."""
    return f'{_HEAD}, "epcisBody": {{"eventList": {json.dumps(events)}}}}}'.encode()


def _write_large(file: BinaryIO) -> int:
    """Events that each carry a long note, as documents with readings or certificates in them do; how many there are."""
    note = ("it was found in order; " * 10_000)[:NOTE_BYTES]
    file.write(f'{_HEAD}, "epcisBody": {{"eventList": ['.encode())
    events = 0
    while file.tell() < LARGE_BYTES:
        event = {**made([], [quantity(lot(DUMPLING, f"N{events}"), 1)]), "ext:note": f"{events} {note}"}
        file.write((b", " if events else b"") + json.dumps(event).encode())
        events += 1
    file.write(b"]}}")
    return events
