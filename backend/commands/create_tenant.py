"""Make a tenant and its owner; the owner's password is made at random and shown once."""

import argparse
import asyncio
import secrets

from backend.services import build_services
from infra.settings import load_settings
from tenants import registration
from tenants.permissions import Role


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom to make."""
    parser.add_argument("slug", help="part of the tenant's host name, e.g. acme")
    parser.add_argument("name", help="the company's name")
    parser.add_argument("owner", help="the owner's sign-in name, an e-mail address")
    parser.add_argument("--time-zone", default="Asia/Shanghai", help="IANA name, e.g. Asia/Shanghai")


def run(arguments: argparse.Namespace) -> None:
    """Prints the password."""
    print(asyncio.run(_make(arguments)))  # noqa: T201 - the one time that it is shown


async def _make(arguments: argparse.Namespace) -> str:
    services = build_services(load_settings())
    try:
        tenant = await registration.create_tenant(services.identity, slug=arguments.slug, name=arguments.name, time_zone=arguments.time_zone)
        password = secrets.token_urlsafe(18)
        await registration.create_person_with_membership(
            services.identity, tenant, login=arguments.owner, password=password, display_name=arguments.owner, role=Role.OWNER
        )
        return password
    finally:
        await services.close()
