"""Bring the links of before to the form of today: containers as they were used, pools of a lot's units, lots that were there."""

import argparse
import asyncio

from backend.genealogy.again import derive_candidates, derive_links
from backend.housekeeping.repository import tenants
from backend.services import Services, build_services
from backend.shipments.service import roll_up_carrying
from infra.database import Gate
from infra.settings import load_settings

PATIENCE_MS = 60_000


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None."""


def run(_arguments: argparse.Namespace) -> None:
    """May be stopped and repeated, and runs beside servers; says how many containers and lots it has looked at."""
    print(f"{asyncio.run(_run())} containers and lots are linked as they were used.")  # noqa: T201 - what was done


async def _run() -> int:
    services = build_services(load_settings())
    try:
        return await derive_all(services)
    finally:
        await services.close()


async def derive_all(services: Services) -> int:
    """The containers and lots of all tenants, some at a time."""
    done = 0
    for tenant_id, _ in await tenants(services.database):
        after: int | None = 0
        while after is not None:
            async with services.database.tenant(tenant_id, gate=Gate.SHARED, timeout_ms=PATIENCE_MS) as tx:
                step = await derive_links(tx, after=after)
                if step.changed:
                    await roll_up_carrying(tx, step.changed)
            done, after = done + step.looked_at, step.after
        after = 0
        while after is not None:
            async with services.database.tenant(tenant_id, gate=Gate.SHARED, timeout_ms=PATIENCE_MS) as tx:
                after = await derive_candidates(tx, after=after)
    return done
