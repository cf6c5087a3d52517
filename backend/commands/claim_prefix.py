"""Note that a company has shown its GS1 company prefix, or one GTIN, to be its own: public pages of bare hosts then lead to it."""

import argparse
import asyncio

from backend.services import build_services
from infra.errors import NotFoundError
from infra.settings import load_settings
from tenants import directory, registration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose claim, and on what."""
    parser.add_argument("slug", help="the company's short name, e.g. acme")
    parser.add_argument("claimed", help="a GS1 company prefix of 4 to 12 digits, or a GTIN of 14")
    parser.add_argument(
        "--pending", action="store_true", help="not proved yet: it is reserved, and leads nowhere until the command is given without this"
    )


def run(arguments: argparse.Namespace) -> None:
    """Prints what stands now."""
    print(asyncio.run(_claim(arguments)))  # noqa: T201 - the answer of a command


async def _claim(arguments: argparse.Namespace) -> str:
    services = build_services(load_settings())
    try:
        tenant = await directory.tenant_by_slug(services.database, arguments.slug)
        if tenant is None:
            raise NotFoundError(f"No company has the short name '{arguments.slug}'.", field="slug")
        await registration.add_claim(services.identity.auth, tenant, arguments.claimed, verified=not arguments.pending)
        return f"{arguments.claimed} {'is reserved for' if arguments.pending else 'leads to'} {tenant.slug} ({tenant.name})"
    finally:
        await services.close()
