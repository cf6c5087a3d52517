"""Hostile requests: each gets a clear refusal, none an internal error."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.services import Services
from tests.factories import CUSTOMER, PLANT
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.operations import leaves, operations
from tests.graphql.test_commands import written
from tests.shared_data import SHARED_DATA, needs_shared_data

LISTS = "security-corpora/lists"


def corpus(name: str) -> list[str]:
    """The payloads of one list of the shared data."""
    listed = json.loads((SHARED_DATA / LISTS / name).read_text(encoding="utf-8"))
    return [entry.get("payload", entry.get("string")) for entry in listed]


def is_clean(answer: httpx.Response) -> bool:
    """Refused by status, or with errors that aren't ours."""
    if answer.status_code >= 500:
        return False
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
    return "INTERNAL" not in codes and "UNAVAILABLE" not in codes


@needs_shared_data
async def test_known_attacks_on_graphql_are_refused_cleanly(client: httpx.AsyncClient, owner: Caller, anonymous: Caller) -> None:
    headers = {**owner.headers, "Content-Type": "application/json"}
    for payload in corpus("graphql.json"):
        for answer in (
            await owner.post(payload),
            await anonymous.post(payload),
            await client.post("/graphql", content=payload.encode(), headers=headers),
            await client.get("/graphql", params={"query": payload}),
        ):
            assert is_clean(answer), payload
            assert answer.status_code >= 400 or "errors" in answer.json() or "__schema" in payload, payload


@needs_shared_data
@pytest.mark.parametrize("name", ["naughty_strings.json", "sqli.json", "nosqli.json"])
async def test_hostile_text_in_a_key_is_looked_up_or_refused_and_never_run(works: Firm, services: Services, owner: Caller, name: str) -> None:
    before = await written(services, works.tenant_id)
    query = """query($text: String!, $id: ID!) { traceableObject(key: $text) { id } node(id: $id) { id }
      events(first: 1, filter: {objectKey: $text, bizSteps: [$text], eventIDs: [$text]}) { nodes { id } } }"""
    for text in corpus(name):
        answer = await _post(owner, query, {"text": text, "id": text})
        assert is_clean(answer), text
        assert "errors" in answer.json(), text
    assert await written(services, works.tenant_id) == before


async def test_hostile_text_in_every_argument_is_answered_cleanly(works: Firm, owner: Caller) -> None:
    identifier = "(01)09506000134352(10)" + "é" * 30
    hostile = ["\x00", "'; drop table event; --", "\ud800", "x" * 5_000, "\u202e\u0000", "%00", "../../etc/passwd", identifier, "💥"]
    for operation in operations("query", "mutation"):
        if operation.name in ("signIn", "signOut"):
            continue
        for path, listed in leaves(operation.field):
            for text in hostile:
                variables: Any = json.loads(json.dumps(operation.variables))
                place = variables
                for name in path[:-1]:
                    place = place.setdefault(name, {})
                    place = place[0] if isinstance(place, list) else place
                place[path[-1]] = [text] if listed else text
                answer = await _post(owner, operation.document(variables), variables)
                assert is_clean(answer), (operation.name, path, text, answer.text)


async def test_extreme_numbers_and_times_are_answered_cleanly(works: Firm, owner: Caller) -> None:
    ship = "mutation($input: ShipInput!) { ship(input: $input) { userErrors { code } } }"
    line = {"key": "D-1", "uom": "KGM"}
    for quantity in ("NaN", "Infinity", "1e999999", "-0", "0.0000000000000000000000000000001", "9" * 61, 10**25, 1e300, True, None, "1_0", "١"):
        given = {"lines": [{**line, "quantity": quantity}], "fromPlace": PLANT, "toParty": CUSTOMER}
        assert is_clean(await _post(owner, ship, {"input": given})), quantity
    trace = 'query($at: DateTime!) { trace(key: "D-1", direction: BACKWARD, asOf: $at) { nodeCount } }'
    for moment in (
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999-14:00",
        "2026-02-30T00:00:00Z",
        "2026-03-02",
        "now",
        "",
        5,
        "2026-W10-1T00:00Z",
    ):
        assert is_clean(await owner.post(trace, {"at": moment})), moment
    for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"):
        assert (await owner.ask(trace, {"at": moment}))["trace"] is not None


async def _post(owner: Caller, query: str, variables: dict[str, Any]) -> httpx.Response:
    """As any client may write it: escaped, so that NUL and unpaired surrogates get through to the reader."""
    headers = {**owner.headers, "Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    return await owner.client.post("/graphql", content=json.dumps({"query": query, "variables": variables}).encode(), headers=headers)
