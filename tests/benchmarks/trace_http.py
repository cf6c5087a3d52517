"""Traces through GraphQL and HTTP, against the share that the database has in the same answer."""

import time
from itertools import cycle
from typing import Any

from backend.trace import service as traces
from backend.trace.rules import Direction
from infra.database import Record, TenantTransaction
from tests.benchmarks.client import Client
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.synthetic import World
from tests.benchmarks.timing import Samples, in_turns

REPETITIONS = 60
WARM_UP = 15
# A page, and what is asked of it.
PAGES = ((20, Target(2)), (100, None))
BACKWARD = """
query ($key: String!, $first: Int!) {
  trace(key: $key, direction: BACKWARD) {
    nodeCount linkCount
    nodes(first: $first) { nodes { steps certainty object { key kind } } }
  }
}
"""
FORWARD = """
query ($key: String!, $first: Int!) {
  trace(key: $key, direction: FORWARD) {
    nodeCount linkCount
    shipments(first: $first) { nodes { shipment { shippedAt toParty document } lots { quantity object { key } } } }
  }
}
"""


class Timed(TenantTransaction):
    """A transaction that adds up how long its statements take."""

    __slots__ = ("seconds",)

    def __init__(self, tx: TenantTransaction) -> None:
        super().__init__(tx._raw, tx.tenant_id, tx.gate)
        self.seconds = 0.0

    async def fetch(self, statement: str, *values: Any) -> list[Record]:
        begun = time.perf_counter()
        try:
            return await super().fetch(statement, *values)
        finally:
            self.seconds += time.perf_counter() - begun

    async def fetchrow(self, statement: str, *values: Any) -> Record | None:
        begun = time.perf_counter()
        try:
            return await super().fetchrow(statement, *values)
        finally:
            self.seconds += time.perf_counter() - begun


async def through_http(report: Report, loaded: World, units: list[int], roots: list[int], size: str) -> None:
    """Backward and forward questions, with a first page as a screen shows it and with the largest one."""
    keys = {row[1]: row[3] for row in loaded.tenant.objects() if row[1] in {*units, *roots}}
    headers = await loaded.house.bearer(loaded.firm)
    with loaded.house.serving() as server, Client(server.port, headers) as client:
        for page, target in PAGES:
            for name, query, direction, ids in (
                (f"backward trace of one unit, {page} of its nodes told", BACKWARD, Direction.BACKWARD, units),
                (f"forward trace, {page} of its shipments told", FORWARD, Direction.FORWARD, roots),
            ):
                whole, share = await _measure(loaded, client, (query, page), direction, [keys[number] for number in ids])
                report.add(
                    Measure(
                        "trace", f"GraphQL + HTTP: {name}, {size}", whole.told, f"the database's share: {share.told}", whole.p50 / share.p50, target,
                        {"p50_ms": whole.p50 * 1000, "database_p50_ms": share.p50 * 1000},
                    )
                )  # fmt: skip


async def _measure(loaded: World, client: Client, question: tuple[str, int], direction: Direction, keys: list[str]) -> tuple[Samples, Samples]:
    """Whole answers, and in turns with them the same services' statements alone."""
    asked, looked = cycle(keys), cycle(keys)
    shares: list[float] = []
    query, page = question

    async def ask() -> None:
        client.graphql(query, {"key": next(asked), "first": page})

    async def look() -> None:
        shares.append(await _database_share(loaded, next(looked), direction))

    whole, _ = await in_turns([ask, look], repetitions=REPETITIONS, warm_up=WARM_UP)
    return whole, Samples(tuple(shares[WARM_UP:]))


async def _database_share(loaded: World, key: str, direction: Direction) -> float:
    """Seconds in begin, the statements of the answer, and commit."""
    begun = time.perf_counter()
    async with loaded.house.services.database.tenant(loaded.tenant.tenant_id) as tx:
        timed = Timed(tx)
        inside = time.perf_counter()
        await traces.trace(timed, key, direction)
        if direction is Direction.FORWARD:
            await traces.shipments_reached(timed, key)
        own = time.perf_counter() - inside - timed.seconds
    return time.perf_counter() - begun - own
