"""The wall at the HTTP edge: every route × nobody, a wrong token, a role without the permission, another tenant's identifiers.

Generated from the application's routes: a route that these tests have no request for fails them.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from urllib.parse import quote
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar

from backend.services import Services
from infra.clock import now
from infra.ids import uuid7
from mobile_api.app import create_app
from tenants.http import PERMISSION, PUBLIC, SIGNED_IN, declared_routes, undeclared_routes
from tenants.permissions import Permission, Role, permissions_of
from tests.factories import FLOUR, PLANT, lot, made, quantity
from tests.graphql.test_commands import document
from tests.isolation.gate import RESOURCES
from tests.isolation.people import Person, contents, new_person, new_tenant, paths_of
from tests.mobile_api import phones

# What is open to everyone stands here too: a route isn't made public by one line alone.
OPEN_TO_ALL: Final = {
    ("/auth/sign-in", "POST"), ("/auth/refresh", "POST"), ("/graphql", "GET"), ("/graphql", "POST"), ("/graphql", "WEBSOCKET"),
    ("/oauth/token", "POST"), ("/.well-known/oauth-authorization-server", "GET"),
    ("/mobile/v1/devices", "POST"), ("/mobile/v1/devices/token", "POST"),
    ("/", "GET"), ("/01", "GET"), ("/01", "HEAD"), ("/01/{rest:path}", "GET"), ("/01/{rest:path}", "HEAD"),
    ("/validator", "GET"), ("/validator", "POST"), ("/validator/examples/{name:str}", "GET"),
    ("/supplier/{token:str}", "GET"), ("/supplier/{token:str}", "POST"),
    ("/recall/{token:str}", "GET"), ("/recall/{token:str}", "POST"),
    ("/health/live", "GET"), ("/health/ready", "GET"), ("/metrics", "GET"),
    # Signs its caller in by itself: see tests/subscriptions/test_socket.py.
    ("/epcis/queries/{name:str}/events", "WEBSOCKET"),
}  # fmt: skip


QUERY: Final = "/epcis/queries/SimpleEventQuery"
SUBSCRIPTION: Final = "/epcis/queries/{name:str}/subscriptions/{subscription_id:str}"


@dataclass(frozen=True)
class Asked:
    """A request that the route would take, if the caller might ask."""

    path: str
    body: Any = None
    taken: int = 200
    only_reads: bool = False


def requests() -> dict[tuple[str, str], Asked]:
    """One for each route that isn't open to everyone."""
    event = made([], [quantity(lot(FLOUR, "F1"), 5)])
    return {
        ("/auth/sign-out", "POST"): Asked("/auth/sign-out", taken=204),
        ("/auth/me", "GET"): Asked("/auth/me"),
        ("/epcis/capture", "POST"): Asked("/epcis/capture", document(event), 202),
        ("/epcis/capture", "GET"): Asked("/epcis/capture"),
        ("/epcis/capture/{job_id:str}", "GET"): Asked(f"/epcis/capture/{uuid7()}", taken=404),
        ("/epcis/capture/{job_id:str}/results", "GET"): Asked(f"/epcis/capture/{uuid7()}/results", taken=404),
        ("/epcis/events", "GET"): Asked("/epcis/events"),
        ("/epcis/events", "POST"): Asked("/epcis/events", {"@context": document()["@context"], **event}, 201),
        ("/epcis/events/{event_id:path}", "GET"): Asked(f"/epcis/events/urn:uuid:{uuid4()}", taken=404),
        ("/epcis/masterData", "POST"): Asked("/epcis/masterData", {"@id": f"https://id.gs1.org/01/{FLOUR}", "gs1:brand": "B"}),
        ("/epcis/masterData", "GET"): Asked("/epcis/masterData"),
        ("/epcis/validate", "POST"): Asked("/epcis/validate", document(event), only_reads=True),
        ("/epcis", "GET"): Asked("/epcis"),
        # What is found is put on the trail: tests/shapes/test_exports.py.
        ("/trace/exports/{form:str}", "GET"): Asked("/trace/exports/csv?key=none", taken=404),
        **{(f"/epcis/{name}", "GET"): Asked(f"/epcis/{name}") for name in RESOURCES},
        **{(f"/epcis/{name}/{{rest:path}}", "GET"): Asked(f"/epcis/{name}/urn:x:none/events", taken=404) for name in RESOURCES},
        ("/epcis/queries", "GET"): Asked("/epcis/queries"),
        ("/epcis/queries", "POST"): Asked("/epcis/queries", {"name": f"q{uuid4().hex}", "query": {"EQ_bizStep": ["shipping"]}}, 201),
        ("/epcis/queries/{name:str}", "GET"): Asked(QUERY),
        ("/epcis/queries/{name:str}", "DELETE"): Asked("/epcis/queries/none", taken=404),
        ("/epcis/queries/{name:str}/events", "GET"): Asked(f"{QUERY}/events"),
        ("/epcis/queries/{name:str}/subscriptions", "GET"): Asked(f"{QUERY}/subscriptions"),
        ("/epcis/queries/{name:str}/subscriptions", "POST"): Asked(f"{QUERY}/subscriptions", {"dest": "http://127.0.0.1:1025/", "stream": True}, 201),
        (f"{SUBSCRIPTION}", "GET"): Asked(f"{QUERY}/subscriptions/{uuid7()}", taken=404),
        (f"{SUBSCRIPTION}", "DELETE"): Asked(f"{QUERY}/subscriptions/{uuid7()}", taken=404),
        (f"{SUBSCRIPTION}/resume", "POST"): Asked(f"{QUERY}/subscriptions/{uuid7()}/resume", {}, 404),
        ("/mobile/v1/sync", "POST"): Asked("/mobile/v1/sync", {"entries": [phones.received(lot(FLOUR, "F1"))]}),
        ("/mobile/v1/changes", "GET"): Asked("/mobile/v1/changes"),
        ("/mobile/v1/uploads", "POST"): Asked("/mobile/v1/uploads", {"contentType": "image/png", "size": 3, "sha256": "0" * 64}, 201),
        # Only an enrolled phone is told: see tests/mobile_api/test_devices_switching.py.
        ("/mobile/v1/devices/members", "GET"): Asked("/mobile/v1/devices/members", taken=403),
        ("/mobile/v1/devices/switch", "POST"): Asked("/mobile/v1/devices/switch", {"badge": "syb_x"}, 403),
    }


