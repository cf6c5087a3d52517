"""API clients through GraphQL: shown once, listed without the key, repeated without the key, managed by whom it is allowed."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.access.crew import LOCATIONS, PLANT
from tests.firms import Firm
from tests.graphql.conftest import Caller

SECRETS = "secrets { id hint createdAt revokedAt lastUsedAt lastUsedAddress }"
CLIENT = f"client {{ id clientId name scopes sites addresses expiresAt revokedAt {SECRETS} }}"
ERRORS = "userErrors { field code message }"
CREATE = f"mutation($input: CreateClientInput!) {{ createClient(input: $input) {{ key secretId {CLIENT} {ERRORS} }} }}"
ADD = f"mutation($input: AddClientSecretInput!) {{ addClientSecret(input: $input) {{ key secretId {CLIENT} {ERRORS} }} }}"
UPDATE = f"mutation($input: UpdateClientInput!) {{ updateClient(input: $input) {{ {CLIENT} {ERRORS} }} }}"
REVOKE_SECRET = f"mutation($input: RevokeClientSecretInput!) {{ revokeClientSecret(input: $input) {{ {CLIENT} {ERRORS} }} }}"
REVOKE = f"mutation($input: RevokeClientInput!) {{ revokeClient(input: $input) {{ {CLIENT} {ERRORS} }} }}"
LIST = "query($revoked: Boolean!) { apiClients(first: 10, revoked: $revoked) { nodes { id name secrets { hint } } pageInfo { hasNextPage } } }"
TERMS = {"name": "ERP", "scopes": ["events.capture", "trace.read"]}


@pytest.fixture
def caller_of(client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Callable[..., Awaitable[Caller]]:
    """Somebody of a role in a firm."""

    async def make(firm: Firm, role: Role = Role.OWNER) -> Caller:
        return Caller(client, await bearer(firm, role))

    return make


@pytest.fixture
async def owner(firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> Caller:
    """The owner of the test's firm."""
    return await caller_of(firm)


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def me(client: httpx.AsyncClient, key: str) -> int:
    return (await client.get("/auth/me", headers={"Authorization": f"Bearer {key}"})).status_code


async def test_a_key_is_shown_once_and_works(owner: Caller, client: httpx.AsyncClient) -> None:
    made = await owner.command(CREATE, {"terms": TERMS})
    assert made["userErrors"] == []
    key = made["key"]
    assert key.startswith("sy_live_")
    assert made["client"]["name"] == "ERP"
    assert made["client"]["scopes"] == ["events.capture", "trace.read"]
    assert [secret["hint"] for secret in made["client"]["secrets"]] == [key[-4:]]
    assert await me(client, key) == 200
    listed = await owner.post(LIST, {"revoked": True})
    assert key not in listed.text
    assert listed.json()["data"]["apiClients"]["nodes"] == [{"id": made["client"]["id"], "name": "ERP", "secrets": [{"hint": key[-4:]}]}]
    node = await owner.ask("query($id: ID!) { node(id: $id) { ... on ApiClient { clientId } } }", {"id": made["client"]["id"]})
    assert node["node"]["clientId"] == made["client"]["clientId"]


async def test_a_repetition_makes_no_second_client_and_shows_no_key(owner: Caller, services: Services, firm: Firm) -> None:
    again = str(uuid4())
    first = await owner.command(CREATE, {"terms": TERMS}, again)
    second = await owner.command(CREATE, {"terms": TERMS}, again)
    assert second == {**first, "key": None}
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from client where tenant_id = $1") == 1
        replies = await tx.fetch("select reply from idempotent_reply where tenant_id = $1")
    assert first["key"] is not None
    assert not any(first["key"] in row["reply"] for row in replies)


async def test_keys_are_changed_over_without_a_gap(owner: Caller, client: httpx.AsyncClient) -> None:
    first = await owner.command(CREATE, {"terms": TERMS})
    given = {"id": first["client"]["id"]}
    second = await owner.command(ADD, given)
    assert [await me(client, made["key"]) for made in (first, second)] == [200, 200]
    third = await owner.command(ADD, given)
    assert (third["key"], third["client"], codes(third)) == (None, None, ["TOO_MANY_SECRETS"])
    revoked = await owner.command(REVOKE_SECRET, {"id": first["secretId"], "reason": "changed over"})
    assert [secret["revokedAt"] is None for secret in revoked["client"]["secrets"]] == [True, False]
    assert [await me(client, made["key"]) for made in (first, second)] == [401, 200]
    assert codes(await owner.command(REVOKE_SECRET, {"id": first["secretId"]})) == ["CLIENT_REVOKED"]
    assert (await owner.command(ADD, given))["key"]


async def test_a_revoked_client_stays_in_the_list_of_those_revoked(owner: Caller, client: httpx.AsyncClient) -> None:
    made = await owner.command(CREATE, {"terms": TERMS})
    token = await owner.command(REVOKE, {"id": made["client"]["id"], "reason": "the partner left"})
    assert token["client"]["revokedAt"] is not None
    assert await me(client, made["key"]) == 401
    assert (await owner.ask(LIST, {"revoked": False}))["apiClients"]["nodes"] == []
    assert len((await owner.ask(LIST, {"revoked": True}))["apiClients"]["nodes"]) == 1
    for mutation, given in ((REVOKE, {}), (ADD, {}), (UPDATE, {"terms": TERMS})):
        assert codes(await owner.command(mutation, {"id": made["client"]["id"], **given})) == ["CLIENT_REVOKED"]


