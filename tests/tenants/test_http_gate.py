"""The gate at the HTTP edge: who passes which route, by which token, counted under which address."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Router, get, post, websocket
from litestar.connection import WebSocket
from litestar.datastructures import State

from infra.http import EXCEPTION_HANDLERS, request_id_middleware
from tenants.http import IDENTITY, authorize, declared_routes, principal_of, public, requires, signed_in, undeclared_routes
from tenants.permissions import Permission, Role
from tenants.registration import add_membership
from tenants.routes import auth_router
from tenants.service import Caller, Identity
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

PEER = "203.0.113.9"


@get("/releases", opt=requires(Permission.HOLDS_RELEASE))
async def releases(request: Request[Any, Any, Any]) -> str:
    return principal_of(request).display_name


@get("/anyone", opt=public("for this test"))
async def anyone(request: Request[Any, Any, Any]) -> str:
    return str(request.scope.get("user"))


@get("/forgotten")
async def forgotten() -> str:
    return "nobody should read this"


@post("/nested", opt=requires(Permission.PEOPLE_MANAGE))
async def nested() -> str:
    return "people"


@get("/nested")
async def nested_open() -> str:
    return "open"


@websocket("/socket")
async def socket(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()


def build(identity: Identity, *, forgetful: bool = False) -> Litestar:
    inside = Router("/inside", route_handlers=[nested, nested_open], opt=public("for this test"))
    careless = [forgotten, socket] if forgetful else []
    return Litestar(
        route_handlers=[auth_router(), releases, anyone, inside, *careless],
        guards=[authorize],
        state=State({IDENTITY: identity}),
        exception_handlers=EXCEPTION_HANDLERS,
        middleware=[request_id_middleware],
        openapi_config=None,
        logging_config=None,
    )


@dataclass(frozen=True)
class Browser:
    """A client at an address, for an application in this process."""

    client: httpx.AsyncClient

    async def sign_in(self, login: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        return await self.client.post("/auth/sign-in", json={"login": login, "password": password}, headers=headers)

    async def get(self, path: str, token: str | None = None) -> httpx.Response:
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})


def browser_of(app: Litestar, address: str) -> Browser:
    transport = httpx.ASGITransport(app=app, client=(address, 40_000))  # type: ignore[arg-type]  # litestar's ASGI types are stricter
    return Browser(httpx.AsyncClient(transport=transport, base_url="https://trace.test"))


@pytest.fixture
async def browser(identity: Identity, caller: Caller) -> AsyncIterator[Browser]:
    opened = browser_of(build(identity), caller.address)
    yield opened
    await opened.client.aclose()


async def test_signing_in_gives_tokens_that_open_what_the_role_may(browser: Browser, company: Company) -> None:
    answer = await browser.sign_in(company.login)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"accessToken", "expiresIn", "refreshToken", "refreshExpiresAt", "me", "tokenType"}
    assert (body["tokenType"], body["expiresIn"]) == ("Bearer", 600)
    assert (await browser.get("/releases", body["accessToken"])).text == "李 Lei"
    me = (await browser.get("/auth/me", body["accessToken"])).json()
    assert me == body["me"]
    assert (me["tenant"], me["roles"], me["displayName"]) == (company.tenant.slug, ["owner"], "李 Lei")
    assert me["permissions"] == sorted(Permission)


async def test_refresh_and_sign_out_over_http(browser: Browser, company: Company) -> None:
    first = (await browser.sign_in(company.login)).json()
    second = await browser.client.post("/auth/refresh", json={"refreshToken": first["refreshToken"]})
    assert second.status_code == 200
    token = second.json()["accessToken"]
    ended = await browser.client.post("/auth/sign-out", headers={"Authorization": f"bearer {token}"})
    assert (ended.status_code, ended.content) == (204, b"")
    for access_token in (first["accessToken"], token):
        answer = await browser.get("/auth/me", access_token)
        assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")
    answer = await browser.client.post("/auth/refresh", json={"refreshToken": second.json()["refreshToken"]})
    assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")


async def test_a_role_without_the_permission_is_refused(browser: Browser, make_company: MakeCompany) -> None:
    worker = await make_company(Role.WORKER)
    token = (await browser.sign_in(worker.login)).json()["accessToken"]
    answer = await browser.get("/releases", token)
    assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")
    assert "holds.release" in answer.json()["detail"]
    assert (await browser.get("/auth/me", token)).status_code == 200


async def test_a_person_of_two_companies_gets_the_list_to_choose_from(browser: Browser, identity: Identity, make_company: MakeCompany) -> None:
    here, there = await make_company(), await make_company()
    await add_membership(identity, there.tenant, login=here.login, display_name="Lei", role=Role.AUDITOR)
    answer = await browser.sign_in(here.login)
    assert (answer.status_code, answer.json()["code"]) == (409, "TENANT_CHOICE_REQUIRED")
    assert {tenant["slug"] for tenant in answer.json()["tenants"]} == {here.tenant.slug, there.tenant.slug}
    body = {"login": here.login, "password": PASSWORD, "tenant": there.tenant.slug}
    chosen = await browser.client.post("/auth/sign-in", json=body)
    assert (chosen.status_code, chosen.json()["me"]["roles"]) == (200, ["auditor"])


async def test_the_request_id_of_the_answer_is_on_the_audit_trail(browser: Browser, company: Company, superuser: Superuser) -> None:
    answer = await browser.sign_in(company.login, **{"X-Request-Id": "a-request-of-mine"})
    assert answer.headers["x-request-id"] == "a-request-of-mine"
    query = "select request_id from audit_entry where tenant_id = $1 and action = 'session.started'"
    assert await superuser.fetchval(query, company.tenant.tenant_id) == "a-request-of-mine"


@pytest.mark.parametrize("path", ["/releases", "/auth/me"])
async def test_nobody_is_told_to_sign_in(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_AUTHENTICATED")


async def test_a_public_route_asks_for_nothing(browser: Browser) -> None:
    assert (await browser.get("/anyone")).text == "None"


async def test_a_permission_inside_a_public_part_still_counts(browser: Browser) -> None:
    assert (await browser.get("/inside/nested")).text == "open"
    answer = await browser.client.post("/inside/nested")
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic bGVpOmxlaQ==", "Bearer a.b.c", "bearer null", "Token x", "Bearer x y", "x" * 5_000]
)
async def test_an_authorization_that_is_none_is_refused(browser: Browser, value: str) -> None:
    answer = await browser.client.get("/auth/me", headers={"Authorization": value})
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


async def test_two_authorizations_are_none(browser: Browser, company: Company) -> None:
    token = (await browser.sign_in(company.login)).json()["accessToken"]
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert (await browser.client.get("/auth/me", headers=headers)).json()["code"] == "TOKEN_INVALID"


async def test_a_token_elsewhere_than_in_the_header_counts_for_nothing(browser: Browser, company: Company) -> None:
    token = (await browser.sign_in(company.login)).json()["accessToken"]
    answer = await browser.client.get("/auth/me", params={"access_token": token}, headers={"Cookie": f"access_token={token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"login": "a"}', 400),
        (b'{"login": "a", "password": null}', 400),
        (b'{"login": ["a"], "password": {"$ne": 1}}', 400),
        (b'{"login": "a", "password": "b", "admin": true}', 400),
        (b'{"login": "a\\u0000", "password": "b"}', 400),
        (b'{"login": "a", "password": "\\u0000"}', 400),
        (b'{"login": "a", "password": "\\ud800"}', 400),
        (b'{"login": "a", "password": "' + b"x" * 1_100 + b'"}', 400),
        (b'{"login": "' + b"x" * 300 + b'", "password": "b"}', 400),
        (b'{"login": "a", "password": "' + b"x" * 9_000 + b'"}', 413),
        (b"[" * 8_000, 400),
        (b"\xff\xfe", 400),
    ],
)
async def test_a_malformed_sign_in_is_a_clear_4xx(browser: Browser, body: bytes, status: int) -> None:
    answer = await browser.client.post("/auth/sign-in", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert b"Traceback" not in answer.content


async def test_a_refused_password_is_not_repeated_in_the_answer(browser: Browser) -> None:
    for password in ("hunter2-hunter2-hunter2", "hunter2" * 200):
        answer = await browser.sign_in("nobody@example.com", password)
        assert answer.status_code in (400, 401)
        assert "hunter2" not in answer.text


async def test_options_lists_methods_without_a_token(browser: Browser) -> None:
    answer = await browser.client.options("/auth/sign-in")
    assert (answer.status_code, answer.headers["allow"]) == (204, "OPTIONS, POST")


async def test_a_forgotten_route_is_closed_and_found(identity: Identity, company: Company, caller: Caller) -> None:
    app = build(identity, forgetful=True)
    careless = browser_of(app, caller.address)
    token = (await careless.sign_in(company.login)).json()["accessToken"]
    for credential in (None, token):
        answer = await careless.get("/forgotten", credential)
        assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")
        assert "nobody should read this" not in answer.text
    assert undeclared_routes(app) == ["GET /forgotten", "WEBSOCKET /socket"]
    await careless.client.aclose()


async def test_every_route_of_identity_declares_who_may_use_it(identity: Identity) -> None:
    app = build(identity)
    assert undeclared_routes(app) == []
    declared = {(path, method): set(opt) for path, method, opt in declared_routes(app)}
    assert declared["/releases", "GET"] == {"permission"}
    assert declared["/auth/me", "GET"] == declared["/auth/sign-out", "POST"] == set(signed_in("x"))
    assert declared["/auth/sign-in", "POST"] == declared["/auth/refresh", "POST"] == {"public"}


async def attempts_until_refused(app: Litestar, login: str, address: str, forwarded: list[str]) -> int:
    """How many wrong passwords are looked at while X-Forwarded-For changes with each."""
    browser = browser_of(app, address)
    looked_at = 0
    for index in range(14):
        headers = {"X-Forwarded-For": ", ".join(part.format(index) for part in forwarded)}
        answer = await browser.sign_in(login, "another password altogether", **headers)
        looked_at += answer.status_code == 401
        assert answer.status_code in (401, 429)
    await browser.client.aclose()
    return looked_at


async def test_a_forged_forwarded_address_buys_no_attempts_on_an_account(identity: Identity, company: Company, caller: Caller) -> None:
    assert await attempts_until_refused(build(identity), company.login, caller.address, ["10.0.0.{}"]) == 10


@pytest.mark.parametrize(
    "case",
    [
        (0, [], PEER),
        (0, ["198.51.100.1"], PEER),
        (1, [], PEER),
        (1, ["198.51.100.1"], "198.51.100.1"),
        (1, ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        (1, ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        (2, ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        (2, ["198.51.100.1"], "198.51.100.1"),
        (1, ["x" * 1_000], "x" * 64),
    ],
)
async def test_the_address_is_the_one_that_the_outermost_trusted_proxy_saw(
    identity: Identity, company: Company, superuser: Superuser, case: tuple[int, list[str], str]
) -> None:
    proxies, forwarded, expected = case
    behind = identity.settings.model_copy(update={"trusted_proxies": proxies})
    process = Identity(app=identity.app, auth=identity.auth, redis=None, settings=behind, passwords=identity.passwords)
    browser = browser_of(build(process), PEER)
    headers = [("X-Forwarded-For", value) for value in forwarded]
    answer = await browser.client.post("/auth/sign-in", json={"login": company.login, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 200
    assert await superuser.fetchval("select address from session where tenant_id = $1", company.tenant.tenant_id) == expected
    await browser.client.aclose()


async def test_requests_side_by_side_keep_their_principals_apart(browser: Browser, make_company: MakeCompany) -> None:
    companies = await asyncio.gather(*(make_company() for _ in range(6)))
    tokens = [(await browser.sign_in(company.login)).json()["accessToken"] for company in companies]
    answers = await asyncio.gather(*(browser.get("/auth/me", token) for token in tokens * 5))
    assert [answer.json()["tenant"] for answer in answers] == [company.tenant.slug for company in companies] * 5
