"""The routes of named queries: /epcis/queries, /epcis/queries/{name} and their events."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath

from backend.epcis.event_routes import answer_events, asked_events
from backend.epcis.extensions import prefixes_of
from backend.epcis.named_queries.answers import Reply, address_of, json_body, once, query_as_json, told
from backend.epcis.paging import Cursor, next_page, paging, read_cursor
from backend.events.query_service import EventFilter
from backend.services import services_of
from backend.subscriptions.definitions import MAX_DEFINITION, SIMPLE_EVENT_QUERY
from backend.subscriptions.repository import NamedQuery
from backend.subscriptions.service import create_query, delete_query, get_query, page_of_queries, wanted_by
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.http import principal_of, requires
from tenants.permissions import Permission

_MOST_BYTES: Final = 4 * MAX_DEFINITION
_HTTP = Request[Any, Any, Any]


class _Given(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    query: msgspec.Raw


@get("/queries", opt=requires(Permission.EVENTS_READ))
async def queries(request: _HTTP) -> Response[bytes]:
    """The company's named queries and the predefined one, by name, in pages."""
    principal, services = principal_of(request), services_of(request)
    size, _ = paging(request)
    cursor = read_cursor(request, principal.tenant_id)
    async with services.database.tenant(principal.tenant_id) as tx:
        found = await page_of_queries(tx, principal, after=cursor.after, limit=size + 1)
    last = Cursor(after=found[size - 1].name) if len(found) > size else None
    return told([query_as_json(query) for query in found[:size]], headers=next_page(request, principal.tenant_id, last))


@post("/queries", opt=requires(Permission.QUERIES_SUBSCRIBE), status_code=201, request_max_body_size=_MOST_BYTES)
async def name_query(request: _HTTP) -> Response[bytes]:
    """Name a query; 201 with its address, 409 where the name is taken."""
    principal, services = principal_of(request), services_of(request)
    given, prefixes = _given(await json_body(request)), prefixes_of(request)

    async def use_case(tx: TenantTransaction) -> Reply:
        query = await create_query(tx, principal, given.name, bytes(given.query).decode(), prefixes)
        return {"name": query.name}

    reply, headers = await once(request, services, principal, use_case)
    return told(reply, status=201, headers=headers | {"Location": address_of(str(reply["name"]))})


@get("/queries/{name:str}", opt=requires(Permission.EVENTS_READ))
async def named_query(name: FromPath[str], request: _HTTP) -> Response[bytes]:
    """One query as it was given."""
    principal, services = principal_of(request), services_of(request)
    async with services.database.tenant(principal.tenant_id) as tx:
        query = await get_query(tx, principal, name)
    return told(query_as_json(query))


@delete("/queries/{name:str}", opt=requires(Permission.QUERIES_SUBSCRIBE), status_code=204)
async def remove_query(name: FromPath[str], request: _HTTP) -> None:
    """Delete a query; its subscriptions end with it."""
    principal, services = principal_of(request), services_of(request)
    await services.in_tenant(principal.tenant_id, lambda tx: delete_query(tx, principal, name))


@get("/queries/{name:str}/events", opt=requires(Permission.EVENTS_READ))
async def events_of_query(name: FromPath[str], request: _HTTP) -> Response[bytes]:
    """What a query finds now, in the order of commits, in pages; the predefined one takes its parameters from the address."""
    principal, services = principal_of(request), services_of(request)
    async with services.database.tenant(principal.tenant_id) as tx:
        query = await get_query(tx, principal, name)
    return await answer_events(request, _wanted(request, query), query_name=query.name)


def _wanted(request: _HTTP, query: NamedQuery) -> EventFilter:
    if query.name == SIMPLE_EVENT_QUERY:
        return asked_events(request)
    if beside := sorted(request.query_params.keys() - {"perPage", "nextPageToken"}):
        raise InvalidInputError(
            f"A named query is asked as it was defined; {beside[0][:60]} can't be added. Ask /epcis/events, or define another query.",
            field=beside[0][:60],
        )
    return wanted_by(query)


def _given(raw: bytes) -> _Given:
    try:
        return msgspec.json.decode(raw, type=_Given)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidInputError(
            f'This is no query: {problem}. It is an object such as {{"name": "shipped", "query": {{"EQ_bizStep": ["shipping"]}}}}.', field="$"
        ) from problem
