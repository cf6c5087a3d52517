"""Pure decisions: what a body tells, which steps are public, how a graph becomes a list of materials."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.catalog.service import Location, Product, ProductKind
from backend.genealogy.rules import Certainty, LinkKind
from backend.history.dates import write_date, write_offset, write_time, zone_named
from backend.history.document import MaterialLot, Place, StepKind, Temperature
from backend.history.negotiation import Language
from backend.history.rules import LOTS_LISTED, Fact, materials_of, read_body, steps_of
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PLANT = Location("plant", {"en": "Plant"}, "plant", own=True, time_zone="Asia/Shanghai")
LINE = Location("line", {"en": "Line"}, "line", own=True, time_zone="Asia/Shanghai", parent_place="plant")
SHOP = Location("shop", {"en": "Shop"}, "shop", own=False, time_zone="Asia/Tokyo")
PLACES = {place.place: place for place in (PLANT, LINE, SHOP)}


def body(**fields: Any) -> Any:
    return read_body(json.dumps(fields))


@pytest.mark.parametrize("prefix", ["cbvmda:", "urn:epcglobal:cbv:mda:", "https://example.com/ns#", "https://example.com/ns/", ""])
def test_dates_are_read_in_whatever_namespace(prefix: str) -> None:
    words = body(ilmd={f"{prefix}itemExpirationDate": "2027-03-02", f"{prefix}bestBeforeDate": "2027-01-01T00:00:00Z", f"{prefix}lotNumber": "L1"})
    assert (words.expires_on, words.best_before, words.lot) == (date(2027, 3, 2), date(2027, 1, 1), "L1")


@pytest.mark.parametrize("value", ["soon", "", "2027-13-40", 20270302, None, {"@value": "2027-03-02"}, ["2027-03-02"]])
def test_what_is_no_date_is_not_told(value: Any) -> None:
    assert body(ilmd={"itemExpirationDate": value}).expires_on is None


def test_lot_data_of_another_lot_is_not_taken() -> None:
    words = body(ilmd={"lotNumber": "L1"})
    assert (words.tells_of("L1"), words.tells_of("L2"), words.tells_of(None), body().tells_of("L2")) == (True, False, True, True)


def test_temperatures_are_the_lowest_and_the_highest_reading_in_one_unit() -> None:
    reports = [
        {"type": "Temperature", "minValue": 61.5, "maxValue": 98, "meanValue": 90, "uom": "CEL"},
        {"type": "gs1:Temperature", "value": 99.25, "uom": "CEL"},
        {"type": "Temperature", "value": 500, "uom": "FAH"},
        {"type": "Temperature", "value": -80, "uom": "CEL", "exception": "ERROR_CONDITION"},
        {"type": "RelativeHumidity", "value": 12, "uom": "P1"},
    ]
    words = body(sensorElementList=[{"sensorReport": reports[:2]}, {"sensorReport": reports[2:]}])
    assert words.temperature == Temperature(Decimal("61.5"), Decimal("99.25"), "CEL")


@pytest.mark.parametrize("elements", [[], None, [{}], [{"sensorReport": [{"type": "Temperature", "stringValue": "hot"}]}]])
def test_without_a_reading_there_is_no_temperature(elements: Any) -> None:
    assert body(sensorElementList=elements).temperature is None


def test_only_web_addresses_are_certificates() -> None:
    given = ["https://a.example/1", "HTTP://b.example", "javascript:alert(1)", "urn:x:y", "https://a.example/1", f"https://{'x' * 400}"]
    assert body(certificationInfo=given).certificates == ("https://a.example/1", "HTTP://b.example")
    assert body(certificationInfo="https://c.example").certificates == ("https://c.example",)
    assert body().certificates == ()


def fact(kind: StepKind, place: str | None, minutes: int = 0, **more: Any) -> Fact:
    at = NOON + timedelta(minutes=minutes)
    return Fact(kind, at, at, "+09:00", place, **more)


def test_steps_of_one_kind_and_place_become_one_with_its_first_and_last_time() -> None:
    [step] = steps_of([fact(StepKind.PACKED, "line", 5), fact(StepKind.PACKED, "line", 0), fact(StepKind.PACKED, "line", 9)], PLACES)
    assert (step.at, step.until, step.zone) == (NOON, NOON + timedelta(minutes=9), "Asia/Shanghai")
    assert step.place == Place({"en": "Line"}, {"en": "Plant"})


def test_steps_at_somebody_elses_place_are_left_out_and_a_making_there_names_no_place() -> None:
    steps = steps_of([fact(kind, "shop") for kind in StepKind], PLACES)
    assert [(step.kind, step.place, step.zone) for step in steps] == [(StepKind.MADE, None, "+09:00")]


def test_a_place_that_the_catalogue_does_not_know_stays_unnamed() -> None:
    steps = steps_of([fact(StepKind.INSPECTED, "nowhere", passed=True), fact(StepKind.PACKED, None, 1)], PLACES)
    assert [(step.kind, step.place, step.passed) for step in steps] == [(StepKind.INSPECTED, None, True), (StepKind.PACKED, None, False)]


def test_places_that_contain_each_other_end() -> None:
    ring = {name: Location(name, {"en": name}, "x", own=True, time_zone="UTC", parent_place=parent) for name, parent in (("a", "b"), ("b", "a"))}
    [step] = steps_of([fact(StepKind.MADE, "a")], ring)
    assert step.place == Place({"en": "a"}, {"en": "b"})


def thing(number: int, gtin: str, code: str, kind: ObjectKind = ObjectKind.LOT) -> TraceableObject:
    return TraceableObject(number, kind, f"01/{gtin}/10/{code}", gtin, code)


def named(gtin: str, *, published: bool = True) -> Product:
    return Product(gtin, {"en": gtin}, ProductKind.RAW, published=published)


def test_materials_come_nearest_first_with_their_lots_and_cycles_end() -> None:
    things = {1: thing(1, "own", "P1"), 2: thing(2, "dough", "D1"), 3: thing(3, "flour", "F2"), 4: thing(4, "flour", "F1"), 5: thing(5, "own", "P0")}
    certain = (LinkKind.INPUT, Certainty.CERTAIN)
    up = {1: [(9, *certain)], 9: [(2, *certain), (5, *certain)], 2: [(3, *certain), (4, LinkKind.CANDIDATE, Certainty.POSSIBLE), (1, *certain)]}
    found = materials_of(1, up, things, {gtin: named(gtin) for gtin in ("own", "dough", "flour")})
    assert [(item.names["en"], item.lots) for item in found] == [
        ("dough", (MaterialLot("D1"),)),
        ("flour", (MaterialLot("F1", possible=True), MaterialLot("F2"))),
    ]


def test_unpublished_and_unknown_products_are_walked_through_and_not_listed() -> None:
    things = {1: thing(1, "own", "P1"), 2: thing(2, "secret", "X1"), 3: thing(3, "flour", "F1"), 4: thing(4, "unknown", "U1")}
    certain = (LinkKind.INPUT, Certainty.CERTAIN)
    up = {1: [(2, *certain), (4, *certain)], 2: [(3, *certain)]}
    found = materials_of(1, up, things, {"secret": named("secret", published=False), "flour": named("flour")})
    assert [item.names["en"] for item in found] == ["flour"]


def test_a_lot_known_only_as_that_of_a_unit_that_went_in_is_not_listed_beside_it() -> None:
    things = {1: thing(1, "own", "P1"), 2: thing(2, "gear", "G1", ObjectKind.UNIT), 3: thing(3, "gear", "GL"), 4: thing(4, "steel", "S1")}
    certain = Certainty.CERTAIN
    up = {1: [(2, LinkKind.INPUT, certain)], 2: [(3, LinkKind.MEMBER, certain)], 3: [(4, LinkKind.INPUT, certain)]}
    found = materials_of(1, up, things, {gtin: named(gtin) for gtin in ("gear", "steel")})
    assert [(item.names["en"], [lot.number for lot in item.lots]) for item in found] == [("gear", ["G1"]), ("steel", ["S1"])]


def test_more_lots_than_are_listed_are_counted() -> None:
    things = {number: thing(number, "flour", f"F{number:02d}") for number in range(2, 14)} | {1: thing(1, "own", "P1")}
    up = {1: [(number, LinkKind.INPUT, Certainty.CERTAIN) for number in range(2, 14)]}
    [flour] = materials_of(1, up, things, {"flour": named("flour")})
    assert (len(flour.lots), flour.more) == (LOTS_LISTED, 12 - LOTS_LISTED)


@pytest.mark.parametrize(
    ("zone", "chinese", "english", "offset"),
    [
        ("Asia/Shanghai", "2026年3月2日 12:00", "2 March 2026, 12:00", "UTC+8"),
        ("America/St_Johns", "2026年3月2日 00:30", "2 March 2026, 00:30", "UTC−3:30"),
        ("+05:45", "2026年3月2日 09:45", "2 March 2026, 09:45", "UTC+5:45"),
        ("-10:00", "2026年3月1日 18:00", "1 March 2026, 18:00", "UTC−10"),
        ("nowhere", "2026年3月2日 04:00", "2 March 2026, 04:00", "UTC"),
        ("../etc/passwd", "2026年3月2日 04:00", "2 March 2026, 04:00", "UTC"),
    ],
)
def test_times_are_written_on_the_places_clock(zone: str, chinese: str, english: str, offset: str) -> None:
    local = NOON.astimezone(zone_named(zone))
    assert (write_time(local, Language.ZH), write_time(local, Language.EN), write_offset(local)) == (chinese, english, offset)
    assert write_date(date(2026, 12, 31), Language.EN) == "31 December 2026"
