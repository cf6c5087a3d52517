"""Events by the master data of what stands in them, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.epcis.test_rest import Bearer, document, post, stored
from tests.factories import DOUGH, FLOUR, lot, made, quantity
from tests.firms import Firm

SHOP, YARD, CORNER = (f"https://id.gs1.org/414/9506000134{number}" for number in ("000", "017", "024"))
READ_POINT, BIZ_LOCATION, EPC_CLASS = ("urn:epcglobal:epcis:vtype:" + name for name in ("ReadPoint", "BusinessLocation", "EPCClass"))
MDA = "urn:epcglobal:cbv:mda:"


def element(identifier: str, *, children: tuple[str, ...] = (), **attributes: str) -> dict[str, Any]:
    told: dict[str, Any] = {"id": identifier, "attributes": [{"id": MDA + name, "attribute": value} for name, value in attributes.items()]}
    return {**told, "children": list(children)} if children else told


def with_master_data(*events: dict[str, Any]) -> dict[str, Any]:
    vocabularies = {
        BIZ_LOCATION: [element(SHOP, children=(CORNER,), site="9506000134000", city="Xi'an"), element(YARD, site="9506000134017"), element(CORNER)],
        READ_POINT: [element(YARD, sst="402")],
        EPC_CLASS: [element(lot(FLOUR, "F1"), descriptionShort="strong flour")],
    }
    told = [{"type": kind, "vocabularyElementList": elements} for kind, elements in vocabularies.items()]
    return {**document(*events), "epcisHeader": {"epcisMasterData": {"vocabularyList": told}}}


def at(event: dict[str, Any], place: str, read_point: str | None = None) -> dict[str, Any]:
    found = {**event, "bizLocation": {"id": place}}
    return {**found, "readPoint": {"id": read_point}} if read_point else {name: value for name, value in found.items() if name != "readPoint"}


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"HASATTR_bizLocation": MDA + "city"}, [0]),
        ({"HASATTR_bizLocation": "cbvmda:site"}, [0, 1]),
        ({"HASATTR_bizLocation": "cbvmda:city,cbvmda:site"}, [0, 1]),
        ({"EQATTR_bizLocation_cbvmda:site": "9506000134017"}, [1]),
        ({"EQATTR_bizLocation_cbvmda:city": "Xi'an|Beijing"}, [0]),
        ({"EQATTR_bizLocation_cbvmda:city": "Beijing"}, []),
        ({"EQATTR_readPoint_cbvmda:sst": "402"}, [1]),
        ({"EQATTR_epcClass_cbvmda:descriptionShort": "strong flour"}, [0, 2]),
        ({"HASATTR_bizLocation": "cbvmda:site", "HASATTR_epcClass": "cbvmda:descriptionShort"}, [0]),
        ({"HASATTR_epcClass": "cbvmda:nothing"}, []),
        ({"WD_bizLocation": SHOP}, [0, 2]),
        ({"WD_bizLocation": SHOP, "EQATTR_bizLocation_cbvmda:site": "9506000134017"}, []),
    ],
)
async def test_attributes_find_the_events(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, parameters: dict[str, str], found: list[int]
) -> None:
    headers = await bearer(firm)
    flour, dough = [quantity(lot(FLOUR, "F1"), 5)], [quantity(lot(DOUGH, "D1"), 1)]
    events = [at(made([], flour), SHOP), at(made([], dough), YARD, YARD), at(made([], flour, minutes=3), CORNER)]
    answer = await post(client, headers, with_master_data(*events))
    assert (answer.status_code, answer.json()["warnings"], answer.json()["accepted"]) == (202, [], 3), answer.text
    ids = [event["eventID"] for event in await stored(client, headers, **parameters)]
    assert ids == [events[place]["eventID"] for place in found]


async def test_what_is_wrong_with_master_data_is_told_and_keeps_no_event_back(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    told = with_master_data(made([], [quantity(lot(FLOUR, "F1"), 5)]))
    told["epcisHeader"]["epcisMasterData"]["vocabularyList"][0]["vocabularyElementList"][2]["children"] = [SHOP]
    job = (await post(client, headers, told)).json()
    assert (job["success"], job["accepted"], len(job["warnings"])) == (True, 1, 1)
    assert "vocabularyList[0]" in job["warnings"][0]["field"]
