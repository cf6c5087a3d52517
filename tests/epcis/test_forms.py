"""Events in the form that is asked for: JSON-LD or XML, new or old, and a clear answer where there is no such form."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from lxml import etree

from backend.epcis.answers import MediaType, NotAcceptableError, preferred
from backend.events.reader import read
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm
from tests.graphql.test_commands import document

Bearer = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
async def headers(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> dict[str, str]:
    """Of a firm that has captured two events."""
    given = await bearer(firm)
    sent = document(made([], [quantity(lot(FLOUR, "F1"), 5)]), made([], [quantity(lot(FLOUR, "F2"), 6)]))
    assert (await client.post("/epcis/capture", json=sent, headers=given)).status_code == 202
    return given


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", MediaType.JSON), ("*/*", MediaType.JSON), ("application/*", MediaType.JSON), ("application/ld+json", MediaType.JSON_LD),
        ("application/xml", MediaType.XML), ("text/xml", MediaType.TEXT_XML), ("text/*", MediaType.TEXT_XML),
        ("TEXT/XML;charset=utf-8", MediaType.TEXT_XML),
        ("text/html, application/xml;q=0.9, */*;q=0.8", MediaType.XML), ("application/xml;q=0.2, application/ld+json;q=0.7", MediaType.JSON_LD),
        ("application/xml;q=0, application/json", MediaType.JSON), ("application/xml;q=much, */*;q=0.1", MediaType.JSON),
    ],
)  # fmt: skip
def test_the_form_with_the_highest_quality_is_given(accept: str, expected: MediaType) -> None:
    assert preferred(accept) is expected


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/xml;q=0", "nonsense"])
def test_a_form_that_there_is_not_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptableError, match="application/ld"):
        preferred(accept)


@pytest.mark.parametrize(("newest", "version"), [("", "2.0"), ("2.0", "2.0"), ("2.1.0", "2.0"), ("1.2", "1.2"), ("1.3", "1.2")])
async def test_xml_tells_the_same_events_as_json(client: httpx.AsyncClient, headers: dict[str, str], newest: str, version: str) -> None:
    asked = {**headers, "Accept": "application/xml"} | ({"GS1-EPCIS-Max": newest} if newest else {})
    answer = await client.get("/epcis/events?perPage=1", headers=asked)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "application/xml")
    assert answer.headers["GS1-EPCIS-Version"] == ("1.2.0" if version == "1.2" else "2.0.0")
    assert answer.headers["vary"].startswith("Accept, GS1-EPC-Format, GS1-CBV-XML-Format, GS1-EPCIS-Min, GS1-EPCIS-Max")
    assert 'rel="next"' in answer.headers["link"]
    assert etree.fromstring(answer.content).get("schemaVersion") == version
    plain = await client.get("/epcis/events?perPage=1", headers=headers)
    assert [event.event_hash for event in read(answer.content, "application/xml").canonical] == [
        event.event_hash for event in read(plain.content, "application/json").canonical
    ]


async def test_one_event_comes_in_a_document_of_its_own(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    page = (await client.get("/epcis/events", headers=headers)).json()
    identifier = page["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]["eventID"]
    answer = await client.get(f"/epcis/events/{identifier}", headers={**headers, "Accept": "application/xml"})
    (event,) = read(answer.content, "application/xml").canonical
    assert event.event_id == identifier


async def test_what_cannot_be_told_is_refused_by_header(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    refused = await client.get("/epcis/events", headers={**headers, "Accept": "image/png"})
    assert (refused.status_code, refused.json()["type"]) == (406, "epcisException:NotAcceptableException")
    old = await client.get("/epcis/events", headers={**headers, "Accept": "application/xml", "GS1-EPCIS-Max": "three"})
    assert (old.status_code, old.json()["type"]) == (400, "epcisException:ValidationException")
