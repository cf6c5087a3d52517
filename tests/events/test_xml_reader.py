"""EPCIS XML read into JSON: published documents, the features of each version, and hostile input."""

import random
import re
import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from backend.events.faults import DocumentFaults, Fault
from backend.events.reader import read
from backend.events.xml_reader import read_xml
from tests.shared_data import SHARED_DATA, Expectation, expectations, needs_shared_data

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
NAMESPACES = (
    'xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:ex="https://ns.example.com/epcis/" xmlns:cbvmda="urn:epcglobal:cbv:mda" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
# Valid by their schema, but with a DOCTYPE, or about capture jobs and no events at all.
NOT_CAPTURABLE = ("WithFullCombinationOfFields/", "CaptureJob/")
MANY_ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(201))
MANY_PREFIXES = " ".join(f'xmlns:p{number}="urn:{number}"' for number in range(300))


def document(events: str, header: str = "", attributes: str = "") -> bytes:
    return (
        f'<epcis:EPCISDocument {NAMESPACES} {attributes} schemaVersion="2.0" creationDate="2026-07-22T06:45:00Z">{header}'
        f"<EPCISBody><EventList>{events}</EventList></EPCISBody></epcis:EPCISDocument>"
    ).encode()


def first_event(inner: str, kind: str = "ObjectEvent", attributes: str = "") -> dict[str, Any]:
    event: dict[str, Any] = read_xml(document(f"<{kind}>{inner}</{kind}>", attributes=attributes))["epcisBody"]["eventList"][0]
    return event


def faults_of(raw: bytes) -> tuple[Fault, ...]:
    with pytest.raises(DocumentFaults) as refused:
        read_xml(raw)
    return refused.value.faults


def valid_documents() -> list[Expectation]:
    return [
        row
        for row in expectations("gs1-epcis") + expectations("epcis-implementations")
        if not row.is_json
        and not any(part in row.path for part in NOT_CAPTURABLE)
        and row.row.get("product_expectation", "MUST_ACCEPT").startswith(("MUST_ACCEPT", "ACCEPT_AS_BARE_EVENT"))
    ]


@needs_shared_data
@pytest.mark.parametrize("row", valid_documents(), ids=str)
def test_valid_document_becomes_canonical_events(row: Expectation) -> None:
    reading = read(row.file.read_bytes(), "application/xml")
    assert reading.faults == []
    assert len(reading.canonical) == int(row.row["n_events"])


@needs_shared_data
@pytest.mark.parametrize("path", sorted((SHARED_DATA / "gs1-epcis/examples/xml/WithFullCombinationOfFields").glob("*.xml")))
def test_valid_document_with_doctype_is_refused_and_read_without_it(path: Path) -> None:
    raw = path.read_bytes()
    assert [fault.rule for fault in faults_of(raw)] == ["no document type"]
    reading = read(raw.replace(b"<!DOCTYPE project>", b""), "application/xml")
    assert reading.faults == []
    assert len(reading.events) == (0 if path.name.startswith("masterdata") else 1)


