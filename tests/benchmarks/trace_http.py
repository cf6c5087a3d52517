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
TARGET = Target(2)
BACKWARD = """
query ($key: String!) {
  trace(key: $key, direction: BACKWARD) {
    nodeCount linkCount
    nodes(first: 100) { nodes { steps certainty object { key kind } } }
  }
}
"""
FORWARD = """
query ($key: String!) {
  trace(key: $key, direction: FORWARD) {
    nodeCount linkCount
    shipments(first: 100) { nodes { shipment { shippedAt toParty document } lots { quantity object { key } } } }
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
    """A backward and a forward question, each in turns with the same services' statements alone."""
    keys = {row[1]: row[3] for row in loaded.tenant.objects() if row[1] in {*units, *roots}}
    headers = await loaded.house.bearer(loaded.firm)
    with loaded.house.serving() as server, Client(server.port, headers) as client:
        for name, query, direction, ids in (
            ("backward trace of one unit, 100 of its nodes told", BACKWARD, Direction.BACKWARD, units),
            ("forward trace, 100 of its shipments told", FORWARD, Direction.FORWARD, roots),
        ):
            asked, looked = cycle(ids), cycle(ids)
            shares: list[float] = []

            async def ask(query: str = query, asked: "cycle[int]" = asked) -> None:
                client.graphql(query, {"key": keys[next(asked)]})

            async def look(direction: Direction = direction, looked: "cycle[int]" = looked, shares: list[float] = shares) -> None:
                shares.append(await _database_share(loaded, keys[next(looked)], direction))

            whole, _ = await in_turns([ask, look], repetitions=REPETITIONS, warm_up=15)
            share = Samples(tuple(shares[15:]))
            report.add(
                Measure(
                    "trace", f"GraphQL + HTTP: {name}, {size}", whole.told, f"the database's share: {share.told}", whole.p50 / share.p50, TARGET,
                    {"p50_ms": whole.p50 * 1000, "database_p50_ms": share.p50 * 1000},
                )
            )  # fmt: skip


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
