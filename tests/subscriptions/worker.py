"""A worker for tests that kill it: `python -m tests.subscriptions.worker <begin of the test>`, with its settings as JSON on standard input."""

import asyncio
import sys

from backend.services import build_services
from infra.logging import configure_logging
from infra.settings import Settings
from tests import outbox


async def main() -> None:
    """Do what is due until killed."""
    outbox.begin(float(sys.argv[1]))
    settings = Settings.model_validate_json(sys.stdin.read())
    configure_logging(level="ERROR", json=True)
    services = build_services(settings)
    print("ready", flush=True)
    while True:
        await outbox.do_outbox(services)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
