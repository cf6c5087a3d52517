"""One tenant floods the service; another one's answers, captures and alerts, each against its own quiet value in the same run."""

import asyncio
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg

from backend.events.commands import read_command
from backend.events.projection import Source
from backend.holds import service as holds
from infra.database import Gate
from tests.benchmarks.client import Client
from tests.benchmarks.production import enter_catalogue, food
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import ROOT, UNLIMITED, Firm, House, Stage, working
from tests.benchmarks.timing import Samples
from tests.factories import DUMPLING, lot, made, quantity, shipped

NAME = "fairness"
TARGET = Target(2)
ROUNDS = 3
SECONDS = 6
CONNECTIONS = 24
SESSIONS = 6
# The quiet tenant works as a person does: one thing after the other, with a pause.
PAUSE = 0.03
BACKLOG = 20_000
HELD = lot(DUMPLING, "HELD")
TRACED = lot(DUMPLING, "TRACED")
TRACE = "query ($key: String!) { trace(key: $key, direction: BACKWARD) { nodeCount nodes(first: 20) { nodes { steps object { key } } } } }"
OPEN_ALERTS = "select count(*) from outbox where tenant_id = $1 and topic = 'alert.raised' and done_at is null"
WHATS = {"trace": "small GraphQL trace", "capture": "capture of one event", "alert": "alert handed over after its event"}


@dataclass
class Round:
    """What the quiet tenant measured in seconds, and what the flooding one was answered."""

    taken: dict[str, list[float]] = field(default_factory=lambda: {what: [] for what in WHATS})
    answers: Counter[str] = field(default_factory=Counter)


async def run(stage: Stage, report: Report) -> None:
    """Quiet, flood, quiet, flood …; once as the limits are, and once with limits so high that the flood is let in whole."""
    report.say(f"fairness: {CONNECTIONS} connections of one tenant capture, trace and query, and {BACKLOG} jobs wait; another works on")
    for name, limits in (("and is limited", {}), ("and no limit is in its way", UNLIMITED)):
        async with stage.house(f"fairness{len(limits)}") as house:
            await _measure(house, report, name, limits)


