"""The routes under /epcis (EPCIS 2.0 §12, REST binding), mounted once. No logic."""

from litestar import Router

from backend.epcis.capture_routes import capture, capture_event, capture_job, capture_jobs
from backend.epcis.event_routes import event, events
from backend.epcis.master_data_routes import master_data, tell_master_data
from backend.epcis.problems import EXCEPTION_HANDLERS
from backend.services import Services


def epcis_router(services: Services) -> Router:
    """All routes."""
    return Router(
        "/epcis",
        route_handlers=[capture, capture_jobs, capture_job, capture_event, events, event, tell_master_data, master_data],
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=services.settings.capture_max_bytes,
        tags=["epcis"],
    )
