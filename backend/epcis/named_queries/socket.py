"""A named query over WebSocket: query documents as events come, or by a schedule, for as long as the connection stands (EPCIS 2.0 §12.8.4)."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import structlog
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath

from backend.catalog.sites import sites_of
from backend.epcis.answers import MediaType, answer_form
from backend.epcis.problems import problem_of
from backend.events.query_service import last_seq
from backend.events.writer import EpcFormat
from backend.services import Services, services_of
from backend.subscriptions.definitions import require_subscribable
from backend.subscriptions.errors import SubscribeNotPermittedError, SubscriptionControlsError
from backend.subscriptions.reports import next_content, wanted_since, write_report
from backend.subscriptions.schedule import FIELDS
from backend.subscriptions.service import get_query
from backend.subscriptions.subscribing import first_cursor, next_tick
from backend.subscriptions.terms import Controls, ReportForm, read_controls
from infra import clock
from infra.errors import NotAuthenticatedError, SuyuanError
from infra.ids import uuid7
from infra.logging import get_logger
from tenants.http import SIGN_IN_FIRST, authenticate, authenticate_and_charge, public
from tenants.mandates import tenant_of
from tenants.permissions import Permission
from tenants.principal import Principal

POLL_SECONDS: Final = 0.5
# How long a caller is believed to be who he was, while there is nothing to tell him.
LOOK_SECONDS: Final = 20.0
MOST_EVENTS: Final = 100
MOST_OF_A_TENANT: Final = 50
# In the range that applications may use, looking like HTTP's (RFC 6455 §7.4.2).
_CODE: Final = 4_000
_CONTROLS: Final = frozenset((*FIELDS, "stream", "reportIfEmpty", "initialRecordTime"))
_open: Counter[int] = Counter()
_log = get_logger(__name__)
_Socket = WebSocket[Any, Any, Any]


@dataclass(slots=True)
class _Listener:
    """One connection: what it asked for, and how far it was told."""

    socket: _Socket
    services: Services
    name: str
    controls: Controls
    form: ReportForm
    epc_format: EpcFormat
    web_words: bool
    zone: ZoneInfo
    subscription_id: str
    cursor: int = 0
    tick_at: datetime | None = None

    async def run(self) -> None:
        """Tell until the connection ends. Raises `SuyuanError` where the caller may not be told any more."""
        self.tick_at = next_tick(self.controls.schedule, clock.now(), self.zone)
        while True:
            await self._wait()
            more, first = True, True
            while more:
                principal = await self._caller()
                more = await self._tell(principal, first=first)
                first = False
            self.tick_at = next_tick(self.controls.schedule, clock.now(), self.zone)

    async def _wait(self) -> None:
        """Until the schedule's turn, or for a moment."""
        if self.tick_at is None:
            await self._wait_for_news()
            return
        while (left := (self.tick_at - clock.now()).total_seconds()) > 0:
            # In between, so that who may not be told any more isn't left connected until next month.
            await asyncio.sleep(min(left, LOOK_SECONDS))
            await self._caller()

    async def _wait_for_news(self) -> None:
        principal, polls = await self._caller(), 0
        while True:
            async with self.services.database.tenant(principal.tenant_id) as tx:
                if await last_seq(tx) > self.cursor:
                    return
            await asyncio.sleep(POLL_SECONDS)
            polls += 1
            if polls * POLL_SECONDS >= LOOK_SECONDS:
                principal, polls = await self._caller(), 0

    async def _caller(self) -> Principal:
        """Who is told, as the sign-in is at this moment."""
        self.socket.scope["user"] = None
        principal = await authenticate(self.socket)
        if principal is None:
            raise NotAuthenticatedError(SIGN_IN_FIRST)
        return principal

    async def _tell(self, principal: Principal, *, first: bool) -> bool:
        async with self.services.database.tenant(principal.tenant_id) as tx:
            query = await get_query(tx, principal, self.name)
            sites = await sites_of(tx, principal, Permission.EVENTS_READ)
            wanted = wanted_since(query, self.controls.initial_record_time)
            content = await next_content(tx, wanted, after=self.cursor, limit=MOST_EVENTS, sites=sites)
        if content.events or (first and self.controls.report_if_empty):
            events = [event.writable() for event in content.events]
            document = write_report(
                events,
                form=self.form,
                epc_format=self.epc_format,
                web_words=self.web_words,
                query_name=query.name,
                subscription_id=self.subscription_id,
            )
            await self.socket.send_text(document.decode())
        self.cursor = content.until
        return not content.final