async def _measure(house: House, report: Report, name: str, limits: dict[str, str]) -> None:
    flooding, quiet = await house.new_firm(), await house.new_firm()
    production = food(6_000, size=40)
    orders = house.directory / f"flood-{uuid4().hex}.json"
    for firm in (flooding, quiet):
        await enter_catalogue(house, firm, production.master_data)
    await _prepare(house, quiet)
    with house.serving(limits) as server, working(house):
        headers = await house.bearer(quiet)
        orders.write_text(
            json.dumps(
                {
                    "port": server.port,
                    "headers": [await house.bearer(flooding) for _ in range(SESSIONS)] * (CONNECTIONS // SESSIONS),
                    "documents": [document.decode() for document in production.documents],
                    "large": food(2_000, seed=3, size=2_000).documents[0].decode(),
                    "key": TRACED,
                }
            )
        )
        rounds: dict[str, list[Round]] = {"quiet": [], "flood": []}
        await _quiet_round(house, quiet, server.port, headers, Round(), SECONDS / 2)
        await house.analyze()
        for number in range(ROUNDS):
            rounds["quiet"].append(await _quiet_round(house, quiet, server.port, headers, Round(), SECONDS))
            flood = Round()
            async with _flooded(house, flooding, orders, flood):
                rounds["flood"].append(await _quiet_round(house, quiet, server.port, headers, flood, SECONDS))
            report.say(f"    round {number + 1}: the flood was answered {dict(flood.answers)}")
    _report(report, name, rounds)


def _report(report: Report, name: str, rounds: dict[str, list[Round]]) -> None:
    """The median of the rounds' p95, and of their ratios, each to the quiet round before it."""
    answers = sum((one.answers for one in rounds["flood"]), Counter[str]())
    refused = answers["429"] / max(1, answers.total())
    for what, told in WHATS.items():
        p95 = {kind: [Samples(tuple(one.taken[what])).percentile(0.95) for one in rounds[kind]] for kind in rounds}
        ratio = statistics.median(flood / quiet for flood, quiet in zip(p95["flood"], p95["quiet"], strict=True))
        middle = {kind: statistics.median(p95[kind]) * 1000 for kind in p95}
        report.add(
            Measure(
                NAME, f"p95 of a {told} while another tenant floods, {name}", f"{middle['flood']:.3g} ms", f"quiet: {middle['quiet']:.3g} ms", ratio,
                TARGET, {"quiet_p95_ms": middle["quiet"], "flood_p95_ms": middle["flood"], "rounds": len(p95["flood"])},
            )
        )  # fmt: skip
    rate = answers.total() / (SECONDS * len(rounds["flood"]))
    report.add(Measure(NAME, f"the flood, {name}", f"{rate:.0f} requests/s", f"{refused:.0%} refused with 429", None, None, dict(answers)))


async def _prepare(house: House, quiet: Firm) -> None:
    """A held lot, whose shipment raises an alert, and a lot to trace."""

    place = partial(holds.place_hold, principal=quiet.principal, key=HELD, reason="found bad")
    await house.services.in_tenant(quiet.tenant_id, place, gate=Gate.EXCLUSIVE)
    events = [read_command(made([], [quantity(TRACED, 5)]))]
    await house.services.capturing(quiet.tenant_id, events, lambda tx: house.services.capture.capture(tx, events, source=Source.EPCIS))


def _document(event: dict[str, object]) -> bytes:
    context = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
    body = {"@context": context, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T08:00:00Z"}
    return json.dumps({**body, "epcisBody": {"eventList": [event]}}).encode()


async def _quiet_round(house: House, firm: Firm, port: int, headers: dict[str, str], told: Round, seconds: float) -> Round:
    await asyncio.to_thread(_work, house, firm, port, headers, told, seconds)
    return told


def _work(house: House, firm: Firm, port: int, headers: dict[str, str], told: Round, seconds: float) -> None:
    """A trace, a capture, and a shipment of held goods up to its alert, again and again, in a thread of its own."""
    ends = time.perf_counter() + seconds
    loop = asyncio.new_event_loop()
    database = loop.run_until_complete(asyncpg.connect(house.admin_dsn, server_settings={"search_path": "suyuan"}))
    with Client(port, headers) as client:
        while time.perf_counter() < ends:
            for what, act in _acts(client):
                begun = time.perf_counter()
                act()
                if what == "alert":
                    loop.run_until_complete(_until_handed_over(database, firm.tenant_id))
                told.taken[what].append(time.perf_counter() - begun)
                time.sleep(PAUSE)
    loop.run_until_complete(database.close())
    loop.close()


def _acts(client: Client) -> Iterator[tuple[str, Callable[[], object]]]:
    for _ in range(3):
        yield "trace", lambda: client.graphql(TRACE, {"key": TRACED})
        yield "capture", lambda: client.post("/epcis/capture", _document(made([], [quantity(lot(DUMPLING, uuid4().hex[:12]), 1)])))
    yield "alert", lambda: client.post("/epcis/capture", _document(shipped([], [quantity(HELD, 1)])))


async def _until_handed_over(database: asyncpg.Connection, tenant_id: int) -> None:
    while await database.fetchval(OPEN_ALERTS, tenant_id):  # noqa: ASYNC110 - another process changes it, and tells nobody
        await asyncio.sleep(0.005)


@asynccontextmanager
async def _flooded(house: House, firm: Firm, orders: Path, told: Round) -> AsyncIterator[None]:
    """A process that sends as fast as it is answered, and a backlog of jobs, from before the round begins to its end."""
    async with house.admin() as admin:
        await admin.execute(
            """insert into outbox (tenant_id, topic, payload)
               select $1, 'catalog.products_changed', '{"gtins": []}' from generate_series(1, $2)""",
            firm.tenant_id, BACKLOG,
        )  # fmt: skip
        flood = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.flooding", str(orders), stdin=PIPE, stdout=PIPE, cwd=ROOT, start_new_session=True
        )
        await asyncio.sleep(1.5)
        yield
        answers, _ = await flood.communicate(b"\n")
        told.answers.update(json.loads(answers))
        await admin.execute("update outbox set done_at = now() where tenant_id = $1 and done_at is null", firm.tenant_id)
    await asyncio.sleep(2)
