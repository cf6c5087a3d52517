"""Simulated events: valid EPCIS 2.0, plausible, of the size asked for, and the same bytes for the same seed."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource

from backend.events.reader import read_document
from backend.identifiers import parse_identifier
from backend.simulator import Industry, Simulation, simulate
from backend.simulator.gs1_keys import check_digit
from backend.simulator.master_data import Location, LocationKind, Partner, Product, ProductKind
from tests.shared_data import needs_shared_data, shared_json, shared_path
from tests.simulator.event_story import key_of

every_industry = pytest.mark.parametrize("industry", list(Industry))
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import hashlib, json, sys
from backend.simulator import Industry, simulate
for industry in Industry:
    simulation = simulate(industry, events=400, seed=5, host="suwei.example", messy=True)
    print(hashlib.sha256(json.dumps(list(simulation.documents(100)), ensure_ascii=False).encode()).hexdigest())
"""


def is_uri(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", value) is not None


def is_timestamp(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)", value) is not None


checker = FormatChecker(formats=())
checker.checks("uri")(is_uri)
checker.checks("date-time")(is_timestamp)


@cache
def simulation_of(industry: Industry, events: int = 1500) -> Simulation:
    return simulate(industry, events=events, seed=3, host="suwei.example")


@cache
def document_schema() -> Draft7Validator:
    folder = "gs1-epcis/schemas/json-schema"
    files = [path for path in sorted(shared_path(folder).rglob("*.json")) if "Schema" in path.name]
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    registry: Registry[Any] = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas if "$id" in schema)
    return Draft7Validator(shared_json(folder, "EPCIS-JSON-Schema-root.json"), registry=registry, format_checker=checker)


@needs_shared_data
@every_industry
def test_documents_are_valid_against_the_gs1_schema(industry: Industry) -> None:
    validator = document_schema()
    simulation = simulate(industry, events=300, seed=8, messy=True)
    document = next(simulation.documents(len(simulation.submissions)))
    assert [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)] == []


@needs_shared_data
def test_schema_check_would_notice_a_broken_event() -> None:
    document = next(simulation_of(Industry.FOOD).documents(5))
    event = document["epcisBody"]["eventList"][0]
    broken = document | {"epcisBody": {"eventList": [event | {"bizStep": "cooking"}, event | {"eventTime": "yesterday"}, event | {"bad key": 1}]}}
    paths = {".".join(map(str, error.absolute_path)) for error in document_schema().iter_errors(broken)}
    assert len(paths) == 3


@every_industry
def test_our_own_reader_accepts_every_document(industry: Industry) -> None:
    for document in simulation_of(industry).documents(500):
        reading = read_document(json.dumps(document).encode())
        assert reading.faults == []
        assert len(reading.events) == len(document["epcisBody"]["eventList"])


def test_same_seed_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(set(outputs.pop().split())) == len(Industry)


def test_other_seed_gives_other_events() -> None:
    first, second = (list(simulate(Industry.FOOD, events=300, seed=seed).events) for seed in (1, 2))
    assert {event["eventID"] for event in first}.isdisjoint(event["eventID"] for event in second)
    assert [event["eventTime"] for event in first] != [event["eventTime"] for event in second]


@every_industry
@pytest.mark.parametrize("events", [300, 1000, 6000])
def test_size_is_within_five_per_cent_of_the_request(industry: Industry, events: int) -> None:
    simulation = simulate(industry, events=events, seed=events)
    assert abs(len(simulation.submissions) - events) <= events / 20
    assert simulation.truth.counts.events == len(simulation.submissions)


@every_industry
def test_event_ids_are_unique_but_for_error_declarations(industry: Industry) -> None:
    events = list(simulation_of(industry).events)
    ids = Counter(event["eventID"] for event in events)
    declared = {event["eventID"] for event in events if "errorDeclaration" in event}
    assert {event_id for event_id, count in ids.items() if count > 1} == declared
    assert set(ids.values()) == {1, 2}
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", event_id) for event_id in ids)


@every_industry
def test_events_come_in_the_order_of_capture_within_the_days_asked_for(industry: Industry) -> None:
    start = datetime(2025, 3, 3, 14, 30, tzinfo=UTC)
    simulation = simulate(industry, events=1500, seed=4, start=start, days=10)
    captured = [submission.captured_at for submission in simulation.submissions]
    times = [datetime.fromisoformat(event["eventTime"]) for event in simulation.events]
    assert captured == sorted(captured)
    assert start <= min(times)
    assert max(times) <= start + timedelta(days=10)
    assert max(times) - min(times) > timedelta(days=9)
    assert {event["eventTimeZoneOffset"] for event in simulation.events} == {"+08:00"}
    assert {event["eventTime"][-6:] for event in simulation.events} == {"+08:00"}


@every_industry
def test_all_event_types_and_the_usual_business_steps_occur(industry: Industry) -> None:
    events = list(simulation_of(industry).events)
    assert {event["type"] for event in events} == {
        "ObjectEvent",
        "AggregationEvent",
        "TransactionEvent",
        "TransformationEvent",
        "AssociationEvent",
    }
    assert {"receiving", "inspecting", "storing", "packing", "shipping", "unpacking", "repackaging"} <= {event["bizStep"] for event in events}
    documents = {item["type"] for event in events for item in event.get("bizTransactionList", ())}
    assert {"po", "prodorder", "desadv", "rma"} <= documents


