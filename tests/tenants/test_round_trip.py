"""One message to Redis for each request of a caller who is known, and no caller who doesn't stand is charged as if he did."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from redis.asyncio.connection import Connection

from backend.services import Services
from infra.clock import now
from tenants import tokens
from tenants.clients.keys import Key
from tenants.errors import TokenExpiredError
from tenants.limits import policies
from tenants.permissions import Role
from tenants.service import Caller
from tests.firms import Firm
from tests.handsets import colleague, enrolled, with_badge

Bearer = Callable[..., Awaitable[dict[str, str]]]
Make = Callable[[Firm], Awaitable[dict[str, str]]]
ME = {"query": "{ me { displayName } }"}


@pytest.fixture(autouse=True)
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets fill so slowly that nothing comes back while a test runs."""
    for name in ("REQUEST_SECONDS", "CONTENT_SECONDS", "ADDRESS_SECONDS"):
        monkeypatch.setattr(policies, name, 1_000_000)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Whatever goes to Redis, a message each."""
    messages: list[bytes] = []
    plain = Connection.send_packed_command

    async def noted(self: Connection, command: Any, check_health: bool = True) -> None:
        messages.append(command if isinstance(command, bytes) else b"".join(command))
        await plain(self, command, check_health)

    monkeypatch.setattr(Connection, "send_packed_command", noted)
    return messages


def left(answer: httpx.Response, policy: str = "tenant") -> int:
    """What the answer says is left."""
    items = dict(item.split(";")[:2] for item in answer.headers["ratelimit"].split(", "))
    return int(items[f'"{policy}"'].removeprefix("r="))


async def a_key(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> dict[str, str]:
    """The headers of a machine."""
    create = """mutation { createClient(input: {terms: {name: "scale", scopes: ["events.read"]}}) { key userErrors { message } } }"""
    made = (await client.post("/graphql", json={"query": create}, headers=await bearer(firm))).json()
    key = made["data"]["createClient"]["key"]
    assert Key.parse(key) is not None
    return {"Authorization": f"Bearer {key}"}


async def test_a_known_person_costs_one_message(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, sent: list[bytes]) -> None:
    headers = await bearer(firm)
    first = await client.post("/graphql", json=ME, headers=headers)
    sent.clear()
    second = await client.post("/graphql", json=ME, headers=headers)
    assert len(sent) == 1
    assert second.json() == first.json()
    assert (left(first) - left(second), left(first, "caller") - left(second, "caller")) == (1, 1)
    assert b":content" in sent[0]
    assert second.headers["ratelimit-policy"] == first.headers["ratelimit-policy"]


async def test_a_known_machine_costs_one_message(
    services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer, sent: list[bytes]
) -> None:
    headers = await a_key(services, client, firm, bearer)
    first = await client.get("/epcis/events?perPage=1", headers=headers)
    assert first.status_code == 200, first.text
    await services.identity.clients.settle()
    sent.clear()
    second = await client.get("/epcis/events?perPage=1", headers=headers)
    assert (second.status_code, len(sent), left(first) - left(second)) == (200, 1, 1)


async def test_a_person_on_a_known_phone_costs_one_message(services: Services, client: httpx.AsyncClient, firm: Firm, sent: list[bytes]) -> None:
    handset = await enrolled(services, client, firm)
    badge = await with_badge(services, firm, await colleague(services, firm))
    assert (await handset.switch(badge=badge)).is_success
    first = await handset.ask("GET", "/auth/me")
    sent.clear()
    second = await handset.ask("GET", "/auth/me")
    assert (second.json()["displayName"], len(sent), left(first) - left(second)) == ("Han Meimei", 1, 1)


async def test_a_proof_that_came_in_one_message_counts_once(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    handset = await enrolled(services, client, firm)
    assert (await handset.ask("GET", "/auth/me")).status_code == 200
    proof = handset.proof("GET", "/auth/me", token=handset.token)
    assert (await handset.ask("GET", "/auth/me", proof=proof)).status_code == 200
    again = await handset.ask("GET", "/auth/me", proof=proof)
    assert (again.status_code, again.json()["code"]) == (401, "DPOP_PROOF_INVALID")


async def test_an_ended_session_charges_its_tenant_once_more_and_never_again(
    services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer
) -> None:
    lost, other = await bearer(firm), await bearer(firm)
    before = left(await client.get("/auth/me", headers=lost))
    await services.identity.sign_out(await services.identity.authenticate(lost["Authorization"].partition(" ")[2], caller=Caller()))
    for _ in range(5):
        refused = await client.get("/auth/me", headers=lost)
        assert refused.status_code == 401
        assert refused.headers["ratelimit"].startswith('"address"')
    assert before - left(await client.get("/auth/me", headers=other)) == 2


async def test_a_redis_that_is_new_learns_the_script_and_goes_on(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    before = left(await client.get("/auth/me", headers=headers))
    await services.redis.script_flush()
    assert before - left(await client.get("/auth/me", headers=headers)) == 1
    assert before - left(await client.get("/auth/me", headers=headers)) == 2


async def test_what_a_role_lost_counts_at_once_for_a_known_caller(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm, Role.WORKER)
    assert (await client.get("/auth/me", headers=headers)).json()["roles"] == ["worker"]
    principal = await services.identity.authenticate(headers["Authorization"].partition(" ")[2], caller=Caller())
    await services.identity.standings.doubt_person(principal.actor_id)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", principal.membership_id)
    assert (await client.get("/auth/me", headers=headers)).json()["roles"] == []


async def test_a_remembered_token_expires_like_any_other(
    services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await bearer(firm)
    assert (await client.get("/auth/me", headers=headers)).status_code == 200
    later = now() + timedelta(seconds=services.settings.access_token_seconds) + tokens.LEEWAY + timedelta(seconds=1)
    monkeypatch.setattr(tokens, "now", lambda: later)
    answer = await client.get("/auth/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")
    with pytest.raises(TokenExpiredError):
        services.identity.access_tokens.verify(headers["Authorization"].partition(" ")[2])


def test_only_so_many_tokens_are_remembered(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "VERIFIED", 2)
    access = tokens.AccessTokens(services.settings)
    someone = UUID(int=1)
    issued = [access.issue(subject_id=someone, tenant_public_id=someone, session_id=someone, epoch=number) for number in range(4)]
    assert [access.verify(token).epoch for token in [*issued, *issued]] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert len(access._verified) == 2
