"""Relay the outbox and do its jobs until told to stop."""

import argparse
import asyncio

from backend import worker
from backend.services import build_services
from infra.logging import configure_logging
from infra.settings import load_settings


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None."""


def run(_arguments: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT."""
    settings = load_settings()
    configure_logging(level=settings.log_level, json=settings.log_json)
    asyncio.run(worker.run(build_services(settings)))