GUARDED: Final = sorted(requests())
SPELLINGS: Final = (
    "/EPCIS/capture", "/epcis//capture", "//epcis/capture", "/epcis/./capture", "/01/../epcis/capture", "/epcis/capture;x=1", "/epcis/capture%2f",
    "/%65pcis/capture", "/epcis/capture%00", "/health/live/../../epcis/capture", "/metrics/epcis/capture",
)  # fmt: skip


@dataclass(frozen=True)
class House:
    """The application on a database of its own, so that whatever is written anywhere is seen."""

    services: Services
    app: Litestar
    client: httpx.AsyncClient
    superuser: asyncpg.Connection

    async def ask(self, method: str, asked: Asked, headers: dict[str, str] | None = None) -> httpx.Response:
        """Send a request; JSON where there is a body."""
        content = None if asked.body is None else json.dumps(asked.body)
        given = {} if content is None else {"Content-Type": "application/json"}
        return await self.client.request(method, asked.path, content=content, headers={**given, **(headers or {})})


@pytest.fixture(scope="module")
async def house(clone_services: Services, cluster: Any, clone: Any) -> AsyncIterator[House]:
    app = create_app(services=clone_services)
    superuser = await asyncpg.connect(cluster.admin_dsn, database=clone.app.rsplit("/", 1)[1])
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        yield House(clone_services, app, client, superuser)
    await superuser.close()


@pytest.fixture(scope="module")
async def owner(house: House) -> Person:
    return await new_person(house.services, await new_tenant(house.services))


def test_every_route_says_who_may_use_it_and_is_tried_here(house: House) -> None:
    assert undeclared_routes(house.app) == []
    declared = {(path, method): opt for path, method, opt in declared_routes(house.app)}
    # What the standard's discovery tells is the same for everybody.
    discovered = {(path, "OPTIONS") for path, _ in declared if path.startswith("/epcis")}
    assert {route for route, opt in declared.items() if PUBLIC in opt} == OPEN_TO_ALL | discovered
    assert declared.keys() - OPEN_TO_ALL - discovered == set(GUARDED)
    assert all(len(str(opt.get(PUBLIC, opt.get(SIGNED_IN, "a permission")))) > 10 for opt in declared.values())


