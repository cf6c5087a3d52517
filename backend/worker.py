"""The worker: which outbox topic is done by whom. No logic."""

import asyncio
import contextlib
import signal
from collections.abc import Collection, Mapping
from typing import Final

from backend.alerts import counting, escalation
from backend.alerts import service as alerts
from backend.bulk import staging
from backend.bulk.work import StagedCapture
from backend.capa import looking, mailing
from backend.catalog import service as catalog
from backend.catalog import versions
from backend.consumers import bells as consumer_bells
from backend.consumers import telling
from backend.documents.running import DocumentMaking
from backend.documents.service import MAKE as DOCUMENT_MAKE
from backend.documents.service import REMOVE as DOCUMENT_REMOVE
from backend.documents.storing import DocumentRemoval
from backend.events import service as events
from backend.history import publisher, recall_publisher
from backend.holds import goods, publishing
from backend.holds import service as holds
from backend.housekeeping.service import Housekeeping
from backend.inspections import schedules
from backend.inspections.concluding import CONCLUDED
from backend.nonconformance import concessions
from backend.notifications import bells as notification_bells
from backend.notifications import releasing
from backend.notifications import service as notifications
from backend.photos import checking as photos
from backend.photos.service import CHECK as PHOTO_CHECK
from backend.recall_checks import checking as recall_checking
from backend.recall_checks import looking as recall_check_looking
from backend.recall_checks import points as recall_points
from backend.recall_documents import automatic as recall_papers
from backend.recall_drills import schedule as recall_drills
from backend.recall_epcis import publishing as recall_events
from backend.recall_notices import bells as recall_bells
from backend.recall_notices import looking as recall_looking
from backend.recall_notices import queueing as recall_queueing
from backend.recall_notices.bridging import Bridge
from backend.recall_scope import freezing as recall_freezing
from backend.recall_scope import watching as recall_watching
from backend.recalls import topics as recalls
from backend.recalls import watching as recall_cases
from backend.rules import acting, evaluation, findings
from backend.rules import looking as rule_looking
from backend.sandbox import service as sandbox
from backend.search import indexing as search
from backend.services import Services
from backend.shipments import projection as shipments
from backend.subscriptions import bells
from backend.webhooks import publishing as webhooks
from backend.webhooks import sources as webhook_sources
from infra.queue import BULK, LONG, SHORT, Handler, Line, Relay, in_turn, run_worker
from tenants.audit import exports

# Jobs of seconds and minutes, which have queues of their own.
LINES: Final[Mapping[str, Line]] = {
    exports.TOPIC: LONG, sandbox.FILL: LONG, staging.TOPIC: BULK, PHOTO_CHECK: LONG, DOCUMENT_MAKE: LONG, mailing.TOPIC: LONG,
}  # fmt: skip
QUEUES: Final[Mapping[str, Line]] = {"short": SHORT, "long": LONG, "bulk": BULK}


