"""The trail is complete: every mutation and every writing route is known to `tests/trail.py`, which watches what all tests do."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tenants.audit.actions import ACTIONS
from tenants.http import declared_routes
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.operations import operations
from tests.trail import MAY_DO_NOTHING, MUTATIONS, MUTATIONS_WITHOUT, ROUTES, ROUTES_MAY_DO_NOTHING, ROUTES_WITHOUT, WRITING, Trail, succeeded

PUT = "mutation($input: PutPartnersInput!) { putPartners(input: $input) { userErrors { code } } }"
PARTNER = {"partners": [{"party": "https://id.gs1.org/417/9506000134031", "names": {"en": "Mill"}}]}


def test_every_mutation_says_what_it_leaves_on_the_trail_or_why_nothing() -> None:
    names = {operation.name for operation in operations("mutation")}
    assert names - MUTATIONS.keys() - MUTATIONS_WITHOUT.keys() == set(), "say it in tests/trail.py"
    assert (MUTATIONS.keys() | MUTATIONS_WITHOUT.keys()) - names == set()
    assert MUTATIONS.keys() & MUTATIONS_WITHOUT.keys() == set()
    assert set(MUTATIONS) >= MAY_DO_NOTHING.keys()


def test_every_writing_route_says_what_it_leaves_on_the_trail_or_why_nothing(app: Litestar) -> None:
    routes = {(path, method) for path, method, _ in declared_routes(app) if method in WRITING}
    assert routes - ROUTES.keys() - ROUTES_WITHOUT.keys() == set(), "say it in tests/trail.py"
    assert (ROUTES.keys() | ROUTES_WITHOUT.keys()) - routes == set()
    assert set(ROUTES) >= ROUTES_MAY_DO_NOTHING.keys()


def test_what_they_leave_is_described() -> None:
    left = {action for actions in (*MUTATIONS.values(), *ROUTES.values()) for action in actions}
    assert left - ACTIONS.keys() == set()
    assert all(len(reason) > 20 for reason in (*MUTATIONS_WITHOUT.values(), *ROUTES_WITHOUT.values()))


@pytest.fixture
async def owner(client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]], firm: Firm) -> Caller:
    return Caller(client, await bearer(firm))


async def test_the_watch_sees_a_mutation_that_leaves_nothing(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that it is there to find."""

    async def forget(*_: Any, **__: Any) -> None:
        """A use case in which nobody thought of the trail."""

    assert (await owner.ask(PUT, {"input": PARTNER}))["putPartners"]["userErrors"] == []
    monkeypatch.setattr("tenants.audit.record", forget)
    with pytest.raises(AssertionError, match=r"putPartners succeeded, and left \[\] on the trail"):
        await owner.ask(PUT, {"input": PARTNER})


async def test_the_watch_sees_a_route_that_leaves_nothing(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forget(*_: Any, **__: Any) -> None:
        """The same."""

    upload = {"contentType": "image/png", "size": 3, "sha256": "0" * 64}
    assert (await owner.client.post("/mobile/v1/uploads", json=upload, headers=owner.headers)).status_code == 201
    monkeypatch.setattr("tenants.audit.record", forget)
    with pytest.raises(AssertionError, match="POST /mobile/v1/uploads succeeded"):
        await owner.client.post("/mobile/v1/uploads", json=upload, headers=owner.headers)


async def test_the_watch_sees_an_act_that_is_told_as_anothers(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def another(self: Trail, database: str, request_id: str) -> list[dict[str, Any]]:
        return [{"action": "partners.put", "actor_kind": "person", "actor_id": "somebody"}]

    monkeypatch.setattr(Trail, "of_request", another)
    with pytest.raises(AssertionError, match="is on the trail as another's act"):
        await owner.ask(PUT, {"input": PARTNER})


@pytest.mark.parametrize(
    ("query", "answer", "found"),
    [
        ("mutation { a: putPartners { userErrors { code } } }", {"data": {"a": {"userErrors": []}}}, ["putPartners"]),
        ("mutation { putPartners { userErrors { code } } }", {"data": {"putPartners": {"userErrors": [{"code": "CONFLICT"}]}}}, []),
        ("mutation { putPartners { userErrors { code } } }", {"data": None, "errors": []}, []),
        ("query { holds { userErrors } }", {"data": {"holds": {"userErrors": []}}}, []),
        ("mutation { ship { userErrors { code } } signOut { userErrors { code } } }", {"data": {"ship": {"userErrors": []}}}, ["ship"]),
        ("no document", {"data": {}}, []),
    ],
)
def test_the_watch_tells_what_was_done_from_what_was_refused(query: str, answer: dict[str, Any], found: list[str]) -> None:
    request = httpx.Request("POST", "http://suyuan.test/graphql", json={"query": query})
    assert [name for name, _, _ in succeeded(request, httpx.Response(200, json=answer))] == found