@websocket("/queries/{name:str}/events", opt=public("it signs its caller in at the handshake, before it accepts the connection", counted=False))
async def listen(socket: _Socket, name: FromPath[str]) -> None:
    """`?stream=true` or a schedule's fields; a refusal comes as HTTP where the server can tell it so, else as a close code of 4000 + status."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=str(uuid7()))
    stands = False
    try:
        principal = await _signed_in(socket)
        with _place(principal.tenant_id):
            listener = await _handshake(socket, principal, name)
            await socket.accept()
            stands = True
            await _until_either_ends(listener)
    except SuyuanError as refusal:
        await _refuse(socket, refusal, stands=stands)
    except WebSocketDisconnect:
        pass
    except Exception:
        _log.exception("socket_broken_off")
        await socket.close(code=1011, reason="Something went wrong on our side.")


async def _signed_in(socket: _Socket) -> Principal:
    """Who calls. Raises `SuyuanError` for nobody, and without the permission."""
    principal = await authenticate_and_charge(socket)
    if principal is None:
        raise NotAuthenticatedError(SIGN_IN_FIRST)
    principal.require(Permission.EVENTS_READ)
    return principal


@contextmanager
def _place(tenant_id: int) -> Iterator[None]:
    """One of a company's connections in this process. Raises `SubscribeNotPermittedError` where it has too many."""
    if _open[tenant_id] >= MOST_OF_A_TENANT:
        raise SubscribeNotPermittedError(f"Your company has {MOST_OF_A_TENANT} connections open here, which is the limit. Close one first.")
    _open[tenant_id] += 1
    try:
        yield
    finally:
        _open[tenant_id] -= 1
        if not _open[tenant_id]:
            del _open[tenant_id]


async def _handshake(socket: _Socket, principal: Principal, name: str) -> _Listener:
    """What the caller asks for. Raises `SuyuanError`."""
    services = services_of(socket)
    controls = _controls(socket)
    form = answer_form(cast(Any, socket))
    media_type = MediaType.XML if form.media_type is MediaType.TEXT_XML else form.media_type
    tenant = await tenant_of(services.database, principal.tenant_id)
    zone = ZoneInfo(tenant.time_zone if tenant else "UTC")
    listener = _Listener(socket, services, name, controls, ReportForm(media_type), form.epc_format, form.web_words, zone, str(uuid7()))
    async with services.database.tenant(principal.tenant_id) as tx:
        query = await get_query(tx, principal, name)
        require_subscribable(query.definition)
        wanted_since(query, None)
        listener.cursor = await first_cursor(tx, controls.initial_record_time)
    return listener


def _controls(socket: _Socket) -> Controls:
    given = {key: socket.query_params.getall(key) for key in socket.query_params}
    if unknown := sorted(given.keys() - _CONTROLS):
        raise SubscriptionControlsError(
            f"A subscription takes {', '.join(sorted(_CONTROLS))}; {unknown[0][:60]} is none of them.", field=unknown[0][:60]
        )
    if repeated := sorted(key for key, values in given.items() if len(values) > 1):
        raise SubscriptionControlsError(f"{repeated[0]} is given more than once.", field=repeated[0])
    one = {key: values[0] for key, values in given.items()}
    schedule = {key: one[key] for key in FIELDS if key in one}
    return read_controls(
        _boolean(one, "stream"), schedule or None, initial_record_time=one.get("initialRecordTime"), report_if_empty=_boolean(one, "reportIfEmpty")
    )


def _boolean(given: dict[str, str], name: str) -> bool:
    value = given.get(name, "false")
    if value not in ("true", "false"):
        raise SubscriptionControlsError(f"{name} is true or false; it was “{value[:40]}”.", field=name)
    return value == "true"


async def _until_either_ends(listener: _Listener) -> None:
    """Tell until the other side closes, whatever it says meanwhile; raises what ended the telling."""
    telling = asyncio.create_task(listener.run())
    hearing = asyncio.create_task(_hear(listener.socket))
    try:
        await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, hearing):
            task.cancel()
        ends = await asyncio.gather(telling, hearing, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _hear(socket: _Socket) -> None:
    while True:
        await socket.receive_data(mode="text")


async def _refuse(socket: _Socket, refusal: SuyuanError, *, stands: bool) -> None:
    """Before the connection stands with an HTTP answer, where the server knows how (ASGI: WebSocket Denial Response)."""
    answer = problem_of(refusal)
    status = answer.status_code or 500
    if not stands and "websocket.http.response" in (socket.scope.get("extensions") or {}):
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(answer.content)).encode())]
        start = {"type": "websocket.http.response.start", "status": status, "headers": headers}
        for message in (start, {"type": "websocket.http.response.body", "body": answer.content}):
            await socket.send(cast(Any, message))
        return
    # A close frame holds 123 bytes.
    reason = refusal.message.encode()[:120].decode(errors="ignore")
    await socket.close(code=_CODE + status, reason=reason)
