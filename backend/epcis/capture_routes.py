"""The routes of capture (EPCIS 2.0 §12.6): documents, their jobs, single events."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from backend.epcis.capture import run_job
from backend.epcis.paging import JSON, common_headers, next_link, paging, read_uuid_token
from backend.epcis.problems import refuse_faults
from backend.events.errors import CaptureLimitError, EventConflictError
from backend.events.jobs import ErrorBehaviour, get_job, list_jobs
from backend.events.json_text import write_json
from backend.events.reader import Reading, read
from backend.events.service import OutcomeStatus
from backend.services import Services, services_of
from infra.errors import InvalidInputError
from tenants.http import principal_of, requires
from tenants.permissions import Permission

# About what is read in two milliseconds, in bytes.
READ_AT_ONCE: Final = 100_000


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
    headers = common_headers(services) | {"Location": location, "GS1-Capture-Error-Behaviour": str(behaviour)}
    return Response(write_json(job.as_json()), status_code=202, headers=headers, media_type=JSON)


@get("/capture", opt=requires(Permission.EVENTS_CAPTURE))
async def capture_jobs(request: Request[Any, Any, Any]) -> Response[Any]:
    """The capture jobs, newest first, in pages."""
    principal, services = principal_of(request), services_of(request)
    size, token = paging(request)
    before = read_uuid_token(token) if token else None
    async with services.database.tenant(principal.tenant_id) as tx:
        jobs = await list_jobs(tx, principal, before=before, limit=size + 1)
    last = str(jobs[size - 1].job_id) if len(jobs) > size else None
    body = write_json([job.as_json() for job in jobs[:size]])
    return Response(body, headers=common_headers(services) | next_link(request, last), media_type=JSON)


@get("/capture/{job_id:str}", opt=requires(Permission.EVENTS_CAPTURE))
async def capture_job(job_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """One capture job."""
    principal, services = principal_of(request), services_of(request)
    async with services.database.tenant(principal.tenant_id) as tx:
        job = await get_job(tx, principal, _uuid(job_id))
    return Response(write_json(job.as_json()), headers=common_headers(services), media_type=JSON)


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
    headers = common_headers(services) | {"Location": f"/epcis/events/{identifier}"}
    answer = {"eventID": identifier, "status": str(OutcomeStatus.ACCEPTED if job.accepted else OutcomeStatus.DUPLICATE)}
    return Response(write_json(answer), status_code=201, headers=headers, media_type=JSON)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
