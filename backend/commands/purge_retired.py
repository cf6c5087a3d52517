"""Delete for good the generations of sandboxes that a reset has retired; live data and sandboxes in use are refused."""

import argparse
import asyncio
import sys
from datetime import timedelta
from uuid import UUID

from backend.sandbox import purge
from backend.services import build_services
from infra.database import Database
from infra.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which."""
    parser.add_argument("--tenant", type=UUID, help="the public id of one retired generation; without it, all that are old enough")
    parser.add_argument("--hours", type=int, default=168, help="retired at least so long ago (a week); an hour at least")


def run(arguments: argparse.Namespace) -> None:
    """Needs SUYUAN_DATABASE_OWNER_URL besides the settings of a server."""
    for line in asyncio.run(purge_as_told(arguments)):
        print(line)  # noqa: T201 - what was done


async def purge_as_told(arguments: argparse.Namespace) -> list[str]:
    """Purge, and tell of each generation how much there was of it."""
    settings = load_settings()
    if settings.database_owner_url is None:
        sys.exit("SUYUAN_DATABASE_OWNER_URL is not set: give the address of the role suyuan_migrator.")
    services = build_services(settings)
    owner_url = settings.database_owner_url.get_secret_value()
    owner = Database(owner_url, pool_size=2, statement_timeout_ms=60_000, application_name="suyuan-purge")
    try:
        chosen = [await purge.named(owner, arguments.tenant)] if arguments.tenant else await purge.due(owner, timedelta(hours=arguments.hours))
        lines = []
        for retired in chosen:
            done = await purge.purge(owner, services.storage, retired)
            rows = sum(done.rows.values())
            lines.append(f"{retired.slug} ({retired.public_id}), retired {retired.retired_at:%Y-%m-%d}: {rows} rows, {done.objects} objects deleted")
        return lines or ["Nothing is due."]
    finally:
        await owner.close()
        await services.close()
