"""Whoever is limited to a site reads what is there, and of another site gets the answers that there would be if it didn't exist."""

import asyncio
import re
from typing import Final
from uuid import uuid4

import asyncpg
import pytest
from litestar import Litestar

from backend.events import subscriptions
from backend.graphql.pagination import encode_cursor
from backend.graphql.schema import NODES
from tenants.http import PERMISSION, PUBLIC, declared_routes
from tenants.permissions import UNDIVIDED
from tests.graphql.operations import Operation, operations
from tests.graphql.sockets import Socket
from tests.isolation.people import contents
from tests.sites.places import FIELDS_OF_NO_SITE, NODES_OF_NO_SITE, ROUTES_OF_NO_SITE, ROUTES_THAT_WRITE, is_undivided, needs_undivided
from tests.sites.reads import FIELDS, ROUTES, Read, ask, comparable
from tests.sites.town import Town, uuid_in

READS: Final = {f"{name} {number}": read for name, several in FIELDS.items() for number, read in enumerate(several)} | {
    f"{path} {number}": read for (path, _), several in ROUTES.items() for number, read in enumerate(several)
}
NAMED: Final = [name for name, read in READS.items() if read.named]
LISTED: Final = [name for name, read in READS.items() if not read.named]
# Capture jobs are one's own, and nothing is known by these names to begin with.
NOBODYS_EITHER_WAY: Final = {"node 1", "captureJob 0", "/epcis/capture 1", "/epcis/capture/{job_id:str} 0", "/epcis/capture/{job_id:str}/results 0"}
# Answers that hold ids, words or addresses alone, or nothing; and the first page, on which only the older site has room.
UNMARKED: Final = {"events 1", "/epcis/capture 0", "captureJobs 0", "/epcis/bizSteps 0", "/epcis/dispositions 0", "/epcis/bizLocations 0",
            "anomalies 0", "alertCounts 0", "productBalance 0", "fsma204Completeness 0"}  # fmt: skip
FIRST_PAGE: Final = "/epcis/events 1"


def test_every_field_and_route_that_reads_is_tried_here_or_of_no_site(app: Litestar) -> None:
    asked = {operation.name: operation.field for operation in operations("query")}
    divided = {name for name, queried in asked.items() if not needs_undivided(queried)}
    assert divided == FIELDS.keys() | FIELDS_OF_NO_SITE.keys()
    assert not FIELDS.keys() & FIELDS_OF_NO_SITE.keys()
    routes = {(path, method): opt for path, method, opt in declared_routes(app) if PUBLIC not in opt}
    divided_routes = {route for route, opt in routes.items() if not is_undivided(opt.get(PERMISSION))}
    assert divided_routes == ROUTES.keys() | ROUTES_OF_NO_SITE.keys() | ROUTES_THAT_WRITE


def test_every_kind_of_node_is_asked_for_by_its_id() -> None:
    asked = {kind for read in FIELDS["node"] for kind in re.findall(r"\.\.\. on (\w+)", read.query)}
    assert {kind.name for kind in NODES if kind.permission not in UNDIVIDED} == asked | NODES_OF_NO_SITE.keys()


@pytest.mark.parametrize("operation", [one for one in operations("query", "mutation") if needs_undivided(one.field)], ids=lambda one: one.name)
async def test_what_is_the_whole_companys_is_refused_to_who_may_at_a_site(town: Town, superuser: asyncpg.Connection, operation: Operation) -> None:
    before = await contents(superuser, town.tenant.tenant_id)
    refused = await town.limited.caller.refusal(operation.document(operation.variables), operation.variables, Idempotency_Key=str(uuid4()))
    assert refused["code"] == "PERMISSION_DENIED"
    assert await contents(superuser, town.tenant.tenant_id) == before


@pytest.mark.parametrize("name", NAMED)
async def test_what_is_at_another_site_answers_like_what_does_not_exist(town: Town, name: str) -> None:
    read = READS[name]
    taken, free = await ask(town.limited, read, town.there.names), await ask(town.limited, read, town.nobody)
    assert taken.status_code < 500
    assert comparable(taken, town.there.names) == comparable(free, town.nobody)
    assert town.there.mark not in comparable(taken, town.there.names)[2]


@pytest.mark.parametrize("name", NAMED)
async def test_what_is_at_ones_own_site_is_told(town: Town, name: str) -> None:
    """Without this the equality above would prove nothing; and neither would it, were the question one that nobody is answered."""
    read = READS[name]
    for person, site in ((town.limited, town.here), (town.head, town.there)):
        told = await ask(person, read, site.names)
        nothing = await ask(person, read, town.nobody)
        same = comparable(told, site.names) == comparable(nothing, town.nobody)
        assert same == (name in NOBODYS_EITHER_WAY and person is town.limited), told.text


