"""The whole service on one port: the backend's application with the phones' routes mounted."""

from litestar import Litestar

from backend.app import create_app as create_backend
from backend.services import Services
from infra.settings import Settings
from mobile_api.routes import mobile_router


def create_app(settings: Settings | None = None, *, services: Services | None = None) -> Litestar:
    """Build the application that is served."""
    return create_backend(settings, services=services, routers=[mobile_router()])
