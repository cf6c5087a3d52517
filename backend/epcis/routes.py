"""The routes under /epcis (EPCIS 2.0 §12, REST binding), mounted once. No logic."""

from litestar import Router

from backend.epcis.capture_routes import capture, capture_event, capture_job, capture_jobs
from backend.epcis.discovery import check_versions, discovery
from backend.epcis.event_routes import event, events
from backend.epcis.master_data_routes import master_data, tell_master_data
from backend.epcis.named_queries.routes import NAMED_QUERIES
from backend.epcis.named_queries.socket import listen
from backend.epcis.problems import EXCEPTION_HANDLERS
from backend.epcis.resource_routes import resource_routes
from backend.epcis.result_routes import capture_results
from backend.services import Services
from backend.validator.routes import validate


def epcis_router(services: Services) -> Router:
    """All routes."""
    handlers = [
        capture, capture_jobs, capture_job, capture_results, capture_event, events, event, validate, tell_master_data, master_data,
        *resource_routes(), *NAMED_QUERIES,
    ]  # fmt: skip
    return Router(
        "/epcis",
        # Discovery stands first: to a path without OPTIONS the framework adds an answer of its own, which nothing takes the place of.
        route_handlers=[*discovery(handlers), *handlers, listen],
        before_request=check_versions,
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=services.settings.capture_max_bytes,
        tags=["epcis"],
    )
