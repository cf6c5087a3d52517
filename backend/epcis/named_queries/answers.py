"""How named queries and subscriptions stand in answers, and how their changes are done once for each Idempotency-Key."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Request, Response

from backend.epcis.answers import MediaType
from backend.epcis.paging import JSON, VERSIONS
from backend.services import Services
from backend.subscriptions.repository import NamedQuery, Subscription
from infra import clock
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from tenants.idempotency import replay_or_claim, require_key, save_reply
from tenants.principal import Principal

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
Reply = dict[str, Any]


def address_of(query_name: str) -> str:
    """Where a query is found."""
    return f"/epcis/queries/{quote(query_name, safe='')}"


def query_as_json(query: NamedQuery) -> Reply:
    """Name and definition, the latter as it was given."""
    return {"name": query.name, "query": msgspec.Raw(query.definition.encode())}


def subscription_as_json(subscription: Subscription) -> Reply:
    """The standard's fields, never the token; and how it goes, which the standard leaves to us."""
    given: Reply = {
        "subscriptionID": str(subscription.subscription_id),
        "queryName": subscription.query_name,
        "dest": subscription.dest,
        "createdAt": clock.isoformat(subscription.created_at),
        "contentType": subscription.media_type,
        "epcFormat": subscription.epc_format,
        "signed": subscription.signature_token is not None,
    }
    if subscription.schedule is None:
        given["stream"] = True
    else:
        given |= {"schedule": msgspec.Raw(subscription.schedule.encode()), "reportIfEmpty": subscription.report_if_empty}
    moments = {
        "initialRecordTime": subscription.initial_record_time,
        "minRecordTime": subscription.last_run_at or subscription.initial_record_time or subscription.created_at,
        "lastNotifiedAt": subscription.last_notified_at,
        "nextRunAt": subscription.tick_at if subscription.active else None,
        "nextAttemptAt": subscription.retry_at,
        "pausedAt": subscription.paused_at,
    }
    given |= {name: clock.isoformat(moment) for name, moment in moments.items() if moment is not None}
    texts = {"pausedReason": subscription.paused_reason, "lastFailure": subscription.last_failure}
    given |= {name: text for name, text in texts.items() if text is not None}
    return given | {"state": subscription.state, "failures": subscription.failures, "subscriber": subscription.subscriber_name}


class MediaTypeError(SuyuanError):
    """The body isn't said to be JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


async def json_body(request: Request[Any, Any, Any]) -> bytes:
    """The body's bytes. Raises `MediaTypeError` where the header says that they are no JSON."""
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind not in (JSON, MediaType.JSON_LD):
        raise MediaTypeError(f"This takes JSON: send it with Content-Type: {JSON}.", field="Content-Type")
    return await request.body()


def told(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A JSON answer."""
    return Response(msgspec.json.encode(body), status_code=status, headers=VERSIONS | (headers or {}), media_type=JSON)


async def once(
    request: Request[Any, Any, Any], services: Services, principal: Principal, use_case: Callable[[TenantTransaction], Awaitable[Reply]]
) -> tuple[Reply, dict[str, str]]:
    """Run a use case, and give its reply and headers; for a repetition of the same request the same reply.

    The reply is saved under the header Idempotency-Key in the same transaction. Raises `KeyReusedError` and `InFlightError` for the key.
    """
    given = request.headers.get(IDEMPOTENCY_KEY)
    key = require_key(given) if given is not None else None
    path = request.url.path.encode()
    digest = hashlib.sha256(b"\n".join((request.method.encode(), path, await request.body()))).digest()

    async def attempt(tx: TenantTransaction) -> tuple[Reply, dict[str, str]]:
        saved = await replay_or_claim(tx, principal, key, digest) if key is not None else None
        if saved is not None:
            return msgspec.json.decode(saved.reply), {REPLAYED: "true"}
        reply = await use_case(tx)
        if key is not None:
            await save_reply(tx, principal, key, digest, status=200, reply=msgspec.json.encode(reply).decode())
        return reply, {}

    return await services.in_tenant(principal.tenant_id, attempt)
