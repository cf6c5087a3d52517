"""The routes of the top-level resources: what there is, and the events of each (EPCIS 2.0 §12.3)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from backend.catalog.sites import sites_of
from backend.epcis.answers import epc_format
from backend.epcis.event_routes import answer_event, answer_events, asked_events, event_id_in
from backend.epcis.extensions import collection, prefixes_of
from backend.epcis.paging import JSON, Cursor, common_headers, next_page, paging, read_cursor, written_path
from backend.epcis.resources import EVENT_TYPES, RESOURCES, Resource
from backend.epcis.versions import V2_0, require_version
from backend.events.canonical import EventType
from backend.events.contexts import STANDARD_PREFIXES
from backend.events.errors import QueryParameterError, ResourceNotFoundError
from backend.events.json_text import write_json
from backend.services import services_of
from tenants.http import principal_of, requires, signed_in
from tenants.permissions import Permission

_EVENTS: Final = "events"
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


@get("/", opt=signed_in("it names what anybody finds in the standard"))
async def top_level(request: Request[Any, Any, Any]) -> Response[Any]:
    """The top-level resources."""
    require_version(request, (V2_0,))
    paths = (route.path.split("/") for route in request.app.routes)
    names = {parts[2] for parts in paths if parts[1] == "epcis" and len(parts) > 2}
    return _told(request, sorted(names), {})


def resource_routes() -> list[HTTPRouteHandler]:
    """Two routes for each resource: the list, and what lies below one of it. Identifiers hold slashes, so the rest is read here."""
    return [top_level, *(route for resource in RESOURCES for route in _routes(resource))]


def _routes(resource: Resource) -> Sequence[HTTPRouteHandler]:
    @get(f"/{resource.name}", opt=requires(Permission.EVENTS_READ), name=f"epcis {resource.name}")
    async def listed(request: Request[Any, Any, Any]) -> Response[Any]:
        return await _list(request, resource)

    @get(f"/{resource.name}/{{rest:path}}", opt=requires(Permission.EVENTS_READ), name=f"epcis {resource.name} below")
    async def below(request: Request[Any, Any, Any]) -> Response[Any]:
        return await _below(request, resource)

    return listed, below


async def _list(request: Request[Any, Any, Any], resource: Resource) -> Response[Any]:
    require_version(request, (V2_0,))
    epc_format(request)
    unknown = next((name for name in request.query_params if name not in ("perPage", "nextPageToken")), None)
    if unknown is not None:
        raise QueryParameterError(f"This list takes perPage and nextPageToken; {unknown[:80]} is neither.", field=unknown[:80])
    principal, services = principal_of(request), services_of(request)
    size, _ = paging(request)
    cursor = read_cursor(request, principal.tenant_id)
    async with services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.EVENTS_READ)
        found = await resource.listed(tx, sites, cursor.after, size)
    merged = sorted({*found.keys, *(word for word in resource.words if word > cursor.after)})
    after = found.after
    if len(merged) > size:
        merged = merged[:size]
        after = merged[-1]
    headers = next_page(request, principal.tenant_id, None if after is None else Cursor(after=after))
    return _told(request, [resource.uri(key) for key in merged], headers)


async def _below(request: Request[Any, Any, Any], resource: Resource) -> Response[Any]:
    segments = _segments(request, resource)
    if resource is EVENT_TYPES and len(segments) > 2 and segments[1] == _EVENTS:
        name = await _require_known(request, resource, segments[0])
        event_id = event_id_in(request, "/".join(segments[2:]))
        return await answer_event(request, event_id, int(EventType.from_epcis(name)))
    if len(segments) > 1 and segments[-1] == _EVENTS:
        wanted = asked_events(request)
        key = await _require_known(request, resource, "/".join(segments[:-1]))
        return await answer_events(request, replace(wanted, also=resource.filter(key)))
    require_version(request, (V2_0,))
    await _require_known(request, resource, "/".join(segments))
    return _told(request, [_EVENTS], {})


def _segments(request: Request[Any, Any, Any], resource: Resource) -> list[str]:
    """What stands behind the resource's name, part by part and with its escapes: a slash that the client has escaped parts nothing."""
    return written_path(request).partition(f"/{resource.name}/")[2].rstrip("/").split("/")


async def _require_known(request: Request[Any, Any, Any], resource: Resource, text: str) -> str:
    """The key of what the address names. Raises `ResourceNotFoundError` where there is no such thing at the caller's sites."""
    principal, services = principal_of(request), services_of(request)
    text = unquote(text)
    missing = ResourceNotFoundError(f"There is no such entry in {resource.name}. Look it up in /epcis/{resource.name}.")
    if not text or _UNSTORABLE.search(text):
        raise missing
    try:
        key = resource.key(text, {**STANDARD_PREFIXES, **prefixes_of(request)})
    except QueryParameterError:
        raise missing from None
    if key in resource.words:
        return key
    async with services.database.tenant(principal.tenant_id) as tx:
        sites = await sites_of(tx, principal, Permission.EVENTS_READ)
        if not await resource.known(tx, sites, key):
            raise missing
    return key


def _told(request: Request[Any, Any, Any], members: Sequence[str], headers: Mapping[str, str]) -> Response[Any]:
    body = write_json(collection(members, prefixes_of(request)))
    return Response(body, headers=common_headers(services_of(request)) | dict(headers), media_type=JSON)
