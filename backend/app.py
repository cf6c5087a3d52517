"""The ASGI application: what there is, and where it is mounted. No logic."""

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController

from backend.capa.guest_routes import guest_router
from backend.documents.routes import document_router
from backend.epcis.routes import epcis_router
from backend.graphql.controller import graphql_router
from backend.history.routes import history_router
from backend.landing import landing
from backend.recall_notices.guest_routes import guest_router as recall_router
from backend.services import SERVICES, Services, build_services
from backend.shapes.routes import trace_router
from backend.validator.page_routes import validator_router
from infra.http import EXCEPTION_HANDLERS, health_routes, with_edge
from infra.logging import configure_logging
from infra.settings import Settings, load_settings
from infra.storage.gateway import gateway
from tenants.clients.routes import oauth_routes
from tenants.http import IDENTITY, authorize, public
from tenants.routes import auth_router

DEFAULT_MAX_BODY = 1_000_000


def spare_collections() -> None:
    """What a process holds from its start on is never looked at again, and the rest seldom: a full collection stops every request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class MetricsController(PrometheusController):
    """Prometheus metrics; counts of requests by route, nothing of any tenant."""

    opt = public("scraped inside the network; it holds counts by route and nothing of a tenant", counted=False)
    include_in_schema = False


def create_app(settings: Settings | None = None, *, services: Services | None = None, routers: Sequence[Any] = ()) -> Litestar:
    """Build the application. `routers` are mounted besides the backend's own (the house has a floor above this one)."""
    settings = settings or (services.settings if services else load_settings())
    configure_logging(level=settings.log_level, json=settings.log_json)
    running = services or build_services(settings)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if services is None:
            spare_collections()
        try:
            yield
        finally:
            if services is None:
                await running.close()

    config = AppConfig(
        route_handlers=[landing, auth_router(), *_backend_routers(running), *_gateway(running), *_health(running), MetricsController, *routers],
        guards=[authorize],
        exception_handlers=EXCEPTION_HANDLERS,
        middleware=[PrometheusConfig(app_name="suyuan", prefix="suyuan", group_path=True).middleware],
        lifespan=[lifespan],
        request_max_body_size=DEFAULT_MAX_BODY,
        openapi_config=None,
        debug=False,
    )
    app = with_edge(Litestar.from_config(config))
    app.state[SERVICES] = running
    app.state[IDENTITY] = running.identity
    return app


def _backend_routers(services: Services) -> list[Any]:
    return [
        *oauth_routes(services.settings),
        epcis_router(services),
        graphql_router(services),
        guest_router(services),
        history_router(services),
        recall_router(services),
        validator_router(services),
        trace_router(),
        document_router(),
    ]


def _gateway(services: Services) -> list[Any]:
    settings = services.settings
    if not settings.s3_gateway or settings.s3_endpoint is None:
        return []
    return [gateway(settings.s3_bucket, settings.s3_endpoint, public("the store checks the signature of each request itself", counted=False))]


def _health(services: Services) -> list[Any]:
    async def database() -> None:
        async with services.database.connection() as connection:
            await connection.fetchval("select 1")

    async def redis() -> None:
        await services.redis.ping()

    opt = public("a load balancer asks it, and it tells of no tenant", counted=False)
    # Whatever Redis keeps is asked of PostgreSQL while it is away.
    return health_routes({"database": database, "redis": redis}, opt, spared=frozenset({"redis"}))
