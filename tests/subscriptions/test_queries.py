"""Named queries over REST: made, found, asked, deleted; and what is refused, by the standard's names."""

from typing import Any

import pytest

from backend.subscriptions import service, subscribing
from tenants.permissions import Role
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm
from tests.subscriptions.conftest import SHIPPED, TOKEN, Desk, Sit, received

DEST = "http://127.0.0.1:1025/hook"


def problem(answer: Any) -> tuple[int, str, str | None]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("epcisException:"), answer.json().get("field")


async def test_a_query_is_kept_as_it_was_given(desk: Desk) -> None:
    text = b'{"name": "by weight", "query": {"eventType": ["ObjectEvent"],  "EQ_bizStep": ["shipping"], "GE_eventTime": "2026-01-01T00:00:00.000Z"}}'
    assert problem(await desk.ask("POST", "/queries", text)) == (400, "ValidationException", "name")
    answer = await desk.ask("POST", "/queries", text.replace(b"by weight", "发货-1".encode()))
    assert (answer.status_code, answer.headers["gs1-epcis-version"]) == (201, "2.0.0")
    assert answer.headers["location"] == "/epcis/queries/%E5%8F%91%E8%B4%A7-1"
    found = await desk.ask("GET", answer.headers["location"].removeprefix("/epcis"))
    assert b'"query":{"eventType": ["ObjectEvent"],  "EQ_bizStep": ["shipping"]' in found.content
    assert found.json()["name"] == "发货-1"
    assert await desk.trail("query.created") == [("query.created", "person")]


async def test_queries_are_listed_in_pages_the_predefined_one_first(desk: Desk) -> None:
    for number in range(5):
        await desk.name({"name": f"q{number}", "query": {"EQ_bizStep": ["shipping"]}})
    names: list[str] = []
    path: str | None = "/queries?perPage=2"
    while path:
        answer = await desk.ask("GET", path)
        names += [query["name"] for query in answer.json()]
        path = answer.headers["Link"].split(">")[0].removeprefix("</epcis") if "Link" in answer.headers else None
    assert names == ["SimpleEventQuery", "q0", "q1", "q2", "q3", "q4"]


