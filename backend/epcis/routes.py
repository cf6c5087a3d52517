"""The routes under /epcis (EPCIS 2.0 §12, REST binding): capture, capture jobs, events."""

import base64
import binascii
import re
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath

from backend.catalog.sites import sites_of
from backend.epcis.answers import answer_form
from backend.epcis.capture import run_job
from backend.epcis.problems import EXCEPTION_HANDLERS, refuse_faults
from backend.epcis.query import read_filter
from backend.events.contexts import SUYUAN_NAMESPACE
from backend.events.errors import CaptureLimitError, EventConflictError, QueryParameterError
from backend.events.jobs import ErrorBehaviour, get_job, list_jobs
from backend.events.json_text import write_json
from backend.events.query_service import find_events, get_event, get_event_by_id
from backend.events.reader import Reading, read
from backend.events.service import OutcomeStatus
from backend.services import Services, services_of
from infra.errors import InvalidInputError
from tenants.http import principal_of, requires
from tenants.permissions import Permission

VERSIONS: Final = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0", "GS1-Extensions": f"suyuan={SUYUAN_NAMESPACE}"}
DEFAULT_PAGE: Final = 30
LARGEST_PAGE: Final = 200
JSON: Final = "application/json"
# About what is read in two milliseconds, in bytes.
READ_AT_ONCE: Final = 100_000
_OWN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _headers(services: Services) -> dict[str, str]:
    return VERSIONS | {
        "GS1-EPCIS-Capture-Limit": str(services.settings.capture_max_events),
        "GS1-EPCIS-Capture-File-Size-Limit": str(services.settings.capture_max_bytes),
    }


async def _reading(request: Request[Any, Any, Any], services: Services) -> Reading:
    limit = services.settings.capture_max_bytes
    if int(request.headers.get("content-length") or 0) > limit:
        raise CaptureLimitError(f"The document is larger than {limit} bytes. Send it in parts.", field="Content-Length")
    raw = await request.body()
    content_type = request.headers.get("content-type") or JSON
    if len(raw) <= READ_AT_ONCE:
        return read(raw, content_type)
    # Reading a large document takes up to seconds, in which the other tenants' requests are not to wait.
    return await services.lane.compute(read, raw, content_type)


def _behaviour(request: Request[Any, Any, Any]) -> ErrorBehaviour:
    value = request.headers.get("GS1-Capture-Error-Behaviour", ErrorBehaviour.ROLLBACK)
    try:
        return ErrorBehaviour(value)
    except ValueError:
        message = f"GS1-Capture-Error-Behaviour is rollback or proceed; it was “{value[:40]}”."
        raise InvalidInputError(message, field="GS1-Capture-Error-Behaviour") from None


@post("/capture", opt=requires(Permission.EVENTS_CAPTURE), status_code=202)
async def capture(request: Request[Any, Any, Any]) -> Response[Any]:
    """Capture a document. 202 means that its events are committed; the job at `Location` tells what became of each."""
    principal, services = principal_of(request), services_of(request)
    behaviour = _behaviour(request)
    reading = await _reading(request, services)
    if reading.faults and behaviour is ErrorBehaviour.ROLLBACK:
        return refuse_faults(reading.faults)
    job = await run_job(services, principal, reading, behaviour)
    location = f"/epcis/capture/{job.job_id}"
    headers = _headers(services) | {"Location": location, "GS1-Capture-Error-Behaviour": str(behaviour)}
    return Response(write_json(job.as_json()), status_code=202, headers=headers, media_type=JSON)


@get("/capture", opt=requires(Permission.EVENTS_CAPTURE))
async def capture_jobs(request: Request[Any, Any, Any]) -> Response[Any]:
    """The capture jobs, newest first, in pages."""
    principal, services = principal_of(request), services_of(request)
    size, token = _paging(request)
    before = _uuid_token(token) if token else None
    async with services.database.tenant(principal.tenant_id) as tx:
        jobs = await list_jobs(tx, principal, before=before, limit=size + 1)
    last = str(jobs[size - 1].job_id) if len(jobs) > size else None
    body = write_json([job.as_json() for job in jobs[:size]])
    return Response(body, headers=_headers(services) | _next_link(request, last), media_type=JSON)


