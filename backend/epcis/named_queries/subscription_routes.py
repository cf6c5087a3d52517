"""The routes of subscriptions to named queries that report to a web address."""

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response, delete, get, post
from litestar.params import FromPath

from backend.epcis.answers import answer_form
from backend.epcis.named_queries.answers import Reply, address_of, json_body, once, subscription_as_json, told
from backend.epcis.paging import Cursor, next_page, paging, read_cursor
from backend.services import services_of
from backend.subscriptions import subscribing
from backend.subscriptions.errors import NoSuchSubscriptionError
from backend.subscriptions.terms import read_terms
from infra.database import TenantTransaction
from infra.errors import NotFoundError
from infra.outward import Outward
from tenants.http import principal_of, requires
from tenants.mandates import tenant_of
from tenants.permissions import Permission

MOST_BYTES: Final = 20_000
_HTTP = Request[Any, Any, Any]


@get("/queries/{name:str}/subscriptions", opt=requires(Permission.QUERIES_SUBSCRIBE))
async def subscriptions(name: FromPath[str], request: _HTTP) -> Response[bytes]:
    """The subscriptions of a query, paused ones too, the oldest first, in pages."""
    principal, services = principal_of(request), services_of(request)
    size, _ = paging(request)
    cursor = read_cursor(request, principal.tenant_id)
    after = UUID(cursor.after) if cursor.after else None
    async with services.database.tenant(principal.tenant_id) as tx:
        found = await subscribing.page_of_subscriptions(tx, principal, name, after=after, limit=size + 1)
    last = Cursor(after=str(found[size - 1].subscription_id)) if len(found) > size else None
    return told([subscription_as_json(each) for each in found[:size]], headers=next_page(request, principal.tenant_id, last))


@post("/queries/{name:str}/subscriptions", opt=requires(Permission.QUERIES_SUBSCRIBE), status_code=201, request_max_body_size=MOST_BYTES)
async def subscribe(name: FromPath[str], request: _HTTP) -> Response[bytes]:
    """Have a query reported to a web address, as a stream or by a schedule in the company's time zone."""
    principal, services = principal_of(request), services_of(request)
    raw = await json_body(request)
    form = answer_form(request)
    terms = read_terms(raw, outward=Outward.of(services.settings), epc_format=form.epc_format, web_words=form.web_words)
    tenant = await tenant_of(services.database, principal.tenant_id)
    if tenant is None:
        raise NotFoundError("This company is no more.")
    zone, sealer = ZoneInfo(tenant.time_zone), services.deliveries.sealer

    async def use_case(tx: TenantTransaction) -> Reply:
        return subscription_as_json(await subscribing.subscribe(tx, principal, name, terms, zone=zone, sealer=sealer))

    reply, headers = await once(request, services, principal, use_case)
    location = f"{address_of(name)}/subscriptions/{reply['subscriptionID']}"
    return told(reply, status=201, headers=headers | {"Location": location})


@get("/queries/{name:str}/subscriptions/{subscription_id:str}", opt=requires(Permission.QUERIES_SUBSCRIBE))
async def subscription(name: FromPath[str], subscription_id: FromPath[str], request: _HTTP) -> Response[bytes]:
    """One subscription, and how it goes."""
    principal, services = principal_of(request), services_of(request)
    async with services.database.tenant(principal.tenant_id) as tx:
        found = await subscribing.get_subscription(tx, principal, name, _id(subscription_id))
    return told(subscription_as_json(found))


@delete("/queries/{name:str}/subscriptions/{subscription_id:str}", opt=requires(Permission.QUERIES_SUBSCRIBE), status_code=204)
async def unsubscribe(name: FromPath[str], subscription_id: FromPath[str], request: _HTTP) -> None:
    """End a subscription."""
    principal, services = principal_of(request), services_of(request)
    identifier = _id(subscription_id)
    await services.in_tenant(principal.tenant_id, lambda tx: subscribing.unsubscribe(tx, principal, name, identifier))


@post(
    "/queries/{name:str}/subscriptions/{subscription_id:str}/resume",
    opt=requires(Permission.QUERIES_SUBSCRIBE),
    status_code=200,
    request_max_body_size=MOST_BYTES,
)
async def resume(name: FromPath[str], subscription_id: FromPath[str], request: _HTTP) -> Response[bytes]:
    """Let a paused subscription go on where it was, in the name of who asks; not of the standard."""
    principal, services = principal_of(request), services_of(request)
    identifier = _id(subscription_id)

    async def use_case(tx: TenantTransaction) -> Reply:
        return subscription_as_json(await subscribing.resume(tx, principal, name, identifier))

    reply, headers = await once(request, services, principal, use_case)
    return told(reply, headers=headers)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchSubscriptionError from None
