"""The worker: which outbox topic is done by whom. No logic."""

import asyncio
import contextlib
import signal

from backend.alerts import service as alerts
from backend.catalog import service as catalog
from backend.events import service as events
from backend.history import publisher
from backend.holds import service as holds
from backend.services import Services
from backend.shipments import projection as shipments
from infra.queue import Handler, Relay, run_worker


def handlers() -> dict[str, Handler]:
    """Every topic that is ever enqueued."""
    return {
        alerts.RAISED: alerts.notify,
        events.CAPTURED: publisher.publish_captured,
        publisher.PAGE: publisher.publish_page,
        holds.CHANGED: publisher.publish_held,
        catalog.LOCATIONS_CHANGED: shipments.redetermine,
        catalog.PRODUCTS_CHANGED: publisher.publish_products,
    }


async def run(services: Services) -> None:
    """Relay and worker in one process, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    redis_url = services.settings.redis_url.get_secret_value()
    relay = asyncio.create_task(Relay(services.relay_database, redis_url).run(stop))
    while not stop.is_set():
        worker = asyncio.create_task(run_worker(redis_url, services.database, handlers()))
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({worker, waiting}, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await worker
    await relay
    await services.close()
