"""The command line of the benchmarks: `python -m tests.benchmarks [names…] [--links N] [--json FILE]`."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from tests.benchmarks import capture, graphql_cost, holding, notifying, single_event, tracing
from tests.benchmarks.report import Report
from tests.benchmarks.stage import Stage, stage

Benchmark = Callable[[Stage, Report], Awaitable[None]]
BENCHMARKS: dict[str, Benchmark] = {
    "capture": capture.run,
    "single": single_event.run,
    "trace": tracing.run,
    "hold": holding.run,
    "graphql": graphql_cost.run,
    "notify": notifying.run,
}


async def _run(names: list[str], stage_: Stage, report: Report) -> None:
    for name in names:
        await BENCHMARKS[name](stage_, report)


def main() -> int:
    """Run what was asked for and print one table; the exit code says only whether all could be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure, with the limit beside each figure in the same run.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--links", type=int, default=1_000_000, help="links of the synthetic genealogy (1, 10 or 30 million)")
    parser.add_argument("--json", type=Path, help="write the results here besides, one JSON object a line")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of PostgreSQL, to see what it does")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    report = Report()
    report.say("starting PostgreSQL and Valkey")
    with stage(dict(setting.split("=", 1) for setting in arguments.set)) as ready:
        uvloop.run(_run(arguments.names or list(BENCHMARKS), ready, report))
    report.print_table()
    if arguments.json:
        report.write_json(arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
