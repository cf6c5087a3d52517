"""From the commit of an event to the hand-over of what follows from it: outbox, relay, queue, worker; by the commits' own times."""

import asyncio
import time
from functools import partial

from backend.events.projection import Source
from backend.events.reader import read
from tests.benchmarks.production import enter_catalogue, food
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import House, Stage, WorkerProcess, running, stage
from tests.benchmarks.timing import Samples

NAME = "notify"
EVENTS_A_SECOND = 200
SECONDS = 20
GROUP = 10
TARGET = Target(1, unit="s")
PATIENCE = 60

_DELAYS = """
select extract(epoch from pg_xact_commit_timestamp(o.xmin) - pg_xact_commit_timestamp(e.xmin))::float8 as seconds, o.done_at is null as open
from outbox o
join event e on e.tenant_id = o.tenant_id and e.event_id = (o.payload::jsonb -> 'event_ids' ->> 0)::bigint
where o.tenant_id = $1 and o.topic = 'events.captured' and o.payload::jsonb -> 'event_ids' ->> 0 is not null
"""


async def run(_stage: Stage, report: Report) -> None:
    """On servers of its own, which keep the time of each commit."""
    report.say(f"notify: {EVENTS_A_SECOND} events a second for {SECONDS} seconds, {GROUP} in a capture")
    with stage({"track_commit_timestamp": "on"}) as timed:
        async with timed.house("notify") as house:
            with running(WorkerProcess(house)):
                await _measure(house, report)


async def _measure(house: House, report: Report) -> None:
    warm_up, firm = await house.new_firm(), await house.new_firm()
    production = food(EVENTS_A_SECOND * SECONDS, size=GROUP)
    for one in (warm_up, firm):
        await enter_catalogue(house, one, production.master_data)
    batches = [read(document, "application/json").canonical for document in production.documents]
    for batch in batches[:60]:
        await house.services.capturing(warm_up.tenant_id, batch, partial(house.services.capture.capture, events=batch, source=Source.EPCIS))
    await house.analyze()
    await asyncio.sleep(2)
    begun = time.perf_counter()
    for number, batch in enumerate(batches):
        await asyncio.sleep(max(0.0, begun + number * GROUP / EVENTS_A_SECOND - time.perf_counter()))
        await house.services.capturing(firm.tenant_id, batch, partial(house.services.capture.capture, events=batch, source=Source.EPCIS))
    rate = production.events / (time.perf_counter() - begun)
    delays, open_rows = await _delays(house, firm.tenant_id)
    samples = Samples(tuple(delays))
    report.add(
        Measure(
            NAME, f"event committed → done by the worker, at {rate:.0f} events/s", samples.told, f"{len(delays)} outbox rows",
            samples.percentile(0.99), TARGET, {"p50_s": samples.p50, "p99_s": samples.percentile(0.99), "events_per_second": rate},
        )
    )  # fmt: skip
    if open_rows:
        report.note(f"{open_rows} outbox rows were still open {PATIENCE} seconds after the last capture; they are not in the figure.")


async def _delays(house: House, tenant_id: int) -> tuple[list[float], int]:
    deadline = time.monotonic() + PATIENCE
    async with house.admin() as connection:
        while True:
            rows = await connection.fetch(_DELAYS, tenant_id)
            open_rows = sum(row["open"] for row in rows)
            if not open_rows or time.monotonic() > deadline:
                return [row["seconds"] for row in rows if not row["open"]], open_rows
            await asyncio.sleep(0.5)
