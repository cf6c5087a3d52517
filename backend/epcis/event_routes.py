"""The routes that tell events (EPCIS 2.0 §12.7)."""

import re
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from backend.catalog.sites import sites_of
from backend.epcis.answers import answer_form
from backend.epcis.paging import common_headers, next_link, paging, read_seq_token, write_seq_token
from backend.epcis.query import read_filter
from backend.events.query_service import find_events, get_event, get_event_by_id
from backend.services import services_of
from tenants.http import principal_of, requires
from tenants.permissions import Permission

_OWN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@get("/events", opt=requires(Permission.EVENTS_READ))
async def events(request: Request[Any, Any, Any]) -> Response[Any]:
    """Events that the query parameters find, in the order in which they were committed, in pages."""
    principal, services = principal_of(request), services_of(request)
    form = answer_form(request)
    size, token = paging(request)
    wanted = read_filter(request.query_params.multi_items())
    after = read_seq_token(token) if token else 0
    async with services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.EVENTS_READ)
        page = await find_events(tx, wanted, after_seq=after, limit=size, sites=sites)
    body = form.page([event.writable() for event in page.events])
    next_token = write_seq_token(page.next_seq) if page.next_seq else None
    headers = common_headers(services) | form.headers | next_link(request, next_token)
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
    return Response(body, headers=common_headers(services) | form.headers, media_type=form.media_type)
