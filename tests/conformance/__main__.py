"""`python -m tests.conformance FOLDER [--only PART] [--failed]`: exit status 1 if a verdict is missed.

Starts the service on servers of its own, gives each document a fresh tenant, and speaks to it over HTTP alone.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from tests.benchmarks.stage import House, stage, working
from tests.conformance.deviations import known_deviations
from tests.conformance.expectations import Expected, UnreadableExpectationsError, read_expectations
from tests.conformance.judging import COLUMNS, Judged, Mark, explained, judge
from tests.conformance.playing import Played, play

_STYLES = {Mark.MET: "green", Mark.MISSED: "bold red", Mark.NONE: "dim", Mark.EXPLAINED: "yellow"}


async def _play_all(house: House, port: int, documents: Sequence[Expected], bar: Progress) -> dict[str, Played]:
    task = bar.add_task("Playing", total=len(documents))
    played: dict[str, Played] = {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for document in documents:
            headers = await house.bearer(await house.new_firm())
            played[document.path] = await play(client, headers, document)
            bar.advance(task)
    return played


def show(console: Console, lines: Sequence[Judged], *, failed_only: bool) -> None:
    """Print the table, and the sums below it."""
    table = Table("document", "expected", "got", "verdict", "field", "read back", "hash", "pair")
    for line in lines:
        if failed_only and not line.missed:
            continue
        marks = [f"[{_STYLES[mark]}]{mark}[/]" for mark in (getattr(line, column) for column in COLUMNS)]
        table.add_row(line.path, line.expected, line.got, *marks)
        if line.remark:
            table.add_row(f"[dim]  {line.remark}[/]", "", "", "", "", "", "", "")
    console.print(table)
    for column in COLUMNS:
        counted = Counter(getattr(line, column) for line in lines)
        explained_ones = f", {counted[Mark.EXPLAINED]} labels wrong by the standard" if counted[Mark.EXPLAINED] else ""
        judged = counted.total() - counted[Mark.NONE]
        console.print(f"{column.replace('_', ' '):10} {counted[Mark.MET]} of {judged}{explained_ones}", highlight=False)


async def run(folder: Path, part: str, console: Console) -> list[Judged]:
    """Play and judge the documents whose path contains `part`."""
    documents = [each for each in read_expectations(folder) if part in each.path]
    with stage() as servers:
        async with servers.house("conformance") as house:
            with (
                house.serving() as server,
                working(house),
                Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console) as bar,
            ):
                played = await _play_all(house, server.port, documents, bar)
    deviations = known_deviations(folder)
    return [explained(judge(each, played), deviations) for each in played.values()]


def main() -> int:
    """Exit status 0 when every verdict is met, 1 when one is missed, 2 for a folder that can't be played."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="only documents whose path contains this")
    parser.add_argument("--failed", action="store_true", help="show the missed ones alone")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 200)
    try:
        lines = asyncio.run(run(arguments.folder, arguments.only, console))
    except UnreadableExpectationsError as problem:
        console.print(str(problem), style="red", highlight=False)
        return 2
    show(console, lines, failed_only=arguments.failed)
    return 1 if any(line.missed for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
