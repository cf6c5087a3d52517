"""Client credentials at /oauth/token (RFC 6749 §4.4) and its metadata (RFC 8414), over HTTP."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import httpx
import pytest

from backend.services import Services
from infra.clock import now
from tenants.clients import service
from tenants.clients.rules import terms_of
from tenants.permissions import MACHINES, permissions_of
from tenants.principal import ActorKind
from tenants.service import Caller
from tests.firms import Firm

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Machine:
    """A client of a firm with a key, at the door."""

    http: httpx.AsyncClient
    services: Services
    firm: Firm
    client_id: UUID
    secret_id: UUID
    key: str

    async def post(self, headers: dict[str, str] | None = None, /, **form: str) -> httpx.Response:
        """Ask for a token, with exactly these parameters."""
        return await self.http.post("/oauth/token", content=urlencode(form), headers={**FORM, **(headers or {})})

    async def token(self, **form: str) -> str:
        """A token; fails on a refusal."""
        answer = await self.post(None, grant_type="client_credentials", client_id=str(self.client_id), client_secret=self.key, **form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def basic(self, client_id: str | None = None, key: str | None = None) -> dict[str, str]:
        """RFC 6749 §2.3.1: both are form-encoded before they are joined."""
        joined = f"{quote(client_id or str(self.client_id))}:{quote(key or self.key)}"
        return {"Authorization": f"Basic {base64.b64encode(joined.encode()).decode()}"}


@pytest.fixture
async def new_machine(client: httpx.AsyncClient, services: Services, firm: Firm) -> Callable[..., Awaitable[Machine]]:
    async def make(**given: Any) -> Machine:
        terms = terms_of(**{"name": "WMS", "scopes": ["events.capture", "events.read", "trace.read"], "moment": now(), **given})
        async with services.database.tenant(firm.tenant_id) as tx:
            made = await service.create_client(tx, firm.principal, terms)
        return Machine(client, services, firm, made.client_id, made.secret_id, made.text)

    return make


@pytest.fixture
async def machine(new_machine: Callable[..., Awaitable[Machine]]) -> Machine:
    return await new_machine()


async def trail(machine: Machine) -> list[dict[str, Any]]:
    async with machine.services.database.tenant(machine.firm.tenant_id) as tx:
        rows = await tx.fetch("select action, actor_kind, actor_id, actor, after from audit_entry where tenant_id = $1 order by audit_id")
    return [{name: row[name] for name in row.keys()} for row in rows]  # noqa: SIM118 - a record iterates by value


async def test_a_key_is_exchanged_for_a_token_that_is_a_principal(machine: Machine) -> None:
    answer = await machine.post(grant_type="client_credentials", client_id=str(machine.client_id), client_secret=machine.key)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    told = answer.json()
    assert told == {"access_token": told["access_token"], "token_type": "Bearer", "expires_in": 600, "scope": "events.capture events.read trace.read"}
    me = (await machine.http.get("/auth/me", headers={"Authorization": f"Bearer {told['access_token']}"})).json()
    assert (me["tenant"], me["displayName"], me["roles"]) == (machine.firm.slug, "WMS", [])
    assert me["permissions"] == ["events.capture", "events.read", "trace.read"]
    entry = (await trail(machine))[-1]
    assert (entry["action"], entry["actor_kind"], entry["actor_id"]) == ("client.token_issued", "client", machine.client_id)
    assert json.loads(entry["after"]) == {"scopes": ["events.capture", "events.read", "trace.read"]}


async def test_http_basic_is_taken_as_well(machine: Machine) -> None:
    answer = await machine.post(machine.basic(), grant_type="client_credentials", scope="trace.read")
    assert (answer.status_code, answer.json()["scope"]) == (200, "trace.read")
    named_twice = await machine.post(machine.basic(), grant_type="client_credentials", client_id=str(machine.client_id))
    assert named_twice.status_code == 200


async def test_a_narrower_scope_holds(machine: Machine) -> None:
    headers = {"Authorization": f"Bearer {await machine.token(scope='trace.read')}"}
    assert (await machine.http.get("/auth/me", headers=headers)).json()["permissions"] == ["trace.read"]
    refused = await machine.http.get("/epcis/events", headers=headers)
    assert (refused.status_code, refused.json()["type"] != "") == (403, True)
    whole = {"Authorization": f"Bearer {await machine.token()}"}
    assert (await machine.http.get("/epcis/events", headers=whole)).status_code == 200


ID, KEY = "<id>", "<key>"
GOOD = {"grant_type": "client_credentials", "client_id": ID, "client_secret": KEY}
REFUSALS: list[tuple[str, dict[str, str], int, str]] = [
    ("no grant type", {"client_id": ID, "client_secret": KEY}, 400, "invalid_request"),
    ("an empty grant type", {**GOOD, "grant_type": ""}, 400, "invalid_request"),
    ("another grant", {**GOOD, "grant_type": "password"}, 400, "unsupported_grant_type"),
    ("a grant in capitals", {**GOOD, "grant_type": "CLIENT_CREDENTIALS"}, 400, "unsupported_grant_type"),
    ("no key", {"grant_type": "client_credentials", "client_id": ID}, 401, "invalid_client"),
    ("no client", {"grant_type": "client_credentials", "client_secret": KEY}, 401, "invalid_client"),
    ("nobody", {"grant_type": "client_credentials"}, 401, "invalid_client"),
    ("another client's name", {**GOOD, "client_id": str(uuid4())}, 401, "invalid_client"),
    ("a name in capitals", {**GOOD, "client_id": "<ID>"}, 401, "invalid_client"),
    ("a wrong key", {**GOOD, "client_secret": "sy_live_" + "0" * 92}, 401, "invalid_client"),
    ("no key at all", {**GOOD, "client_secret": "secret"}, 401, "invalid_client"),
    ("a scope it lacks", {**GOOD, "scope": "trace.read shipments.command"}, 400, "invalid_scope"),
    ("a scope that no machine has", {**GOOD, "scope": "people.manage"}, 400, "invalid_scope"),
    ("a scope that isn't", {**GOOD, "scope": "everything"}, 400, "invalid_scope"),
    ("a double space", {**GOOD, "scope": "trace.read  events.read"}, 400, "invalid_scope"),
]


@pytest.mark.parametrize(("form", "status", "error"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
async def test_refusals_are_told_as_the_standard_words_them(machine: Machine, form: dict[str, str], status: int, error: str) -> None:
    given = {ID: str(machine.client_id), KEY: machine.key, "<ID>": str(machine.client_id).upper()}
    before = await trail(machine)
    answer = await machine.post(None, **{name: given.get(value, value) for name, value in form.items()})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "error_description", "requestId"}
    assert answer.json()["requestId"] == answer.headers["X-Request-Id"]
    assert answer.json()["error_description"].isascii()
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert answer.headers["Content-Type"] == "application/json"
    assert machine.key not in answer.text
    assert await trail(machine) == before


async def test_who_failed_by_http_basic_is_asked_by_http_basic(machine: Machine) -> None:
    for headers in (
        machine.basic(key="wrong"), machine.basic(client_id=str(uuid4())), {"Authorization": "Basic !"}, {"Authorization": "Basic"},
        {"Authorization": f"Bearer {machine.key}"},
    ):  # fmt: skip
        answer = await machine.post(headers, grant_type="client_credentials")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    in_body = await machine.post(grant_type="client_credentials", client_id=str(machine.client_id), client_secret="wrong")
    assert "WWW-Authenticate" not in in_body.headers


async def test_a_request_that_says_things_twice_or_in_another_form_is_invalid(machine: Machine) -> None:
    both = await machine.post(machine.basic(), grant_type="client_credentials", client_id=str(machine.client_id), client_secret=machine.key)
    content = urlencode([("grant_type", "client_credentials")] * 2)
    twice = await machine.http.post("/oauth/token", content=content, headers={**FORM, **machine.basic()})
    as_json = await machine.http.post("/oauth/token", json={"grant_type": "client_credentials"}, headers=machine.basic())
    unreadable = await machine.http.post("/oauth/token", content=b"grant_type=\xff", headers={**FORM, **machine.basic()})
    too_long = await machine.http.post("/oauth/token", content=b"scope=" + b"x" * 10_000, headers={**FORM, **machine.basic()})
    in_query = await machine.http.post("/oauth/token?" + urlencode({"grant_type": "client_credentials"}), headers={**FORM, **machine.basic()})
    told = [(answer.status_code, answer.json()["error"]) for answer in (both, twice, as_json, unreadable, too_long, in_query)]
    assert told == [(400, "invalid_request")] * 4 + [(413, "invalid_request"), (400, "invalid_request")]


async def test_a_body_without_end_is_refused_before_it_is_taken(machine: Machine) -> None:
    taken = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1_600):
            taken += 65_536
            yield b"x" * 65_536

    for headers in (FORM, {**FORM, "Content-Type": "application/json"}):
        taken = 0
        answer = await machine.http.post("/oauth/token", content=flood(), headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
        assert taken <= 4 * 65_536


@pytest.mark.parametrize("end", ["key", "client"])
async def test_a_token_is_void_as_soon_as_its_key_or_client_is_revoked(machine: Machine, end: str) -> None:
    headers = {"Authorization": f"Bearer {await machine.token()}"}
    assert (await machine.http.get("/epcis/events", headers=headers)).status_code == 200
    clients = machine.services.identity.clients
    async with machine.services.database.tenant(machine.firm.tenant_id) as tx:
        if end == "key":
            await service.revoke_secret(tx, machine.firm.principal, clients, machine.secret_id, None)
        else:
            await service.revoke_client(tx, machine.firm.principal, clients, machine.client_id, None)
    for path in ("/epcis/events", "/auth/me"):
        answer = await machine.http.get(path, headers=headers)
        assert answer.status_code == 401, path


async def test_a_token_loses_what_its_client_loses(machine: Machine) -> None:
    headers = {"Authorization": f"Bearer {await machine.token()}"}
    terms = terms_of(name="WMS", scopes=["trace.read", "holds.read"], moment=now())
    async with machine.services.database.tenant(machine.firm.tenant_id) as tx:
        await service.update_client(tx, machine.firm.principal, machine.services.identity.clients, machine.client_id, terms)
    # It keeps what both have: a token never grows.
    assert (await machine.http.get("/auth/me", headers=headers)).json()["permissions"] == ["trace.read"]


async def test_a_token_is_of_no_use_elsewhere(new_machine: Callable[..., Awaitable[Machine]]) -> None:
    machine = await new_machine(addresses=["127.0.0.1"])
    token = await machine.token()
    identity = machine.services.identity
    assert (await identity.authenticate(token, caller=Caller(address="127.0.0.1"))).kind is ActorKind.CLIENT
    with pytest.raises(Exception, match="not valid here"):
        await identity.authenticate(token, caller=Caller(address="198.51.100.7"))
    await identity.clients.settle()


async def test_metadata_says_where_tokens_are_to_be_had(client: httpx.AsyncClient) -> None:
    answer = await client.get("/.well-known/oauth-authorization-server")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "issuer": "http://suyuan.test",
        "token_endpoint": "http://suyuan.test/oauth/token",
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": sorted(MACHINES),
    }


async def test_no_scope_of_a_machine_changes_who_may_do_what() -> None:
    assert not {"people.manage", "roles.manage", "clients.manage", "devices.manage", "sandbox.use", "holds.release"} & set(MACHINES)
    assert permissions_of("owner") > MACHINES