async def test_a_query_finds_what_it_says_in_pages_and_in_each_form(desk: Desk) -> None:
    await desk.name()
    wanted = await desk.capture(*map(received, range(5)))
    await desk.capture(made([], [quantity(lot(FLOUR, "X"), 1)]))
    first = await desk.ask("GET", "/queries/shipped/events?perPage=3")
    results = first.json()["epcisBody"]["queryResults"]
    assert results["queryName"] == "shipped"
    second = await desk.ask("GET", first.headers["Link"].split(">")[0].removeprefix("</epcis"))
    found = [*results["resultsBody"]["eventList"], *second.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
    assert [event["eventID"] for event in found] == wanted
    xml = await desk.ask("GET", "/queries/shipped/events", Accept="application/xml")
    assert "<queryName>shipped</queryName>" in xml.text
    assert "Link" not in second.headers


async def test_a_name_in_any_script_stands_in_addresses(desk: Desk) -> None:
    await desk.name({"name": "发货", "query": {"EQ_bizStep": ["receiving"]}})
    await desk.capture(*map(received, range(3)))
    first = await desk.ask("GET", "/queries/发货/events?perPage=2")
    link = first.headers["Link"].split(">")[0].removeprefix("</epcis")
    assert len((await desk.ask("GET", link)).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1
    address = await desk.subscribe(DEST, query="发货")
    assert (await desk.state(address))["queryName"] == "发货"
    await desk.subscribe(DEST, query="发货")
    listed = await desk.ask("GET", "/queries/发货/subscriptions?perPage=1")
    assert "%E5%8F%91%E8%B4%A7/subscriptions?perPage=1&nextPageToken=" in listed.headers["Link"]
    await desk.name({"name": "退货", "query": {}})
    pages = [await desk.ask("GET", "/queries?perPage=2")]
    pages.append(await desk.ask("GET", pages[0].headers["Link"].split(">")[0].removeprefix("</epcis")))
    assert [query["name"] for page in pages for query in page.json()] == ["SimpleEventQuery", "发货", "退货"]


async def test_the_predefined_query_takes_its_parameters_from_the_address(desk: Desk) -> None:
    wanted = await desk.capture(received(1))
    await desk.capture(made([], [quantity(lot(FLOUR, "X"), 1)]))
    answer = await desk.ask("GET", "/queries/SimpleEventQuery/events?EQ_bizStep=receiving")
    assert [event["eventID"] for event in answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]] == wanted
    assert (await desk.ask("GET", "/queries/SimpleEventQuery")).json() == {"name": "SimpleEventQuery", "query": {}}
    assert problem(await desk.ask("DELETE", "/queries/SimpleEventQuery"))[:2] == (403, "SecurityException")
    await desk.name()
    assert problem(await desk.ask("GET", "/queries/shipped/events?EQ_bizStep=receiving")) == (400, "ValidationException", "EQ_bizStep")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"name": "x", "query": {"EQ_nothing": ["a"]}}, (400, "QueryParameterException", "EQ_nothing")),
        ({"name": "x", "query": {"EQ_action": ["MAYBE"]}}, (400, "QueryParameterException", "EQ_action")),
        ({"name": "x", "query": {"EQ_bizStep": [{"a": 1}]}}, (400, "QueryParameterException", "EQ_bizStep")),
        ({"name": "x", "query": {"EQ_bizStep": ["a\x00b"]}}, (400, "QueryParameterException", "EQ_bizStep")),
        ({"name": "x", "query": {"EQ_bizStep": []}}, (400, "QueryParameterException", "EQ_bizStep")),
        ({"name": "x", "query": ["EQ_bizStep"]}, (400, "QueryParameterException", "query")),
        ({"name": "x", "query": {"EQ_bizStep": ["a" * 70_000]}}, (400, "QueryParameterException", "query")),
        ({"name": "", "query": {}}, (400, "ValidationException", "name")),
        ({"name": "a/b", "query": {}}, (400, "ValidationException", "name")),
        ({"name": "..", "query": {}}, (400, "ValidationException", "name")),
        ({"name": "a" * 101, "query": {}}, (400, "ValidationException", "name")),
        ({"name": "a\x00", "query": {}}, (400, "ValidationException", "name")),
        ({"name": "SimpleEventQuery", "query": {}}, (409, "ResourceAlreadyExistsException", "name")),
        ({"name": "x"}, (400, "ValidationException", "$")),
        ({"name": "x", "query": {}, "more": 1}, (400, "ValidationException", "$")),
        (b"{", (400, "ValidationException", "$")),
        (b'{"name": "\xff", "query": {}}', (400, "ValidationException", "$")),
        (b'{"name": "x", "query": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", (400, "QueryParameterException", "query")),
    ],
)
async def test_what_is_no_query_is_refused_and_not_kept(desk: Desk, body: Any, refusal: tuple[int, str, str]) -> None:
    answer = await desk.ask("POST", "/queries", body)
    assert problem(answer) in (refusal, (400, "ValidationException", "$"))
    assert problem(answer) == refusal or "[[[" in str(body)
    assert len((await desk.ask("GET", "/queries")).json()) == 1


async def test_a_name_is_given_once_and_free_again_when_its_query_is_deleted(desk: Desk) -> None:
    await desk.name()
    assert problem(await desk.ask("POST", "/queries", SHIPPED)) == (409, "ResourceAlreadyExistsException", "name")
    assert (await desk.ask("DELETE", "/queries/shipped")).status_code == 204
    assert problem(await desk.ask("DELETE", "/queries/shipped"))[:2] == (404, "NoSuchNameException")
    for path in ("", "/events", "/subscriptions"):
        assert problem(await desk.ask("GET", f"/queries/shipped{path}"))[:2] == (404, "NoSuchNameException")
    assert problem(await desk.ask("POST", "/queries/shipped/subscriptions", {"dest": DEST, "stream": True}))[:2] == (404, "NoSuchNameException")
    await desk.name()