def permission_of(house: House, path: str, method: str) -> Permission | None:
    """The permission that a route asks for."""
    return next(opt.get(PERMISSION) for at, by, opt in declared_routes(house.app) if (at, by) == (path, method))


async def test_whoever_may_is_let_in(house: House) -> None:
    """Without this the refusals below would prove nothing."""
    for (_, method), asked in requests().items():
        person = await new_person(house.services, await new_tenant(house.services))
        before = await contents(house.superuser)
        answer = await house.ask(method, asked, person.headers)
        assert answer.status_code == asked.taken, (asked.path, answer.text)
        assert (await contents(house.superuser) == before) == (method == "GET" or asked.only_reads or asked.taken >= 400)


async def wrong_tokens(house: House) -> dict[str, tuple[dict[str, str], str]]:
    """Headers that must not pass, each with the code of the refusal."""
    services, tokens = house.services, house.services.identity.access_tokens
    person, stranger = [await new_person(services, await new_tenant(services)) for _ in range(2)]
    good = person.tokens.access_token
    claims = jwt.decode(good, options={"verify_signature": False})
    header = jwt.get_unverified_header(good)
    ids: dict[str, Any] = {
        "subject_id": person.principal.actor_id,
        "tenant_public_id": person.tenant.public_id,
        "session_id": person.principal.session_id,
    }
    revoked, removed = [await new_person(services, person.tenant) for _ in range(2)]
    await services.identity.sign_out(revoked.principal)
    membership = removed.principal.membership_id
    await house.superuser.execute("update suyuan.membership set active = false where membership_id = $1", membership)
    everywhere = await new_person(services, person.tenant)
    await services.identity.end_all_sessions(everywhere.principal.actor_id)
    forged = jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header)
    unsigned = jwt.encode(claims, "", algorithm="none", headers={**header, "alg": "none"})
    symmetric = jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"kid": header["kid"], "typ": header["typ"]})
    other_tenant = tokens.issue(**{**ids, "tenant_public_id": stranger.tenant.public_id}, epoch=0)
    other_session = tokens.issue(**{**ids, "session_id": stranger.principal.session_id}, epoch=0)
    bearer: dict[str, tuple[str, str]] = {
        "forged": (forged, "TOKEN_INVALID"),
        "unsigned": (unsigned, "TOKEN_INVALID"),
        "signed with a shared secret": (symmetric, "TOKEN_INVALID"),
        "cut": (good[:-4], "TOKEN_INVALID"),
        "refresh token": (person.tokens.refresh_token, "TOKEN_INVALID"),
        "words": ("let me in", "TOKEN_INVALID"),
        "expired": (tokens.issue(**ids, epoch=0, issued_at=now() - timedelta(hours=1)), "TOKEN_EXPIRED"),
        "revoked": (revoked.tokens.access_token, "SESSION_ENDED"),
        "membership ended": (removed.tokens.access_token, "SESSION_ENDED"),
        "ended everywhere": (everywhere.tokens.access_token, "SESSION_ENDED"),
        "another tenant": (other_tenant, "SESSION_ENDED"),
        "another's session": (other_session, "SESSION_ENDED"),
        "no session": (tokens.issue(**{**ids, "session_id": uuid4()}, epoch=0), "SESSION_ENDED"),
    }
    headers: dict[str, tuple[dict[str, str], str]] = {name: ({"Authorization": f"Bearer {token}"}, code) for name, (token, code) in bearer.items()}
    return headers | {
        "nothing": ({}, "NOT_AUTHENTICATED"),
        "basic": ({"Authorization": "Basic b3duZXI6eA=="}, "TOKEN_INVALID"),
        "empty": ({"Authorization": "Bearer "}, "TOKEN_INVALID"),
        "in a cookie": ({"Cookie": f"token={good}; access_token={good}; session={good}"}, "NOT_AUTHENTICATED"),
        "in a header of its own": ({"X-Access-Token": good, "X-Forwarded-User": person.login, "X-Tenant": person.tenant.slug}, "NOT_AUTHENTICATED"),
    }


