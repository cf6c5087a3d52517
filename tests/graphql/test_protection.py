"""Each limit and each refusal of the edge, from outside."""

import asyncio
import base64
import hashlib
import re
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest

from backend.events import queries
from backend.graphql import controller
from backend.graphql.limits import MAXIMUM_ALIASES, MAXIMUM_COST, MAXIMUM_DEPTH
from backend.services import Services
from infra.settings import Environment, Settings
from mobile_api.app import create_app
from tenants.permissions import Role
from tests.firms import Firm
from tests.graphql.conftest import FLOUR_LOT, Caller

GRAPHQL = "application/graphql-response+json"


async def test_cost_multiplies_through_nested_lists_and_has_a_limit(owner: Caller) -> None:
    inner = "timeline(first: 50) { nodes { objects(first: 10) { nodes { object { id } } } } }"
    query = f"{{ events(first: 100) {{ nodes {{ objects(first: 10) {{ nodes {{ object {{ {inner} }} }} }} }} }} }}"
    refusal = await owner.refusal(query)
    # 1 + 100 × (1 event + 1 + 10 × (1 line + 1 object + 1 + 50 × (1 event + 1 + 10 × (1 line + 1 object))))
    assert refusal["code"] == "COST_LIMIT"
    assert str(1 + 100 * (2 + 10 * (3 + 50 * (2 + 10 * 2)))) in refusal["message"]
    assert str(MAXIMUM_COST) in refusal["message"]


async def test_cost_counts_variables_their_defaults_and_fragments(owner: Caller) -> None:
    async def cost(query: str, variables: dict[str, Any] | None = None) -> int:
        requested: int = (await owner.post(query, variables)).json()["extensions"]["cost"]["requested"]
        return requested

    assert await cost("query($n: Int!) { events(first: $n) { nodes { id } } }", {"n": 7}) == 8
    assert await cost("query($n: Int = 9) { events(first: $n) { nodes { id } } }") == 10
    assert await cost("query($n: Int = 9) { events(last: $n) { edges { node { id } } } }", {"n": 3}) == 4
    fragments = "{ events(first: 5) { ...a ...a } } fragment a on EventConnection { nodes { location { id } } }"
    assert await cost(fragments) == 1 + 2 * 5 * 2
    assert await cost('{ node(id: "x") { ... on Event { objects(first: 10) { nodes { role } } } } }') == 1 + 1 + 10


async def test_a_document_may_not_be_nested_too_deeply_also_through_fragments(owner: Caller) -> None:
    def nested(depth: int) -> str:
        return "parent { " * (depth - 3) + "place" + " }" * (depth - 3)

    fine, deep = ("{ locations(first: 1) { nodes { " + nested(depth) + " } } }" for depth in (MAXIMUM_DEPTH, MAXIMUM_DEPTH + 1))
    assert "errors" not in (await owner.post(fine)).json()
    assert (await owner.refusal(deep))["code"] == "DEPTH_LIMIT"
    chained = "{ locations(first: 1) { nodes { ...f0 } } }" + "".join(
        f" fragment f{number} on Location {{ parent {{ ...f{number + 1} }} }}" for number in range(20)
    )
    assert (await owner.refusal(chained + " fragment f20 on Location { place }"))["code"] == "DEPTH_LIMIT"


async def test_aliases_tokens_directives_and_selections_are_limited(owner: Caller) -> None:
    aliases = " ".join(f"a{number}: __typename" for number in range(MAXIMUM_ALIASES + 1))
    spread = "{ ...a ...a ...a ...a } fragment a on Query { a: __typename b: __typename c: __typename d: __typename }"
    directives = "{ __typename " + "@include(if: true) " * 6 + "}"
    for query, code in (
        (f"{{ {aliases} }}", "ALIAS_LIMIT"), (spread, "ALIAS_LIMIT"), ("{" + " __typename" * 1_000 + "}", "TOKEN_LIMIT"),
        (directives, "DIRECTIVE_LIMIT"), ("{" + " __typename" * 101 + "}", "SELECTION_LIMIT"), ("{ __typename }" + " " * 50_000, "DOCUMENT_LIMIT"),
    ):  # fmt: skip
        assert (await owner.refusal(query))["code"] == code


