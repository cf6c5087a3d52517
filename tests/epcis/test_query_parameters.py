"""Every parameter of the standard's SimpleEventQuery: each finds what it asks for and leaves out the rest (EPCIS 2.0 §8.2.7.1)."""

from typing import Any, Final

import httpx
import pytest

from tests.epcis.asking import NAMESPACE, Asking, Bearer, asking
from tests.factories import CUSTOMER, DOUGH, FLOUR, PLANT, SHOP, declared_wrong, gtin, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm

F1, D1 = lot(FLOUR, "F1"), lot(DOUGH, "D1")
DEVICE: Final = "https://id.gs1.org/8004/9506000AB1"
ORDER: Final = "urn:epcglobal:cbv:bt:9506000134000:PO1"


def read(value: float, uom: str = "CEL", **fields: Any) -> dict[str, Any]:
    """A sensor report."""
    return {"type": "Temperature", "value": value, "uom": uom, **fields}


def said(event: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The event with extension fields."""
    return {**event, **fields}


def rich() -> dict[str, dict[str, Any]]:
    """One event of each kind that a parameter is about."""
    return {
        "flour": made([], [quantity(F1, 5), quantity(lot(FLOUR, "F2"), 80, "GRM")], minutes=0, bizTransactionList=[
            {"type": "po", "bizTransaction": ORDER}, {"bizTransaction": "urn:epcglobal:cbv:bt:9506000134000:X"}],
            ilmd={"ex:mill": "North", "cbvmda:itemExpirationDate": "2026-12-31", "ex:maker": {"ex:city": "Graz", "ex:rank": 3}}),
        "dough": transformed([F1], [D1], minutes=10, transformation="urn:epc:id:gdti:9506000.13400.T1", persistentDisposition={
            "set": ["completeness_verified"], "unset": ["https://ref.gs1.org/cbv/Disp-completeness_inferred"]}),
        "pallet": said(packed(sscc(1), [unit(DOUGH, "1"), unit(DOUGH, "2")], minutes=20), **{
            "ex:score": 12.5, "ex:note": "a, b", "ex:at": "2026-03-02T10:00:00+02:00", "ex:box": {"ex:colour": ["red", "blue"]}}),
        "truck": said(shipped([sscc(1)], minutes=30, readPoint={"id": f"{PLANT}/254/GATE", "ex:door": "A"}, sourceList=[
            {"type": "possessing_party", "source": PLANT}]), **{"ex:score": 3, "ex:note": "c"}),
        "shop": made([unit(FLOUR, "9")], minutes=40, action="OBSERVE", bizStep="https://example.com/steps/tasting", disposition="in_transit",
                     bizLocation={"id": SHOP, "ex:shelf": 4}),
        "cold": made([unit(DOUGH, "7")], minutes=50, bizStep="sensor_reporting", sensorElementList=[{
            "sensorMetadata": {"deviceID": DEVICE, "startTime": "2026-03-02T08:00:00Z", "endTime": "2026-03-02T09:00:00Z",
                               "dataProcessingMethod": "https://example.com/m1", "bizRules": "https://example.com/r1", "ex:probe": "P1"},
            "sensorReport": [read(5, minValue=2, maxValue=8, meanValue=5.5, sDev=1.8, percRank=50, percValue=5.2, **{"ex:channel": "K1"}), {
                "type": "https://example.com/Freshness", "stringValue": "fine, fresh", "booleanValue": True, "hexBinaryValue": "f0f0",
                "uriValue": "https://example.com/u1", "microorganism": "https://example.com/micro/1",
                "chemicalSubstance": "https://example.com/chem/1", "time": "2026-03-02T08:30:00Z"}],
            "ex:mounting": {"ex:height": 120}}]),
        "warm": made([unit(DOUGH, "8")], minutes=60, sensorElementList=[{"sensorReport": [read(68, "FAH"), read(12)]}]),
    }  # fmt: skip


ALL: Final = list(rich())


@pytest.fixture
async def reader(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> Asking:
    """Of a firm that has captured one of each, in one document."""
    reader = await asking(client, bearer, firm)
    await reader.capture(**rich())
    return reader


GIVEN: Final = {"GS1-Extensions": f"ex={NAMESPACE}"}
# parameter=value, and the names of what it finds
ASKED: Final[list[tuple[str, str]]] = [
    ("eventType=AggregationEvent|TransformationEvent", "dough pallet"),
    ("GE_eventTime=2026-03-02T08:30:00Z", "truck shop cold warm"),
    ("LT_eventTime=2026-03-02T08:30:00Z", "flour dough pallet"),
    ("GE_recordTime=2020-01-01T00:00:00Z", " ".join(ALL)),
    ("LT_recordTime=2020-01-01T00:00:00Z", ""),
    ("EQ_action=OBSERVE", "truck shop"),
    ("EQ_bizStep=shipping|packing", "pallet truck"),
    ("EQ_bizStep=urn:epcglobal:cbv:bizstep:packing", "pallet"),
    ("EQ_bizStep=cbv:BizStep-packing", "pallet"),
    ("EQ_bizStep=https://example.com/steps/tasting", "shop"),
    ("EQ_disposition=in_transit", "truck shop"),
    ("EQ_disposition=urn:epcglobal:cbv:disp:in_transit", "truck shop"),
    ("EQ_persistentDisposition_set=completeness_verified", "dough"),
    ("EQ_persistentDisposition_set=completeness_inferred", ""),
    ("EQ_persistentDisposition_unset=urn:epcglobal:cbv:disp:completeness_inferred", "dough"),
    (f"EQ_readPoint={PLANT}/254/GATE", "truck"),
    (f"EQ_readPoint={PLANT}", ""),
    (f"WD_readPoint={PLANT}", "truck"),
    (f"EQ_bizLocation={SHOP}", "shop"),
    (f"WD_bizLocation={SHOP}|{PLANT}", "flour dough pallet shop cold warm"),
    (f"WD_bizLocation={SHOP}", "shop"),
    ("EQ_transformationID=urn:epc:id:gdti:9506000.13400.T1", "dough"),
    ("EQ_transformationID=urn:epc:id:gdti:9506000.13400.T2", ""),
    (f"MATCH_epc={unit(DOUGH, '2')}", "pallet"),
    (f"MATCH_epc={sscc(1)}", "truck"),
    (f"MATCH_epc={F1}", ""),
    ("MATCH_epc=urn:epc:idpat:sgtin:9506000.013432.*", "pallet cold warm"),
    ("MATCH_epc=urn:epc:idpat:sgtin:9506000.*.*", "pallet shop cold warm"),
    ("MATCH_epc=urn:epc:idpat:sgtin:9506001.*.*", ""),
    ("MATCH_epc=urn:epc:idpat:sgtin:*.*.*", "pallet shop cold warm"),
    ("MATCH_epc=urn:epc:idpat:sscc:9506000.*", "truck"),
    (f"MATCH_epc=urn:epc:idpat:sscc:9506001.*|{unit(FLOUR, '9')}", "shop"),
    (f"MATCH_parentID={sscc(1)}", "pallet"),
    ("MATCH_parentID=urn:epc:idpat:sscc:*.*", "pallet"),
    (f"MATCH_anyEPC={sscc(1)}", "pallet truck"),
    (f"MATCH_epcClass={F1}", "flour"),
    ("MATCH_epcClass=urn:epc:class:lgtin:9506000.013430.F1", "flour"),
    ("MATCH_epcClass=urn:epc:class:lgtin:9506000.013430.*", "flour"),
    ("MATCH_epcClass=urn:epc:idpat:lgtin:9506000.*.*", "flour"),
    ("MATCH_epcClass=urn:epc:idpat:sgtin:9506000.013430.*", ""),
    (f"MATCH_inputEPCClass={F1}", "dough"),
    (f"MATCH_outputEPCClass={D1}", "dough"),
    (f"MATCH_anyEPCClass={F1}", "flour dough"),
    ("MATCH_anyEPCClass=urn:epc:idpat:lgtin:9506000.013432.*", "dough"),
    (f"MATCH_inputEPC={F1}", ""),
    (f"MATCH_outputEPC={unit(DOUGH, '1')}", ""),
    ("EQ_quantity=5", "flour"), ("EQ_quantity=5|10", "flour dough"), ("GT_quantity=10", "flour"), ("GE_quantity=10", "flour dough"),
    ("LT_quantity=5", ""), ("LE_quantity=5", "flour"),
    ("EQ_quantity_GRM=80", "flour"), ("GE_quantity_KGM=6", "dough"), ("LT_quantity_GRM=80", ""),
    (f"EQ_bizTransaction_po={ORDER}", "flour"), ("EQ_bizTransaction_po=urn:epcglobal:cbv:bt:9506000134000:X", ""),
    (f"EQ_bizTransaction_urn:epcglobal:cbv:btt:po={ORDER}", "flour"), (f"EQ_bizTransaction_inv={ORDER}", ""),
    (f"EQ_source_possessing_party={PLANT}", "truck"), ("EQ_source_possessing_party=urn:epc:id:sgln:9506000.13400.0", "truck"),
    (f"EQ_source_owning_party={PLANT}", ""),
    (f"EQ_destination_owning_party={CUSTOMER}", "truck"), (f"EQ_destination_https://ref.gs1.org/cbv/SDT-owning_party={CUSTOMER}", "truck"),
    ("EXISTS_errorDeclaration=true", ""), ("EXISTS_errorDeclaration=false", " ".join(ALL)),
    # sensors
    ("EXISTS_sensorElementList=", "cold warm"),
    ("EQ_type=Temperature", "cold warm"), ("EQ_type=gs1:Temperature", "cold warm"), ("EQ_type=https://example.com/Freshness", "cold"),
    ("EQ_type=Pressure", ""),
    (f"EQ_deviceID={DEVICE}", "cold"), ("EQ_deviceID=urn:epc:id:giai:9506000.AB1", "cold"), ("EQ_deviceID=urn:epc:id:giai:9506000.AB2", ""),
    ("EQ_dataProcessingMethod=https://example.com/m1", "cold"), ("EQ_dataProcessingMethod=https://example.com/m2", ""),
    ("EQ_bizRules=https://example.com/r1", "cold"), ("EQ_microorganism=https://example.com/micro/1", "cold"),
    ("EQ_chemicalSubstance=https://example.com/chem/1", "cold"), ("EQ_uriValue=https://example.com/u1", "cold"),
    ("EQ_stringValue=fine, fresh", "cold"), ("EQ_stringValue=fine", ""), ("EQ_booleanValue=true", "cold"), ("EQ_booleanValue=false", ""),
    ("EQ_hexBinaryValue=F0F0", "cold"),
    ("GE_time=2026-03-02T08:30:00Z", "cold"), ("LT_time=2026-03-02T08:30:00Z", ""),
    ("GE_startTime=2026-03-02T08:00:00Z", "cold"), ("LT_startTime=2026-03-02T08:00:00Z", ""),
    ("GE_endTime=2026-03-02T09:00:01Z", ""), ("LT_endTime=2026-03-02T17:30:00+08:00", "cold"),
    ("EQ_value_CEL=5", "cold"), ("EQ_value_CEL=20", "warm"), ("EQ_value_FAH=41", "cold"), ("EQ_value_KEL=285.15", "warm"),
    ("GE_value_CEL=12", "warm"), ("GT_value_CEL=20", ""), ("LT_value_CEL=12", "cold"), ("LE_value_CEL=12", "cold warm"), ("GE_value_MTR=0", ""),
    ("GE_minValue_CEL=2", "cold"), ("LT_maxValue_CEL=8", ""), ("LE_maxValue_CEL=8", "cold"), ("EQ_meanValue_CEL=5.5", "cold"),
    ("GE_sDev_FAH=3.24", "cold"), ("GT_sDev_CEL=1.8", ""), ("GE_percRank=50", "cold"), ("LT_percRank=50", ""), ("GT_percValue_CEL=5", "cold"),
    # extensions
    ("EQ_ex:score=12.5", "pallet"), ("EQ_ex:score=12.50|3", "pallet truck"), (f"EQ_{NAMESPACE}score=3", "truck"),
    (f"EQ_{NAMESPACE}#score=3", "truck"),
    ("GT_ex:score=3", "pallet"), ("GE_ex:score=3", "pallet truck"), ("LT_ex:score=12.5", "truck"), ("LE_ex:score=2.9", ""),
    ("EQ_ex:note=a, b", "pallet"), ("EQ_ex:note=a", ""), ("EQ_ex:note=a, b|c", "pallet truck"),
    ("EQ_ex:at=2026-03-02T08:00:00Z", "pallet"), ("GE_ex:at=2026-03-02T08:00:00Z", "pallet"), ("GT_ex:at=2026-03-02T08:00:00Z", ""),
    ("EXISTS_ex:score=", "pallet truck"), ("EXISTS_ex:box=true", "pallet"), ("EXISTS_ex:colour=", ""), ("EXISTS_INNER_ex:colour=", "pallet"),
    ("EQ_INNER_ex:colour=blue", "pallet"), ("EQ_INNER_ex:colour=green", ""), ("EQ_ex:colour=blue", ""),
    ("EQ_ILMD_ex:mill=North", "flour"), ("EQ_ILMD_ex:mill=South", ""), ("EQ_ex:mill=North", ""), ("EXISTS_ILMD_ex:mill=", "flour"),
    ("GE_ILMD_cbvmda:itemExpirationDate=2026-12-31", "flour"), ("LT_ILMD_cbvmda:itemExpirationDate=2026-12-31", ""),
    ("EXISTS_ILMD_urn:epcglobal:cbv:mda#itemExpirationDate=", "flour"),
    ("EQ_INNER_ILMD_ex:city=Graz", "flour"), ("GE_INNER_ILMD_ex:rank=3", "flour"), ("EXISTS_INNER_ILMD_ex:town=", ""),
    ("EQ_readPoint_ex:door=A", "truck"), ("EQ_readPoint_ex:door=B", ""), ("EQ_bizLocation_ex:shelf=4", "shop"),
    ("EQ_SENSORMETADATA_ex:probe=P1", "cold"), ("EQ_SENSORREPORT_ex:channel=K1", "cold"), ("EXISTS_SENSORELEMENT_ex:mounting=", "cold"),
    ("GE_INNER_SENSORELEMENT_ex:height=120", "cold"), ("EQ_SENSORREPORT_ex:probe=P1", ""),
]  # fmt: skip


async def test_each_parameter_finds_what_it_asks_for_and_leaves_out_the_rest(reader: Asking) -> None:
    for asked, expected in ASKED:
        name, _, value = asked.partition("=")
        if name.startswith("EQ_bizTransaction_urn") or "_https:" in name or "_urn:" in name:
            name, _, value = asked.rpartition("=")
        assert await reader.find(headers=GIVEN, **{name: value}) == expected.split(), asked


async def test_all_parameters_must_hold(reader: Asking) -> None:
    assert await reader.find(EQ_bizStep="shipping", EXISTS_errorDeclaration="true") == []
    asked = {"EQ_disposition": "in_transit", "EQ_action": "OBSERVE", f"EQ_{NAMESPACE}note": "c", "GE_eventTime": "2026-03-02T08:10:00Z"}
    assert await reader.find(headers=None, **asked) == ["truck"]
    assert await reader.find(headers=None, **asked, **{f"GE_{NAMESPACE}score": "4"}) == []


async def test_values_of_a_parameter_that_is_repeated_are_alternatives(reader: Asking) -> None:
    answer = await reader.client.get("/epcis/events?EQ_bizStep=packing&EQ_bizStep=shipping", headers=reader.headers)
    assert reader.called(answer) == ["pallet", "truck"]


async def test_declarations_are_found_by_what_they_say_and_what_they_correct_stays_findable(reader: Asking) -> None:
    wrong = said(made([unit(FLOUR, "1")], [quantity(F1, 3)]), **{"ex:score": 99})
    first, second = declared_wrong(wrong, minutes=100), made([unit(FLOUR, "2")])
    first["errorDeclaration"] |= {"correctiveEventIDs": [second["eventID"]], "ex:cause": "typing", "ex:who": {"ex:shift": 2}}
    await reader.capture(wrong=wrong, second=second)
    await reader.capture(wrong=first)
    asked = {
        "EXISTS_errorDeclaration=true": ["wrong!"],
        "GE_errorDeclarationTime=2026-03-02T09:40:00Z": ["wrong!"],
        "GE_errorDeclarationTime=2026-03-02T09:40:01Z": [],
        "LT_errorDeclarationTime=2026-03-02T09:40:01Z": ["wrong!"],
        "LT_errorDeclaration_Time=2026-03-02T09:40:00Z": [],
        "EQ_errorReason=incorrect_data": ["wrong!"],
        "EQ_errorReason=urn:epcglobal:cbv:er:incorrect_data": ["wrong!"],
        "EQ_errorReason=did_not_occur": [],
        f"EQ_correctiveEventID={second['eventID']}": ["wrong!"],
        f"EQ_correctiveEventID={wrong['eventID']}": [],
        "EQ_ERROR_DECLARATION_ex:cause=typing": ["wrong!"],
        "GE_INNER_ERROR_DECLARATION_ex:shift=2": ["wrong!"],
        f"EQ_eventID={wrong['eventID']}": ["wrong", "wrong!"],
        f"MATCH_epc={unit(FLOUR, '1')}": ["wrong", "wrong!"],
        "EQ_quantity=3": ["wrong", "wrong!"],
        "EQ_ex:score=99": ["wrong", "wrong!"],
    }
    for query, expected in asked.items():
        name, _, value = query.partition("=")
        assert await reader.find(headers=GIVEN, **{name: value}) == expected, query


async def test_a_place_is_found_with_what_the_catalogue_puts_into_it(reader: Asking) -> None:
    hall, shelf = f"https://id.gs1.org/414/{gtin(900)[1:]}", "https://firm.example/shelf"
    place = {"kind": "x", "own": True, "timeZone": "UTC", "names": {"en": "x", "zh": "x"}}
    put = "mutation($l: [LocationInput!]!) { putLocations(input: {locations: $l}) { userErrors { message } } }"
    locations = [{**place, "place": SHOP}, {**place, "place": hall, "parentPlace": SHOP}, {**place, "place": shelf, "parentPlace": hall}]
    answer = await reader.client.post(
        "/graphql", json={"query": put, "variables": {"l": locations}}, headers={**reader.headers, "Idempotency-Key": "a" * 20}
    )
    assert answer.json()["data"]["putLocations"]["userErrors"] == [], answer.text
    await reader.capture(stocked=made([unit(FLOUR, "5")], bizLocation={"id": shelf}, readPoint={"id": hall}))
    assert await reader.find(WD_bizLocation=SHOP) == ["shop", "stocked"]
    assert await reader.find(WD_bizLocation=hall) == ["stocked"]
    assert await reader.find(EQ_bizLocation=hall) == []
    assert await reader.find(WD_readPoint=SHOP, WD_bizLocation=SHOP) == ["stocked"]
    assert await reader.find(WD_readPoint=shelf) == []


async def test_what_came_as_xml_is_found_by_the_names_that_xml_has(reader: Asking) -> None:
    xml = f"""<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:mine="http://ns.example.org/mine" schemaVersion="2.0"
      creationDate="2026-03-02T08:00:00Z"><EPCISBody><EventList><ObjectEvent><eventTime>2026-03-02T11:00:00Z</eventTime>
      <eventTimeZoneOffset>+00:00</eventTimeZoneOffset><eventID>urn:uuid:3f0a3f64-6a3c-4a8d-9d52-0a4b7a6a0001</eventID>
      <epcList><epc>{unit(FLOUR, "77")}</epc></epcList><action>OBSERVE</action><mine:grade>7</mine:grade>
      <mine:lab><mine:name>Q</mine:name></mine:lab></ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"""
    answer = await reader.client.post("/epcis/capture", content=xml, headers={**reader.headers, "Content-Type": "application/xml"})
    assert answer.json()["success"], answer.text
    reader.names["urn:uuid:3f0a3f64-6a3c-4a8d-9d52-0a4b7a6a0001"] = "xml"
    for name, value in (("EQ", "7"), ("GE", "7"), ("EXISTS", "")):
        assert await reader.find(headers=None, **{f"{name}_http://ns.example.org/mine#grade": value}) == ["xml"]
    assert await reader.find(headers=None, **{"EQ_INNER_http://ns.example.org/mine#name": "Q"}) == ["xml"]


async def test_a_long_text_is_found_by_the_whole_of_it(reader: Asking) -> None:
    text = "溯" * 2_000
    await reader.capture(
        long=said(made([unit(FLOUR, "5")]), **{"ex:text": text}), other=said(made([unit(FLOUR, "6")]), **{"ex:text": text[:-1] + "源"})
    )
    assert await reader.find(headers=GIVEN, **{"EQ_ex:text": text}) == ["long"]
    assert await reader.find(headers=GIVEN, **{"EQ_ex:text": text[:240]}) == []


REFUSED: Final[list[tuple[str, str]]] = [
    ("EQ_nothing=1", "EQ_nothing"), ("EQ_ex:score=1", "EQ_ex:score"), ("GT_https://ns.example.com/x=many", "GT_https://ns.example.com/x"),
    ("GE_quantity=many", "GE_quantity"), ("GE_quantity=1|2", "GE_quantity"), ("GE_quantity=1e999", "GE_quantity"),
    ("GE_value_CEL=NaN", "GE_value_CEL"),
    ("EQ_booleanValue=maybe", "EQ_booleanValue"), ("EXISTS_errorDeclaration=maybe", "EXISTS_errorDeclaration"),
    ("HASATTR_disposition=x", "HASATTR_disposition"), ("EQATTR_source_x=y", "EQATTR_source_x"), ("EQ_ATTR_a_b=y", "EQ_ATTR_a_b"),
    ("EQ_source_nobody=urn:x:1", "EQ_source_nobody"), ("EQ_readPoint=nowhere", "EQ_readPoint"), ("WD_bizLocation=nowhere", "WD_bizLocation"),
    ("MATCH_epc=urn:epc:idpat:sgtin:1.*.*", "MATCH_epc"), ("MATCH_epc=urn:epc:idpat:sgtin:*.123.*", "MATCH_epc"),
    ("MATCH_epc=urn:epc:idpat:nothing:*", "MATCH_epc"), ("MATCH_epc=urn:epc:idpat:lgtin:*.*.*", "MATCH_epc"),
    ("MATCH_epcClass=urn:epc:idpat:gid:1.*.*", "MATCH_epcClass"), ("MATCH_epc=urn:epc:idpat:sgtin:9506000.13.*", "MATCH_epc"),
    ("orderBy=colour", "orderBy"), ("orderDirection=UP", "orderDirection"), ("eventCountLimit=0", "eventCountLimit"),
    ("eventCountLimit=5", "eventCountLimit"), ("orderBy=eventTime&eventCountLimit=5&maxEventCount=5", "eventCountLimit"),
    ("maxEventCount=-1", "maxEventCount"), ("EQ_action=%00", "EQ_action"), ("EQ_%00:x=1", "EQ_\x00:x"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "field"), REFUSED)
async def test_what_cannot_be_answered_is_named(client: httpx.AsyncClient, bearer: Bearer, firm: Firm, query: str, field: str) -> None:
    answer = await client.get(f"/epcis/events?{query}", headers=await bearer(firm))
    assert (answer.status_code, answer.json()["type"], answer.json()["field"]) == (400, "epcisException:QueryParameterException", field), answer.text


async def test_too_many_parameters_are_too_complex(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> None:
    query = "&".join(f"EXISTS_https://ns.example.com/{number}=" for number in range(41))
    answer = await client.get(f"/epcis/events?{query}", headers=await bearer(firm))
    assert (answer.status_code, answer.json()["type"]) == (413, "epcisException:QueryTooComplexException")


async def test_more_events_than_allowed_are_refused(reader: Asking) -> None:
    assert len(await reader.find(maxEventCount="7")) == 7
    assert len(await reader.find(maxEventCount="7", perPage="2")) == 2
    answer = await reader.get("/epcis/events", maxEventCount="6")
    assert (answer.status_code, answer.json()["type"]) == (413, "epcisException:QueryTooLargeException")
    assert await reader.find(maxEventCount="2", EQ_bizStep="shipping") == ["truck"]
