"""The commands of the service, `python -m backend.cli …`: serve, work, migrate, and what only an operator may do."""

import argparse
import asyncio
import os
import secrets
import sys
from collections.abc import Callable

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from backend import worker
from backend.services import build_services
from infra import migrate as migrations
from infra.errors import SuyuanError
from infra.logging import configure_logging
from infra.settings import load_settings
from tenants import registration
from tenants.permissions import Role

# The application is built one floor above; it is named here as a server is told it, and never imported.
APPLICATION = "mobile_api.app:create_app"


def serve(arguments: argparse.Namespace) -> None:
    """Serve HTTP until told to stop."""
    settings = load_settings()
    Server(
        APPLICATION,
        factory=True,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        address=settings.host,
        port=settings.port,
        workers=arguments.workers,
        # A SIGTERM during the start would otherwise leave the process hanging.
        workers_kill_timeout=3,
        websockets=True,
        log_access=False,
        log_level=LogLevels(settings.log_level.lower()),
    ).serve()


def work(_arguments: argparse.Namespace) -> None:
    """Relay the outbox and do its jobs until told to stop."""
    settings = load_settings()
    configure_logging(level=settings.log_level, json=settings.log_json)
    asyncio.run(worker.run(build_services(settings)))


def migrate(_arguments: argparse.Namespace) -> None:
    """Bring the database of SUYUAN_DATABASE_OWNER_URL to the newest revision."""
    owner_url = os.environ.get("SUYUAN_DATABASE_OWNER_URL")
    if not owner_url:
        sys.exit("SUYUAN_DATABASE_OWNER_URL is not set: give the address of the role suyuan_migrator.")
    asyncio.run(migrations.upgrade(owner_url))


def create_tenant(arguments: argparse.Namespace) -> None:
    """Make a tenant and its owner; the owner's password is made at random and shown once."""

    async def make() -> str:
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

    print(asyncio.run(make()))  # noqa: T201 - the one time that it is shown


def lift_block(arguments: argparse.Namespace) -> None:
    """Let a sign-in name try again that too many failures have blocked."""

    async def lift() -> None:
        services = build_services(load_settings())
        try:
            await services.identity.throttle.lift(arguments.login)
        finally:
            await services.close()

    asyncio.run(lift())


def _arguments(act: Callable[[argparse.Namespace], None], command: argparse.ArgumentParser) -> None:
    if act is serve:
        command.add_argument("--workers", type=int, default=1, help="processes")
    if act is create_tenant:
        command.add_argument("slug", help="part of the tenant's host name, e.g. acme")
        command.add_argument("name", help="the company's name")
        command.add_argument("owner", help="the owner's sign-in name, an e-mail address")
        command.add_argument("--time-zone", default="Asia/Shanghai", help="IANA name, e.g. Asia/Shanghai")
    if act is lift_block:
        command.add_argument("login", help="the sign-in name")


def main() -> None:
    """Parse and run; a refusal is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m backend.cli", description="Suyuan's commands.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for act in (serve, work, migrate, create_tenant, lift_block):
        command = commands.add_parser(act.__name__.replace("_", "-"), help=act.__doc__)
        command.set_defaults(act=act)
        _arguments(act, command)
    arguments = parser.parse_args()
    try:
        arguments.act(arguments)
    except SuyuanError as problem:
        sys.exit(problem.message)


if __name__ == "__main__":
    main()
