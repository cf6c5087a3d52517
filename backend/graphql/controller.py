"""The edge of GraphQL: POST with JSON, subscriptions over one WebSocket protocol, a page to try it outside of production; nothing else."""

import asyncio
from functools import partial
from typing import Any, Final

import msgspec
from graphql import GraphQLError
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import HTTPException
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from backend.catalog.languages import languages_of
from backend.graphql.context import Context, language_of
from backend.graphql.errors import RequestRefusedError, code_of, log_unexpected, told
from backend.graphql.page import PAGE, POLICY
from backend.graphql.request import RESPONSE_TYPE, GraphQLRequest, answer_type, read_request, required_content_type
from backend.graphql.schema import build_schema
from backend.graphql.socket import GraphQLSocket
from backend.services import Services
from infra.errors import SuyuanError, TooLargeError
from infra.settings import Environment
from tenants.http import authenticate_and_charge, caller_of, charge, public
from tenants.idempotency import require_key
from tenants.limits.edge import charge_operation

MAXIMUM_BODY: Final = 262_144
TIMEOUT_SECONDS: Final = 25
_ENCODER: Final = msgspec.json.Encoder()
_STATUSES: Final = {
    "NOT_AUTHENTICATED": 401, "TOKEN_INVALID": 401, "TOKEN_EXPIRED": 401, "SESSION_ENDED": 401, "TOO_LARGE": 413, "INTERNAL": 500,
    "UNAVAILABLE": 503, "UNSUPPORTED_CONTENT_TYPE": 415, "NOT_ACCEPTABLE": 406, "METHOD_NOT_ALLOWED": 405,
    "RATE_LIMITED": 429, "DPOP_PROOF_INVALID": 401, "USE_DPOP_NONCE": 401, "DEVICE_REVOKED": 401,
}  # fmt: skip
Answer = Response[bytes]


def graphql_router(services: Services) -> Router:
    """The routes under /graphql, to be mounted once."""
    schema = build_schema()
    demo = services.settings.environment is not Environment.PRODUCTION
    opt = public("each field of the schema declares who may use it, and signing in is one of them", counted=False)

    @post("/", opt=opt, status_code=200, include_in_schema=False)
    async def execute(request: Request[Any, Any, Any]) -> Answer:
        return await _answer(schema, services, request)

    @get("/", opt=opt, include_in_schema=False)
    async def page(request: Request[Any, Any, Any]) -> Response[Any]:
        await charge(request, None)
        if demo and not request.query_params and "text/html" in request.headers.get("accept", ""):
            return Response(PAGE, media_type=MediaType.HTML, headers={"Content-Security-Policy": POLICY})
        refusal = RequestRefusedError("METHOD_NOT_ALLOWED", "Send GraphQL by POST, as application/json.")
        return _refused(GraphQLError(refusal.message, original_error=refusal), "application/json", {"Allow": "POST"})

    class Socket(GraphQLSocket):
        pass

    Socket.schema, Socket.services = schema, services
    return Router(
        "/graphql",
        route_handlers=[execute, page, Socket],
        opt=opt,
        request_max_body_size=MAXIMUM_BODY,
        cache_control=CacheControlHeader(no_store=True),
    )


async def _answer(schema: Schema, services: Services, request: Request[Any, Any, Any]) -> Answer:
    """Read, authenticate, execute within the time limit, answer; whatever goes wrong is told as a GraphQL error."""
    media_type = "application/json"
    try:
        media_type = answer_type(request.headers.get("accept", ""))
        required_content_type(request.headers.get("content-type", ""))
        asked = read_request(await request.body())
        context = await _context(services, request)
        result = await _execute(schema, context, asked)
    except HTTPException as problem:
        refusal: Exception = problem
        if problem.status_code == 413:
            refusal = TooLargeError(f"The body has more than {MAXIMUM_BODY} bytes. Send large documents to the EPCIS interface.")
        return _refused(GraphQLError(str(refusal), original_error=refusal), media_type)
    except Exception as problem:
        error = GraphQLError(str(problem), original_error=problem)
        if not isinstance(problem, SuyuanError | TimeoutError):
            log_unexpected([error])
        return _refused(error, media_type)
    return _told(result, media_type, context)


async def _context(services: Services, request: Request[Any, Any, Any]) -> Context:
    keys = request.headers.getall("idempotency-key", [])
    if len(keys) > 1:
        raise RequestRefusedError("INVALID_INPUT", "The header Idempotency-Key is given more than once.")
    context = Context(
        services,
        principal=await authenticate_and_charge(request),
        caller=caller_of(request),
        language=language_of(request.headers.get("accept-language", "")),
        languages=languages_of(request.headers.get("accept-language", "")),
        idempotency_key=require_key(keys[0]) if keys else None,
    )
    context.charge_cost = partial(charge_operation, request, services.identity.limits, context.principal, context.caller.address)
    return context


async def _execute(schema: Schema, context: Context, asked: GraphQLRequest) -> ExecutionResult:
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await schema.execute(asked.query, variable_values=asked.variables, context_value=context, operation_name=asked.operation_name)
    except (CannotGetOperationTypeError, InvalidOperationTypeError) as problem:
        raise RequestRefusedError("OPERATION_UNKNOWN", "Name in operationName one of the document's operations.") from problem
    finally:
        await context.close()


def _told(result: ExecutionResult, media_type: str, context: Context) -> Answer:
    """200 for whatever was executed; a request that wasn't is a 4xx for clients that know the media type, and 200 for older ones."""
    body: dict[str, Any] = {}
    status, executed, headers = 200, True, dict(context.answer_headers)
    if result.errors:
        errors = [told(error) for error in result.errors]
        body["errors"] = [error.formatted for error in errors]
        headers |= _retry_after(errors[0])
        executed = result.data is not None or any(error.path is not None for error in errors)
        if not executed and media_type == RESPONSE_TYPE:
            status = _STATUSES.get(code_of(errors[0]), 400)
    if executed:
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return Response(_ENCODER.encode(body), status_code=status, media_type=media_type, headers=headers)


def _refused(error: GraphQLError, media_type: str, headers: dict[str, str] | None = None) -> Answer:
    """A request that isn't GraphQL, or whose caller isn't who he says: refused by status in any media type."""
    shown = told(error)
    status = _STATUSES.get(code_of(shown), 400)
    return Response(
        _ENCODER.encode({"errors": [shown.formatted]}), status_code=status, media_type=media_type, headers={**_retry_after(shown), **(headers or {})}
    )


def _retry_after(error: GraphQLError) -> dict[str, str]:
    seconds = (error.extensions or {}).get("retryAfter")
    return {"Retry-After": str(seconds)} if seconds is not None else {}
