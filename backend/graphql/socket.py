"""Subscriptions over graphql-transport-ws: signed in when the connection is initialised, few of them on each, nothing but subscriptions."""

import json
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final

import msgspec
import structlog
from litestar import WebSocket, websocket
from strawberry.exceptions import ConnectionRejectionError
from strawberry.litestar.controller import GraphQLController
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from backend.catalog.languages import languages_of
from backend.graphql.context import Context, language_of
from backend.services import Services
from infra.errors import NotAuthenticatedError, SuyuanError
from infra.ids import uuid7
from tenants.devices.errors import NONCE_HEADER, NonceRequiredError
from tenants.http import SIGN_IN_FIRST, caller_of, proof_of_socket, public
from tenants.limits.service import COST_OF_A_UNIT, refuse_over
from tenants.principal import Principal

MAXIMUM_MESSAGE: Final = 65_536
MAXIMUM_SUBSCRIPTIONS: Final = 5
# Of the codes that an application may use (RFC 6455 §7.4.2), the one that looks like HTTP's.
TOO_MANY: Final = 4429


Socket = WebSocket[Any, Any, Any]


class _Operation(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - the protocol's name


class _Subscribe(msgspec.Struct, tag="subscribe"):
    id: str
    payload: _Operation


class _Complete(msgspec.Struct, tag="complete"):
    id: str


class _Init(msgspec.Struct, tag="connection_init"):
    payload: dict[str, Any] | None = None


class _Ping(msgspec.Struct, tag="ping"):
    payload: dict[str, Any] | None = None


class _Pong(msgspec.Struct, tag="pong"):
    payload: dict[str, Any] | None = None


_MESSAGES: Final = msgspec.json.Decoder(_Subscribe | _Complete | _Init | _Ping | _Pong)


class GraphQLSocket(GraphQLController[Context, None]):
    """The WebSocket of /graphql; requests by HTTP have handlers of their own."""

    path = ""
    handle_http_get = None  # type: ignore[assignment] # HTTP isn't this controller's
    handle_http_post = None  # type: ignore[assignment] # HTTP isn't this controller's
    protocols = (GRAPHQL_TRANSPORT_WS_PROTOCOL,)
    connection_init_wait_timeout = timedelta(seconds=5)
    max_subscriptions_per_connection = MAXIMUM_SUBSCRIPTIONS
    services: ClassVar[Services]

    @websocket("/", opt=public("the connection is signed in by its first message, and each field declares who may use it", counted=False))
    async def websocket_endpoint(self, socket: Socket) -> None:
        """One connection, with one context for all its subscriptions."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=str(uuid7()))
        language = language_of(socket.headers.get("accept-language", ""))
        languages = languages_of(socket.headers.get("accept-language", ""))
        context = Context(self.services, principal=None, caller=caller_of(socket), language=language, languages=languages)
        context.streaming = True
        context.charge_cost = partial(self._charge_subscription, context)
        context.sign_in = partial(self._sign_in, socket, context)
        levels = await self.services.identity.limits.charge_address(context.caller.address)
        if any(level.wait > 0 for level in levels):
            await socket.close(code=TOO_MANY, reason="Too many connections from one address.")
            return
        try:
            await self.run(request=socket, context=context, root_value=None)
        finally:
            await context.close()

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Sign in with `{"authorization": "Bearer …"}`, a phone with `{"authorization": "DPoP …", "dpop": "<proof>"}`; else the connection ends."""
        if context.sign_in is None:
            raise ConnectionRejectionError
        try:
            context.principal = await context.sign_in()
            refuse_over(await self.services.identity.limits.charge_caller(context.principal))
        except SuyuanError as refusal:
            raise ConnectionRejectionError from refusal
        return {}

    async def _sign_in(self, socket: Socket, context: Context) -> Principal:
        scheme, _, token = _text(context.connection_params, "authorization").partition(" ")
        identity, caller = self.services.identity, context.caller
        if scheme.lower() == "bearer" and token:
            context.authenticate_again = partial(identity.authenticate, token, caller=caller)
            return await context.authenticate_again()
        if scheme.lower() != "dpop" or not token:
            raise NotAuthenticatedError(SIGN_IN_FIRST)
        context.authenticate_again = partial(identity.devices.authenticate_again, token, caller=caller)
        try:
            proof = proof_of_socket(socket, _text(context.connection_params, "dpop"))
            return await identity.devices.authenticate(token, proof, caller=caller)
        except NonceRequiredError as refusal:
            # A browser can't read the headers of a WebSocket's answer; a message of the protocol it can.
            told = {"type": "ping", "payload": {"dpopNonce": refusal.detail["headers"][NONCE_HEADER]}}
            await socket.send_text(msgspec.json.encode(told).decode())
            raise

    async def _charge_subscription(self, context: Context, cost: int) -> None:
        refuse_over(await self.services.identity.limits.charge_caller(context.caller_principal, units=1 + cost // COST_OF_A_UNIT))

    def decode_json(self, data: str | bytes) -> object:
        """A message of the protocol; whatever else it is ends the connection as unreadable."""
        if len(data) > MAXIMUM_MESSAGE:
            raise json.JSONDecodeError("the message is too long", "", 0)
        try:
            message: dict[str, Any] = msgspec.to_builtins(_MESSAGES.decode(data))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            raise json.JSONDecodeError("no message of the protocol", "", 0) from problem
        return {name: value for name, value in message.items() if value is not None}

    def encode_json(self, data: object) -> str:
        """Bodies of events are spliced in as they are stored."""
        return msgspec.json.encode(data).decode()


def _text(values: dict[str, object], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
