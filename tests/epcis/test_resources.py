"""The top-level resources: lists of what there is, what lies below each, and what isn't there."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from backend.events.fields import service
from backend.services import Services
from tenants.permissions import Role
from tests.epcis.asking import NAMESPACE, Asking, Bearer, asking
from tests.factories import DOUGH, FLOUR, PLANT, SHOP, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.sites.town import new_person

NAMES = ("eventTypes", "epcs", "bizSteps", "dispositions", "bizLocations", "readPoints")
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
STEP = f"{NAMESPACE}tasting"
PRIVATE = "https://firm.example/obj/box/1?x=1"


@pytest.fixture
async def reader(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> Asking:
    """Of a firm with a few events."""
    reader = await asking(client, bearer, firm)
    await reader.capture(
        flour=made([], [quantity(lot(FLOUR, "F1"), 5)]),
        dough=transformed([lot(FLOUR, "F1")], [unit(DOUGH, "a%2Fb")], minutes=10),
        pallet=packed(sscc(1), [unit(DOUGH, "a%2Fb"), PRIVATE], minutes=20),
        truck=shipped([sscc(1)], minutes=30, readPoint={"id": f"{PLANT}/254/GATE"}),
        shop=made([unit(FLOUR, "9")], minutes=40, bizStep=STEP, disposition=f"{NAMESPACE}tasty", bizLocation={"id": SHOP}),
    )
    return reader


async def members(reader: Asking, path: str, headers: dict[str, str] | None = None) -> list[str]:
    """What a list holds, over all of its pages."""
    found: list[str] = []
    while True:
        answer = await reader.get(path, headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["type"] == "Collection"
        found += answer.json()["member"]
        if "Link" not in answer.headers:
            return found
        path = answer.headers["Link"].split(">")[0].lstrip("<")


async def test_the_top_level_names_the_resources(reader: Asking) -> None:
    assert {"events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions", "capture"} <= set(
        await members(reader, "/epcis")
    )


async def test_lists_name_what_there_is(reader: Asking) -> None:
    assert await members(reader, "/epcis/eventTypes") == [
        "AggregationEvent", "AssociationEvent", "ObjectEvent", "TransactionEvent", "TransformationEvent"]  # fmt: skip
    assert await members(reader, "/epcis/epcs") == [*sorted([sscc(1), unit(DOUGH, "a%2Fb"), unit(FLOUR, "9")]), PRIVATE]
    steps, dispositions = await members(reader, "/epcis/bizSteps?perPage=100"), await members(reader, "/epcis/dispositions")
    assert {"accepting", "void_shipping", STEP} <= set(steps)
    assert (len(steps), steps) == (42, sorted(set(steps)))
    assert (len(dispositions), dispositions) == (34, sorted(set(dispositions)))
    assert f"{NAMESPACE}tasty" in dispositions
    assert await members(reader, "/epcis/bizLocations") == [PLANT, SHOP]
    assert await members(reader, "/epcis/readPoints") == [f"{PLANT}/254/GATE"]


async def test_names_are_written_with_the_prefixes_that_are_declared(reader: Asking) -> None:
    answer = await reader.get("/epcis/bizSteps?perPage=100", {"GS1-Extensions": f"ex={NAMESPACE}, other=https://other.example/"})
    assert "ex:tasting" in answer.json()["member"]
    assert answer.json()["@context"] == [CONTEXT, {"ex": NAMESPACE}]
    assert (await reader.get("/epcis/bizSteps?perPage=100")).json()["@context"] == CONTEXT


@pytest.mark.parametrize("name", NAMES)
async def test_pages_of_a_list_are_whole(reader: Asking, name: str) -> None:
    whole = await members(reader, f"/epcis/{name}?perPage=200")
    for size in (1, 2, 3, 7):
        assert await members(reader, f"/epcis/{name}?perPage={size}") == whole


# An address below a resource, escaped or not, and the events there
BELOW = [
    ("eventTypes/TransformationEvent", "dough"),
    ("eventTypes/TransactionEvent", ""),
    (f"epcs/{quote(sscc(1), safe='')}", "pallet truck"),
    (f"epcs/{sscc(1)}", "pallet truck"),
    ("epcs/urn:epc:id:sscc:9506000.0130000001", "pallet truck"),
    (f"epcs/{quote(unit(DOUGH, 'a%2Fb'), safe='')}", "dough pallet"),
    (f"epcs/{quote(PRIVATE, safe='')}", "pallet"),
    (f"epcs/{quote(lot(FLOUR, 'F1'), safe='')}", "flour dough"),
    ("bizSteps/packing", "pallet"),
    ("bizSteps/urn:epcglobal:cbv:bizstep:packing", "pallet"),
    (f"bizSteps/{quote('https://ref.gs1.org/cbv/BizStep-packing', safe='')}", "pallet"),
    ("bizSteps/accepting", ""),
    (f"bizSteps/{quote(STEP, safe='')}", "shop"),
    ("dispositions/in_transit", "truck"),
    (f"bizLocations/{quote(SHOP, safe='')}", "shop"),
    (f"bizLocations/{PLANT}", "flour dough pallet"),
    (f"readPoints/{quote(f'{PLANT}/254/GATE', safe='')}", "truck"),
    ("readPoints/urn:epc:id:sgln:9506000.13400.GATE", "truck"),
]  # fmt: skip


async def test_each_resource_has_its_events(reader: Asking) -> None:
    for address, expected in BELOW:
        answer = await reader.get(f"/epcis/{address}")
        assert (answer.status_code, answer.json()["member"]) == (200, ["events"]), (address, answer.text)
        assert await reader.find(f"/epcis/{address}/events") == expected.split(), address


async def test_events_of_a_resource_can_be_limited_further_and_never_beyond_it(reader: Asking) -> None:
    assert await reader.find(f"/epcis/epcs/{sscc(1)}/events", EQ_bizStep="shipping") == ["truck"]
    assert await reader.find("/epcis/bizSteps/packing/events", EQ_bizStep="shipping") == []
    assert await reader.find("/epcis/bizSteps/packing/events", EQ_bizStep="shipping|packing") == ["pallet"]
    assert await reader.find("/epcis/eventTypes/ObjectEvent/events", eventType="TransformationEvent") == []
    assert await reader.find("/epcis/eventTypes/ObjectEvent/events", orderBy="eventTime", eventCountLimit="2") == ["shop", "truck"]
    assert (await reader.get("/epcis/bizSteps/packing/events", nothing="1")).status_code == 400


async def test_pages_of_a_resources_events_are_whole(reader: Asking) -> None:
    path, seen = f"/epcis/epcs/{quote(sscc(1), safe='')}/events?perPage=1", []
    for _ in range(3):
        answer = await reader.get(path)
        seen += reader.called(answer)
        if "Link" not in answer.headers:
            break
        path = answer.headers["Link"].split(">")[0].lstrip("<")
    assert seen == ["pallet", "truck"]


async def test_one_event_of_a_type_comes_with_its_declarations(reader: Asking) -> None:
    event = made([unit(FLOUR, "55")])
    await reader.capture(wrong=event)
    await reader.capture(wrong=declared_wrong(event))
    assert await reader.find(f"/epcis/eventTypes/ObjectEvent/events/{event['eventID']}") == ["wrong", "wrong!"]
    assert (await reader.get(f"/epcis/eventTypes/AggregationEvent/events/{event['eventID']}")).status_code == 404
    assert (await reader.get("/epcis/eventTypes/ObjectEvent/events/urn:uuid:none")).status_code == 404


async def test_an_event_without_an_id_is_found_by_its_hash(reader: Asking) -> None:
    event = made([unit(FLOUR, "56")])
    event.pop("eventID")
    body = {"@context": CONTEXT, **event}
    answer = await reader.client.post("/epcis/events", json=body, headers=reader.headers)
    hashed = answer.json()["eventID"]
    assert hashed.startswith("ni:///sha-256;")
    escaped = quote(hashed, safe="")
    for path in (answer.headers["Location"], *(f"/epcis/{at}/{escaped}" for at in ("events", "eventTypes/ObjectEvent/events"))):
        found: Any = (await reader.get(path)).json()
        assert found["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]["epcList"] == [unit(FLOUR, "56")]


MISSING = [
    "eventTypes/NoEvent", "eventTypes/NoEvent/events", "eventTypes/NoEvent/events/x", f"epcs/{unit(FLOUR, 'none')}", "epcs/not%20a%20uri",
    "epcs/https://id.gs1.org/01/1/21/1", "bizSteps/none", "bizSteps/none/events", "bizSteps/urn:epcglobal:cbv:bizstep:none", "dispositions/shipping",
    "bizLocations/https://id.gs1.org/414/9506000134048/events", f"bizLocations/{PLANT}/254/GATE", "readPoints/x", f"readPoints/{SHOP}", "epcs/%00",
    "epcs/" + "x" * 3_000, "events/urn:uuid:none",
]  # fmt: skip


async def test_what_is_not_there_is_not_found(reader: Asking) -> None:
    for address in MISSING:
        answer = await reader.get(f"/epcis/{address}")
        assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchResourceException"), (address, answer.text)


@pytest.mark.parametrize("query", ["EQ_bizStep=x", "perPage=0", "nextPageToken=x", "orderBy=eventTime"])
async def test_lists_take_pages_and_nothing_else(reader: Asking, query: str) -> None:
    for name in NAMES:
        answer = await reader.get(f"/epcis/{name}?{query}")
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")


async def limited_to(reader: Asking, services: Services, firm: Firm, site: str) -> Asking:
    """An inspector of one site, who asks for the same events."""
    person = await new_person(services, reader.client, firm.tenant, Role.QC_INSPECTOR, site)
    worker = Asking(reader.client, person.headers)
    worker.names = reader.names
    return worker


async def test_somebody_of_one_site_sees_what_occurs_there(reader: Asking, firm: Firm, services: Services) -> None:
    worker, plant = await limited_to(reader, services, firm, SHOP), await limited_to(reader, services, firm, PLANT)
    assert await members(worker, "/epcis/epcs") == [unit(FLOUR, "9")]
    assert await members(worker, "/epcis/bizLocations") == [SHOP]
    assert await members(worker, "/epcis/readPoints") == []
    assert STEP in await members(worker, "/epcis/bizSteps?perPage=100")
    assert await members(plant, "/epcis/epcs") == [sscc(1), unit(DOUGH, "a%2Fb"), PRIVATE]
    assert await members(plant, "/epcis/bizLocations") == [PLANT]
    assert await members(plant, "/epcis/readPoints") == [f"{PLANT}/254/GATE"]
    assert STEP not in await members(plant, "/epcis/bizSteps?perPage=100")
    for address in (f"bizSteps/{quote(STEP, safe='')}", f"bizLocations/{SHOP}", f"epcs/{unit(FLOUR, '9')}"):
        assert (await plant.get(f"/epcis/{address}")).status_code == 404
        assert (await worker.get(f"/epcis/{address}")).status_code == 200
        assert await worker.find(f"/epcis/{address}/events") == ["shop"]
    assert await worker.find("/epcis/bizSteps/packing/events") == []
    assert await worker.find("/epcis/eventTypes/ObjectEvent/events") == ["shop"]


async def test_a_page_of_objects_ends_before_it_has_looked_at_too_many(reader: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "STEP", 1)
    monkeypatch.setattr(service, "MOST_LOOKED_AT", 2)
    assert len((await reader.get("/epcis/epcs")).json()["member"]) < 4
    assert len(await members(reader, "/epcis/epcs")) == 4