async def test_exponential_fragments_cost_no_time(owner: Caller) -> None:
    """Doubled forty times over: whoever expands them never comes back."""
    doubled = "".join(f" fragment f{number} on Query {{ ...f{number + 1} ...f{number + 1} }}" for number in range(40))
    query = f"{{ ...f0 }} {doubled} fragment f40 on Query {{ a: __typename }}"
    refusal = await asyncio.wait_for(owner.refusal(query), timeout=5)
    assert refusal["code"] == "ALIAS_LIMIT"
    cyclic = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
    assert (await owner.refusal(cyclic))["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [("", "first"), ("(first: 0)", "first"), ("(first: 101)", "first"), ("(last: -1)", "last"), ("(first: 1, last: 1)", "last"),
     ('(first: 1, before: "MQ")', "before"), ('(first: 1, after: "%")', "after"), ('(first: 1, after: "bm8")', "after")],
)  # fmt: skip
async def test_page_without_a_size_or_with_a_wrong_one_is_refused(owner: Caller, arguments: str, field: str) -> None:
    refusal = await owner.refusal(f"{{ events{arguments} {{ nodes {{ id }} }} }}")
    assert (refusal["code"], refusal["field"]) == ("INVALID_INPUT", field)


@pytest.mark.parametrize(
    "query",
    [
        "{ ivents(first: 1) { nodes { id } } }", "{ events(fist: 1) { nodes { id } } }", "query($d: TraceDirektion) { __typename @include(if: $d) }",
        '{ trace(key: "x", direction: FORWART) { nodeCount } }', "{ events(first: 1, filter: {bizStepz: []}) { nodes { id } } }",
        "query($f: EventFilter) { events(first: 1, filter: $f) { nodes { id } } }",
    ],
)  # fmt: skip
async def test_suggestions_are_not_given(owner: Caller, query: str) -> None:
    answer = (await owner.post(query, {"f": {"bizStepz": []}})).json()
    assert "Did you mean" not in str(answer)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_only_json_by_post_is_taken(client: httpx.AsyncClient, owner: Caller) -> None:
    """Nothing that a form on another site can send."""
    body = b'{"query": "{ __typename }"}'
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/json; charset=latin1",
    ):
        answer = await client.post("/graphql", content=body, headers={**owner.headers, "Content-Type": content_type})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (415, "UNSUPPORTED_CONTENT_TYPE")
    answer = await client.get("/graphql", params={"query": "{ __typename }"}, headers=owner.headers)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


async def test_batches_and_broken_bodies_are_refused_with_what_to_send(client: httpx.AsyncClient, owner: Caller) -> None:
    headers = {**owner.headers, "Content-Type": "application/json"}
    for body in (
        b"", b"{", b"[]", b'[{"query": "{ __typename }"}]', b"{}", b'{"query": 5}', b'{"query": null}', b'{"query": "{a}", "variables": []}',
        b'{"query": "{a}", "operationName": 5}', b"\xff\xfe", b'{"query": "\\ud800"}', b'{"query": "{a}", "variables": ' + b"[" * 50_000,
        b'{"query": "{ __typename }", "variables": {"a": "\\u0000"}}',
    ):  # fmt: skip
        answer = await client.post("/graphql", content=body, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "INVALID_INPUT"), body[:60]


async def test_body_beyond_the_limit_is_refused(client: httpx.AsyncClient, owner: Caller) -> None:
    headers = {**owner.headers, "Content-Type": "application/json"}
    answer = await client.post("/graphql", content=b'{"query": "' + b" " * 262_144, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "TOO_LARGE")


async def test_status_follows_the_media_type_that_the_caller_accepts(owner: Caller) -> None:
    for accept, status, kind in (
        ("*/*", 200, "application/json"), ("application/json", 200, "application/json"), (GRAPHQL, 400, GRAPHQL),
        (f"{GRAPHQL}, application/json;q=0.9", 400, GRAPHQL),
    ):  # fmt: skip
        answer = await owner.post("{ nonsense }", Accept=accept)
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, kind)
        assert "data" not in answer.json()
        assert (await owner.post("{ me { roles } }", Accept=accept)).status_code == 200
    assert (await owner.post("{ __typename }", Accept="text/csv")).status_code == 406
    partial = await owner.post('{ me { roles } traceableObject(key: "x") { id } }', Accept=GRAPHQL)
    assert (partial.status_code, partial.json()["data"]) == (200, {"me": {"roles": ["owner"]}, "traceableObject": None})


async def test_answers_are_not_cached_and_carry_the_request_id(owner: Caller) -> None:
    answer = await owner.post("{ nonsense }", X_Request_Id="my-request-1")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"] == "my-request-1"
    assert answer.json()["errors"][0]["extensions"]["requestId"] == "my-request-1"


