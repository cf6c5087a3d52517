"""`make demo`: start, load the first time, trace, and serve until Ctrl-C."""

import argparse
import asyncio
import importlib
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.console import Console

from backend.demo import runtime
from infra.embedded.problems import StartupProblem
from infra.embedded.supervisor import Supervisor
from infra.errors import SuyuanError
from infra.logging import configure_logging

if TYPE_CHECKING:
    from types import ModuleType


def main() -> None:
    """Entry of `make demo` and `make demo-reset`."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--reset", action="store_true", help="throw the data away first")
    parser.add_argument("--once", action="store_true", help="stop after the traces instead of serving on")
    arguments = parser.parse_args()
    console = Console()
    started = time.perf_counter()
    try:
        if arguments.reset:
            runtime.reset()
        with Supervisor(runtime.STATE, report=console.print) as supervisor:
            run(console, supervisor, started)
            if not arguments.once:
                console.print("[dim]Ctrl-C stops everything; the data stay.[/]")
                supervisor.wait()
                console.print("\nStopping …")
    except KeyboardInterrupt:
        console.print("\nStopped.")
    except (StartupProblem, SuyuanError) as problem:
        console.print(f"[red]{problem}[/]", highlight=False)
        sys.exit(1)


def run(console: Console, supervisor: Supervisor, started: float) -> None:
    """Bring everything up and tell the story."""
    with console.status("Starting PostgreSQL, Valkey and the object store …"):
        ground = runtime.start_ground(supervisor)
    with console.status("Bringing the database to the newest revision …"):
        settings = runtime.environment(ground)
    os.environ.update(settings)
    configure_logging(level="ERROR", json=False)
    with console.status("Starting the service …"):
        acts = _start_service(supervisor, settings)
    told = asyncio.run(acts.fill_and_tell(console))
    acts.invite(console, told, time.perf_counter() - started)


def _start_service(supervisor: Supervisor, settings: dict[str, str]) -> "ModuleType":
    """Start the web server, and meanwhile import what the story needs: each takes a core for a second."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        web = pool.submit(runtime.start_web, supervisor, settings)
        acts = importlib.import_module("backend.demo.acts")
        web.result()
    runtime.start_worker(supervisor, settings)
    return acts


if __name__ == "__main__":
    main()
