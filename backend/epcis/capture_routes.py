"""The routes of capture (EPCIS 2.0 §12.6): documents, their jobs, single events."""

import asyncio
import re
import time
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from backend.bulk.raw_file import unpacked
from backend.bulk.staging import Staged, require_room, stage
from backend.epcis.capture import capture_now
from backend.epcis.paging import JSON, common_headers, next_link, paging, read_uuid_token
from backend.epcis.problems import refuse_faults
from backend.epcis.receiving import SHORT, Body, receive
from backend.events.canonical import CanonicalEvent
from backend.events.errors import CaptureLimitError, EventConflictError
from backend.events.jobs import CaptureJob, ErrorBehaviour, EventResult, ResultStatus, get_job, list_jobs
from backend.events.json_text import write_json
from backend.events.reader import Reading, read, read_by_turns
from backend.services import Services, services_of
from infra.errors import InvalidInputError
from tenants.http import end_turn, principal_of, requires
from tenants.permissions import Permission
from tenants.principal import Principal

# About what computes for ten milliseconds: more of it is captured by the worker.
EVENTS_AT_ONCE: Final = 50
OBJECTS_AT_ONCE: Final = 500
LONGEST_WAIT_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.1
_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,5})")
_STORED: Final = (ResultStatus.ACCEPTED, ResultStatus.DUPLICATE)


def _behaviour(request: Request[Any, Any, Any]) -> ErrorBehaviour:
    value = request.headers.get("GS1-Capture-Error-Behaviour", ErrorBehaviour.ROLLBACK)
    try:
        return ErrorBehaviour(value)
    except ValueError:
        message = f"GS1-Capture-Error-Behaviour is rollback or proceed; it was “{value[:40]}”."
        raise InvalidInputError(message, field="GS1-Capture-Error-Behaviour") from None


def _may_be_done_at_once(reading: Reading) -> bool:
    objects = sum(len(event.participations) for event in reading.canonical)
    return len(reading.events) <= EVENTS_AT_ONCE and objects <= OBJECTS_AT_ONCE


# The framework counts no bytes here: `receive` does, by the bounds of the error behaviour.
@post("/capture", opt=requires(Permission.EVENTS_CAPTURE), status_code=202, request_max_body_size=None)
async def capture(request: Request[Any, Any, Any]) -> Response[Any]:
    """Capture a document. 202 means that it is durable; the job at `Location` tells what became of each event.

    A short document is captured before the answer, a long one by the worker. `Prefer: wait=<seconds>` (RFC 7240) has the answer wait for it.
    """
    principal, services = principal_of(request), services_of(request)
    behaviour = _behaviour(request)
    if int(request.headers.get("content-length") or 0) > SHORT:
        # Before it is taken, which for a long one is most of the work.
        await require_room(services, principal)
    body = await receive(request, services.settings, behaviour)
    if isinstance(body.content, bytes) and body.content_encoding is None:
        reading = await read_by_turns(body.content, body.content_type)
        if len(reading.events) > services.settings.capture_max_events and behaviour is ErrorBehaviour.ROLLBACK:
            raise CaptureLimitError(
                f"The document holds {len(reading.events)} events; the limit is {services.settings.capture_max_events}. Send it in parts.",
                field="eventList",
            )
        if reading.faults and behaviour is ErrorBehaviour.ROLLBACK:
            return refuse_faults(reading.faults)
        if _may_be_done_at_once(reading):
            job, _ = await capture_now(services, principal, reading, behaviour)
            return _accepted(services, job)
    job = await _stage(services, principal, body, behaviour)
    return _accepted(services, await _waited_for(request, services, job, _preferred_wait(request)))


def _accepted(services: Services, job: CaptureJob) -> Response[Any]:
    headers = common_headers(services) | {"Location": f"/epcis/capture/{job.job_id}", "GS1-Capture-Error-Behaviour": str(job.behaviour)}
    return Response(write_json(job.as_json()), status_code=202, headers=headers, media_type=JSON)


async def _stage(services: Services, principal: Principal, body: Body, behaviour: ErrorBehaviour) -> CaptureJob:
    try:
        return await stage(services, principal, Staged(body.content, body.content_type, body.content_encoding), behaviour)
    finally:
        if not isinstance(body.content, bytes):
            body.content.close()


