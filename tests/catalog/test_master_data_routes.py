"""Master data over HTTP: documents in, in every form; the standard's SimpleMasterDataQuery out, in JSON and XML."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from backend.catalog.telling import BUSINESS_LOCATION, EPC_CLASS, READ_POINT
from tests.catalog.conftest import Caller
from tests.epcis.test_rest import CONTEXT
from tests.epcis.test_rest import document as events_document
from tests.factories import FLOUR, PLANT, made
from tests.firms import Firm
from tests.shared_data import SHARED_DATA, needs_shared_data

Headers = dict[str, str]
SITE = "urn:epc:id:sgln:0037000.00729.0"
MIMASU = "gs1-epcis/examples/xml/Mimasu/Example-masterData.xml"
FASTNT = "epcis-implementations/fastnt/requests-1.2/Capture/Masterdata.xml"
PRODUCT: dict[str, Any] = {
    "@context": {"gs1": "https://gs1.org/voc/"},
    "@type": "gs1:Product",
    "@id": f"https://id.gs1.org/01/{FLOUR}",
    "gs1:productName": [{"@value": "Wheat flour", "@language": "en"}, {"@value": "麵粉", "@language": "zh-TW"}],
    "gs1:brand": {"@type": "gs1:Brand", "gs1:brandName": "Molino"},
    "gs1:netContent": {"@type": "gs1:QuantitativeValue", "gs1:value": "1.0", "gs1:unitCode": "KGM"},
}


async def send(client: httpx.AsyncClient, headers: Headers, body: bytes | object, content_type: str = "application/json") -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post("/epcis/masterData", content=raw, headers={**headers, "Content-Type": content_type})


async def ask(client: httpx.AsyncClient, headers: Headers, **parameters: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """The elements that are found, by vocabulary and id."""
    answer = await client.get("/epcis/masterData", params=parameters, headers=headers)
    assert answer.status_code == 200, answer.text
    results = answer.json()["epcisBody"]["queryResults"]
    assert results["queryName"] == "SimpleMasterDataQuery"
    lists = results["resultsBody"]["vocabularyList"]
    return {(vocabulary["type"], element["id"]): element for vocabulary in lists for element in vocabulary["vocabularyElementList"]}


def shared(path: str) -> bytes:
    """A shared document."""
    return Path(SHARED_DATA, path).read_bytes()


@needs_shared_data
@pytest.mark.parametrize("path", [MIMASU, FASTNT])
async def test_a_master_data_document_is_kept_once_and_answered(client: httpx.AsyncClient, owner_headers: Headers, path: str) -> None:
    answer = await send(client, owner_headers, shared(path), "application/xml")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"elements": 7, "changed": 7, "products": 0, "locations": 4, "partners": 0, "errors": [], "errorCount": 0}
    again = await send(client, owner_headers, shared(path), "application/xml")
    assert (again.json()["changed"], again.json()["locations"]) == (0, 0)
    found = await ask(client, owner_headers)
    assert {kind for kind, _ in found} == {BUSINESS_LOCATION, READ_POINT}
    assert found[BUSINESS_LOCATION, SITE]["attributes"][0] == {"id": "http://epcis.example.com/mda/latitude", "attribute": "+18.0000"}
    assert len(found[BUSINESS_LOCATION, SITE]["children"]) in (2, 3)
    address = {"@context": {"example": "http://epcis.example.com/ns"}, "example:Address": {
        "Street": "100 Nowhere Street", "City": "Fancy", "State": "DC", "Zip": "99999"}}  # fmt: skip
    assert found[BUSINESS_LOCATION, SITE]["attributes"][2] == {"id": "http://epcis.example.com/mda/address", "attribute": address}


@needs_shared_data
async def test_every_parameter_of_the_query(client: httpx.AsyncClient, owner_headers: Headers) -> None:
    await send(client, owner_headers, shared(MIMASU), "application/xml")
    low = "urn:epc:id:sgln:0037000.00729.8203"
    asked = {
        "vocabularyName": READ_POINT, "EQ_name": low, "WD_name": "urn:epc:id:sgln:0037000.00729.8202", "HASATTR": "urn:epcglobal:cbv:mda:ssa",
        "EQATTR_cbvmda:sst": "202|9",
    }  # fmt: skip
    sizes = {name: len(await ask(client, owner_headers, **{name: value})) for name, value in asked.items()}
    assert sizes == {"vocabularyName": 3, "EQ_name": 2, "WD_name": 4, "HASATTR": 2, "EQATTR_cbvmda:sst": 4}
    [found] = (await ask(client, owner_headers, **asked | {"HASATTR": "cbvmda:site", "EQATTR_cbvmda:sst": "203"})).values()
    assert found["id"] == low
    few = await ask(client, owner_headers, EQ_name=SITE, attributeNames="http://epcis.example.com/mda/latitude", includeChildren="false")
    assert list(few.values()) == [{"id": SITE, "attributes": [{"id": "http://epcis.example.com/mda/latitude", "attribute": "+18.0000"}]}]
    bare = await ask(client, owner_headers, EQ_name=SITE, includeAttributes="false", includeChildren="false")
    assert list(bare.values()) == [{"id": SITE}]
    assert await ask(client, owner_headers, EQ_name=f"{PLANT}/254/none") == {}


@needs_shared_data
async def test_more_than_the_asker_wants_is_refused_and_pages_lead_on(client: httpx.AsyncClient, owner_headers: Headers) -> None:
    await send(client, owner_headers, shared(MIMASU), "application/xml")
    assert len(await ask(client, owner_headers, maxElementCount=7)) == 7
    refused = await client.get("/epcis/masterData", params={"maxElementCount": 6}, headers=owner_headers)
    assert (refused.status_code, refused.json()["type"]) == (413, "epcisException:QueryTooLargeException")
    seen: list[str] = []
    path = "/epcis/masterData?perPage=3"
    while path:
        answer = await client.get(path, headers=owner_headers)
        for vocabulary in answer.json()["epcisBody"]["queryResults"]["resultsBody"]["vocabularyList"]:
            seen += [f"{vocabulary['type']} {element['id']}" for element in vocabulary["vocabularyElementList"]]
        path = answer.headers["Link"].split("<")[1].split(">")[0] if "Link" in answer.headers else ""
    assert len(seen) == len(set(seen)) == 7


@needs_shared_data
@pytest.mark.parametrize(("newest", "namespace"), [("2.0", "urn:epcglobal:epcis-query:xsd:2"), ("1.2", "urn:epcglobal:epcis-query:xsd:1")])
async def test_the_answer_as_xml_can_be_sent_to_another_firm(
    client: httpx.AsyncClient, owner_headers: Headers, other_firm: Firm, bearer: Any, newest: str, namespace: str
) -> None:
    await send(client, owner_headers, shared(MIMASU), "application/xml")
    await send(client, owner_headers, PRODUCT)
    headers = {**owner_headers, "Accept": "application/xml", "GS1-EPCIS-Max": newest}
    answer = await client.get("/epcis/masterData", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    root = etree.fromstring(answer.content)
    assert root.tag == f"{{{namespace}}}EPCISQueryDocument"
    assert root.xpath("//VocabularyElement/children/id/text()")
    assert root.xpath("//e:Address/@City", namespaces={"e": "http://epcis.example.com/ns"}) == ["Fancy"]
    assert root.xpath("//attribute[@xml:lang='zh-TW']/text()") == ["麵粉"]
    theirs = await bearer(other_firm)
    told = await send(client, theirs, answer.content, "application/xml")
    assert (told.status_code, told.json().get("changed")) == (200, 8), told.text
    mine, found = await ask(client, owner_headers), await ask(client, theirs)
    assert found.keys() == mine.keys()
    as_json = await client.get("/epcis/masterData", headers=owner_headers)
    assert (await send(client, theirs, as_json.content)).json()["elements"] == 8


async def test_a_product_of_the_web_vocabulary_names_itself_in_several_languages(
    client: httpx.AsyncClient, owner_headers: Headers, owner: Caller
) -> None:
    answer = await send(client, owner_headers, PRODUCT, "application/ld+json")
    assert (answer.status_code, answer.json()["products"]) == (200, 1)
    asked = "{ products(first: 1) { nodes { name told masterData { teller own vocabulary element attributes } } } }"
    [found] = (await owner.ask(asked, Accept_Language="zh-HK"))["products"]["nodes"]
    assert (found["name"], found["told"]) == ("麵粉", True)
    [told] = found["masterData"]
    assert (told["vocabulary"], told["own"]) == (EPC_CLASS, False)
    assert {"id": "gs1:netContent", "attribute": PRODUCT["gs1:netContent"]} in told["attributes"]
    by_brand = await ask(client, owner_headers, HASATTR="https://gs1.org/voc/brand")
    assert [element for _, element in by_brand] == [f"https://id.gs1.org/01/{FLOUR}"]


async def test_what_people_put_into_the_catalogue_is_master_data_too(client: httpx.AsyncClient, owner_headers: Headers, owner: Caller) -> None:
    put = "mutation($input: PutProductsInput!) { putProducts(input: $input) { userErrors { field } } }"
    await owner.command(put, {"products": [{"gtin": FLOUR, "names": {"zh": "面粉", "en": "Flour, white"}, "kind": "RAW"}]})
    found = await ask(client, owner_headers, **{"EQATTR_cbvmda:tradeItemDescription": "Flour, white"})
    values = [{"@value": "面粉", "@language": "zh"}, {"@value": "Flour, white", "@language": "en"}]
    uri = f"https://id.gs1.org/01/{FLOUR}"
    assert found == {(EPC_CLASS, uri): {"id": uri, "attributes": [{"id": "urn:epcglobal:cbv:mda#tradeItemDescription", "attribute": values}]}}


async def test_a_json_master_data_document_is_read_with_its_faults_told(client: httpx.AsyncClient, owner_headers: Headers) -> None:
    elements = [{"id": PLANT, "attributes": [{"id": "urn:epcglobal:cbv:mda#name", "attribute": "Plant"}]}, {"id": "no uri"}]
    body = {"@context": [CONTEXT], "type": "EPCISMasterDataDocument", "schemaVersion": "2.0", "creationDate": "2026-01-01T00:00:00Z"}
    vocabularies = [{"type": BUSINESS_LOCATION, "vocabularyElementList": elements}]
    answer = await send(client, owner_headers, body | {"epcisBody": {"vocabularyList": vocabularies}})
    assert (answer.status_code, answer.json()["changed"], answer.json()["errorCount"]) == (200, 1, 1)
    assert answer.json()["errors"][0]["field"] == "$.epcisBody.vocabularyList[0].vocabularyElementList[1].id"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400), (b"<x/>", "application/xml", 400), (b"a,b", "text/csv", 415), (b"[]", "application/json", 200),
        (b'[{"gs1:brand": "no id"}]', "application/ld+json", 400), (b'{"type": "EPCISMasterDataDocument"}', "application/json", 400),
        (json.dumps(events_document(made([], []))).encode(), "application/json", 400), (b'{"@graph": [3]}', "application/json", 400),
    ],
)  # fmt: skip
async def test_what_is_no_master_data_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, owner_headers: Headers, body: bytes, content_type: str, status: int
) -> None:
    answer = await send(client, owner_headers, body, content_type)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert await ask(client, owner_headers) == {}


@pytest.mark.parametrize("query", ["EQ_bizStep=x", "maxElementCount=0", "includeChildren=maybe", "nextPageToken=x", "EQATTR_=x", "EQ_name="])
async def test_parameters_that_cannot_be_answered_are_named(client: httpx.AsyncClient, owner_headers: Headers, query: str) -> None:
    answer = await client.get(f"/epcis/masterData?{query}", headers=owner_headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")
    assert answer.json()["field"] == query.partition("=")[0]


async def test_the_trail_counts_and_does_not_list(client: httpx.AsyncClient, owner_headers: Headers, owner: Caller) -> None:
    await send(client, owner_headers, PRODUCT)
    await send(client, owner_headers, PRODUCT)
    found = await owner.ask("{ auditEntries(first: 50) { nodes { action subject after } } }")
    [entry] = [entry for entry in found["auditEntries"]["nodes"] if entry["action"] == "master_data.told"]
    assert entry["subject"] == "1 elements"
    assert FLOUR not in json.dumps(entry)
