"""The HTTP edge: ids, headers, problem bodies; and that what goes wrong inside tells nothing outside."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import FromPath

from infra.errors import (
    ConflictError,
    InvalidInputError,
    NotAuthenticatedError,
    NotFoundError,
    PermissionDeniedError,
    SuyuanError,
    TooLargeError,
    TooManyRequestsError,
    UnavailableError,
)
from infra.http import EXCEPTION_HANDLERS, health_routes, with_edge
from infra.scope import UnscopedStatementError
from tests.firms import Firm
from tests.isolation.people import paths_of

INSIDE = "postgresql://suyuan_app:hunter2@db/suyuan select * from hold Key (login_name)=(li@example.com)"
GUARDS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}


class OddError(Exception):
    def __str__(self) -> str:
        raise RuntimeError(INSIDE)


PROBLEMS: dict[str, Exception] = {
    "value": ValueError(INSIDE),
    "key": KeyError(INSIDE),
    "assertion": AssertionError(INSIDE),
    "odd": OddError(),
    "group": ExceptionGroup(INSIDE, [ValueError(INSIDE)]),
    "unscoped": UnscopedStatementError(INSIDE),
    "internal": SuyuanError(INSIDE),
    "framework": HTTPException(status_code=500, detail=INSIDE),
    "unique": asyncpg.UniqueViolationError(INSIDE),
    "syntax": asyncpg.PostgresSyntaxError(INSIDE),
    "recursion": RecursionError(INSIDE),
    "memory": MemoryError(INSIDE),
    "unicode": UnicodeDecodeError("utf-8", INSIDE.encode(), 0, 1, INSIDE),
}
MOMENTARY: dict[str, Exception] = {
    "statement cut off": asyncpg.QueryCanceledError(INSIDE),
    "lock not given": asyncpg.LockNotAvailableError(INSIDE),
    "timeout": TimeoutError(INSIDE),
}
REFUSALS: dict[str, tuple[SuyuanError, int, str]] = {
    "invalid": (InvalidInputError("The name is empty.", field="name"), 400, "INVALID_INPUT"),
    "nobody": (NotAuthenticatedError("Sign in."), 401, "NOT_AUTHENTICATED"),
    "denied": (PermissionDeniedError("Ask."), 403, "PERMISSION_DENIED"),
    "absent": (NotFoundError("Not here."), 404, "NOT_FOUND"),
    "conflict": (ConflictError("Taken.", field="slug"), 409, "CONFLICT"),
    "large": (TooLargeError("Less."), 413, "TOO_LARGE"),
    "often": (TooManyRequestsError("Wait.", retry_after=7), 429, "TOO_MANY_REQUESTS"),
    "away": (UnavailableError("Later.", retry_after=2), 503, "UNAVAILABLE"),
}


@get("/unexpected/{name:str}")
async def unexpected(name: FromPath[str]) -> None:
    raise {**PROBLEMS, **MOMENTARY}[name]


@get("/refused/{name:str}")
async def refused(name: FromPath[str]) -> None:
    raise REFUSALS[name][0]


@get("/invalid")
async def invalid() -> None:
    raise ValidationException(detail="Validation failed", extra=[{"key": "age", "message": "Expected int", "source": "query"}])


@post("/echo")
async def echo(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@get("/own")
async def own() -> Response[str]:
    return Response("<p>framed</p>", media_type="text/html", headers={"X-Frame-Options": "SAMEORIGIN"})


@pytest.fixture
async def edge() -> AsyncIterator[httpx.AsyncClient]:
    """Routes that go wrong in every way, behind the edge that every route has."""
    app = Litestar(
        [unexpected, refused, invalid, echo, own],
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=1_000,
        openapi_config=None,
        logging_config=None,
    )
    transport = httpx.ASGITransport(app=cast(Any, with_edge(app)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        yield client


def is_problem(answer: httpx.Response) -> dict[str, Any]:
    """The body, which is problem details with the answer's own id, status and headers."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["status"], body["requestId"]) == (answer.status_code, answer.headers["x-request-id"])
    assert {"type", "title", "status", "detail", "code", "requestId"} <= set(body)
    assert GUARDS.items() <= dict(answer.headers).items()
    return body


@pytest.mark.parametrize("name", PROBLEMS)
async def test_what_is_unexpected_tells_nothing_but_its_request_id(edge: httpx.AsyncClient, name: str) -> None:
    answer = await edge.get(f"/unexpected/{name}", headers={"X-Request-Id": "find-me-in-the-log"})
    body = is_problem(answer)
    assert (answer.status_code, body["code"]) == (500, "INTERNAL")
    assert body["requestId"] == "find-me-in-the-log"
    assert set(body) == {"type", "title", "status", "detail", "code", "requestId"}
    for word in ("hunter2", "postgres", "hold", "li@", "Traceback", "Error", ".py"):
        assert word not in answer.text.replace("INTERNAL", "")


@pytest.mark.parametrize("name", MOMENTARY)
async def test_what_took_too_long_asks_to_come_again(edge: httpx.AsyncClient, name: str) -> None:
    answer = await edge.get(f"/unexpected/{name}")
    body = is_problem(answer)
    assert (answer.status_code, body["code"], answer.headers["retry-after"]) == (503, "UNAVAILABLE", "1")
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_told_in_full(edge: httpx.AsyncClient, name: str) -> None:
    error, status, code = REFUSALS[name]
    answer = await edge.get(f"/refused/{name}")
    body = is_problem(answer)
    assert (answer.status_code, body["code"], body["title"], body["detail"]) == (status, code, code, error.message)
    assert body.get("field") == error.field
    assert answer.headers.get("retry-after") == (str(error.detail["retry_after"]) if "retry_after" in error.detail else None)


