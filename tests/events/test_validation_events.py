"""The rules of the five event types: what each must have, may have and may not have."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.events.sample_events import (
    BREAD,
    FLOUR,
    PALLET,
    PLANT,
    UNIT,
    aggregation_event,
    association_event,
    document,
    event_faults,
    faults_of,
    object_event,
    transaction_event,
    transformation_event,
)

Build = Callable[..., dict[str, Any]]
ALL: list[Build] = [object_event, aggregation_event, association_event, transaction_event, transformation_event]
SENSORS = [{"sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}]}]


@pytest.mark.parametrize("build", ALL)
def test_a_small_event_of_each_type_is_valid(build: Build) -> None:
    assert event_faults(build()) == {}


@pytest.mark.parametrize("build", ALL)
@pytest.mark.parametrize("name", ["eventTime", "eventTimeZoneOffset", "action"])
def test_what_every_event_must_have_is_missed(build: Build, name: str) -> None:
    expected = {} if build is transformation_event and name == "action" else {f".{name}": f'The field "{name}" is missing.'}

    assert event_faults(build(**{name: ...})) == expected


@pytest.mark.parametrize("build", ALL)
def test_every_event_may_carry_the_common_fields(build: Build) -> None:
    common = {
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "recordTime": "2026-07-22T06:45:01Z",
        "certificationInfo": ["https://example.com/certificate/1"],
        "errorDeclaration": {
            "declarationTime": "2026-07-23T06:45:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a9"],
            "ex:by": "QC",
        },
        "bizStep": "https://ref.gs1.org/cbv/BizStep-inspecting",
        "disposition": "urn:epcglobal:cbv:disp:in_progress",
        "persistentDisposition": {"set": ["completeness_verified"], "unset": ["cbv:Disp-completeness_inferred"]},
        "readPoint": {"id": PLANT, "ex:door": 7},
        "bizLocation": {"id": "https://example.com/loc/1"},
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
        "destinationList": [{"type": "ex:warehouse", "destination": PLANT}],
        "sensorElementList": [{"type": "epcis:SensorElement", "sensorMetadata": {"time": "2026-07-22T06:45:00Z", "ex:a": 1}, **SENSORS[0]}],
        "ex:note": {"any": ["thing", {"ex:else": None}]},
    }

    assert event_faults(build(**common)) == {}


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (object_event(epcList=...), ".epcList"),
        (object_event(epcList=[]), ".epcList"),
        (object_event(epcList=[], sensorElementList=SENSORS), ".epcList"),
        (object_event(ilmd={"cbvmda:lotNumber": "L"}), ".ilmd"),
        (object_event(epcList=[UNIT, UNIT]), ".epcList[1]"),
        (object_event(parentID=PALLET), ".parentID"),
        (aggregation_event(parentID=...), ".parentID"),
        (aggregation_event(parentID=..., action="DELETE"), ".parentID"),
        (aggregation_event(childEPCs=...), ".childEPCs"),
        (aggregation_event(childEPCs=[], action="OBSERVE"), ".childEPCs"),
        (aggregation_event(ilmd={}), ".ilmd"),
        (association_event(parentID=..., action="OBSERVE"), ".parentID"),
        (association_event(childEPCs=...), ".childEPCs"),
        (transaction_event(bizTransactionList=...), ".bizTransactionList"),
        (transaction_event(bizTransactionList=[]), ".bizTransactionList"),
        (transaction_event(epcList=...), ".epcList"),
        (transformation_event(inputQuantityList=...), ".inputEPCList"),
        (transformation_event(outputQuantityList=[]), ".outputEPCList"),
        (transformation_event(action="ADD"), ".action"),
        (transformation_event(inputQuantityList=..., outputQuantityList=..., transformationID="urn:x:1"), ".inputEPCList"),
        (transformation_event(epcList=[UNIT]), ".epcList"),
        (object_event(type="QuantityEvent"), ".type"),
        (object_event(type="example:CustomEvent"), ".type"),
        (object_event(type=...), ".type"),
        (object_event(type=["ObjectEvent"]), ".type"),
        (object_event(eventID="urn:a:1", id="urn:a:1"), ".id"),
    ],
)
def test_a_rule_of_the_event_type_is_kept(event: dict[str, Any], path: str) -> None:
    assert list(event_faults(event)) == [path]


@pytest.mark.parametrize(
    "event",
    [
        object_event(epcList=..., quantityList=[{"epcClass": FLOUR}]),
        object_event(epcList=[], readPoint={"id": PLANT}, sensorElementList=SENSORS),
        object_event(action="ADD", ilmd={"cbvmda:lotNumber": "L", "https://ns.example.com/x": 1}),
        object_event(quantityList=[], bizTransactionList=[], sourceList=[], destinationList=[], sensorElementList=[]),
        aggregation_event(parentID=..., action="OBSERVE"),
        aggregation_event(childEPCs=..., action="DELETE"),
        aggregation_event(childEPCs=..., childQuantityList=[{"epcClass": BREAD, "quantity": 0}]),
        association_event(childEPCs=..., action="DELETE"),
        transaction_event(epcList=..., action="DELETE"),
        transaction_event(parentID=PALLET),
        transformation_event(inputQuantityList=..., transformationID="urn:epc:id:gdti:0614141.12345.400"),
        transformation_event(outputQuantityList=..., outputEPCList=[UNIT], ilmd={"ex:a": 1}),
    ],
)
def test_what_the_event_type_allows_is_valid(event: dict[str, Any]) -> None:
    assert event_faults(event) == {}


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"eventTime": "2026-07-22T06:45:00"}, ".eventTime", '"2026-07-22T06:45:00" is not a date and time with a zone.'),
        ({"eventTime": "22-07-2026"}, ".eventTime", '"22-07-2026" is not a date and time with a zone.'),
        ({"eventTime": "2026-02-30T00:00:00Z"}, ".eventTime", '"2026-02-30T00:00:00Z" is not a date and time with a zone.'),
        ({"eventTime": "2026-07-22T06:45:60Z"}, ".eventTime", '"2026-07-22T06:45:60Z" is not a date and time with a zone.'),
        ({"eventTime": "2026-07-22T06:45:00+15:00"}, ".eventTime", '"2026-07-22T06:45:00+15:00" is not a date and time with a zone.'),
        ({"eventTime": "0001-01-01T00:00:00+14:00"}, ".eventTime", '"0001-01-01T00:00:00+14:00" is not a date and time with a zone.'),
        ({"eventTime": "２０２６-07-22T06:45:00Z"}, ".eventTime", '"２０２６-07-22T06:45:00Z" is not a date and time with a zone.'),
        ({"eventTime": 1}, ".eventTime", "It is a number, not a time."),
        ({"eventTime": None}, ".eventTime", "It is null, not a time."),
        ({"eventTimeZoneOffset": "08:00"}, ".eventTimeZoneOffset", '"08:00" is not an offset.'),
        ({"eventTimeZoneOffset": "+14:30"}, ".eventTimeZoneOffset", '"+14:30" is not an offset.'),
        ({"eventTimeZoneOffset": "Z"}, ".eventTimeZoneOffset", '"Z" is not an offset.'),
        ({"action": "observe"}, ".action", '"observe" is not an action.'),
        ({"action": ["ADD"]}, ".action", "It is not an action."),
        ({"bizStep": "transforming"}, ".bizStep", '"transforming" is neither a word of the standard (business step) nor a URI.'),
        (
            {"bizStep": "https://ref.gs1.org/cbv/BizStep-transforming"},
            ".bizStep",
            '"https://ref.gs1.org/cbv/BizStep-transforming" is neither a word of the standard (business step) nor a URI.',
        ),
        (
            {"disposition": "urn:epcglobal:cbv:bizstep:shipping"},
            ".disposition",
            '"urn:epcglobal:cbv:bizstep:shipping" is neither a word of the standard (disposition) nor a URI.',
        ),
        ({"disposition": {}}, ".disposition", "It is an object, not a word (disposition)."),
        ({"persistentDisposition": {}}, ".persistentDisposition", "Neither set nor unset names a disposition."),
        ({"persistentDisposition": {"set": ["active"], "keep": []}}, ".persistentDisposition.keep", '"keep" may not stand here.'),
        ({"eventID": "1"}, ".eventID", '"1" is not a URI.'),
        ({"eventID": "urn:x:" + "a" * 2000}, ".eventID", "The URI is longer than 1024 bytes."),
        ({"certificationInfo": [{}]}, ".certificationInfo[0]", "It is an object, not a URI."),
        ({"epcList": "urn:a:b"}, ".epcList", "It is a text, not a list."),
        ({"epcList": [1]}, ".epcList[0]", "It is a number, not an identifier."),
        (
            {"epcList": ["https://id.gs1.org/01/09506000134355/21/1"]},
            ".epcList[0]",
            '"https://id.gs1.org/01/09506000134355/21/1": the check digit of GTIN 09506000134355 is 5, but 0950600013435 needs 2.',
        ),
        ({"quantityList": [{"quantity": 1}]}, ".quantityList[0].epcClass", 'The field "epcClass" is missing.'),
        ({"quantityList": [{"epcClass": FLOUR, "quantity": -1}]}, ".quantityList[0].quantity", "The quantity -1 is negative."),
        ({"quantityList": [{"epcClass": FLOUR, "quantity": "1"}]}, ".quantityList[0].quantity", "It is a text, not a number."),
        ({"quantityList": [{"epcClass": FLOUR, "quantity": True}]}, ".quantityList[0].quantity", "It is a boolean, not a number."),
        ({"quantityList": [{"epcClass": FLOUR, "quantity": 1, "uom": "kg"}]}, ".quantityList[0].uom", '"kg" is not a unit code.'),
        (
            {"quantityList": [{"epcClass": FLOUR, "uom": "KGM"}]},
            ".quantityList[0].quantity",
            "There is a unit of measure without a quantity.",
        ),
        ({"quantityList": [{"epcClass": FLOUR, "ex:a": 1}]}, ".quantityList[0]['ex:a']", '"ex:a" may not stand here.'),
        ({"readPoint": PLANT}, ".readPoint", "It is a text, not an object."),
        ({"readPoint": {}}, ".readPoint.id", 'The field "id" is missing.'),
        ({"readPoint": {"id": PLANT, "name": "x"}}, ".readPoint.name", '"name" is not a field that may stand here.'),
        ({"sourceList": {"type": "location"}}, ".sourceList", "It is an object, not a list."),
        ({"sourceList": [{"source": PLANT}]}, ".sourceList[0].type", 'The field "type" is missing.'),
        (
            {"sourceList": [{"type": "place", "source": PLANT}]},
            ".sourceList[0].type",
            '"place" is neither a word of the standard (source or destination type) nor a URI.',
        ),
        ({"bizTransactionList": [{"type": "po"}]}, ".bizTransactionList[0].bizTransaction", 'The field "bizTransaction" is missing.'),
        (
            {"bizTransactionList": [{"bizTransaction": "PO 7"}]},
            ".bizTransactionList[0].bizTransaction",
            '"PO 7": it is not a URI.',
        ),
        ({"errorDeclaration": {}}, ".errorDeclaration.declarationTime", 'The field "declarationTime" is missing.'),
        (
            {"errorDeclaration": {"declarationTime": "2026-07-23T06:45:00Z", "reason": "typo"}},
            ".errorDeclaration.reason",
            '"typo" is neither a word of the standard (error reason) nor a URI.',
        ),
        ({"sensorElementList": [{}]}, ".sensorElementList[0].sensorReport", 'The field "sensorReport" is missing.'),
        ({"sensorElementList": [{"sensorReport": []}]}, ".sensorElementList[0].sensorReport", "The sensor element has no report."),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Heat"}]}]},
            ".sensorElementList[0].sensorReport[0].type",
            '"Heat" is neither a word of the standard (measurement type) nor a URI.',
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": "4"}]}]},
            ".sensorElementList[0].sensorReport[0].value",
            "It is a text, not a number.",
        ),
        (
            {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "hexBinaryValue": "xyz"}]}]},
            ".sensorElementList[0].sensorReport[0].hexBinaryValue",
            "It is not a text of hexadecimal digits.",
        ),
        ({"note": 1}, ".note", '"note" is not a field that may stand here.'),
        ({"nix:note": 1}, "['nix:note']", 'The prefix "nix" is not declared.'),
        ({"ex:note": {"nix:a": 1}}, "['ex:note']['nix:a']", 'The prefix "nix" is not declared.'),
        ({"ex:": 1}, "['ex:']", "The field has no name behind its prefix."),
    ],
)
def test_a_wrong_value_is_named_with_its_path_and_reason(changes: dict[str, Any], path: str, message: str) -> None:
    assert event_faults(object_event(**changes)) == {path: message}


@pytest.mark.parametrize(
    "time",
    ["2026-07-22T24:00:00Z", "2026-07-22T06:45:00.123456789+14:00", "2024-02-29T23:59:59-00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
)
def test_every_form_of_a_timestamp_is_read(time: str) -> None:
    assert event_faults(object_event(eventTime=time)) == {}


def test_all_faults_of_an_event_come_at_once_and_each_says_how_to_mend_it() -> None:
    faults = faults_of(document(object_event(eventTime=..., action="MOVE", bizStep="x", nix=1, epcList=["x"])))

    assert {fault.path.removeprefix("$.epcisBody.eventList[0]") for fault in faults} == {
        ".eventTime",
        ".action",
        ".bizStep",
        ".nix",
        ".epcList[0]",
    }
    assert all(fault.rule and fault.message.endswith(".") and fault.mend for fault in faults)


def test_the_faults_of_one_event_are_bounded() -> None:
    assert len(faults_of(document(object_event(epcList=["x"] * 1000)))) == 200
