"""The worker: which outbox topic is done by whom. No logic."""

import asyncio
import contextlib
import signal
from typing import Final

from backend.alerts import service as alerts
from backend.catalog import service as catalog
from backend.events import service as events
from backend.history import publisher
from backend.holds import service as holds
from backend.housekeeping.service import Housekeeping
from backend.sandbox import service as sandbox
from backend.services import Services
from backend.shipments import projection as shipments
from backend.subscriptions import bells
from infra.queue import Handler, Relay, both, run_worker
from tenants.audit import exports

# Jobs of seconds and minutes, which have a queue of their own.
LONG_TOPICS: Final = frozenset({exports.TOPIC, sandbox.FILL})


def handlers(services: Services) -> dict[str, Handler]:
    """Every topic that is ever enqueued."""
    return {
        exports.TOPIC: exports.ExportWriter(services.storage),
        alerts.RAISED: alerts.notify,
        events.CAPTURED: both(services.deliveries.wake, publisher.publish_captured),
        bells.DUE: services.deliveries.ring,
        publisher.PAGE: publisher.publish_page,
        holds.CHANGED: publisher.publish_held,
        catalog.LOCATIONS_CHANGED: shipments.redetermine,
        catalog.PRODUCTS_CHANGED: publisher.publish_products,
        sandbox.FILL: sandbox.Filler(services.capture),
    }


async def _work(services: Services, stop: asyncio.Event, *, long: bool) -> None:
    """One of the two queues; its worker is started again where an outage ends it."""
    redis_url = services.settings.redis_url.get_secret_value()
    while not stop.is_set():
        worker = asyncio.create_task(run_worker(redis_url, services.database, handlers(services), long=long))
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({worker, waiting}, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await worker


async def run(services: Services) -> None:
    """Relay and worker in one process, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    redis_url = services.settings.redis_url.get_secret_value()
    relay = asyncio.create_task(Relay(services.relay_database, redis_url, LONG_TOPICS).run(stop))
    housekeeping = asyncio.create_task(Housekeeping(services).run(stop))
    await asyncio.gather(_work(services, stop, long=False), _work(services, stop, long=True))
    await relay
    # It may be in the middle of a round; a transaction that is cut off leaves everything as it was.
    housekeeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await housekeeping
    await services.close()