@pytest.mark.parametrize("name", LISTED)
async def test_a_list_is_the_same_as_before_anything_happened_at_the_other_site(town: Town, name: str) -> None:
    read = READS[name]
    answer = await ask(town.limited, read, {})
    assert answer.status_code == 200, answer.text
    assert comparable(answer, {}) == town.before[repr(read)]
    assert town.there.mark not in answer.text
    everything = (await ask(town.head, read, {})).text
    assert (town.here.mark in answer.text) == (name not in UNMARKED)
    assert (town.there.mark in everything) == (name not in UNMARKED | {FIRST_PAGE})


TIMELINE: Final = """query($k: String!, $c: String!) { traceableObject(key: $k) {
  timeline(first: 9, after: $c) { nodes { id } pageInfo { hasNextPage } } } }"""
SHIPMENTS: Final = "query($c: String!) { shipments(first: 9, after: $c) { nodes { id } pageInfo { hasNextPage } } }"


def _backward(document: str) -> str:
    return document.replace("first", "last").replace("after", "before")


@pytest.mark.parametrize("kind", ["event", "shipment"])
@pytest.mark.parametrize("document", [TIMELINE, _backward(TIMELINE), SHIPMENTS, _backward(SHIPMENTS)])
async def test_cursors_of_another_site_lead_where_unknown_ones_lead(town: Town, document: str, kind: str) -> None:
    """A cursor is an id: what stands behind it depends on its event only where that may be seen."""
    answers = []
    for names in (town.there.names, town.nobody):
        variables = {"c": encode_cursor(uuid_in(names[kind]))} | ({"k": town.here.names["lot"]} if "$k" in document else {})
        answers.append(comparable(await town.limited.caller.post(document, variables), {}))
    assert answers[0] == answers[1]


async def test_paging_over_the_events_ends_where_the_site_ends(town: Town) -> None:
    seen, path = [], "/epcis/events?perPage=2"
    while path:
        answer = await ask(town.limited, Read(path=path), {})
        seen += [event["eventID"] for event in answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
        assert town.there.mark not in answer.text
        path = answer.headers["Link"].split(">")[0].lstrip("<") if "Link" in answer.headers else ""
    whole = await ask(town.limited, Read(path="/epcis/events?perPage=200"), {})
    assert seen == [event["eventID"] for event in whole.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
    assert len(seen) == 8
    assert "Link" not in whole.headers


async def test_a_phone_pulls_each_event_of_its_site_once_and_goes_on_behind_the_others(town: Town) -> None:
    first = (await ask(town.limited, Read(path="/mobile/v1/changes?since=0&limit=3"), {})).json()
    pulled, since = list(first["events"]), first["next"]
    while first["more"]:
        first = (await ask(town.limited, Read(path=f"/mobile/v1/changes?since={since}&limit=3"), {})).json()
        pulled, since = pulled + first["events"], first["next"]
    assert len({event["id"] for event in pulled}) == len(pulled) == 8
    again = (await ask(town.limited, Read(path=f"/mobile/v1/changes?since={since}&limit=3"), {})).json()
    assert (again["events"], again["locations"], again["holds"]["changed"]) == ([], [], False)
    assert again["next"] == since


async def test_the_feed_tells_of_ones_own_site_only(town: Town, app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "POLL_SECONDS", 0.05)
    feed = "subscription($after: String) { eventFeed(after: $after) { cursor event { readPoint bizLocation } } }"
    async with Socket(app) as socket:
        assert (await socket.start(town.limited.headers["Authorization"]))["type"] == "connection_ack"
        await socket.subscribe(feed, after=encode_cursor("0"))
        messages = [await socket.receive() for _ in range(8)]
        assert all(message["type"] == "next" for message in messages)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.5)
    places = {place for message in messages for place in message["payload"]["data"]["eventFeed"]["event"].values() if place}
    assert places == {town.here.place, town.here.hall, town.here.yard}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_master_data_is_the_whole_companys_and_refused_to_who_may_at_a_site(town: Town, superuser: asyncpg.Connection, method: str) -> None:
    before = await contents(superuser, town.tenant.tenant_id)
    body = {"@id": "https://id.gs1.org/01/09506000134307", "gs1:brand": "B"} if method == "POST" else None
    answer = await town.client.request(method, "/epcis/masterData", json=body, headers=town.limited.caller.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")
    assert await contents(superuser, town.tenant.tenant_id) == before
