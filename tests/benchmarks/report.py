"""What was measured: collected, printed as one table, written as JSON lines."""

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 210


@dataclass(frozen=True, slots=True)
class Target:
    """What the ratio should be: at most or at least `bound`. `reach` is what one would like besides."""

    bound: float
    at_least: bool = False
    reach: float | None = None
    unit: str = "×"

    def met_by(self, value: float) -> bool:
        """Whether the value keeps the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        reach = f" (reach: {self.reach:g})" if self.reach is not None else ""
        return f"{sign} {self.bound:g} {self.unit}{reach}"


@dataclass(frozen=True, slots=True)
class Measure:
    """One line. `ratio` is what the target speaks of: figure to limit, or the figure itself where the target is absolute."""

    benchmark: str
    name: str
    figure: str
    limit: str = ""
    ratio: float | None = None
    target: Target | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """None where there is no target."""
        return None if self.target is None or self.ratio is None else self.target.met_by(self.ratio)


class Report:
    """Collects measures; progress goes to the terminal as they come."""

    def __init__(self) -> None:
        self.measures: list[Measure] = []
        self.notes: list[str] = []
        self._begun = time.monotonic()

    def say(self, words: str) -> None:
        """One line of progress, with the seconds since the start."""
        print(f"{time.monotonic() - self._begun:6.0f} s  {words}", file=sys.stderr, flush=True)

    def add(self, measure: Measure) -> None:
        """Keep a measure and say it."""
        self.measures.append(measure)
        ratio = f"  →  {measure.ratio:.3g}" if measure.ratio is not None else ""
        self.say(f"    {measure.name}: {measure.figure}{f' against {measure.limit}' if measure.limit else ''}{ratio}")

    def note(self, words: str) -> None:
        """Something that a reader of the table must know."""
        self.notes.append(words)
        self.say(f"    {words}")

    def print_table(self) -> None:
        """The one table."""
        console = Console()
        if not console.is_terminal:
            console = Console(width=WIDTH)
        table = Table(
            title=f"Suyuan benchmarks on {os.cpu_count()} cores of {platform.machine()}; times are p50 / p95 / p99, ratios those of one run",
            title_justify="left",
        )
        for column in ("benchmark", "measure", "figure", "limit beside it", "ratio", "target", "met?"):
            table.add_column(column, justify="right" if column == "ratio" else "left", overflow="fold")
        last = ""
        for measure in self.measures:
            if last and last != measure.benchmark:
                table.add_section()
            shown = "" if last == measure.benchmark else measure.benchmark
            last = measure.benchmark
            met = {None: "", True: "yes", False: "NO"}[measure.met]
            ratio = f"{measure.ratio:.3g}" if measure.ratio is not None else ""
            table.add_row(shown, measure.name, measure.figure, measure.limit, ratio, str(measure.target or ""), met)
        console.print(table)
        for number, words in enumerate(self.notes, 1):
            console.print(f"{number}. {words}", highlight=False)

    def write_json(self, path: Path) -> None:
        """One JSON object a line."""
        with path.open("w", encoding="utf-8") as file:
            for measure in self.measures:
                line = {
                    "benchmark": measure.benchmark, "measure": measure.name, "figure": measure.figure, "limit": measure.limit,
                    "ratio": measure.ratio, "target": str(measure.target) if measure.target else None, "met": measure.met, **measure.raw,
                }  # fmt: skip
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