@get("/capture/{job_id:str}", opt=requires(Permission.EVENTS_CAPTURE))
async def capture_job(job_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """One capture job."""
    principal, services = principal_of(request), services_of(request)
    async with services.database.tenant(principal.tenant_id) as tx:
        job = await get_job(tx, principal, _uuid(job_id))
    return Response(write_json(job.as_json()), headers=_headers(services), media_type=JSON)


@post("/events", opt=requires(Permission.EVENTS_CAPTURE), status_code=201)
async def capture_event(request: Request[Any, Any, Any]) -> Response[Any]:
    """Capture one bare event; 201 with its address, also where it was stored before with the same content, 409 with other content."""
    principal, services = principal_of(request), services_of(request)
    reading = await _reading(request, services)
    if len(reading.events) != 1:
        raise InvalidInputError(f"This address takes one event; the body holds {len(reading.events)}. Send documents to /epcis/capture.", field="$")
    if reading.faults:
        return refuse_faults(reading.faults)
    job = await run_job(services, principal, reading, ErrorBehaviour.ROLLBACK)
    [event] = reading.canonical
    if job.rejected:
        raise EventConflictError(event.event_key)
    identifier = event.event_id or event.event_hash
    headers = _headers(services) | {"Location": f"/epcis/events/{identifier}"}
    answer = {"eventID": identifier, "status": str(OutcomeStatus.ACCEPTED if job.accepted else OutcomeStatus.DUPLICATE)}
    return Response(write_json(answer), status_code=201, headers=headers, media_type=JSON)


@get("/events", opt=requires(Permission.EVENTS_READ))
async def events(request: Request[Any, Any, Any]) -> Response[Any]:
    """Events that the query parameters find, in the order in which they were committed, in pages."""
    principal, services = principal_of(request), services_of(request)
    form = answer_form(request)
    size, token = _paging(request)
    wanted = read_filter(request.query_params.multi_items())
    after = _seq_token(token) if token else 0
    async with services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.EVENTS_READ)
        page = await find_events(tx, wanted, after_seq=after, limit=size, sites=sites)
    body = form.page([event.writable() for event in page.events])
    next_token = base64.urlsafe_b64encode(f"s{page.next_seq}".encode()).decode() if page.next_seq else None
    headers = _headers(services) | form.headers | _next_link(request, next_token)
    return Response(body, headers=headers, media_type=form.media_type)


@get("/events/{event_id:path}", opt=requires(Permission.EVENTS_READ))
async def event(event_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """One event by its EPCIS event id (or hash, or our own id); where it was declared wrong, the declaration."""
    principal, services = principal_of(request), services_of(request)
    form = answer_form(request)
    wanted = event_id.lstrip("/")
    async with services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.EVENTS_READ)
        found = [await get_event(tx, UUID(wanted), sites)] if _OWN_ID.fullmatch(wanted) else await get_event_by_id(tx, wanted, sites)
    body = form.single(found[-1].writable())
    return Response(body, headers=_headers(services) | form.headers, media_type=form.media_type)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _paging(request: Request[Any, Any, Any]) -> tuple[int, str | None]:
    text = request.query_params.get("perPage", str(DEFAULT_PAGE))
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        raise QueryParameterError(f"perPage is a whole number from 1; it was “{text[:20]}”.", field="perPage")
    return min(int(text[:9]), LARGEST_PAGE), request.query_params.get("nextPageToken")


def _seq_token(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        if text[:1] == "s" and text[1:].isascii() and text[1:].isdigit() and len(text) < 18:
            return int(text[1:])
    except (binascii.Error, ValueError):
        pass
    raise QueryParameterError("This nextPageToken is not one of ours. Take it from the Link header of the page before.", field="nextPageToken")


def _uuid_token(token: str) -> UUID:
    try:
        return UUID(token)
    except ValueError:
        message = "This nextPageToken is not one of ours. Take it from the Link header of the page before."
        raise QueryParameterError(message, field="nextPageToken") from None


def _next_link(request: Request[Any, Any, Any], token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "nextPageToken"]
    return {"Link": f'<{request.url.path}?{urlencode([*others, ("nextPageToken", token)])}>; rel="next"'}


def epcis_router(services: Services) -> Router:
    """All routes, mounted once."""
    return Router(
        "/epcis",
        route_handlers=[capture, capture_jobs, capture_job, capture_event, events, event],
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=services.settings.capture_max_bytes,
        tags=["epcis"],
    )
