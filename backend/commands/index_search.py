"""Index what was captured and catalogued before there was a search, so that it is found; the worker keeps it current from then on."""

import argparse
import asyncio

from backend.catalog.entries import Kind
from backend.housekeeping.repository import tenants
from backend.search.indexing import index_events, index_whole_catalogue
from backend.services import Services, build_services
from infra.settings import load_settings


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None."""


def run(_arguments: argparse.Namespace) -> None:
    """May be repeated, and runs beside servers; goes on where it was."""
    print(f"{asyncio.run(_run())} tenants are indexed.")  # noqa: T201 - what was done


async def _run() -> int:
    services = build_services(load_settings())
    try:
        return await index_search(services)
    finally:
        await services.close()


async def index_search(services: Services) -> int:
    """The catalogue and the events of all tenants, some at a time."""
    found = await tenants(services.database)
    for tenant_id, _ in found:
        for kind in Kind:
            after: str | None = ""
            while after is not None:
                async with services.database.tenant(tenant_id) as tx:
                    after = await index_whole_catalogue(tx, kind, after)
        more = True
        while more:
            async with services.database.tenant(tenant_id) as tx:
                more = await index_events(tx)
    return len(found)
