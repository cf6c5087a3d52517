"""From the commit of an event to the hand-over of the alert that it raises: outbox, relay, queue, worker; by the commits' own times."""

import asyncio
import time
from functools import partial

from backend.events.canonical import CanonicalEvent
from backend.events.commands import read_command
from backend.events.projection import Source
from backend.events.reader import read
from backend.holds import service as holds
from infra.database import Gate
from tests.benchmarks.production import enter_catalogue, food
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Firm, House, Stage, stage, working
from tests.benchmarks.timing import Samples
from tests.factories import DUMPLING, lot, quantity, shipped

NAME = "notify"
EVENTS_A_SECOND = 200
SECONDS = 20
GROUP = 10
TARGET = Target(1, unit="s")
PATIENCE = 60
# Each has a hold of its own: of one cause, more alerts would come in a minute than are told one by one.
HELD = [lot(DUMPLING, f"HELD-{number}") for number in range(40)]

# Handing an alert over is the transaction that closes its outbox row; `xmin` is that of the row's last change.
_ALERTS = """
select o.done_at is null as open, extract(epoch from pg_xact_commit_timestamp(o.xmin) - pg_xact_commit_timestamp(f.xmin))::float8 as seconds
from outbox o
join alert a on a.tenant_id = o.tenant_id and a.alert_id = (o.payload::jsonb ->> 'alert_id')::uuid
join event e on e.tenant_id = o.tenant_id and e.public_id = (a.detail::jsonb ->> 'shipment')::uuid
join event_feed f on f.tenant_id = o.tenant_id and f.event_id = e.event_id
where o.tenant_id = $1 and o.topic = 'alert.raised'
"""
_PAGES = """
select o.done_at is null as open, extract(epoch from pg_xact_commit_timestamp(o.xmin) - pg_xact_commit_timestamp(f.xmin))::float8 as seconds
from outbox o
join event_feed f on f.tenant_id = o.tenant_id and f.event_id = (o.payload::jsonb -> 'event_ids' ->> 0)::bigint
where o.tenant_id = $1 and o.topic = 'events.captured'
"""


async def run(_stage: Stage, report: Report) -> None:
    """On servers of its own, which keep the time of each commit."""
    report.say(f"notify: {EVENTS_A_SECOND} events a second for {SECONDS} seconds, {GROUP} in a capture, one of them a shipment of held goods")
    with stage({"track_commit_timestamp": "on"}) as timed:
        async with timed.house("notify") as house:
            with working(house):
                await _measure(house, report)


async def _measure(house: House, report: Report) -> None:
    warm_up, firm = await house.new_firm(), await house.new_firm()
    production = food(EVENTS_A_SECOND * SECONDS * (GROUP - 1) // GROUP, size=GROUP - 1)
    for one in (warm_up, firm):
        await enter_catalogue(house, one, production.master_data)
        for key in HELD:
            place = partial(holds.place_hold, principal=one.principal, key=key, reason="found bad")
            await house.services.in_tenant(one.tenant_id, place, gate=Gate.EXCLUSIVE)
    batches = [read(document, "application/json").canonical for document in production.documents]
    for number, batch in enumerate(batches[:60]):
        await _capture(house, warm_up, batch, HELD[number % len(HELD)])
    await house.analyze()
    await asyncio.sleep(2)
    begun = time.perf_counter()
    for number, batch in enumerate(batches):
        await asyncio.sleep(max(0.0, begun + number * GROUP / EVENTS_A_SECOND - time.perf_counter()))
        await _capture(house, firm, batch, HELD[number % len(HELD)])
    rate = (production.events + len(batches)) / (time.perf_counter() - begun)
    for statement, name, target in (
        (_ALERTS, "event committed → alert handed over", TARGET),
        (_PAGES, "event committed → public pages brought up to it", None),
    ):
        delays, left = await _delays(house, firm.tenant_id, statement)
        samples = Samples(tuple(delays))
        report.add(
            Measure(
                NAME, f"{name}, at {rate:.0f} events/s (p99 in s)", samples.told, f"{len(delays)} outbox rows", samples.percentile(0.99), target,
                {"p50_s": samples.p50, "p99_s": samples.percentile(0.99), "events_per_second": rate, "left_open": left},
            )
        )  # fmt: skip
        if left:
            report.note(f"{left} outbox rows were still open {PATIENCE} seconds after the last capture; they are not in the figure.")


async def _capture(house: House, firm: Firm, batch: list[CanonicalEvent], held: str) -> None:
    """A part of the production, and a shipment of held goods, which raises an alert."""
    events = [*batch, read_command(shipped([], [quantity(held, 1)]))]
    await house.services.capturing(firm.tenant_id, events, partial(house.services.capture.capture, events=events, source=Source.EPCIS))


async def _delays(house: House, tenant_id: int, statement: str) -> tuple[list[float], int]:
    deadline = time.monotonic() + PATIENCE
    async with house.admin() as connection:
        while True:
            rows = await connection.fetch(statement, tenant_id)
            left = sum(row["open"] for row in rows)
            if not left or time.monotonic() > deadline:
                return [row["seconds"] for row in rows if not row["open"]], left
            await asyncio.sleep(0.5)