def handlers(services: Services) -> dict[str, Handler]:
    """Every topic that is ever enqueued."""
    bridge = Bridge(services.database)
    return {
        exports.TOPIC: exports.ExportWriter(services.storage),
        alerts.RAISED: escalation.announced(in_turn(notifications.on_alert, webhook_sources.alert_raised)),
        alerts.ESCALATED: notifications.on_alert,
        alerts.RESET: in_turn(notifications.on_alert, webhook_sources.alert_reset),
        alerts.ACKNOWLEDGED: notifications.on_alert,
        alerts.OCCURRED: counting.count,
        notification_bells.DUE: services.notifications.ring,
        notification_bells.RELEASE: releasing.release,
        escalation.STEP_DUE: escalation.step_due,
        escalation.SNOOZE_OVER: escalation.snooze_over,
        escalation.STORM_CHECK: escalation.storm_check,
        events.CAPTURED: in_turn(
            services.deliveries.wake, publisher.publish_captured, search.ring, schedules.count_lots, evaluation.ring, recall_watching.ring
        ),
        recall_freezing.LOOK: recall_watching.look,
        recall_watching.HOLD: recall_watching.hold_additions,
        bells.DUE: services.deliveries.ring,
        webhooks.DUE: services.webhooks.ring,
        publisher.PAGE: publisher.publish_page,
        recall_publisher.GOODS: recall_publisher.publish_goods,
        recall_publisher.PUBLISHED: telling.begin,
        telling.TELL: telling.tell_next,
        consumer_bells.DUE: services.consumer_mail.ring,
        goods.FILL: goods.fill,
        goods.GROWN: goods.grow,
        holds.CHANGED: in_turn(publisher.publish_held, search.index_named, webhook_sources.hold_changed, recall_watching.ring_changed),
        publishing.PUBLISH: publishing.HoldPublisher(services.capture),
        looking.TOPIC: looking.look,
        looking.SOON: looking.remind,
        mailing.TOPIC: mailing.SupplierMail(services.database, services.settings),
        concessions.ENDS: concessions.end,
        recall_check_looking.TOPIC: recall_check_looking.look,
        recall_points.TOPIC: recall_points.note,
        recall_drills.TOPIC: recall_drills.look,
        recall_bells.WRITE: recall_queueing.write_next,
        recall_bells.MAIL: services.recall_mail.ring,
        recall_bells.HAND_OVER: bridge.hand_over,
        recall_bells.ANSWERED: bridge.answered,
        recall_bells.DISCONNECTED: bridge.disconnected,
        recall_bells.REOPENED: bridge.reopened,
        recall_bells.LOOK: recall_looking.look,
        search.TOPIC: search.index_next,
        versions.ENTRIES_CHANGED: search.index_catalogue,
        catalog.LOCATIONS_CHANGED: shipments.redetermine,
        catalog.PRODUCTS_CHANGED: publisher.publish_products,
        DOCUMENT_MAKE: DocumentMaking(services.database, services.storage, services.documents.makers, retention=services.documents.retention),
        DOCUMENT_REMOVE: DocumentRemoval(services.storage),
        CONCLUDED: in_turn(evaluation.ring_inspected, webhook_sources.inspection_concluded),
        schedules.DUE: schedules.open_due,
        PHOTO_CHECK: photos.PhotoCheck(services.storage),
        recalls.CLOCK: recall_cases.clock_due,
        recalls.GROWN: recall_cases.grown,
        recalls.OPENED: in_turn(),
        recalls.DECIDED: in_turn(recall_publisher.follow, recall_events.on_decided),
        recalls.ANNOUNCED: in_turn(
            recall_publisher.follow,
            recall_events.on_announced,
            webhook_sources.recall_announced,
            recall_queueing.on_announced,
            recall_points.begin,
            recall_papers.request_papers,
        ),
        recalls.EXTENDED: in_turn(
            recall_publisher.follow,
            recall_events.on_announced,
            webhook_sources.recall_announced,
            recall_queueing.on_announced,
            recall_checking.draw_again,
            recall_points.begin,
            recall_papers.request_papers,
        ),
        recall_events.PUBLISH: recall_events.RecallPublisher(services.capture),
        recall_papers.LETTERS: recall_papers.request_letters,
        recalls.CHANGED: recall_publisher.follow,
        recalls.CLOSED: in_turn(recall_publisher.follow, webhook_sources.recall_closed, recall_queueing.on_closed, recall_points.begin),
        recalls.REOPENED: in_turn(recall_publisher.follow, recall_queueing.on_reopened, recall_points.begin),
        recalls.DISMISSED: in_turn(),
        evaluation.TOPIC: evaluation.evaluate_next,
        evaluation.INSPECTED: evaluation.evaluate_inspected,
        findings.ACT: acting.act,
        rule_looking.LOOK: rule_looking.look,
        sandbox.FILL: sandbox.Filler(services.capture),
        staging.TOPIC: StagedCapture(services),
    }


async def _work(services: Services, stop: asyncio.Event, line: Line) -> None:
    """One of the queues; its worker is started again where an outage ends it."""
    redis_url = services.settings.redis_url.get_secret_value()
    done_by = handlers(services)
    while not stop.is_set():
        worker = asyncio.create_task(run_worker(redis_url, services.database, done_by, line))
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({worker, waiting}, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await worker


async def run(services: Services, queues: Collection[str] = tuple(QUEUES)) -> None:
    """Work on these queues until SIGTERM or SIGINT; whoever works on the short one relays and keeps house too."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    works = [_work(services, stop, QUEUES[name]) for name in queues]
    if "short" in queues:
        works += [Relay(services.relay_database, services.settings.redis_url.get_secret_value(), LINES).run(stop), _keep_house(services, stop)]
    await asyncio.gather(*works)
    await services.close()


async def _keep_house(services: Services, stop: asyncio.Event) -> None:
    rounds = asyncio.create_task(Housekeeping(services).run(stop))
    await stop.wait()
    # It may be in the middle of a round; a transaction that is cut off leaves everything as it was.
    rounds.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await rounds
