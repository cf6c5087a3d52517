"""What a GraphQL request costs in processor time, against a Litestar route that does nothing."""

import json

from infra.embedded.ports import free_port
from tests.benchmarks.client import Client
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import House, Server, Stage, running
from tests.factories import DOUGH, capture, lot, made, quantity

NAME = "graphql"
ROUNDS = 12
REQUESTS = 150
WARM_UP = 300
TARGET = Target(5)
KEY = lot(DOUGH, "D1")
QUESTIONS = {
    "{ __typename }": "{ __typename }",
    "{ me { displayName } }": "{ me { displayName } }",
    "an object by its key": f'{{ traceableObject(key: "{KEY}") {{ key kind }} }}',
}


async def run(stage: Stage, report: Report) -> None:
    """In turns, some requests here and some there, each over one connection that stays open."""
    report.say(f"graphql: {ROUNDS} × {REQUESTS} requests of each kind")
    port = free_port()
    empty = Server(stage.directory, ("tests.benchmarks.empty_app",), port, {"BENCHMARK_PORT": str(port)})
    async with stage.house("graphql") as house:
        firm = await house.new_firm()
        await capture(house.services, firm.tenant_id, made([], [quantity(KEY, 5)]))
        await house.analyze()
        with house.serving() as server, running(empty), Client(server.port, await house.bearer(firm)) as client, Client(port) as nothing:
            _report(report, _measure(house, server, client, empty, nothing))


def _measure(house: House, server: Server, client: Client, empty: Server, nothing: Client) -> dict[str, float]:
    """Seconds of processor time for one request of each kind; "" is the empty route."""
    bodies = {name: json.dumps({"query": query}).encode() for name, query in QUESTIONS.items()}
    first = json.loads(client.post("/graphql", bodies["an object by its key"]))
    if first.get("errors"):
        raise RuntimeError(f"GraphQL refused: {first['errors'][0]}")
    spent = dict.fromkeys(["", *bodies], 0.0)
    for round_number in range(-1, ROUNDS):
        for name in spent:
            process = server if name else empty
            before = process.cpu_seconds()
            for _ in range(REQUESTS if round_number >= 0 else WARM_UP):
                if name:
                    client.post("/graphql", bodies[name])
                else:
                    nothing.get("/")
            if round_number >= 0:
                spent[name] += process.cpu_seconds() - before
    return {name: seconds / ROUNDS / REQUESTS for name, seconds in spent.items()}


def _report(report: Report, spent: dict[str, float]) -> None:
    limit = spent.pop("")
    for name, seconds in spent.items():
        target = TARGET if name == "{ __typename }" else None
        report.add(
            Measure(
                NAME, f"{name}, processor time of the server", f"{seconds * 1e6:.0f} µs", f"empty Litestar route: {limit * 1e6:.0f} µs",
                seconds / limit, target, {"cpu_us": seconds * 1e6, "empty_us": limit * 1e6},
            )
        )  # fmt: skip