@every_industry
def test_every_identifier_is_readable_and_known_to_the_truth(industry: Industry) -> None:
    simulation = simulation_of(industry)
    truth = simulation.truth
    known = {*truth.lots, *truth.units, *truth.logistic_units, *(f"01/{product.gtin}" for product in simulation.master_data.products)}
    named: set[str] = set()
    for event in simulation.events:
        named.update(event.get("epcList", ()), event.get("inputEPCList", ()), event.get("outputEPCList", ()))
        if event["type"] == "AggregationEvent":
            named.update([event["parentID"]], event.get("childEPCs", ()))
        for name in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
            named.update(element["epcClass"] for element in event.get(name, ()))
    assert {key_of(captured) for captured in named} <= known


@every_industry
def test_places_and_parties_are_in_the_master_data(industry: Industry) -> None:
    simulation = simulation_of(industry)
    master_data = simulation.master_data
    places = {location.key for location in master_data.locations}
    parties = {f"417/{partner.gln}" for partner in (master_data.company, *master_data.partners)}
    named = {event[field]["id"] for event in simulation.events for field in ("readPoint", "bizLocation") if field in event}
    for event in simulation.events:
        entries = [*event.get("sourceList", ()), *event.get("destinationList", ())]
        named.update(entry.get("source", entry.get("destination")) for entry in entries)
    assert {key_of(captured) for captured in named} <= places | parties


@every_industry
def test_master_data_is_complete_in_both_languages_with_right_check_digits(industry: Industry) -> None:
    master_data = simulation_of(industry).master_data
    numbers = [product.gtin for product in master_data.products] + [location.gln for location in master_data.locations]
    assert all(check_digit(number[:-1]) == number[-1] for number in numbers)
    assert all(number.lstrip("0").startswith("952") for number in numbers), "only the prefix set aside for demonstrations"
    assert len({product.gtin for product in master_data.products}) == len(master_data.products)
    assert len({location.key for location in master_data.locations}) == len(master_data.locations)
    assert {product.kind for product in master_data.products} == set(ProductKind)
    everything: list[Product | Location | Partner] = [*master_data.products, *master_data.locations, *master_data.partners]
    for named in everything:
        assert re.search(r"[\u4e00-\u9fff]", named.name_zh)
        assert named.name_en.isascii() or "ü" in named.name_en
    assert len(master_data.suppliers) >= 4
    assert len(master_data.customers) >= 6
    parents = {location.parent for location in master_data.locations if location.own and location.kind is not LocationKind.PLANT}
    assert parents <= {location.key for location in master_data.locations if location.own}
    assert {location.time_zone for location in master_data.locations} == {"Asia/Shanghai"}


def test_food_lots_carry_master_data_and_cooking_carries_its_curve() -> None:
    simulation = simulation_of(Industry.FOOD)
    cooked = [event for event in simulation.events if event["type"] == "TransformationEvent" and "sensorElementList" in event]
    summary, series = cooked[0]["sensorElementList"]
    assert {"minValue", "maxValue", "meanValue", "sDev", "uom"} < set(summary["sensorReport"][0])
    assert len(series["sensorReport"]) >= 5
    assert all("time" in report and "value" in report for report in series["sensorReport"])
    for event in simulation.events:
        for name in event.get("ilmd", {}):
            assert name.split(":")[0] in simulation.context[1]
        if event.get("action") == "ADD" and event["bizStep"] == "commissioning":
            assert {"cbvmda:lotNumber", "cbvmda:itemExpirationDate"} < set(event["ilmd"])


def test_food_names_a_units_lot_in_three_ways() -> None:
    commissioned = [event["epcList"][0] for event in simulation_of(Industry.FOOD).events if event["bizStep"] == "commissioning"]
    forms = {"urn" if epc.startswith("urn:") else "link with lot" if parse_identifier(epc).lot else "link" for epc in commissioned}
    assert forms == {"urn", "link with lot", "link"}


def test_messy_events_are_late_shuffled_and_doubled() -> None:
    simulation = simulate(Industry.FOOD, events=3000, seed=9, messy=True)
    events = list(simulation.events)
    times = [datetime.fromisoformat(event["eventTime"]) for event in events]
    delays = [submission.captured_at - at for submission, at in zip(simulation.submissions, times, strict=True)]
    bodies = Counter(
        json.dumps({name: value for name, value in event.items() if name != "recordTime"}, sort_keys=True, ensure_ascii=False) for event in events
    )
    declared_at = {event["eventID"]: position for position, event in enumerate(events) if "errorDeclaration" in event}
    original_at = {event["eventID"]: position for position, event in enumerate(events) if "errorDeclaration" not in event}
    assert sum(later < earlier for earlier, later in pairwise(times)) > 500
    assert max(delays) > timedelta(days=1)
    assert min(delays) >= timedelta(0)
    assert len(bodies) == simulation.truth.counts.events == 3000
    assert len(events) - len(bodies) == simulation.truth.counts.duplicates > 20
    assert {position < original_at[event_id] for event_id, position in declared_at.items()} == {True, False}


def test_documents_hold_every_event_once_in_order() -> None:
    simulation = simulation_of(Industry.FOOD)
    documents = list(simulation.documents(400))
    assert [len(document["epcisBody"]["eventList"]) for document in documents] == [400, 400, 400, 300]
    assert [event for document in documents for event in document["epcisBody"]["eventList"]] == list(simulation.events)
    assert all(document["@context"] == simulation.context for document in documents)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"events": 299}, "299"), ({"days": 2}, "2"), ({"start": datetime(2025, 1, 1)}, "time zone")],  # noqa: DTZ001  naive on purpose
)
def test_impossible_requests_are_refused(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        simulate(Industry.FOOD, **({"events": 300, "seed": 1} | arguments))


def test_document_without_room_for_an_event_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        next(simulation_of(Industry.FOOD).documents(0))
