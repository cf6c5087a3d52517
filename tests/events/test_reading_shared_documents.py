"""Every published document in JSON behaves as its set says: accepted and counted, or refused with the field named."""

import re

import pytest

from backend.events.faults import DocumentFaults, Fault
from backend.events.json_text import write_json
from backend.events.reader import Reading, read_document
from backend.events.writer import WritableEvent, write_document
from infra import clock
from tests.shared_data import Expectation, expectations, needs_shared_data

_DOCUMENTS = [row for folder in ("gs1-epcis", "epcis-implementations") for row in expectations(folder) if row.is_json]

# Where a label is wrong by the standard, or speaks of something that isn't captured.
_REFUSED_IN_SPITE_OF_THE_LABEL = {
    # JSON-LD 1.1 §9: "in JSON-LD the keys in objects MUST be unique"; these have two event ids, and no reader can know which is meant.
    "gs1-epcis/examples/json/AssociationEvent/AssociationEvent-h.jsonld": "$.epcisBody.eventList[0].eventID",
    "gs1-epcis/examples/json-simple-context/AssociationEvent/AssociationEvent-h.jsonld": "$.epcisBody.eventList[0].eventID",
    # EPCIS 2.0 §7.4 has five event types; what an extension type does to objects nobody can tell who hasn't agreed on it.
    "gs1-epcis/examples/json-schema-tests/Extended-Event.json": "$.type",
    # A query definition is for the query interface (EPCIS 2.0 §8.2), not for capture.
    "epcis-implementations/openepcis/2.0/JSON/Query/Queries/SimpleEventQuery.json": "$.type",
}


def _expected(row: Expectation) -> str:
    label = row.row.get("product_expectation") or ("MUST_ACCEPT" if row.row["schema_verdict"] == "valid" else "MUST_REJECT")
    if str(row) in _REFUSED_IN_SPITE_OF_THE_LABEL:
        return "refused in spite of the label"
    return label.partition(" ")[0].partition(":")[0]


def _of(*labels: str) -> list[Expectation]:
    return [row for row in _DOCUMENTS if _expected(row) in labels]


def _read(row: Expectation) -> tuple[Reading | None, list[Fault]]:
    try:
        reading = read_document(row.file.read_bytes())
    except DocumentFaults as error:
        return None, list(error.faults)
    return reading, reading.faults


@needs_shared_data
def test_every_document_has_a_label_that_is_understood() -> None:
    assert {_expected(row) for row in _DOCUMENTS} == {
        "MUST_ACCEPT",
        "MUST_REJECT",
        "ACCEPT_AS_BARE_EVENT",
        "refused in spite of the label",
    }


@needs_shared_data
@pytest.mark.parametrize("row", _of("MUST_ACCEPT", "ACCEPT_AS_BARE_EVENT"), ids=str)
def test_a_valid_document_is_accepted_counted_and_written_back_equal(row: Expectation) -> None:
    reading, faults = _read(row)

    assert [str(fault) for fault in faults] == []
    assert reading is not None
    assert len(reading.canonical) == int(row.row["n_events"])
    written = write_document([WritableEvent.of(event, clock.now()) for event in reading.canonical], created=clock.now())
    again = read_document(write_json(written)).canonical
    assert [(event.event_key, event.content_sha256) for event in again] == [(event.event_key, event.content_sha256) for event in reading.canonical]
    assert [(event.participations, event.sources, event.destinations) for event in again] == [
        (event.participations, event.sources, event.destinations) for event in reading.canonical
    ]


@needs_shared_data
@pytest.mark.parametrize("row", _of("MUST_REJECT"), ids=str)
def test_an_invalid_document_is_refused_and_the_field_named(row: Expectation) -> None:
    _, faults = _read(row)

    assert {fault.path for fault in faults} == _FIELDS_AT_FAULT[str(row)]
    assert all(re.match(r"\$[.\[]", fault.path) and fault.rule and fault.mend for fault in faults)


@needs_shared_data
@pytest.mark.parametrize("row", _of("refused in spite of the label"), ids=str)
def test_a_document_whose_label_is_wrong_is_refused_for_the_reason_that_is_listed(row: Expectation) -> None:
    _, faults = _read(row)

    assert [fault.path for fault in faults] == [_REFUSED_IN_SPITE_OF_THE_LABEL[str(row)]]


_EVENT = "$.epcisBody.eventList"
_INVALID = "epcis-implementations/openepcis/2.0/JSON/Capture/Invalid"
_FIELDS_AT_FAULT = {
    "gs1-epcis/examples/json-simple-context/Example-TransactionEvents-2020_07_03y.jsonld": {
        f"{_EVENT}[1].sourceList",
        f"{_EVENT}[1].destinationList",
    },
    "gs1-epcis/examples/json-simple-context/WithFullCombinationOfFields/object_event_all_possible_fields.jsonld": {f"{_EVENT}[0].ilmd"},
    "gs1-epcis/examples/json-simple-context/WithSensorData/SensorDataExample12.jsonld": {"$.schemaVersion", "$.creationDate"},
    f"{_INVALID}/Combination_of_events_with_missing_mandatory_fields.json": {
        f"{_EVENT}[0].action",
        f"{_EVENT}[1].eventTimeZoneOffset",
        f"{_EVENT}[1].action",
    },
    f"{_INVALID}/Combination_of_multiple_invalid_fields.json": {
        f"{_EVENT}[0].bizStep",
        f"{_EVENT}[1].disposition",
        f"{_EVENT}[2].sourceList[0].type",
        f"{_EVENT}[3].ilmd.materialType",
        f"{_EVENT}[4].eventTime",
        f"{_EVENT}[4].action",
    },
    f"{_INVALID}/Combination_of_non_standard_bizStep_and_disposition.json": {f"{_EVENT}[0].bizStep", f"{_EVENT}[1].disposition"},
    f"{_INVALID}/EPCISDocument_without_context.json": {"$['@context']"},
    f"{_INVALID}/ObjectEvent_with_invalid_action.json": {f"{_EVENT}[0].action"},
    f"{_INVALID}/ObjectEvent_with_invalid_certificationInfo.json": {
        f"{_EVENT}[0].certificationInfo[0]",
        f"{_EVENT}[0].certificationInfo[1]",
    },
    f"{_INVALID}/ObjectEvent_with_non_standard_bizStep.json": {f"{_EVENT}[0].bizStep"},
    f"{_INVALID}/ObjectEvent_without_action_and_eventTime.json": {
        f"{_EVENT}[0].eventTime",
        f"{_EVENT}[0].eventTimeZoneOffset",
        f"{_EVENT}[0].action",
    },
    f"{_INVALID}/ObjectEvent_without_identifier_list.json": {f"{_EVENT}[0].epcList"},
    "epcis-implementations/openepcis/2.0/JSON/Query/Invalid/QueryDocument_with_invalid_action.json": {
        "$.epcisBody.queryResults.resultsBody.eventList[0].action"
    },
    "epcis-implementations/openepcis/2.0/JSON/Query/Invalid/QueryDocument_with_invalid_eventType.json": {
        "$.epcisBody.queryResults.resultsBody.eventList[0].type"
    },
    "epcis-implementations/openepcis/2.0/JSON/Query/Queries/Invalid/Query_with_invalid_values.json": {"$.type"},
}
