"""The command line of the benchmarks: `python -m tests.benchmarks [names…] [--links N] [--json FILE]`."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from tests.benchmarks import bulk, capture, fairness, graphql_cost, holding, notifying, recalling, search, single_event, tracing
from tests.benchmarks.report import Report
from tests.benchmarks.stage import Stage, stage
from tests.benchmarks.synthetic import MILLION, world

ON_SERVERS: dict[str, Callable[[Stage, Report], Awaitable[None]]] = {
    "capture": capture.run,
    "single": single_event.run,
    "graphql": graphql_cost.run,
    "notify": notifying.run,
    "fairness": fairness.run,
    "bulk": bulk.run,
    "search": search.run,
}
ON_A_WORLD = ("trace", "hold", "recall")
NAMES = (*ON_SERVERS, *ON_A_WORLD)


async def _run(names: set[str], servers: Stage, report: Report, links: int) -> None:
    for name, measure in ON_SERVERS.items():
        if name in names:
            await measure(servers, report)
    if names.isdisjoint(ON_A_WORLD):
        return
    small = await tracing.small_world(servers, report) if links > MILLION and "trace" in names else {}
    async with world(servers, report, links) as loaded:
        after_restart = await tracing.run(servers, report, loaded, small) if "trace" in names else None
        # Late, because it changes the world.
        if "hold" in names:
            await holding.run(report, loaded)
        if "recall" in names:
            await recalling.run(report, loaded)
        if after_restart is not None:
            await after_restart()


def main() -> int:
    """Run what was asked for and print one table; the exit code says only whether all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure, with the limit beside each figure in the same run.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--links", type=int, default=MILLION, help="links of the synthetic genealogy (1, 10 or 30 million)")
    parser.add_argument("--json", type=Path, help="write the results here besides, one JSON object a line")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of PostgreSQL, to see what it does")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    report = Report()
    report.say("starting PostgreSQL and Valkey")
    with stage(dict(setting.split("=", 1) for setting in arguments.set)) as servers:
        uvloop.run(_run(set(arguments.names or NAMES), servers, report, arguments.links))
    report.print_table()
    if arguments.json:
        report.write_json(arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