def test_event_of_version_2_becomes_json() -> None:
    event = first_event(
        """
        <eventTime>2026-07-22T06:45:00+02:00</eventTime><eventTimeZoneOffset>+02:00</eventTimeZoneOffset>
        <eventID>urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8</eventID>
        <errorDeclaration>
          <declarationTime>2026-07-23T06:45:00Z</declarationTime><reason>urn:epcglobal:cbv:er:incorrect_data</reason>
          <correctiveEventIDs><correctiveEventID>urn:uuid:1</correctiveEventID></correctiveEventIDs><ex:by>QA</ex:by>
        </errorDeclaration>
        <certificationInfo>https://example.com/1</certificationInfo>
        <epcList><epc> urn:epc:id:sgtin:4012345.011111.9876 </epc><!-- seen twice --></epcList>
        <action>ADD</action>
        <bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep>
        <disposition>https://ref.gs1.org/cbv/Disp-active</disposition>
        <persistentDisposition><set>cbv:Disp-recalled</set><unset>urn:epcglobal:cbv:disp:active</unset></persistentDisposition>
        <readPoint><id>urn:epc:id:sgln:4012345.00005.0</id><ex:door>4</ex:door></readPoint>
        <bizTransactionList>
          <bizTransaction type="urn:epcglobal:cbv:btt:po">urn:x:1</bizTransaction><bizTransaction>urn:x:2</bizTransaction>
        </bizTransactionList>
        <sourceList><source type="urn:epcglobal:cbv:sdt:location">urn:epc:id:sgln:4012345.00005.0</source></sourceList>
        <destinationList><destination type="urn:example:mine">urn:x:3</destination></destinationList>
        <quantityList><quantityElement>
          <epcClass>urn:epc:class:lgtin:4012345.011111.L1</epcClass><quantity>200.50</quantity><uom>KGM</uom>
        </quantityElement></quantityList>
        <sensorElementList><sensorElement>
          <sensorMetadata time="2026-07-22T06:45:00Z" ex:probe="B"/>
          <sensorReport type="gs1:Temperature" value="26.0" booleanValue="true" component="cbv:Comp-x" exception="gs1:ALARM_CONDITION"/>
          <sensorReport type="ex:Colour" stringValue="red"/>
          <ex:batch>9</ex:batch>
        </sensorElement></sensorElementList>
        <ilmd><cbvmda:lotNumber>L1</cbvmda:lotNumber></ilmd>
        """
    )
    assert event == {
        "type": "ObjectEvent",
        "eventTime": "2026-07-22T06:45:00+02:00",
        "eventTimeZoneOffset": "+02:00",
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "errorDeclaration": {
            "declarationTime": "2026-07-23T06:45:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:1"],
            "ex:by": "QA",
        },
        "certificationInfo": "https://example.com/1",
        "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "persistentDisposition": {"set": ["recalled"], "unset": ["active"]},
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0", "ex:door": "4"},
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"}, {"bizTransaction": "urn:x:2"}],
        "sourceList": [{"type": "location", "source": "urn:epc:id:sgln:4012345.00005.0"}],
        "destinationList": [{"type": "urn:example:mine", "destination": "urn:x:3"}],
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.L1", "quantity": Decimal("200.50"), "uom": "KGM"}],
        "sensorElementList": [
            {
                "sensorMetadata": {"time": "2026-07-22T06:45:00Z", "ex:probe": "B"},
                "ex:batch": "9",
                "sensorReport": [
                    {
                        "type": "Temperature",
                        "value": Decimal("26.0"),
                        "booleanValue": True,
                        "component": "x",
                        "exception": "ALARM_CONDITION",
                    },
                    {"type": "ex:Colour", "stringValue": "red"},
                ],
            }
        ],
        "ilmd": {"cbvmda:lotNumber": "L1"},
    }


def test_order_of_elements_is_of_no_account() -> None:
    fields = [
        "<eventTime>2026-07-22T06:45:00Z</eventTime>",
        "<eventTimeZoneOffset>+02:00</eventTimeZoneOffset>",
        "<epcList><epc>urn:x:1</epc></epcList>",
        "<action>OBSERVE</action>",
        "<ex:line>7</ex:line>",
        "<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>",
    ]
    shuffled = random.Random(7).sample(fields, len(fields))
    assert shuffled != fields
    assert first_event("".join(shuffled)) == first_event("".join(fields))


def test_extension_wrappers_of_version_1_are_dissolved() -> None:
    event = first_event(
        """
        <eventTime>2026-07-22T06:45:00Z</eventTime>
        <baseExtension><eventID>urn:uuid:1</eventID></baseExtension>
        <epcList/>
        <action>ADD</action>
        <extension>
          <quantityList><quantityElement><epcClass>urn:x:1</epcClass></quantityElement></quantityList>
          <ilmd><extension><ex:grade>A</ex:grade></extension></ilmd>
          <extension><sensorElementList><sensorElement>
            <sensorMetaData time="2026-07-22T06:45:00Z"/><sensorReport type="gs1:Speed"/>
          </sensorElement></sensorElementList><futureField>1</futureField></extension>
        </extension>
        """
    )
    assert event == {
        "type": "ObjectEvent",
        "eventTime": "2026-07-22T06:45:00Z",
        "eventID": "urn:uuid:1",
        "epcList": [],
        "action": "ADD",
        "quantityList": [{"epcClass": "urn:x:1"}],
        "ilmd": {"ex:grade": "A"},
        "sensorElementList": [
            {"sensorMetadata": {"time": "2026-07-22T06:45:00Z"}, "sensorReport": [{"type": "Speed"}]},
        ],
        "epcis:futureField": "1",
    }