@pytest.fixture(scope="module")
async def wrong(house: House) -> dict[str, tuple[dict[str, str], str]]:
    return await wrong_tokens(house)


@pytest.mark.parametrize(("path", "method"), GUARDED)
async def test_nobody_passes_with_a_wrong_token_and_nothing_is_written(
    house: House, wrong: dict[str, tuple[dict[str, str], str]], path: str, method: str
) -> None:
    before = await contents(house.superuser)
    for name, (headers, code) in wrong.items():
        answer = await house.ask(method, requests()[path, method], headers)
        assert (answer.status_code, answer.json()["code"]) == (401, code), name
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-request-id"] == answer.json()["requestId"]
    query = f"{requests()[path, method].path}?access_token={next(iter(wrong.values()))[0]['Authorization'][7:]}"
    assert (await house.ask(method, Asked(query, requests()[path, method].body))).status_code == 401
    assert await contents(house.superuser) == before


async def test_two_tokens_are_one_too_many(house: House, owner: Person) -> None:
    authorization = owner.headers["Authorization"]
    for path, method in GUARDED:
        asked = requests()[path, method]
        headers = [("Authorization", authorization), ("Authorization", authorization), ("Content-Type", "application/json")]
        answer = await house.client.request(method, asked.path, content=json.dumps(asked.body), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_passes_where_it_has_the_permission_and_nowhere_else(house: House, owner: Person, role: Role) -> None:
    person = await new_person(house.services, owner.tenant, role)
    refused = 0
    for path, method in GUARDED:
        permission = permission_of(house, path, method)
        if permission is None or permission in permissions_of(role):
            continue
        before = await contents(house.superuser)
        answer = await house.ask(method, requests()[path, method], person.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED"), path
        assert str(permission) in answer.json()["detail"]
        assert await contents(house.superuser) == before
        refused += 1
    assert refused > 0 or permissions_of(role) >= {Permission.EVENTS_CAPTURE, Permission.EVENTS_READ, Permission.MOBILE_SYNC}


async def test_no_other_method_and_no_other_spelling_of_a_path_leads_in(house: House) -> None:
    before = await contents(house.superuser)
    known = {(path, method) for path, method, _ in declared_routes(house.app)}
    for path in paths_of(house.app):
        concrete = path.replace("{job_id:str}", str(uuid7())).replace("{event_id:path}", "x").replace("{rest:path}", "x")
        concrete = concrete.replace("{name:str}", "none").replace("{subscription_id:str}", str(uuid7()))
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get"):
            if (path, method.upper()) in known:
                continue
            answer = await house.client.request(method, concrete, headers={"Content-Type": "application/json"}, content="{}")
            assert answer.status_code in (400, 401, 404, 405), (method, path, answer.status_code)
    for path in SPELLINGS:
        answer = await house.client.get(path)
        assert answer.status_code in (400, 401, 404), (path, answer.status_code)
    assert await contents(house.superuser) == before


CAUSES: Final = "query($k: String!) { traceableObject(key: $k) { id holdCauses { reason } } }"
HOLD: Final = 'mutation($k: String!) { placeHold(input: {key: $k, reason: "x"}) { hold { id } } }'
# Where a request names something: the same with what another tenant has and with what nobody has.
NAMING: Final[dict[str, tuple[str, str, Any]]] = {
    "job": ("GET", "/epcis/capture/{job}", None),
    "job's results": ("GET", "/epcis/capture/{job}/results", None),
    "jobs from": ("GET", "/epcis/capture?nextPageToken={job}", None),
    "event": ("GET", "/epcis/events/{event}", None),
    "event by our id": ("GET", "/epcis/events/{public_id}", None),
    "event by hash": ("GET", "/epcis/events/{event_hash}", None),
    "events by id": ("GET", "/epcis/events?EQ_eventID={event}", None),
    "events of a lot": ("GET", "/epcis/events?MATCH_anyEPCClass={lot}", None),
    "events of a transformation": ("GET", "/epcis/events?EQ_transformationID={event}", None),
    "events from": ("GET", "/epcis/events?nextPageToken={token}", None),
    "master data": ("GET", "/epcis/masterData?EQ_name={lot}", None),
    "events by a step of their own": ("GET", "/epcis/bizSteps/{step}/events", None),
    "a disposition of their own": ("GET", "/epcis/dispositions/{step}", None),
    "an object": ("GET", "/epcis/epcs/{lot_escaped}", None),
    "events of an object": ("GET", "/epcis/epcs/{lot_escaped}/events", None),
    "event of a type": ("GET", "/epcis/eventTypes/ObjectEvent/events/{event}", None),
    "a business location": ("GET", "/epcis/bizLocations/{place}", None),
    "a read point": ("GET", "/epcis/readPoints/{place}/events", None),
    "events by an extension": ("GET", "/epcis/events?EQ_https://ns.example.com/word={step}", None),
    "events by ILMD": ("GET", "/epcis/events?EQ_ILMD_https://ns.example.com/word={step}", None),
    "named query": ("GET", "/epcis/queries/{query}", None),
    "events of a named query": ("GET", "/epcis/queries/{query}/events", None),
    "subscriptions of a named query": ("GET", "/epcis/queries/{query}/subscriptions", None),
    "subscribing to a named query": ("POST", "/epcis/queries/{query}/subscriptions", {"dest": "http://127.0.0.1:1025/", "stream": True}),
    "deleting a named query": ("DELETE", "/epcis/queries/{query}", None),
    "subscription": ("GET", "/epcis/queries/SimpleEventQuery/subscriptions/{subscription}", None),
    "ending a subscription": ("DELETE", "/epcis/queries/SimpleEventQuery/subscriptions/{subscription}", None),
    "resuming a subscription": ("POST", "/epcis/queries/SimpleEventQuery/subscriptions/{subscription}/resume", {}),
    "page": ("GET", "/{lot_path}", None),
    "page as linked data": ("GET", "/{lot_path}?linkType=linkset", None),
    "command": ("POST", "/mobile/v1/sync", {"entries": [{"mode": "command", "kind": "ship", "id": "{event_uuid}", "sequence": 1,
                "occurredAt": "NOW", "goods": [{"key": "{lot}", "quantity": 1}], "fromPlace": PLANT, "toParty": PLANT}]}),
    "query": ("POST", "/graphql", {"query": CAUSES, "variables": {"k": "{lot}"}}),
    "node": ("POST", "/graphql", {"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": "{hold}"}}),
}  # fmt: skip


@dataclass(frozen=True)
class Twins:
    """What another tenant has, by name, with what looks like it and nobody has."""

    taken: dict[str, str]
    free: dict[str, str]


@pytest.fixture(scope="module")
async def twins(house: House) -> Twins:
    stranger = await new_person(house.services, await new_tenant(house.services))
    place = "https://firm.example/theirs"
    event = made(
        [], [quantity(lot(FLOUR, "THEIRS"), 5)], bizStep="https://firm.example/step", disposition="https://firm.example/step",
        bizLocation={"id": place}, readPoint={"id": place}, ilmd={"https://ns.example.com/word": "https://firm.example/step"},
    ) | {"https://ns.example.com/word": "https://firm.example/step"}  # fmt: skip
    documents = [made([], [quantity(lot(FLOUR, "OTHER"), 5)]) for _ in range(3)]
    answer = await house.ask("POST", Asked("/epcis/capture", document(event, *documents)), stranger.headers)
    page = await house.ask("GET", Asked("/epcis/events?perPage=1"), stranger.headers)
    query = {"query": HOLD, "variables": {"k": lot(FLOUR, "THEIRS")}}
    held = await house.ask("POST", Asked("/graphql", query), {**stranger.headers, "Idempotency-Key": str(uuid4())})
    row = await house.superuser.fetchrow(
        "select public_id, event_hash from suyuan.event where tenant_id = $1 and event_key = $2", stranger.tenant.tenant_id, f"e:{event['eventID']}"
    )
    assert row is not None
    hold = held.json()["data"]["placeHold"]["hold"]["id"]
    subscribed = await house.ask("POST", requests()["/epcis/queries/{name:str}/subscriptions", "POST"], stranger.headers)
    named = await house.ask("POST", requests()["/epcis/queries", "POST"], stranger.headers)
    taken = {
        "query": named.json()["name"], "subscription": subscribed.json()["subscriptionID"],
        "job": answer.json()["captureID"], "event": event["eventID"], "event_uuid": event["eventID"].removeprefix("urn:uuid:"),
        "public_id": str(row["public_id"]), "event_hash": row["event_hash"], "lot": lot(FLOUR, "THEIRS"), "lot_path": f"01/{FLOUR}/10/THEIRS",
        "lot_escaped": quote(lot(FLOUR, "THEIRS"), safe=""), "step": quote("https://firm.example/step", safe=""), "place": quote(place, safe=""),
        "token": page.headers["Link"].split("nextPageToken=")[1].split(">")[0], "hold": hold,
    }  # fmt: skip
    free = {
        name: value[:-1] + ("0" if value[-1] != "0" else "1")
        for name, value in taken.items()
        if name not in ("lot", "lot_path", "lot_escaped", "event_hash")
    }
    free |= {"lot": lot(FLOUR, "NOBODY"), "lot_path": f"01/{FLOUR}/10/NOBODY", "lot_escaped": quote(lot(FLOUR, "NOBODY"), safe=""), "token": "czg%3D"}
    free["event_hash"] = row["event_hash"].replace("sha-256;", "sha-256;0")[: len(row["event_hash"])].replace(";0", ";f", 1)
    free["event_uuid"] = free["event"].removeprefix("urn:uuid:")
    free["hold"] = taken["hold"][:-3] + ("Aaa" if taken["hold"][-3:] != "Aaa" else "Bbb")
    assert UUID(free["job"]) != UUID(taken["job"])
    return Twins(taken, free)


def comparable(answer: httpx.Response, named: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Status, headers and body without what differs between any two answers, and without what was asked for."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "content-length", "etag", "ratelimit")}
    text = answer.text
    for name in ("requestId", "request_id"):
        text = text.replace(answer.headers["x-request-id"], name)
    for given in sorted(named.values(), key=len, reverse=True):
        text = text.replace(given, "…")
        headers = {name: value.replace(given, "…") for name, value in headers.items()}
    return answer.status_code, headers, "".join(part for part in text.split("\n") if "creationDate" not in part)


def filled(template: Any, named: dict[str, str]) -> Any:
    text = json.dumps(template).replace("NOW", now().isoformat())
    for name, value in named.items():
        text = text.replace("{" + name + "}", value)
    return json.loads(text)


@pytest.mark.parametrize("name", NAMING)
async def test_what_another_tenant_has_answers_like_what_nobody_has(house: House, owner: Person, twins: Twins, name: str) -> None:
    method, path, body = NAMING[name]
    before = await contents(house.superuser, None)
    answers = []
    for named in (twins.taken, twins.free):
        asked = Asked(filled(path, named), filled(body, named) if body else None)
        answer = await house.ask(method, asked, {**owner.headers, "Accept": "application/json"})
        assert answer.status_code < 500, answer.text
        answers.append(comparable(answer, named))
    without_dates = [(status, headers, _without_creation(text)) for status, headers, text in answers]
    assert without_dates[0] == without_dates[1]
    if method == "GET":
        assert await contents(house.superuser, None) == before


def _without_creation(text: str) -> str:
    if '"creationDate"' not in text:
        return text
    document = json.loads(text)
    document.pop("creationDate")
    return json.dumps(document)


async def test_another_tenants_event_told_again_is_the_tellers_own(house: House, owner: Person, twins: Twins) -> None:
    event = {**made([], [quantity(lot(FLOUR, "THEIRS"), 7)]), "eventID": twins.taken["event"]}
    answer = await house.ask("POST", Asked("/epcis/events", {"@context": document()["@context"], **event}), owner.headers)
    assert (answer.status_code, answer.json()["status"]) == (201, "accepted")
    shown = await house.ask("GET", Asked(f"/epcis/events/{twins.taken['event']}"), owner.headers)
    [told] = shown.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert told["quantityList"][0]["quantity"] == 7
    held = {"query": CAUSES, "variables": {"k": twins.taken["lot"]}}
    assert (await house.ask("POST", Asked("/graphql", held), owner.headers)).json()["data"]["traceableObject"]["holdCauses"] == []
