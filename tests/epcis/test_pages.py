"""Pages of events: in every order they are whole, whatever is added meanwhile; their tokens belong to one query and run out."""

import base64
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from infra import clock
from tests.epcis.asking import NAMESPACE, Asking, Bearer, asking, eventlist
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm

GIVEN = {"GS1-Extensions": f"ex={NAMESPACE}"}
# In the order in which they are captured: minutes, and an extension field.
TOLD: list[tuple[int, Any]] = [(3, 10), (1, "b"), (9, 2.5), (4, None), (7, "2026-03-02T08:00:00Z"), (2, "a"), (8, 10), (5, [7, 1]), (6, "2026-01-01")]
SEQUENCE = [f"m{minutes}" for minutes, _ in TOLD]
BY_TIME = sorted(SEQUENCE)


def told(minutes: int, value: Any) -> dict[str, Any]:
    """An event with its time and its field."""
    event = made([], [quantity(lot(FLOUR, f"F{minutes}"), 1)], minutes=minutes)
    return event if value is None else {**event, "ex:rank": value}


@pytest.fixture
async def reader(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> Asking:
    """Of a firm with nine events."""
    reader = await asking(client, bearer, firm)
    for minutes, value in TOLD:
        await reader.capture(**{f"m{minutes}": told(minutes, value)})
    return reader


ORDERS: dict[str, list[str]] = {
    "": SEQUENCE,
    "orderDirection=DESC": SEQUENCE,
    "orderBy=eventTime&orderDirection=ASC": BY_TIME,
    "orderBy=eventTime": BY_TIME[::-1],
    "orderBy=recordTime&orderDirection=ASC": SEQUENCE,
    "orderBy=recordTime&orderDirection=DESC": SEQUENCE[::-1],
    # Numbers, then times, then texts; what hasn't the field comes last.
    "orderBy=ex:rank&orderDirection=ASC": ["m5", "m9", "m3", "m8", "m6", "m7", "m2", "m1", "m4"],
    "orderBy=ex:rank": ["m1", "m2", "m7", "m6", "m8", "m3", "m9", "m5", "m4"],
    f"orderBy={NAMESPACE}%23rank&eventCountLimit=4": ["m1", "m2", "m7", "m6"],
    "orderBy=eventTime&eventCountLimit=5": BY_TIME[:3:-1],
    "orderBy=eventTime&eventCountLimit=100": BY_TIME[::-1],
    "orderBy=eventTime&orderDirection=ASC&LT_eventTime=2026-03-02T08:04:00Z": BY_TIME[:3],
}


async def pages(reader: Asking, query: str, size: int, between: Any = None) -> list[str]:
    """All names over all pages; `between` is done after each."""
    path, found = f"/epcis/events?{query}&perPage={size}", []
    for _ in range(30):
        answer = await reader.get(path, GIVEN)
        names = reader.called(answer)
        assert len(names) <= size
        found += names
        if "Link" not in answer.headers:
            assert "GS1-Next-Page-Token-Expires" not in answer.headers
            return found
        expires = datetime.fromisoformat(answer.headers["GS1-Next-Page-Token-Expires"])
        assert timedelta(hours=23) < expires - clock.now() <= timedelta(hours=24)
        path = answer.headers["Link"].split(">")[0].lstrip("<")
        if between is not None:
            await between()
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("query", ORDERS)
async def test_pages_are_whole_in_every_order(reader: Asking, query: str) -> None:
    for size in (1, 2, 4, 5, 9, 200):
        found = await pages(reader, query, size)
        assert found == ORDERS[query], size


@pytest.mark.parametrize("query", [query for query in ORDERS if "Limit" not in query])
async def test_what_is_added_meanwhile_takes_nothing_away_and_doubles_nothing(reader: Asking, query: str) -> None:
    added = iter(range(100))

    async def add() -> None:
        number = next(added)
        await reader.capture(**{f"new{number}": told(3, number), f"newer{number}": told(50, f"x{number}"), f"old{number}": told(-5, None)})

    found = await pages(reader, query, 4, add)
    assert [name for name in found if name.startswith("m")] == ORDERS[query]
    assert len(found) == len(set(found))
    if "orderBy" in query:
        assert len(found) == len(ORDERS[query])


async def test_without_an_order_pages_go_on_to_what_is_added(reader: Asking) -> None:
    answer = await reader.get("/epcis/events?perPage=8")
    await reader.capture(later=told(0, None))
    following = await reader.get(answer.headers["Link"].split(">")[0].lstrip("<"))
    assert reader.called(following) == ["m6", "later"]


async def token_of(reader: Asking, path: str) -> str:
    answer = await reader.get(path)
    return answer.headers["Link"].split("nextPageToken=")[1].split(">")[0]


async def test_a_token_is_refused_with_another_query(reader: Asking) -> None:
    token = await token_of(reader, "/epcis/events?perPage=2&EQ_action=ADD&GE_eventTime=2026-03-01T00:00:00Z")
    same = "EQ_action=ADD&GE_eventTime=2026-03-01T00:00:00Z"
    assert len(eventlist(await reader.get(f"/epcis/events?perPage=3&{same}&nextPageToken={token}"))) == 3
    assert len(eventlist(await reader.get(f"/epcis/events?GE_eventTime=2026-03-01T00:00:00Z&EQ_action=ADD&nextPageToken={token}"))) == 7
    for path in (
        f"/epcis/events?perPage=2&nextPageToken={token}",
        f"/epcis/events?{same}&orderBy=eventTime&nextPageToken={token}",
        f"/epcis/events?{same.replace('03-01', '03-02')}&nextPageToken={token}",
        f"/epcis/eventTypes/ObjectEvent/events?{same}&nextPageToken={token}",
        f"/epcis/epcs?nextPageToken={token}",
    ):
        answer = await reader.get(path)
        assert (answer.status_code, answer.json()["field"]) == (400, "nextPageToken"), path
        assert "another query" in answer.json()["detail"]


async def test_a_token_runs_out(reader: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.epcis.paging.TOKEN_LIFE", timedelta(seconds=-1))
    token = await token_of(reader, "/epcis/events?perPage=2")
    answer = await reader.get(f"/epcis/events?nextPageToken={token}")
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")
    assert "run out" in answer.json()["detail"]


async def test_a_token_that_was_tampered_with_is_none_of_ours(reader: Asking) -> None:
    token = base64.urlsafe_b64decode((await token_of(reader, "/epcis/events?perPage=2")).replace("%3D", "="))
    for place in range(0, len(token), 3):
        changed = base64.urlsafe_b64encode(token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]).decode()
        answer = await reader.get("/epcis/events", perPage="2", nextPageToken=changed)
        assert (answer.status_code, answer.json()["field"]) == (400, "nextPageToken")


async def test_another_firms_token_is_none_of_ours(reader: Asking, other_firm: Firm, bearer: Bearer) -> None:
    token = await token_of(reader, "/epcis/events?perPage=2")
    stranger = await bearer(other_firm)
    answers = [await reader.client.get(f"/epcis/events?nextPageToken={given}", headers=stranger) for given in (token, "czg%3D")]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