def _preferred_wait(request: Request[Any, Any, Any]) -> float:
    found = _WAIT.search(request.headers.get("prefer", "")[:200])
    return min(float(found[1]), LONGEST_WAIT_SECONDS) if found else 0.0


async def _waited_for(request: Request[Any, Any, Any], services: Services, job: CaptureJob, seconds: float) -> CaptureJob:
    """The job when it is finished, or as it is after so long."""
    if not seconds:
        return job
    principal, ends = principal_of(request), time.monotonic() + seconds
    end_turn(request)
    while job.finished_at is None and time.monotonic() < ends:
        await asyncio.sleep(_LOOK_SECONDS)
        async with services.database.tenant(principal.tenant_id) as tx:
            job = await get_job(tx, principal, job.job_id)
    return job


@get("/capture", opt=requires(Permission.EVENTS_CAPTURE))
async def capture_jobs(request: Request[Any, Any, Any]) -> Response[Any]:
    """The capture jobs, newest first, in pages."""
    principal, services = principal_of(request), services_of(request)
    size, token = paging(request)
    behind = read_uuid_token(token) if token else None
    async with services.database.tenant(principal.tenant_id) as tx:
        jobs = await list_jobs(tx, principal, behind=behind, limit=size + 1)
    last = str(jobs[size - 1].job_id) if len(jobs) > size else None
    body = write_json([job.as_json() for job in jobs[:size]])
    return Response(body, headers=common_headers(services) | next_link(request, last), media_type=JSON)


@get("/capture/{job_id:str}", opt=requires(Permission.EVENTS_CAPTURE))
async def capture_job(job_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """One capture job."""
    principal, services = principal_of(request), services_of(request)
    async with services.database.tenant(principal.tenant_id) as tx:
        job = await get_job(tx, principal, uuid_of(job_id))
    return Response(write_json(job.as_json()), headers=common_headers(services), media_type=JSON)


@post("/events", opt=requires(Permission.EVENTS_CAPTURE), status_code=201)
async def capture_event(request: Request[Any, Any, Any]) -> Response[Any]:
    """Capture one bare event; 201 with its address, also where it was stored before with the same content, 409 with other content.

    An event of very many objects is captured by the worker, for which this waits half a minute; then 202 tells the job instead.
    """
    principal, services = principal_of(request), services_of(request)
    body = await receive(request, services.settings, ErrorBehaviour.ROLLBACK)
    raw = await asyncio.to_thread(_content, body, services.settings.capture_max_bytes)
    reading = read(raw, body.content_type) if len(raw) <= SHORT else await services.lane.compute(read, raw, body.content_type)
    if len(reading.events) != 1:
        raise InvalidInputError(f"This address takes one event; the body holds {len(reading.events)}. Send documents to /epcis/capture.", field="$")
    if reading.faults:
        return refuse_faults(reading.faults)
    [event] = reading.canonical
    if _may_be_done_at_once(reading):
        _, [result] = await capture_now(services, principal, reading, ErrorBehaviour.ROLLBACK)
        return _stored(services, event, result)
    job = await _stage(services, principal, Body(raw, body.content_type), ErrorBehaviour.ROLLBACK)
    job = await _waited_for(request, services, job, LONGEST_WAIT_SECONDS)
    if job.finished_at is None:
        return _accepted(services, job)
    status = ResultStatus.ACCEPTED if job.accepted else ResultStatus.DUPLICATE if job.duplicates else ResultStatus.CONFLICT
    return _stored(services, event, EventResult(0, status, event.event_id or event.event_hash))


def _content(body: Body, limit: int) -> bytes:
    if isinstance(body.content, bytes) and body.content_encoding is None:
        return body.content
    with BytesIO(body.content) if isinstance(body.content, bytes) else body.content as file:
        if body.content_encoding is None:
            file.seek(0)
            return file.read()
        with unpacked(file, limit=limit) as plain:
            plain.seek(0)
            return plain.read()


def _stored(services: Services, event: CanonicalEvent, result: EventResult) -> Response[Any]:
    if result.status not in _STORED:
        raise EventConflictError(event.event_key)
    headers = common_headers(services) | {"Location": f"/epcis/events/{result.event_id}"}
    answer = {"eventID": result.event_id, "status": str(result.status)}
    return Response(write_json(answer), status_code=201, headers=headers, media_type=JSON)


def uuid_of(text: str) -> UUID:
    """The id that a path names; for what is none, the one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
