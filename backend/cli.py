"""The commands of the service: `python -m backend.cli serve|work|migrate`; images and the demo call nothing else."""

import argparse
import asyncio
import os
import sys

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from backend import worker
from backend.services import build_services
from infra import migrate as migrations
from infra.errors import SuyuanError
from infra.logging import configure_logging
from infra.settings import load_settings

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


def main() -> None:
    """Parse and run; a refusal is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m backend.cli", description="Suyuan's commands.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for act in (serve, work, migrate):
        command = commands.add_parser(act.__name__, help=act.__doc__)
        command.set_defaults(act=act)
        if act is serve:
            command.add_argument("--workers", type=int, default=1, help="processes")
    arguments = parser.parse_args()
    try:
        arguments.act(arguments)
    except SuyuanError as problem:
        sys.exit(problem.message)


if __name__ == "__main__":
    main()
