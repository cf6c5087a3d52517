"""Naughty strings in the fields of events: stored to the last byte, or refused by the name of the field. Nothing else happens."""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.factories import FLOUR, lot, made, quantity, transformed
from tests.graphql.test_commands import document
from tests.isolation.people import new_person, new_tenant
from tests.security.conftest import Gate
from tests.security.corpora import is_clear, some, texts
from tests.shared_data import needs_shared_data

pytestmark = needs_shared_data

BATCH: Final = 50
Put = Callable[[str], dict[str, Any]]


def event(**changes: Any) -> dict[str, Any]:
    return {**made([], [quantity(lot(FLOUR, "F1"), 5)]), **changes}


FIELDS: Final[dict[str, Put]] = {
    "['ex:note']": lambda text: event(**{"ex:note": text}),
    "['ex:note'].deep": lambda text: event(**{"ex:note": {"deep": [text, {"er": text}]}}),
    "ilmd": lambda text: event(ilmd={"cbvmda:lotNumber": text}),
    "stringValue": lambda text: event(sensorElementList=[{"sensorReport": [{"type": "Temperature", "stringValue": text}]}]),
    "eventID": lambda text: event(eventID=text),
    "bizStep": lambda text: event(bizStep=text),
    "disposition": lambda text: event(disposition=text),
    "readPoint": lambda text: event(readPoint={"id": text}),
    "bizLocation": lambda text: event(bizLocation={"id": text}),
    "epcList": lambda text: event(epcList=[text]),
    "epcList behind a serial": lambda text: event(epcList=["https://id.gs1.org/01/09506000134352/21/" + text]),
    "quantityList[0].epcClass": lambda text: event(quantityList=[quantity(lot(FLOUR, text), 1)]),
    "quantityList[0].uom": lambda text: event(quantityList=[quantity(lot(FLOUR, "F1"), 1, text)]),
    "bizTransactionList": lambda text: event(bizTransactionList=[{"type": "po", "bizTransaction": text}]),
    "sourceList": lambda text: event(sourceList=[{"type": "location", "source": text}]),
    "transformationID": lambda text: transformed([lot(FLOUR, "F1")], [lot(FLOUR, "F2")], transformation=text),
    "eventTime": lambda text: event(eventTime=text),
    "errorDeclaration": lambda text: event(errorDeclaration={"declarationTime": "2026-03-02T09:00:00Z", "reason": text}),
    "name of a field": lambda text: event(**{text: 1}),
    "name of an extension": lambda text: event(**{"ex:" + text: text}),
}
# Whatever is said in these is kept as it is.
FREE: Final = ("['ex:note']", "['ex:note'].deep", "ilmd", "stringValue")


def batches(given: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(given)
    while batch := list(islice(remaining, BATCH)):
        yield batch


async def stored_by_id(gate: Gate, headers: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Every event of the firm, as it is written back."""
    found: dict[str, dict[str, Any]] = {}
    path = "/epcis/events?perPage=200"
    while True:
        answer = await gate.client.get(path, headers=headers)
        assert is_clear(answer)
        for each in answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
            each.pop("recordTime")
            found[each.get("eventID", "")] = each
        if "Link" not in answer.headers:
            return found
        path = answer.headers["Link"].split(">")[0].lstrip("<")


@pytest.mark.parametrize("field", FIELDS)
async def test_a_naughty_string_is_stored_to_the_byte_or_refused_by_name(gate: Gate, field: str) -> None:
    person = await new_person(gate.services, await new_tenant(gate.services))
    headers = {**person.headers, "Content-Type": "application/json", "GS1-Capture-Error-Behaviour": "proceed"}
    strings = some(texts("naughty_strings"), 60, list(FIELDS).index(field))
    sent = [FIELDS[field](text) for text in strings]
    context = [*document()["@context"], {"ex": "https://example.com/ns#"}]
    accepted = rejected = 0
    for batch in batches(sent):
        body = json.dumps({**document(*batch), "@context": context}, ensure_ascii=False)
        answer = await gate.client.post("/epcis/capture", content=body.encode("utf-8", "surrogatepass"), headers=headers)
        assert is_clear(answer)
        if answer.status_code == 400:
            # One text that no JSON text may hold spoils its document, and is named.
            assert len(answer.json()["errors"]) > 0
            rejected += len(batch)
            continue
        job = answer.json()
        assert job["accepted"] + job["duplicates"] + job["rejected"] == len(batch)
        named = [error["field"] for error in job["errors"]]
        assert all(name.startswith("$.epcisBody.eventList[") or name == "eventID" for name in named)
        assert all(any(word in name for word in _words(field)) for name in named), [name for name in named if _words(field)[0] not in name][:3]
        accepted += job["accepted"]
        rejected += job["rejected"]
    kept = await stored_by_id(gate, headers)
    originals = {each["eventID"]: each for each in sent if isinstance(each.get("eventID"), str)}
    for identifier, stored in kept.items():
        assert originals[identifier] == stored
    assert len(kept) <= accepted
    if field in FREE:
        assert rejected == 0
        assert len(kept) == len(sent)
    elif field != "name of an extension":
        assert rejected > 0


def _words(field: str) -> list[str]:
    if field.startswith("name of"):
        return ["eventList["]
    return [field.split(".", maxsplit=1)[0].split("[0]", maxsplit=1)[0].split(" ", maxsplit=1)[0].strip("[']").removeprefix("ex:"), "eventID"]


async def test_a_naughty_string_is_found_again_under_the_very_same_lot(gate: Gate) -> None:
    """Percent-encoded, most of them are legal lots; none of them is taken for another."""
    from urllib.parse import quote

    person = await new_person(gate.services, await new_tenant(gate.services))
    headers = {**person.headers, "Content-Type": "application/json", "GS1-Capture-Error-Behaviour": "proceed"}
    strings = some([text for text in texts("naughty_strings") if 0 < len(text) <= 20], 40)
    told = {lot(FLOUR, quote(text, safe="")): text for text in strings}
    events = [event(quantityList=[quantity(uri, 1)], eventID=f"urn:uuid:{uuid4()}") for uri in told]
    job = (await gate.client.post("/epcis/capture", content=json.dumps(document(*events)), headers=headers)).json()
    assert job["accepted"] + job["rejected"] == len(events)
    assert job["accepted"] > 0
    kept = await stored_by_id(gate, headers)
    for each in events:
        uri = each["quantityList"][0]["epcClass"]
        answer = await gate.client.get("/epcis/events", params={"MATCH_epcClass": uri}, headers=headers)
        assert is_clear(answer)
        if each["eventID"] in kept:
            found = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            assert [other["eventID"] for other in found] == [each["eventID"]], told[uri]
