"""One event at a time through HTTP, acknowledged when it is safe on disk, against one committed row."""

from itertools import cycle

from tests.benchmarks.client import Client
from tests.benchmarks.production import enter_catalogue, food
from tests.benchmarks.report import Measure, Report, Target
from tests.benchmarks.stage import Stage
from tests.benchmarks.timing import in_turns

EVENTS = 600
WARM_UP = 200
NAME = "single event"
TARGET = Target(3)


async def run(stage: Stage, report: Report) -> None:
    """The food maker's events in their order, each a document of its own; after each one a row of the same text is inserted."""
    report.say(f"single event: {EVENTS} events of the food simulation, one by one, after {WARM_UP} to warm up")
    production = food(EVENTS + WARM_UP, size=1)
    async with stage.house("single") as house:
        firm, other = await house.new_firm(), await house.new_firm()
        for one in (firm, other):
            await enter_catalogue(house, one, production.master_data)
        with house.serving() as server, Client(server.port, await house.bearer(other)) as client:
            for document in food(500, seed=2, size=1).documents:
                client.post("/epcis/capture", document)
        await house.analyze()
        async with house.admin() as connection:
            await connection.execute("create table public.note (note_id bigint generated always as identity primary key, body text not null)")
            with house.serving() as server, Client(server.port, await house.bearer(firm)) as client:
                documents = iter(production.documents)
                bodies = cycle(document.decode() for document in production.documents[:100])

                async def capture() -> None:
                    client.post("/epcis/capture", next(documents))

                async def insert() -> None:
                    await connection.execute("insert into public.note (body) values ($1)", next(bodies))

                async def ask_nothing() -> None:
                    client.get("/health/live")

                repetitions = len(production.documents) - WARM_UP
                captured, inserted, nothing = await in_turns([capture, insert, ask_nothing], repetitions=repetitions, warm_up=WARM_UP)
    report.add(
        Measure(
            NAME, "one event through HTTP, acknowledged", captured.told, f"one row committed: {inserted.told}", captured.p50 / inserted.p50, TARGET,
            {"p50_ms": captured.p50 * 1000, "p95_ms": captured.percentile(0.95) * 1000, "row_p50_ms": inserted.p50 * 1000},
        )
    )  # fmt: skip
    report.add(Measure(NAME, "of that: an HTTP answer that does nothing", nothing.told, "", None, None, {"p50_ms": nothing.p50 * 1000}))
