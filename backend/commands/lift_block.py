"""Let a sign-in name try again that too many failures have blocked."""

import argparse
import asyncio

from backend.services import build_services
from infra.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whose."""
    parser.add_argument("login", help="the sign-in name")


def run(arguments: argparse.Namespace) -> None:
    """Forgets the failures of that name."""
    asyncio.run(_lift(arguments.login))


async def _lift(login: str) -> None:
    services = build_services(load_settings())
    try:
        await services.identity.throttle.lift(login)
    finally:
        await services.close()
