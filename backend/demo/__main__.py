"""`make demo`: start, load the first time, trace, and serve until Ctrl-C."""

import argparse
import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from backend.demo import loading, runtime, story
from backend.services import Services, build_services
from backend.simulator import Simulation
from infra.embedded.problems import StartupProblem
from infra.embedded.supervisor import Supervisor
from infra.errors import SuyuanError
from infra.logging import configure_logging
from infra.settings import Settings
from tenants.directory import tenant_by_slug

LOADED = runtime.STATE / "loaded.json"


@dataclass(frozen=True, slots=True)
class Told:
    """What the demo's story is about; kept, so that the month is simulated only once."""

    contaminated_lot: str
    sold_unit: str
    finished_lot: str


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
        runtime.start_service(supervisor, settings)
    told = asyncio.run(_fill_and_tell(console))
    _invite(console, told, time.perf_counter() - started)


async def _fill_and_tell(console: Console) -> Told:
    services = build_services(Settings())  # type: ignore[call-arg]  # the environment gives them
    try:
        if not LOADED.exists():
            made = loading.simulation()
            await _fill(console, services, made)
            truth = made.truth
            finished = min(truth.contaminated_reach.finished_lots)
            LOADED.write_text(json.dumps([truth.contaminated_lot, truth.sold_unit, finished]))
        told = Told(*json.loads(LOADED.read_text()))
        tenant = await tenant_by_slug(services.database, loading.MAKER)
        if tenant is None:
            raise StartupProblem("The demo's data are not complete. Run `make demo-reset`.")
        await story.tell(services, console, tenant.tenant_id, contaminated=told.contaminated_lot, sold_unit=told.sold_unit)
        await story.ask_over_http(console, told.contaminated_lot)
        return told
    finally:
        await services.close()


async def _fill(console: Console, services: Services, made: Simulation) -> None:
    await services.storage.ensure_bucket()
    if await tenant_by_slug(services.database, loading.MAKER) is None:
        await loading.make_firms(services, made.master_data)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as bars:
        tasks: dict[str, int] = {}

        def progress(what: str, done: int, total: int) -> None:
            task = tasks.setdefault(what, bars.add_task(what, total=total) if what not in tasks else 0)
            bars.update(task, completed=done)  # type: ignore[arg-type]  # rich numbers its tasks

        await loading.load_month(made, progress)
        report = await loading.load_samples(progress)
    console.print(
        f"[dim]Examples: {report.documents} documents, {report.events} events, {report.duplicates} duplicates, {report.review} waiting in the review "
        f"queue (a known event id with another body), {len(report.refused)} refused.[/]"
    )
    for line in report.refused:
        console.print(f"[dim]  refused: {line}[/]", highlight=False, markup=True)


def _invite(console: Console, told: Told, seconds: float) -> None:
    url = runtime.public_url()
    host = url.replace("localhost", f"{loading.MAKER}.localhost")
    console.rule("[bold]Ready[/]", align="left")
    console.print(f"Service      {url}", highlight=False)
    console.print(f"GraphQL      {url}/graphql", highlight=False)
    console.print(f"EPCIS REST   {url}/epcis", highlight=False)
    console.print(f"Sign in as   {', '.join(login for _, login, _, _ in loading.PEOPLE)}", highlight=False)
    console.print(f"Password     {loading.PASSWORD}\n", highlight=False)
    console.print("[bold]Three things to try[/]")
    console.print(f"1. What a customer sees who scans the code of a sold unit: {host}/{told.sold_unit}", highlight=False, soft_wrap=True)
    console.print(f"2. The same for a lot that the contaminated one went into: {host}/{told.finished_lot}", highlight=False, soft_wrap=True)
    console.print(f'3. In GraphQL: sign in, then ask trace(key: "{told.contaminated_lot}", direction: FORWARD).', highlight=False, soft_wrap=True)
    console.print(f"[dim]Up after {seconds:.1f} s.[/]")


if __name__ == "__main__":
    main()