async def test_refusals_of_the_framework_have_the_same_form(edge: httpx.AsyncClient) -> None:
    for answer, status, code in (
        (await edge.get("/nowhere"), 404, "NOT_FOUND"),
        (await edge.delete("/echo"), 405, "METHOD_NOT_ALLOWED"),
        (await edge.post("/echo", content=b"x" * 1_001), 413, "TOO_LARGE"),
        (await edge.get("/invalid"), 400, "INVALID_INPUT"),
    ):
        assert (answer.status_code, is_problem(answer)["code"]) == (status, code)
    assert (await edge.get("/invalid")).json()["errors"] == [{"field": "age", "message": "Expected int"}]


async def test_a_body_without_a_length_is_cut_off_at_the_limit(edge: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1_000_000:
            sent += 100
            yield b"x" * 100

    assert is_problem(await edge.post("/echo", content=endless()))["code"] == "TOO_LARGE"


@pytest.mark.parametrize("given", ["0190a8c4-1f", "A.b-c_d8", "x" * 64])
async def test_a_well_formed_request_id_is_kept(edge: httpx.AsyncClient, given: str) -> None:
    assert (await edge.get("/own", headers={"X-Request-Id": given})).headers["x-request-id"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "has space in it", "quote\"inside'", "<script>alert(1)</script>", "ünïcode-id", "tab\tinside"]
)
async def test_any_other_request_id_is_replaced(edge: httpx.AsyncClient, given: str) -> None:
    answer = await edge.get("/nowhere", headers=[(b"X-Request-Id", given.encode())])
    assert UUID(answer.headers["x-request-id"]).version == 7
    assert is_problem(answer)["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("host", ["a:b", "x y", "[::1", "a:65536", "", "a/b", "a@b", "a,b", "a:", "%00", "a\u00e9", "<b>", "e:urn:uuid:1", "x" * 300])
async def test_a_host_that_is_none_is_refused(edge: httpx.AsyncClient, host: str) -> None:
    answer = await edge.get("/own", headers=[(b"Host", host.encode())])
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID_INPUT"


async def test_two_hosts_are_one_too_many_and_none_is_that_of_an_old_client(edge: httpx.AsyncClient) -> None:
    assert is_problem(await edge.get("/own", headers=[("Host", "a.test"), ("Host", "b.test")]))["field"] == "Host"
    for host in ("suyuan.test", "suyuan.test:8000", "127.0.0.1:65535", "[::1]:80", "under_score.test", "SUYUAN.test"):
        assert (await edge.get("/own", headers={"Host": host})).status_code == 200


async def test_a_route_may_choose_its_own_value_of_a_guarding_header(edge: httpx.AsyncClient) -> None:
    answer = await edge.get("/own")
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_every_answer_of_the_service_has_an_id_and_the_guarding_headers(
    app: Litestar, client: httpx.AsyncClient, firm: Firm, bearer: Callable[..., Awaitable[dict[str, str]]]
) -> None:
    headers = await bearer(firm)
    for path in [*paths_of(app), "/nowhere", "/epcis/nowhere"]:
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            for given in ({}, headers):
                answer = await client.request(method, path.replace("{", "").replace("}", ""), headers=given)
                assert answer.status_code < 500, (method, path, answer.text)
                assert len(answer.headers["x-request-id"]) >= 8, (method, path)
                assert GUARDS.items() <= dict(answer.headers).items(), (method, path)
                assert "server" not in answer.headers
                if answer.status_code >= 400:
                    assert answer.headers["content-type"].split(";")[0] in ("application/problem+json", "application/json", "text/html")


async def test_health_tells_each_part_by_itself() -> None:
    down: set[str] = set()

    def check(name: str) -> Callable[[], Awaitable[None]]:
        async def answers() -> None:
            if name in down:
                raise RuntimeError(INSIDE)

        return answers

    app = Litestar(health_routes({"one": check("one"), "two": check("two")}, {}, spared=frozenset({"two"})), openapi_config=None, logging_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=cast(Any, app)), base_url="http://suyuan.test") as client:
        for away in (set(), {"one"}, {"one", "two"}, {"two"}, set()):
            down.clear()
            down |= away
            answer = await client.get("/health/ready")
            status = "unavailable" if "one" in away else "degraded" if away else "ok"
            assert (answer.status_code, answer.json()["status"]) == (503 if "one" in away else 200, status)
            assert answer.json()["parts"] == {name: "unavailable" if name in away else "ok" for name in ("one", "two")}
            assert "hunter2" not in answer.text
            assert (await client.get("/health/live")).json() == {"status": "ok"}


async def test_an_answer_before_the_body_is_read_ends_the_connection(edge: httpx.AsyncClient) -> None:
    """The server closes it then; who isn't told sends the next request into it and gets nothing back."""
    assert "connection" not in (await edge.post("/echo", content=b"x" * 500)).headers
    unread = await edge.request("GET", "/refused/often", content=b"x" * 500)
    assert (unread.status_code, unread.headers["connection"]) == (429, "close")
    assert "connection" not in (await edge.get("/refused/often")).headers
