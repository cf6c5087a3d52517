"""The same traces under other conditions: just after the database has started, and while others write."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from backend.genealogy import reach
from infra.database import Database
from tests.benchmarks.client import Client
from tests.benchmarks.production import food
from tests.benchmarks.report import Measure, Report
from tests.benchmarks.stage import Stage
from tests.benchmarks.synthetic import World
from tests.benchmarks.timing import Act, Samples, in_turns

NAME = "trace"
WRITERS = 2
WRITTEN_EVENTS = 4_000
DOCUMENT_EVENTS = 40
REPETITIONS = 100
_CACHES = Path("/proc/sys/vm/drop_caches")


async def cold(stage: Stage, report: Report, loaded: World, units: Sequence[int], roots: Sequence[int], warm: dict[str, Samples]) -> None:
    """Each question once, by a connection of its own, after a restart of PostgreSQL; without the system's cache where it may be emptied."""
    emptied: list[bool] = []
    stage.restart_database(lambda: emptied.append(_empty_caches()))
    database = Database(loaded.house.urls.app, application_name="suyuan-bench-cold")
    try:
        backward, forward = await _first_answers(database, loaded.tenant.tenant_id, units, roots)
    finally:
        await database.close()
    how = "an empty cache of the system" if emptied[0] else "the system's cache still warm"
    for way, samples in (("backward", backward), ("forward", forward)):
        report.add(
            Measure(
                NAME, f"{way}, each asked once after a restart, {how}", samples.told, f"warm: {warm[way].told}", samples.p50 / warm[way].p50, None,
                {"p50_ms": samples.p50 * 1000, "first_ms": samples.seconds[0] * 1000},
            )
        )  # fmt: skip


async def _first_answers(database: Database, tenant_id: int, units: Sequence[int], roots: Sequence[int]) -> tuple[Samples, Samples]:
    async with database.tenant(tenant_id) as tx:
        waiting = {"units": iter(units), "roots": iter(roots)}
        [backward] = await in_turns([lambda: reach.links_up(tx, [next(waiting["units"])], 100_001)], repetitions=len(units), warm_up=0)
        [forward] = await in_turns([lambda: reach.lots_and_shipments(tx, [next(waiting["roots"])])], repetitions=len(roots), warm_up=0)
    return backward, forward


def _empty_caches() -> bool:
    with contextlib.suppress(OSError):
        _CACHES.write_text("3", encoding="ascii")
        return True
    return False


async def beside_writers(report: Report, loaded: World, ways: dict[str, Act], quiet: dict[str, Samples]) -> None:
    """The questions, and a round trip, in turns with each other while the same tenant's documents are captured through HTTP."""
    headers = [await loaded.house.bearer(loaded.firm) for _ in range(WRITERS)]
    with loaded.house.serving() as server, _writing(server.port, headers) as done:
        await asyncio.sleep(1)
        begun = next(done)
        samples = dict(zip(ways, await in_turns(list(ways.values()), repetitions=REPETITIONS, warm_up=3, shuffled=True), strict=True))
        written = next(done) - begun - 1
    for way in ("backward", "forward"):
        large, small = (told[way].p50 / told["select 1"].p50 for told in (samples, quiet))
        report.add(
            Measure(
                NAME, f"{way} while the same tenant captures ({written} documents of {DOCUMENT_EVENTS} meanwhile)", samples[way].told,
                f"select 1 meanwhile: {samples['select 1'].told}", samples[way].p50 / samples["select 1"].p50, None,
                {"in_round_trips_quiet": small, "in_round_trips": large},
            )
        )  # fmt: skip


@contextmanager
def _writing(port: int, headers: Sequence[dict[str, str]]) -> Iterator[Iterator[int]]:
    """Threads that capture one document after the other; gives a counter that each of them moves on."""
    ends, done = threading.Event(), count()

    def write(number: int, signed: dict[str, str]) -> None:
        with Client(port, signed) as client:
            for document in food(WRITTEN_EVENTS, seed=70 + number, size=DOCUMENT_EVENTS).documents:
                if ends.is_set():
                    return
                client.capture(document)
                next(done)

    threads = [threading.Thread(target=write, args=given) for given in enumerate(headers)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        ends.set()
        for thread in threads:
            thread.join()