async def test_terms_that_make_no_sense_are_refused_by_field_and_nothing_is_made(owner: Caller, services: Services, firm: Firm) -> None:
    tries: list[tuple[dict[str, Any], str, str]] = [
        ({"name": " "}, "name", "INVALID_INPUT"),
        ({"scopes": ["people.manage"]}, "scopes", "SCOPE_REFUSED"),
        ({"scopes": ["holds.release"]}, "scopes", "SCOPE_REFUSED"),
        ({"scopes": []}, "scopes", "SCOPE_REFUSED"),
        ({"addresses": ["10.0.0.1/8"]}, "addresses", "INVALID_INPUT"),
        ({"sites": [PLANT]}, "sites", "INVALID_INPUT"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt", "INVALID_INPUT"),
    ]
    for given, field, code in tries:
        refused = await owner.command(CREATE, {"terms": {**TERMS, **given}})
        assert (refused["key"], refused["client"]) == (None, None)
        assert [(error["field"], error["code"]) for error in refused["userErrors"]] == [(field, code)], given
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from client where tenant_id = $1") == 0


async def test_a_client_is_limited_to_sites_of_the_companys_own(owner: Caller) -> None:
    place = {"place": PLANT, "names": {"en": "Plant"}, "kind": "plant", "own": True, "timeZone": "Asia/Shanghai"}
    assert (await owner.command(LOCATIONS, {"locations": [place]}))["userErrors"] == []
    made = await owner.command(CREATE, {"terms": {**TERMS, "sites": ["(414)4012345000009"], "addresses": ["203.0.113.7"]}})
    assert (made["client"]["sites"], made["client"]["addresses"]) == ([PLANT], ["203.0.113.7/32"])
    changed = await owner.command(UPDATE, {"id": made["client"]["id"], "terms": {"name": "WMS", "scopes": ["trace.read"]}})
    assert (changed["client"]["name"], changed["client"]["scopes"], changed["client"]["sites"]) == ("WMS", ["trace.read"], [])


async def test_an_administrator_gives_machines_no_more_than_he_has(firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    administrator = await caller_of(firm, Role.ADMINISTRATOR)
    ships: dict[str, Any] = {"terms": {"name": "WMS", "scopes": ["shipments.command"]}}
    refusal = await administrator.refusal(CREATE, {"input": ships})
    assert refusal["code"] == "PERMISSION_DENIED"
    assert "shipments.command" in refusal["message"]
    made = await owner.command(CREATE, ships)
    given = {"id": made["client"]["id"]}
    more: list[tuple[str, dict[str, Any]]] = [(ADD, {}), (UPDATE, ships)]
    for mutation, terms in more:
        assert (await administrator.refusal(mutation, {"input": {**given, **terms}}))["code"] == "PERMISSION_DENIED"
    # To end what is too much, one needn't have it.
    assert (await administrator.command(REVOKE, given))["client"]["revokedAt"] is not None


async def test_who_may_only_look_changes_nothing(firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    made = await owner.command(CREATE, {"terms": TERMS})
    auditor = await caller_of(firm, Role.AUDITOR)
    assert len((await auditor.ask(LIST, {"revoked": False}))["apiClients"]["nodes"]) == 1
    for mutation, given in (
        (CREATE, {"terms": TERMS}), (ADD, {"id": made["client"]["id"]}), (UPDATE, {"id": made["client"]["id"], "terms": TERMS}),
        (REVOKE_SECRET, {"id": made["secretId"]}), (REVOKE, {"id": made["client"]["id"]}),
    ):  # fmt: skip
        assert (await auditor.refusal(mutation, {"input": given}))["code"] == "PERMISSION_DENIED"
    worker = await caller_of(firm, Role.WORKER)
    assert (await worker.refusal(LIST, {"revoked": False}))["code"] == "PERMISSION_DENIED"


async def test_another_companys_clients_are_as_if_they_were_not(
    owner: Caller, other_firm: Firm, caller_of: Callable[..., Awaitable[Caller]], client: httpx.AsyncClient
) -> None:
    made = await owner.command(CREATE, {"terms": TERMS})
    stranger = await caller_of(other_firm)
    for mutation, given, code in (
        (ADD, {"id": made["client"]["id"]}, "CLIENT_NOT_FOUND"), (REVOKE, {"id": made["client"]["id"]}, "CLIENT_NOT_FOUND"),
        (UPDATE, {"id": made["client"]["id"], "terms": TERMS}, "CLIENT_NOT_FOUND"), (ADD, {"id": "x"}, "CLIENT_NOT_FOUND"),
        (REVOKE_SECRET, {"id": made["secretId"]}, "CLIENT_SECRET_NOT_FOUND"), (REVOKE_SECRET, {"id": "x"}, "CLIENT_SECRET_NOT_FOUND"),
    ):  # fmt: skip
        assert codes(await stranger.command(mutation, given)) == [code]
    assert (await stranger.ask("query($id: ID!) { apiClient(id: $id) { id } }", {"id": made["client"]["id"]})) == {"apiClient": None}
    assert await me(client, made["key"]) == 200
