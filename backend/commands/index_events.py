"""Index the events of before the table of their fields, so that queries find them by extensions, ILMD and sensor readings."""

import argparse
import asyncio

from backend.events.fields.fill import fill
from backend.housekeeping.repository import tenants
from backend.services import Services, build_services
from infra.settings import load_settings


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None."""


def run(_arguments: argparse.Namespace) -> None:
    """May be repeated, and runs beside servers; says how many events it has read."""
    print(f"{asyncio.run(_run())} events are indexed.")  # noqa: T201 - what was done


async def _run() -> int:
    services = build_services(load_settings())
    try:
        return await index_events(services)
    finally:
        await services.close()


async def index_events(services: Services) -> int:
    """The events of all tenants, some at a time."""
    done = 0
    for tenant_id, _ in await tenants(services.database):
        after: int | None = 0
        while after is not None:
            async with services.database.tenant(tenant_id) as tx:
                count, after = await fill(tx, after=after)
            done += count
    return done
