"""The services of one process, built from its settings and handed to every entry: server, worker, commands and tests."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from litestar.connection import ASGIConnection
from redis.asyncio import Redis

from backend.aliases.reused import ReusedLotWatch
from backend.consumers.mailing import ConsumerMail
from backend.documents.kinds import DocumentKind
from backend.documents.service import Documents
from backend.documents.work import Maker
from backend.dossiers.certificate import CertificateOfAnalysis
from backend.dossiers.dossier import LotDossier
from backend.dossiers.eight_d import EightDReport
from backend.events.canonical import CanonicalEvent
from backend.events.fields.projection import FieldProjection
from backend.events.projection import Projection
from backend.events.service import CaptureService, gate_for
from backend.fsma204.maker import SheetMaker
from backend.genealogy.containment import ContainmentProjection
from backend.genealogy.contradictions import ContradictionWatch
from backend.genealogy.projection import GenealogyProjection
from backend.holds.projection import HoldMemory, HoldWatch
from backend.notifications.dispatch import Dispatch
from backend.recall_checks import duties as recall_checks
from backend.recall_documents.makers import CustomerNotice, RecallReport, RegulatorNotice
from backend.recall_epcis.maker import ScopeMaker
from backend.recall_notices.sending import NoticeMail
from backend.recalls.closing import ClosingCheck
from backend.shipments.projection import ShipmentProjection
from backend.subscriptions.delivery import Deliveries
from backend.webhooks.delivery import WebhookDeliveries
from infra.database import Database, Gate, TenantTransaction
from infra.lane import Lane
from infra.settings import Settings
from infra.storage.s3 import S3Storage
from tenants.service import Identity

T = TypeVar("T")
SERVICES = "services"
CAPTURE_TIMEOUT_MS = 20_000
# About what computes for ten milliseconds.
CAPTURED_AT_ONCE = 50


def projections() -> list[Projection]:
    """In the order in which they run: each may read what the ones before it have written."""
    return [
        HoldMemory(), FieldProjection(), ContainmentProjection(), GenealogyProjection(), ShipmentProjection(), HoldWatch(), ReusedLotWatch(),
        ContradictionWatch(),
    ]  # fmt: skip


def makers(settings: Settings) -> list[Maker]:
    """Whatever is made as a document, one of each kind."""
    return [
        RecallReport(),
        RecallReport(DocumentKind.EFFECTIVENESS_REPORT),
        RegulatorNotice(),
        CustomerNotice(settings.public_url),
        LotDossier(),
        CertificateOfAnalysis(),
        EightDReport(),
        SheetMaker(),
        ScopeMaker(DocumentKind.SCOPE_EPCIS_JSON),
        ScopeMaker(DocumentKind.SCOPE_EPCIS_XML),
    ]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that an entry needs; closed once at the end."""

    settings: Settings
    database: Database
    relay_database: Database
    auth_database: Database
    public_database: Database
    redis: "Redis"
    identity: Identity
    capture: CaptureService
    storage: S3Storage
    lane: Lane
    deliveries: Deliveries
    webhooks: WebhookDeliveries
    consumer_mail: ConsumerMail
    notifications: Dispatch
    documents: Documents
    recall_mail: NoticeMail
    # What stands against closing a recall, by whoever knows of it.
    closing_checks: tuple[ClosingCheck, ...] = ()

    async def close(self) -> None:
        """Close all pools."""
        await self.deliveries.close()
        await self.webhooks.close()
        await self.consumer_mail.close()
        await self.notifications.close()
        await self.recall_mail.close()
        await self.lane.close()
        await self.identity.clients.settle()
        for database in (self.database, self.relay_database, self.auth_database, self.public_database):
            await database.close()
        await self.redis.aclose()
        await self.storage.close()

    async def in_tenant(self, tenant_id: int, use_case: Callable[[TenantTransaction], Awaitable[T]], *, gate: Gate = Gate.NONE) -> T:
        """Run a use case in a tenant's transaction, again from the start after a deadlock."""
        return await _in_tenant(self.database, tenant_id, use_case, gate)

    async def capturing(self, tenant_id: int, events: Sequence[CanonicalEvent], use_case: Callable[[TenantTransaction], Awaitable[T]]) -> T:
        """The same behind the gate that capturing `events` needs. Many events are captured in the lane, lest other tenants' requests wait."""
        if len(events) <= CAPTURED_AT_ONCE:
            return await self.in_tenant(tenant_id, use_case, gate=gate_for(events))
        return await self.lane.run(lambda database: _in_tenant(database, tenant_id, use_case, gate_for(events)))


async def _in_tenant(database: Database, tenant_id: int, use_case: Callable[[TenantTransaction], Awaitable[T]], gate: Gate) -> T:
    async def attempt() -> T:
        async with database.tenant(tenant_id, gate=gate, timeout_ms=None if gate is Gate.NONE else CAPTURE_TIMEOUT_MS) as tx:
            return await use_case(tx)

    return await database.retrying(attempt)


def services_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Services:
    """The services of the process that answers a request."""
    services: Services = connection.app.state[SERVICES]
    return services


def build_services(settings: Settings) -> Services:
    """Build them; nothing is connected before it is used."""
    size = settings.database_pool_size

    def pool(url: str, part: str, connections: int) -> Database:
        return Database(url, pool_size=connections, statement_timeout_ms=settings.statement_timeout_ms, application_name=f"suyuan-{part}")

    database = pool(settings.database_url.get_secret_value(), "app", size)
    auth_database = pool(settings.database_auth_url.get_secret_value(), "auth", max(2, size // 4))
    redis = Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=1.0, socket_connect_timeout=1.0)
    return Services(
        settings=settings,
        database=database,
        relay_database=pool(settings.database_relay_url.get_secret_value(), "relay", 2),
        auth_database=auth_database,
        public_database=pool(settings.database_public_url.get_secret_value(), "public", max(2, size // 4)),
        redis=redis,
        identity=Identity(app=database, auth=auth_database, redis=redis, settings=settings),
        capture=CaptureService(projections()),
        lane=Lane(lambda: pool(settings.database_url.get_secret_value(), "lane", max(2, size // 2))),
        deliveries=Deliveries(database, settings),
        webhooks=WebhookDeliveries(database, settings),
        consumer_mail=ConsumerMail(database, settings),
        notifications=Dispatch(database, settings),
        documents=Documents(makers(settings), retention=timedelta(days=settings.document_retention_days)),
        recall_mail=NoticeMail(database, settings),
        closing_checks=(recall_checks.open_duties,),
        storage=S3Storage(
            bucket=settings.s3_bucket,
            region=settings.s3_region,
            endpoint=settings.s3_endpoint,
            access_key=settings.s3_access_key.get_secret_value() if settings.s3_access_key else None,
            secret_key=settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else None,
            path_style=settings.s3_path_style,
            public_endpoint=settings.s3_public_endpoint,
        ),
    )