def test_events_in_extension_wrappers_keep_their_order() -> None:
    body = "<ObjectEvent/><extension><TransformationEvent/><extension><AssociationEvent/></extension></extension><AggregationEvent/>"
    kinds = [event["type"] for event in read_xml(document(body))["epcisBody"]["eventList"]]
    assert kinds == ["ObjectEvent", "TransformationEvent", "AssociationEvent", "AggregationEvent"]


def test_extensions_keep_nesting_lists_text_and_attributes() -> None:
    event = first_event(
        """
        <ex:plain> a &amp; b </ex:plain><ex:wide>　宽　</ex:wide><ex:empty/>
        <ex:list>1</ex:list><ex:list>2</ex:list>
        <ex:tree><ex:leaf>x</ex:leaf><unqualified>y</unqualified></ex:tree>
        <ex:attributed ex:unit="KGM" bare="1">7</ex:attributed>
        <ex:typed xsi:type="xsd:integer">8</ex:typed>
        <ex:text xml:lang="zh">溯源</ex:text>
        """
    )
    assert event == {
        "type": "ObjectEvent",
        "ex:plain": "a & b",
        "ex:wide": "　宽　",
        "ex:empty": "",
        "ex:list": ["1", "2"],
        "ex:tree": {"ex:leaf": "x", "unqualified": "y"},
        "ex:attributed": {"rdf:value": "7", "ex:unit": "KGM", "bare": "1"},
        "ex:typed": "8",
        "ex:text": {"rdf:value": "溯源", "xml:lang": "zh"},
    }


def test_each_namespace_gets_a_prefix_of_its_own() -> None:
    read_in = read_xml(
        document(
            '<ObjectEvent><a xmlns="urn:one">1</a><p:a xmlns:p="urn:two">2</p:a><p:a xmlns:p="urn:three">3</p:a>'
            '<gs1:a xmlns:gs1="urn:four">4</gs1:a><action:a xmlns:action="urn:five">5</action:a></ObjectEvent>'
        )
    )
    assert read_in["@context"] == [
        CONTEXT,
        {"ext": "urn:one", "p": "urn:two", "p2": "urn:three", "gs12": "urn:four", "action2": "urn:five"},
    ]
    assert read_in["epcisBody"]["eventList"] == [{"type": "ObjectEvent", "ext:a": "1", "p:a": "2", "p2:a": "3", "gs12:a": "4", "action2:a": "5"}]


def test_prefix_of_a_value_is_declared() -> None:
    read_in = read_xml(document("<ObjectEvent><bizStep>ex:mine</bizStep></ObjectEvent>"))
    assert read_in["@context"] == [CONTEXT, {"ex": "https://ns.example.com/epcis/"}]
    assert read_in["epcisBody"]["eventList"] == [{"type": "ObjectEvent", "bizStep": "ex:mine"}]


def test_what_is_no_number_stays_text_for_the_checks_of_the_event() -> None:
    inner = "<quantityList><quantityElement><epcClass>urn:x:1</epcClass><quantity>{}</quantity></quantityElement></quantityList>"
    for written in ("INF", "NaN", "1,5", "1e9999", "0x10", "١٢"):
        assert first_event(inner.format(written))["quantityList"][0]["quantity"] == written
    assert first_event(inner.format("-1.5E3"))["quantityList"][0]["quantity"] == Decimal("-1500")


def test_unknown_element_reaches_the_checks_of_the_event_by_name() -> None:
    reading = read(
        document(
            "<ObjectEvent><eventTime>2026-07-22T06:45:00Z</eventTime><eventTimeZoneOffset>+02:00</eventTimeZoneOffset>"
            "<epcList><epc>urn:epc:id:sgtin:4012345.011111.9876</epc></epcList><action>OBSERVE</action><madeUp>1</madeUp></ObjectEvent>"
        ),
        "text/xml; charset=utf-8",
    )
    assert [fault.path for fault in reading.faults] == ["$.epcisBody.eventList[0].madeUp"]