async def test_unexpected_errors_tell_nothing_but_the_request_id(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("postgresql://suyuan_app:secret@db/suyuan")

    monkeypatch.setattr(queries, "find_events", broken)
    answer = await owner.post("{ events(first: 1) { nodes { id } } me { roles } }")
    assert b"secret" not in answer.content
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert answer.json()["data"] is None


async def test_operation_that_takes_too_long_is_ended_and_says_so(owner: Caller, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(tx: Any, *_: Any, **__: Any) -> None:
        await tx.fetchval("select pg_sleep(20) where $1::int is not null")

    monkeypatch.setattr(queries, "find_events", slow)
    monkeypatch.setattr(controller, "TIMEOUT_SECONDS", 0.2)
    answer = await owner.post("{ events(first: 1) { nodes { id } } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"], answer.headers["Retry-After"]) == (503, "UNAVAILABLE", "1")
    monkeypatch.undo()
    assert "errors" not in (await owner.post("{ events(first: 1) { nodes { id } } }")).json()


async def test_statement_that_is_cut_off_leaves_the_other_fields_whole(works: Firm, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(tx: Any, *_: Any, **__: Any) -> None:
        await tx.set_planner("statement_timeout = 50")
        await tx.fetchval("select pg_sleep(20) where $1::int is not null")

    monkeypatch.setattr("backend.trace.queries.service.trace", slow)
    query = "query($key: String!) { trace(key: $key, direction: FORWARD) { nodeCount } after: traceableObject(key: $key) { productName } }"
    answer = (await owner.post(query, {"key": FLOUR_LOT})).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
    assert answer["data"] == {"trace": None, "after": {"productName": "面粉"}}


async def test_unknown_operation_name_and_subscriptions_by_post_are_refused(client: httpx.AsyncClient, owner: Caller) -> None:
    for body, code in (
        ({"query": "query a { __typename } query b { __typename }"}, "OPERATION_UNKNOWN"),
        ({"query": "query a { __typename }", "operationName": "b"}, "OPERATION_UNKNOWN"),
        ({"query": "fragment a on Query { __typename }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { eventFeed { cursor } }"}, "WRONG_TRANSPORT"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
    ):
        answer = (await client.post("/graphql", json=body, headers=owner.headers)).json()
        assert answer["errors"][0]["extensions"]["code"] == code, body
    both = {"query": "query a { a: __typename } query b { b: __typename }", "operationName": "b"}
    assert (await client.post("/graphql", json=both, headers=owner.headers)).json()["data"] == {"b": "Query"}


async def test_page_to_try_it_is_served_outside_of_production_alone(client: httpx.AsyncClient, production: httpx.AsyncClient) -> None:
    accept = {"Accept": "text/html"}
    page = await client.get("/graphql", headers=accept)
    assert "Suyuan GraphQL" in page.text
    # Nothing of it is loaded from anywhere, and what stands in it is what the policy names.
    assert not re.search(r"https?://|src=|href=|url\(|@import", page.text)
    policy = page.headers["Content-Security-Policy"]
    for kind, element in (("script-src", "script"), ("style-src", "style")):
        [text] = re.findall(rf"<{element}>(.*?)</{element}>", page.text, re.DOTALL)
        assert f"{kind} 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}';" in policy
    assert "unsafe" not in policy
    assert (await production.get("/graphql", headers=accept)).status_code == 405


INTROSPECTION = '{ __schema { queryType { name } } t: __type(name: "Event") { name } }'


async def test_production_tells_its_schema_to_owners_and_administrators_alone(
    production: httpx.AsyncClient, firm: Firm, caller_of: Any, anonymous: Caller
) -> None:
    for role, allowed in ((Role.OWNER, True), (Role.ADMINISTRATOR, True), (Role.WORKER, False), (Role.AUDITOR, False)):
        caller = Caller(production, (await caller_of(firm, role)).headers)
        answer = (await caller.post(INTROSPECTION)).json()
        assert ("data" in answer) is allowed, role
    assert (await Caller(production).refusal(INTROSPECTION))["code"] == "INTROSPECTION_OFF"
    assert (await Caller(production).refusal("{ ...a } fragment a on Query { __schema { types { name } } }"))["code"] == "INTROSPECTION_OFF"
    assert "errors" not in (await Caller(production).post("{ __typename }")).json()
    assert "errors" not in (await anonymous.post(INTROSPECTION)).json()


@pytest.fixture
async def production(services: Services, settings: Settings) -> Any:
    """The application as it is in production, on the same database."""
    strict = settings.model_copy(update={"environment": Environment.PRODUCTION})
    app = create_app(services=replace(services, settings=strict))
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as opened:
        yield opened


async def test_two_idempotency_keys_are_one_too_many(client: httpx.AsyncClient, owner: Caller) -> None:
    headers = [*owner.headers.items(), ("Idempotency-Key", str(uuid4())), ("Idempotency-Key", str(uuid4()))]
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "INVALID_INPUT")
