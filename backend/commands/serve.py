"""Serve HTTP until told to stop."""

import argparse

from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from infra.settings import load_settings

# The application is built one floor above; it is named here as a server is told it, and never imported.
APPLICATION = "mobile_api.app:create_app"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many processes."""
    parser.add_argument("--workers", type=int, default=1, help="processes")


def run(arguments: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT."""
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
