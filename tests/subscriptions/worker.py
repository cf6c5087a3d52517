"""A worker for tests that kill it: `python -m tests.subscriptions.worker`, with its settings as JSON on standard input."""

import asyncio
import sys

from backend.services import build_services
from backend.worker import handlers
from infra.logging import configure_logging
from infra.queue import drain
from infra.settings import Settings


async def main() -> None:
    """Do what is due until killed."""
    settings = Settings.model_validate_json(sys.stdin.read())
    configure_logging(level="ERROR", json=True)
    services = build_services(settings)
    print("ready", flush=True)
    while True:
        await drain(services.database, services.relay_database, handlers(services))
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
