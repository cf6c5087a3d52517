"""The routes that tell events (EPCIS 2.0 §12.7)."""

import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote
from uuid import UUID

import asyncpg
from litestar import Request, Response, get

from backend.catalog.sites import sites_of
from backend.epcis.answers import answer_form
from backend.epcis.extensions import prefixes_of
from backend.epcis.paging import Cursor, common_headers, next_page, paging, read_cursor, written_path
from backend.epcis.query import read_filter
from backend.events.errors import EventNotFoundError, QueryTooComplexError
from backend.events.query_service import EventFilter, EventPage, RecordedEvent, find_events, get_event, get_event_by_id
from backend.services import services_of
from tenants.http import principal_of, requires
from tenants.permissions import Permission

_EVENTS: Final = "/epcis/events/"
_OWN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@get("/events", opt=requires(Permission.EVENTS_READ))
async def events(request: Request[Any, Any, Any]) -> Response[Any]:
    """Events that the query parameters find, in the order in which they were committed or in the one asked for, in pages."""
    return await answer_events(request, asked_events(request))


@get("/events/{event_id:path}", opt=requires(Permission.EVENTS_READ))
async def event(request: Request[Any, Any, Any]) -> Response[Any]:
    """One event by its EPCIS event id (or hash, or our own id), with the error declarations about it."""
    return await answer_event(request, event_id_in(request, written_path(request).partition(_EVENTS)[2]))


def event_id_in(request: Request[Any, Any, Any], written: str) -> str:
    """The event id at the end of a path. One that is a hash ends in "?ver=…", which not everybody escapes."""
    version = request.url.query if request.url.query.startswith("ver=") else ""
    return unquote(written) + (f"?{version}" if version else "")


def asked_events(request: Request[Any, Any, Any]) -> EventFilter:
    """What the request's query string asks for."""
    return read_filter(request.query_params.multi_items(), prefixes=prefixes_of(request))


async def answer_events(request: Request[Any, Any, Any], wanted: EventFilter, *, query_name: str | None = None) -> Response[Any]:
    """The page of events that a filter finds and the request's token leads to. The caller needs the permission to read events."""
    principal, services = principal_of(request), services_of(request)
    form = answer_form(request)
    size, _ = paging(request)
    cursor = read_cursor(request, principal.tenant_id)
    if wanted.count_limit is not None and cursor.left is not None:
        wanted = replace(wanted, count_limit=cursor.left)
    try:
        async with services.database.tenant(principal.tenant_id) as tx:
            sites = await sites_of(tx, principal, Permission.EVENTS_READ)
            page = await find_events(tx, wanted, after_seq=cursor.seq, after=cursor.position, limit=size, sites=sites)
    except asyncpg.QueryCanceledError as late:
        raise QueryTooComplexError("This query takes too long. Ask for less: a shorter time, a place, an object.") from late
    told = [event.writable() for event in page.events]
    body = form.page(told, query_name) if query_name else form.page(told)
    headers = common_headers(services) | form.headers | next_page(request, principal.tenant_id, _behind(page, wanted))
    return Response(body, headers=headers, media_type=form.media_type)


def _behind(page: EventPage, wanted: EventFilter) -> Cursor | None:
    if page.next_position is not None:
        return Cursor.at(page.next_position, None if wanted.count_limit is None else wanted.count_limit - len(page.events))
    return None if page.next_seq is None else Cursor(seq=page.next_seq)


async def answer_event(request: Request[Any, Any, Any], event_id: str, event_type: int | None = None) -> Response[Any]:
    """One event with its declarations, if it is of the type. Raises `EventNotFoundError`."""
    principal, services = principal_of(request), services_of(request)
    form = answer_form(request)
    async with services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.EVENTS_READ)
        own = _OWN_ID.fullmatch(event_id)
        found = [await get_event(tx, UUID(event_id), sites)] if own else await get_event_by_id(tx, event_id, sites)
    if event_type is not None and not _all_of(found, event_type):
        raise EventNotFoundError("There is no event of this type with this id. Look it up in the list of events.", field="eventID")
    body = form.page([event.writable() for event in found])
    return Response(body, headers=common_headers(services) | form.headers, media_type=form.media_type)


def _all_of(events: list[RecordedEvent], event_type: int) -> bool:
    return all(int(event.type) == event_type for event in events)