def test_header_becomes_sender_receiver_and_master_data() -> None:
    header = """
    <EPCISHeader>
      <s:StandardBusinessDocumentHeader xmlns:s="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">
        <s:Sender><s:Identifier Authority="GS1">urn:epc:id:sgln:4012345.00005.0</s:Identifier></s:Sender>
        <s:Receiver><s:Identifier>urn:epc:id:sgln:4012346.00005.0</s:Identifier></s:Receiver>
        <s:DocumentIdentification><s:InstanceIdentifier>77</s:InstanceIdentifier></s:DocumentIdentification>
      </s:StandardBusinessDocumentHeader>
      <extension><EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:Location"><VocabularyElementList>
        <VocabularyElement id="urn:epc:id:sgln:4012345.00005.0">
          <attribute id="urn:epcglobal:cbv:mda#name">Plant</attribute>
          <attribute id="urn:example:address"><ex:city>Jena</ex:city></attribute>
          <children><id>urn:epc:id:sgln:4012345.00005.1</id></children>
        </VocabularyElement>
      </VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension>
    </EPCISHeader>
    """
    read_in = read_xml(document("", header))
    assert read_in == {
        "@context": [CONTEXT, {"ex": "https://ns.example.com/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-07-22T06:45:00Z",
        "sender": "urn:epc:id:sgln:4012345.00005.0",
        "receiver": "urn:epc:id:sgln:4012346.00005.0",
        "instanceIdentifier": "77",
        "epcisHeader": {
            "epcisMasterData": {
                "vocabularyList": [
                    {
                        "type": "urn:epcglobal:epcis:vtype:Location",
                        "vocabularyElementList": [
                            {
                                "id": "urn:epc:id:sgln:4012345.00005.0",
                                "children": ["urn:epc:id:sgln:4012345.00005.1"],
                                "attributes": [
                                    {"id": "urn:epcglobal:cbv:mda#name", "attribute": "Plant"},
                                    {
                                        "id": "urn:example:address",
                                        "attribute": {"@context": {"ex": "https://ns.example.com/epcis/"}, "ex:city": "Jena"},
                                    },
                                ],
                            }
                        ],
                    }
                ]
            }
        },
        "epcisBody": {"eventList": []},
    }


@pytest.mark.parametrize("envelope", ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"])
@pytest.mark.parametrize("wrapper", ["{}", '<c:Capture xmlns:c="urn:x">{}</c:Capture>'])
def test_document_in_soap_envelope_is_read_like_the_document(envelope: str, wrapper: str) -> None:
    plain = document("<ObjectEvent><ex:line>7</ex:line></ObjectEvent>")
    body = wrapper.format(plain.decode())
    wrapped = f'<s:Envelope xmlns:s="{envelope}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()
    assert read_xml(wrapped) == read_xml(plain)


@pytest.mark.parametrize(
    "results",
    [
        "<EPCISBody><q:QueryResults>{}</q:QueryResults></EPCISBody>",
        "{}",
    ],
)
def test_query_results_become_a_query_document(results: str) -> None:
    inner = (
        "<queryName>SimpleEventQuery</queryName><subscriptionID>s1</subscriptionID>"
        "<resultsBody><EventList><ObjectEvent><action>ADD</action></ObjectEvent></EventList></resultsBody>"
    )
    name = "q:EPCISQueryDocument" if "Body" in results else "q:QueryResults"
    raw = f'<{name} xmlns:q="urn:epcglobal:epcis-query:xsd:1">{results.format(inner)}</{name}>'.encode()
    assert read_xml(raw) == {
        "@context": [CONTEXT],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "epcisBody": {
            "queryResults": {
                "queryName": "SimpleEventQuery",
                "subscriptionID": "s1",
                "resultsBody": {"eventList": [{"type": "ObjectEvent", "action": "ADD"}]},
            }
        },
    }


def test_single_event_becomes_a_bare_event() -> None:
    raw = f"<ObjectEvent {NAMESPACES}><ex:line>7</ex:line></ObjectEvent>".encode()
    assert read_xml(raw) == {"@context": [CONTEXT, {"ex": "https://ns.example.com/epcis/"}], "type": "ObjectEvent", "ex:line": "7"}


def test_chinese_encoding_is_read() -> None:
    raw = '<?xml version="1.0" encoding="GB18030"?><ObjectEvent xmlns:e="urn:e"><e:名>溯源</e:名></ObjectEvent>'.encode("gb18030")
    assert read_xml(raw)["e:名"] == "溯源"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", 1),
        (b"<a>\n  <b></a>", 2),
        (b"<a>&undefined;</a>", 1),
        (b'{"type": "EPCISDocument"}', 1),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', 1),
        (b"<a>\n\n\xff</a>", 3),
        (b"<a>" * 300, 1),
    ],
)
def test_malformed_xml_gives_one_fault_with_line_and_column(raw: bytes, line: int) -> None:
    (fault,) = faults_of(raw)
    assert fault.rule == "XML 1.0 well-formedness"
    assert re.fullmatch(rf"Line {line}, column [1-9][0-9]*: [^\n]+\.", fault.message)


@pytest.mark.parametrize(
    ("raw", "path", "word"),
    [
        (b"<html/>", "$", "html"),
        (b'<e:EPCISCaptureJob xmlns:e="urn:epcglobal:epcis:xsd:2"/>', "$", "EPCISCaptureJob"),
        (b"<EPCISDocument/>", "$.epcisBody", "EventList"),
        (b"<EPCISQueryDocument><EPCISBody><Poll/></EPCISBody></EPCISQueryDocument>", "$.epcisBody", "EventList"),
        (document("<ObjectEvent><action>ADD</action><action>DELETE</action></ObjectEvent>"), "$.epcisBody.eventList[0]", "action"),
        (document("<ObjectEvent/><ObjectEvent><epcList><id/></epcList></ObjectEvent>"), "$.epcisBody.eventList[1]", "id"),
        (document("<ObjectEvent>" + "<extension>" * 9 + "</extension>" * 9 + "</ObjectEvent>"), "$", "8 levels"),
        (document("".join(f'<ObjectEvent><a xmlns="urn:{n}"/></ObjectEvent>' for n in range(201))), "$", "200 namespaces"),
        (document(f"<ObjectEvent><ex:a {MANY_ATTRIBUTES}/></ObjectEvent>"), "$", "200 attributes"),
        (document('<ObjectEvent><ex:a ex:b="1"/></ObjectEvent>', attributes=MANY_PREFIXES), "$", "200 namespaces"),
        (document("<ObjectEvent>" + "<ex:a>" * 40 + "</ex:a>" * 40 + "</ObjectEvent>"), "$", "32 levels"),
    ],
)
def test_document_without_json_form_is_refused_by_name(raw: bytes, path: str, word: str) -> None:
    (fault,) = faults_of(raw)
    assert fault.path == path
    assert word in fault.message


@needs_shared_data
@pytest.mark.parametrize("path", sorted((SHARED_DATA / "security-corpora/files/xml").glob("*.xml")), ids=lambda path: path.name)
def test_published_attack_is_refused(path: Path) -> None:
    assert [fault.rule for fault in faults_of(path.read_bytes())] == ["no document type"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"])
def test_doctype_is_refused_in_every_encoding_and_nothing_is_read(encoding: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret text")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.dtd"
        text = (
            f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n<!-- first --><?then this?>\n'
            f'<!DOCTYPE ObjectEvent SYSTEM "{address}" [<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
            "<ObjectEvent><action>&file;</action></ObjectEvent>"
        )
        faults = faults_of(text.encode(encoding))
        with pytest.raises(TimeoutError):
            server.accept()
    assert len(faults) == 1
    assert "secret text" not in str(faults[0])


def test_prolog_of_many_comments_is_read_at_once() -> None:
    assert [fault.path for fault in faults_of(b"<!-- -->\n" * 50_000 + b"<a/>")] == ["$"]


def test_damaged_documents_raise_nothing_but_faults() -> None:
    original = document(
        "<ObjectEvent><eventTime>2026-07-22T06:45:00Z</eventTime><epcList><epc>urn:x:1</epc></epcList><action>ADD</action>"
        '<extension><sensorElementList><sensorElement><sensorReport type="gs1:Speed" value="1"/></sensorElement></sensorElementList>'
        '</extension><ilmd><cbvmda:lotNumber>L</cbvmda:lotNumber></ilmd><ex:a ex:b="1">c<ex:d/></ex:a></ObjectEvent>'
    )
    pieces = re.findall(rb"<[^>]*>|[^<]+", original)
    chance = random.Random(20260722)
    refused = 0
    for _ in range(3000):
        damaged = list(pieces)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(damaged))
            damaged[place : place + chance.randint(0, 2)] = [chance.choice(pieces)] * chance.randint(0, 2)
        try:
            read_xml(b"".join(damaged))
        except DocumentFaults:
            refused += 1
    assert 0 < refused < 3000
