"""What the demo does once its servers run: fill the two firms the first time, then tell the story."""

import json
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from backend.demo import loading, recalling, runtime, story
from backend.services import Services, build_services
from backend.simulator import Simulation
from infra.clock import now
from infra.embedded.problems import StartupProblem
from infra.settings import Settings
from tenants.directory import tenant_by_slug
from tenants.second_factor.codes import code_at, step_at

LOADED = runtime.STATE / "loaded.json"


@dataclass(frozen=True, slots=True)
class Told:
    """What the story is about; kept, so that the month is simulated only once."""

    contaminated_lot: str
    sold_unit: str
    finished_lot: str


async def fill_and_tell(console: Console) -> Told:
    """Fill what is empty, trace in both directions, and ask the same over HTTP."""
    services = build_services(Settings())  # type: ignore[call-arg]  # the environment gives them
    try:
        if not LOADED.exists():
            made = loading.simulation()
            await _fill(console, services, made)
            finished = min(made.truth.contaminated_reach.finished_lots)
            LOADED.write_text(json.dumps([made.truth.contaminated_lot, made.truth.sold_unit, finished]))
        told = Told(*json.loads(LOADED.read_text()))
        await loading.set_up_signing(services)
        tenant = await tenant_by_slug(services.database, loading.MAKER)
        if tenant is None:
            raise StartupProblem("The demo's data are not complete. Run `make demo-reset`.")
        await recalling.set_up(services, tenant.tenant_id, contaminated=told.contaminated_lot, finished=told.finished_lot)
        await story.tell(services, console, tenant.tenant_id, contaminated=told.contaminated_lot, sold_unit=told.sold_unit)
        await story.ask_over_http(console, told.contaminated_lot)
        await recalling.tell(services, console, tenant.tenant_id, told.contaminated_lot)
        return told
    finally:
        await services.close()


async def _fill(console: Console, services: Services, made: Simulation) -> None:
    await services.storage.ensure_bucket()
    if await tenant_by_slug(services.database, loading.MAKER) is None:
        await loading.make_firms(services, made.master_data)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        await loading.load_month(made, progress)
        report = await loading.load_samples(progress)
    console.print(
        f"[dim]Examples: {report.documents} documents, {report.events} events, {report.duplicates} duplicates, {report.review} waiting in the review "
        f"queue (a known event id with another body), {len(report.refused)} refused.[/]"
    )
    for line in report.refused:
        console.print(f"[dim]  refused: {line}[/]", highlight=False)


def invite(console: Console, told: Told, seconds: float) -> None:
    """Say where to look and how to sign in."""
    url = runtime.public_url()
    host = url.replace("localhost", f"{loading.MAKER}.localhost")
    console.rule("[bold]Ready[/]", align="left")
    console.print(f"Service      {url}", highlight=False)
    console.print(f"GraphQL      {url}/graphql", highlight=False)
    console.print(f"EPCIS REST   {url}/epcis", highlight=False)
    console.print(f"Sign in as   {', '.join(login for _, login, _, _ in loading.PEOPLE)}", highlight=False)
    console.print(f"Password     {loading.PASSWORD}", highlight=False)
    code = code_at(loading.SIGNERS_SECRET, step_at(now()))
    console.print(f"Signing      {loading.SIGNER} needs a code besides: {code} now; for an authenticator app {loading.SIGNERS_SECRET}\n",
                  highlight=False, soft_wrap=True)  # fmt: skip
    console.print("[bold]Four things to try[/]")
    console.print(f"1. What a customer sees who scans the code of a sold unit: {host}/{told.sold_unit}", highlight=False, soft_wrap=True)
    console.print(f"2. The same for a lot that the contaminated one went into: {host}/{told.finished_lot}", highlight=False, soft_wrap=True)
    console.print(f'3. In GraphQL: sign in, then ask trace(key: "{told.contaminated_lot}", direction: FORWARD).', highlight=False, soft_wrap=True)
    console.print(
        "4. In GraphQL: { recalls(first: 5) { nodes { number title state } } } and { recallDrills(first: 5) { nodes { number seconds } } }.",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"[dim]Up after {seconds:.1f} s.[/]")
