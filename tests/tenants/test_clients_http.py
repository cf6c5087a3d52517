"""A machine at every door that a person uses: REST, GraphQL, a subscription, idempotency; and the proxies in front of it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest

from backend.graphql.access import declaration_of
from backend.graphql.directives import SignedIn
from backend.services import Services
from infra.clock import now
from mobile_api.app import create_app
from tenants.clients import service
from tenants.clients.rules import terms_of
from tenants.clients.service import NewKey
from tenants.permissions import MACHINES
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.operations import operations
from tests.graphql.sockets import Socket
from tests.graphql.test_commands import PLACE, document
from tests.isolation.people import contents, paths_of
from tests.tenants.companies import Superuser


@dataclass(frozen=True)
class Machine:
    """A client with its key in hand."""

    client_id: UUID
    secret_id: UUID
    headers: dict[str, str]


@pytest.fixture
def new_machine(services: Services, firm: Firm) -> Callable[..., Awaitable[Machine]]:
    async def make(**given: Any) -> Machine:
        terms = terms_of(**{"name": "MES 7", "scopes": [str(scope) for scope in MACHINES], "moment": now(), **given})
        async with services.database.tenant(firm.tenant_id) as tx:
            key: NewKey = await service.create_client(tx, firm.principal, terms)
        return Machine(key.client_id, key.secret_id, {"Authorization": f"Bearer {key.text}"})

    return make


@pytest.fixture
async def machine(new_machine: Callable[..., Awaitable[Machine]]) -> Machine:
    return await new_machine()


async def test_a_machine_captures_reads_and_sees_its_own_jobs(client: httpx.AsyncClient, services: Services, firm: Firm, machine: Machine) -> None:
    body = json.dumps(document(made([], [quantity(lot(FLOUR, "F1"), 5)])))
    headers = {"Content-Type": "application/json", **machine.headers}
    job = await client.post("/epcis/capture", content=body, headers=headers)
    assert (job.status_code, job.json()["accepted"]) == (202, 1)
    assert (await client.get(job.headers["Location"], headers=headers)).status_code == 200
    assert len((await client.get("/epcis/events", headers=headers)).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1
    async with services.database.tenant(firm.tenant_id) as tx:
        stored = await tx.fetchrow("select created_by from capture_job where tenant_id = $1")
        entry = await tx.fetchrow("select actor_kind, actor_id, actor from audit_entry where tenant_id = $1 and action = 'events.captured'")
    assert stored is not None
    assert stored["created_by"] == machine.client_id
    assert entry is not None
    assert tuple(entry) == ("client", machine.client_id, "MES 7")


async def test_a_machine_that_may_only_capture_sees_no_other_machines_jobs(
    client: httpx.AsyncClient, new_machine: Callable[..., Awaitable[Machine]]
) -> None:
    first, second = await new_machine(scopes=["events.capture"]), await new_machine(scopes=["events.capture"])
    body = json.dumps(document(made([], [quantity(lot(FLOUR, "F1"), 5)])))
    job = await client.post("/epcis/capture", content=body, headers={"Content-Type": "application/json", **first.headers})
    assert (await client.get(job.headers["Location"], headers=first.headers)).status_code == 200
    assert (await client.get(job.headers["Location"], headers=second.headers)).status_code == 404


async def test_a_machine_asks_graphql_who_it_is_and_places_a_hold_once(client: httpx.AsyncClient, firm: Firm, machine: Machine) -> None:
    caller = Caller(client, machine.headers)
    assert await caller.ask("{ me { tenant displayName roles } }") == {"me": {"tenant": firm.slug, "displayName": "MES 7", "roles": []}}
    key = str(uuid4())
    first = await caller.command(PLACE, {"key": lot(FLOUR, "F1"), "reason": "metal"}, key)
    again = await caller.command(PLACE, {"key": lot(FLOUR, "F1"), "reason": "metal"}, key)
    assert first["userErrors"] == []
    assert first == again
    held = await caller.ask("{ holds(first: 5) { nodes { id } } }")
    assert len(held["holds"]["nodes"]) == 1


async def test_two_machines_with_the_same_idempotency_key_do_not_get_each_others_replies(
    client: httpx.AsyncClient, new_machine: Callable[..., Awaitable[Machine]]
) -> None:
    key = str(uuid4())
    holds = [
        (await Caller(client, (await new_machine()).headers).command(PLACE, {"key": lot(FLOUR, "F1"), "reason": "x"}, key))["hold"]["id"]
        for _ in range(2)
    ]
    assert holds[0] != holds[1]


async def test_signing_out_is_for_people(client: httpx.AsyncClient, machine: Machine) -> None:
    caller = Caller(client, machine.headers)
    assert (await client.post("/auth/sign-out", headers=machine.headers)).status_code == 403
    for everywhere in (False, True):
        refusal = await caller.refusal(
            "mutation($input: SignOutInput!) { signOut(input: $input) { signedOut } }", {"input": {"everywhere": everywhere}}
        )
        assert refusal["code"] == "PERMISSION_DENIED"
    assert (await client.get("/auth/me", headers=machine.headers)).status_code == 200


async def test_what_is_open_to_every_person_does_nothing_for_a_machine(
    client: httpx.AsyncClient, services: Services, superuser: Superuser, machine: Machine
) -> None:
    """Generated: a field that is open to whoever has signed in knows that a machine has no session, password or second factor."""
    caller = Caller(client, machine.headers)
    opened = [item for item in operations("query", "mutation") if isinstance(declaration_of(item.field), SignedIn)]
    assert {"me", "signOut", "changePassword"} <= {item.name for item in opened}
    # The one thing that is written: when the key was last used, once a minute.
    await caller.ask("{ me { tenant } }")
    await services.identity.clients.settle()
    before = await contents(superuser)
    for item in opened:
        answer = (await caller.post(item.document(item.variables), item.variables, Idempotency_Key=str(uuid4()))).json()
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes <= {"PERMISSION_DENIED"}, (item.name, answer)
    assert await contents(superuser) == before


async def test_no_machine_manages_machines_or_people(client: httpx.AsyncClient, machine: Machine) -> None:
    caller = Caller(client, machine.headers)
    for operation in ("{ apiClients(first: 1) { nodes { id } } }", "{ sandbox { slug } }"):
        assert (await caller.refusal(operation))["code"] == "PERMISSION_DENIED"
    refusal = await caller.refusal("mutation { enterSandbox(input: {}) { me { tenant } } }")
    assert refusal["code"] == "PERMISSION_DENIED"
    assert "scopes of this key" in refusal["message"]


async def test_a_subscription_ends_when_its_key_is_revoked(services: Services, firm: Firm, app: Any, machine: Machine) -> None:
    async with Socket(app) as socket:
        assert (await socket.start(machine.headers["Authorization"]))["type"] == "connection_ack"
        await socket.subscribe("subscription { eventFeed { event { id } } }")
        async with services.database.tenant(firm.tenant_id) as tx:
            await service.revoke_secret(tx, firm.principal, services.identity.clients, machine.secret_id, None)
        ended = await socket.receive()
    assert ended["payload"]["errors"][0]["extensions"]["code"] == "TOKEN_INVALID"


async def test_a_wrong_key_gets_the_same_401_at_every_guarded_route(client: httpx.AsyncClient, app: Any, machine: Machine) -> None:
    bodies = set()
    for path in ("/auth/me", "/epcis/capture", "/epcis/events", "/mobile/v1/changes"):
        assert path in paths_of(app)
        for key in (machine.headers["Authorization"][:-1] + "0", "Bearer sy_live_", "Bearer sy_test_" + "0" * 92):
            answer = await client.get(path, headers={"Authorization": key})
            assert answer.status_code == 401
            bodies.add((answer.json().get("code"), answer.json().get("detail")))
    assert len({detail for _, detail in bodies}) == 1


async def test_refusals_say_what_is_wrong_with_the_token_as_rfc_6750_has_it(
    client: httpx.AsyncClient, new_machine: Callable[..., Awaitable[Machine]]
) -> None:
    machine = await new_machine(scopes=["trace.read"])
    told = [
        (await client.get("/epcis/events", headers=headers)).headers.get("WWW-Authenticate")
        for headers in ({}, {"Authorization": "Bearer sy_live_x"}, machine.headers)
    ]
    assert told == [
        'Bearer realm="suyuan"', 'Bearer realm="suyuan", error="invalid_token"',
        'Bearer realm="suyuan", error="insufficient_scope", scope="events.read"',
    ]  # fmt: skip
    assert "WWW-Authenticate" not in (await client.get("/auth/me", headers=machine.headers)).headers
    refused = await client.post("/graphql", json={"query": "{ me { tenant } }"}, headers={"Authorization": "Bearer sy_live_x"})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, told[1])


@pytest.fixture
async def behind_proxies(services: Services) -> AsyncIterator[Callable[[int], httpx.AsyncClient]]:
    """The same service behind so many trusted proxies, reached from 192.0.2.9."""
    opened: list[httpx.AsyncClient] = []

    def reach(trusted: int) -> httpx.AsyncClient:
        settings = services.settings.model_copy(update={"trusted_proxies": trusted})
        services.identity.settings = settings
        app = create_app(services=replace(services, settings=settings))
        transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=("192.0.2.9", 50_000))
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://suyuan.test"))
        return opened[-1]

    before = services.identity.settings
    yield reach
    services.identity.settings = before
    for http in opened:
        await http.aclose()


@pytest.mark.parametrize(
    ("trusted", "forwarded", "status"),
    [
        (0, None, 401), (0, "203.0.113.7", 401), (1, "203.0.113.7", 200), (1, "198.51.100.1, 203.0.113.7", 200),
        (1, "203.0.113.7, 198.51.100.1", 401), (2, "203.0.113.7, 10.0.0.1", 200), (2, "198.51.100.1, 10.0.0.1", 401),
        (1, "::ffff:203.0.113.7", 200), (1, "nonsense", 401), (1, None, 401),
    ],
)  # fmt: skip
async def test_the_address_that_counts_is_the_one_that_the_outermost_trusted_proxy_saw(
    behind_proxies: Callable[[int], httpx.AsyncClient],
    new_machine: Callable[..., Awaitable[Machine]],
    trusted: int,
    forwarded: str | None,
    status: int,
) -> None:
    machine = await new_machine(addresses=["203.0.113.0/24"])
    headers = machine.headers | ({"X-Forwarded-For": forwarded} if forwarded else {})
    assert (await behind_proxies(trusted).get("/auth/me", headers=headers)).status_code == status