async def test_a_repeated_request_is_done_once(desk: Desk) -> None:
    first, second = [await desk.ask("POST", "/queries", SHIPPED, **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert (first.status_code, second.status_code, second.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == second.json()
    other = {**SHIPPED, "name": "other"}
    assert (await desk.ask("POST", "/queries", other, **{"Idempotency-Key": "one"})).status_code == 409
    given = {"dest": DEST, "stream": True}
    answers = [await desk.ask("POST", "/queries/shipped/subscriptions", given, **{"Idempotency-Key": "two"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len((await desk.ask("GET", "/queries/shipped/subscriptions")).json()) == 1
    assert len(await desk.trail("query.created", "subscription.created")) == 2


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({"dest": DEST}, (400, "SubscriptionControlsException", "schedule")),
        ({"dest": DEST, "stream": False}, (400, "SubscriptionControlsException", "schedule")),
        ({"dest": DEST, "stream": True, "schedule": {"hour": "1"}}, (400, "SubscriptionControlsException", "stream")),
        ({"dest": DEST, "schedule": {"hour": "25"}}, (400, "SubscriptionControlsException", "schedule.hour")),
        ({"dest": DEST, "stream": True, "reportIfEmpty": True}, (400, "SubscriptionControlsException", "reportIfEmpty")),
        ({"dest": DEST, "stream": True, "initialRecordTime": "yesterday"}, (400, "SubscriptionControlsException", "initialRecordTime")),
        ({"dest": "ftp://example.com/", "stream": True}, (400, "InvalidURIException", "dest")),
        ({"dest": "http://10.0.0.1:8080/", "stream": True}, (400, "InvalidURIException", "dest")),
        ({"dest": "http://169.254.169.254/latest", "stream": True}, (400, "InvalidURIException", "dest")),
        ({"dest": DEST, "stream": True, "signatureToken": "short"}, (400, "ValidationException", "signatureToken")),
        ({"dest": DEST, "stream": True, "signatureToken": "x" * 501}, (400, "ValidationException", "signatureToken")),
        ({"dest": DEST, "stream": True, "contentType": "text/csv"}, (400, "ValidationException", "contentType")),
        ({"dest": DEST, "stream": True, "more": 1}, (400, "ValidationException", "$")),
        ({"stream": True}, (400, "ValidationException", "$")),
        ([], (400, "ValidationException", "$")),
    ],
)
async def test_what_is_no_subscription_is_refused_and_not_kept(desk: Desk, terms: Any, refusal: tuple[int, str, str]) -> None:
    await desk.name()
    answer = await desk.ask("POST", "/queries/shipped/subscriptions", terms)
    assert problem(answer) == refusal, answer.text
    assert (await desk.ask("GET", "/queries/shipped/subscriptions")).json() == []


async def test_a_subscription_tells_everything_but_its_token(desk: Desk) -> None:
    address = await desk.subscribe(DEST, query="SimpleEventQuery", schedule={"hour": "1", "minute": "5"}, reportIfEmpty=True, signatureToken=TOKEN)
    state = await desk.state(address)
    assert TOKEN not in str(state)
    expected = {"schedule": {"hour": "1", "minute": "5"}, "reportIfEmpty": True, "signed": True, "queryName": "SimpleEventQuery", "dest": DEST}
    assert expected.items() <= state.items()
    assert {"subscriptionID", "createdAt", "minRecordTime", "nextRunAt"} <= state.keys()
    assert (await desk.ask("GET", "/queries/SimpleEventQuery/subscriptions")).json() == [state]
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        row = await tx.fetchrow("select * from query_subscription where tenant_id = $1")
        entries = await tx.fetch("select after from audit_entry where tenant_id = $1")
    assert TOKEN not in str(list(row or ()))
    assert TOKEN not in str([list(entry) for entry in entries])
    assert TOKEN.encode() not in row["signature_token"] if row else False


async def test_another_firms_query_and_subscription_do_not_exist(desk: Desk, sit: Sit, other_firm: Firm) -> None:
    await desk.name()
    address = await desk.subscribe(DEST)
    stranger = await sit(other_firm)
    assert problem(await stranger.ask("GET", "/queries/shipped"))[:2] == (404, "NoSuchNameException")
    await stranger.name()
    for method, path in (("GET", address), ("DELETE", address), ("POST", f"{address}/resume")):
        assert problem(await stranger.ask(method, path))[:2] == (404, "NoSuchSubscriptionException")
    assert (await desk.state(address))["state"] == "active"
    assert (await stranger.ask("DELETE", "/queries/shipped")).status_code == 204
    assert (await desk.state(address))["state"] == "active"


async def test_bounds_of_a_company_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_QUERIES", 1)
    monkeypatch.setattr(subscribing, "MOST_SUBSCRIPTIONS", 1)
    await desk.name()
    assert problem(await desk.ask("POST", "/queries", {"name": "more", "query": {}}))[:2] == (413, "QueryTooComplexException")
    await desk.subscribe(DEST)
    answer = await desk.ask("POST", "/queries/shipped/subscriptions", {"dest": DEST, "stream": True})
    assert problem(answer)[:2] == (403, "SubscribeNotPermittedException")


@pytest.mark.parametrize("role", [Role.WORKER, Role.QUALITY_MANAGER, Role.AUDITOR, Role.PARTNER])
async def test_who_runs_no_systems_sends_nothing_outward(sit: Sit, firm: Firm, role: Role) -> None:
    desk = await sit(firm, role)
    for method, path, body in (
        ("POST", "/queries", SHIPPED),
        ("DELETE", "/queries/shipped", None),
        ("POST", "/queries/SimpleEventQuery/subscriptions", {"dest": DEST, "stream": True}),
        ("GET", "/queries/SimpleEventQuery/subscriptions", None),
    ):
        assert problem(await desk.ask(method, path, body))[:2] == (403, "SecurityException")
