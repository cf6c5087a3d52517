"""Do the jobs of the outbox until told to stop."""

import argparse
import asyncio

from backend import worker
from backend.services import build_services
from infra.background import step_back
from infra.logging import configure_logging
from infra.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which jobs."""
    parser.add_argument(
        "--queues",
        nargs="+",
        choices=tuple(worker.QUEUES),
        default=tuple(worker.QUEUES),
        help="short: what people wait for, with relay and housekeeping; long: exports and sandboxes; bulk: captures of long documents",
    )


def run(arguments: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT."""
    settings = load_settings()
    configure_logging(level=settings.log_level, json=settings.log_json)
    if "short" not in arguments.queues:
        step_back()
    asyncio.run(worker.run(build_services(settings), arguments.queues))
