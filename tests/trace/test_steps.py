"""Steps of a trace: what went in and came out, who worked at what, under which conditions, and what else was done with the goods."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from backend.genealogy.rules import Certainty
from backend.services import Services
from backend.trace import service as traces
from backend.trace import steps
from backend.trace.answer import Trace
from backend.trace.event_words import words_of
from backend.trace.rules import Direction
from backend.trace.steps import Step
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, PLANT, at, capture, declared_wrong, lot, made, packed, quantity, sscc, transformed, unit
from tests.firms import Firm

F1, M1, DO1, D1 = lot(FLOUR, "F-1"), lot(MEAT, "M-1"), lot(DOUGH, "DO-1"), lot(DUMPLING, "D-1")
CONTEXT = {"plant": "https://firm.example/ns/plant#"}
WORDS: dict[str, Any] = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", CONTEXT],
    "plant:operator": "OP-7",
    "plant:Machine_ID": "KETTLE-2",
    "plant:remark": "nothing that is asked for",
    "bizTransactionList": [{"type": "prodorder", "bizTransaction": "https://firm.example/orders/4711"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"deviceID": "urn:example:probe:1", "startTime": at(5), "endTime": at(9)},
            "sensorReport": [{"type": "Temperature", "minValue": 95.5, "maxValue": 99, "meanValue": 97.25, "uom": "CEL"}],
        },
        {
            "sensorMetadata": {"deviceID": "urn:example:probe:2"},
            "sensorReport": [{"type": "Speed", "value": value, "time": at(minute), "uom": "RPM"} for minute, value in ((6, 10), (7, 20), (8, 60))],
        },
        {"sensorMetadata": {"time": at(9)}, "sensorReport": [{"type": "AbsoluteHumidity", "value": 40, "uom": "P1"}]},
    ],
}  # fmt: skip

BY_PRODUCT: dict[str, Any] = {"@context": WORDS["@context"], "plant:byProduct": [DO1]}


async def look(services: Services, firm: Firm, key: str, direction: Direction) -> tuple[Trace, list[Step]]:
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await traces.trace(tx, key, direction)
        return found, await steps.describe_steps(tx, found)


def amounts(lines: tuple[steps.StepLine, ...]) -> dict[str, tuple[Decimal | None, str | None]]:
    return {line.thing.code: (line.quantity, line.uom) for line in lines}


async def test_step_tells_every_input_who_worked_at_what_and_under_which_conditions(firm: Firm, services: Services) -> None:
    body = transformed([F1, M1], [D1], 10, eventTimeZoneOffset="+08:00", **WORDS)
    scrapped = made(amounts=[quantity(M1, 5)], minutes=50, action="DELETE", bizStep="destroying", disposition="destroyed")
    await capture(services, firm.tenant_id, made(amounts=[quantity(F1, 100)]), body, scrapped)
    _, [step] = await look(services, firm, F1, Direction.FORWARD)
    assert amounts(step.inputs) == {"F-1": (Decimal(10), "KGM"), "M-1": (Decimal(10), "KGM")}
    assert amounts(step.outputs) == {"D-1": (Decimal(10), "KGM")}
    assert (step.input_count, step.output_count, step.subject_count) == (2, 1, 0)
    assert (step.biz_step, step.offset, step.place, step.certainty) == ("creating_class_instance", "+08:00", PLANT, Certainty.CERTAIN)
    assert (step.operators, step.equipment) == (("OP-7",), ("KETTLE-2", "urn:example:probe:1", "urn:example:probe:2"))
    assert [(document.kind, document.uri) for document in step.documents] == [("prodorder", "https://firm.example/orders/4711")]
    kettle, speed, humid = step.conditions
    assert (kettle.kind, kettle.minimum, kettle.maximum, kettle.mean, kettle.uom) == (
        "Temperature", Decimal("95.5"), Decimal(99), Decimal("97.25"), "CEL",
    )  # fmt: skip
    assert (kettle.began, kettle.ended) == (datetime(2026, 3, 2, 8, 5, tzinfo=UTC), datetime(2026, 3, 2, 8, 9, tzinfo=UTC))
    assert (speed.minimum, speed.maximum, speed.mean, speed.value, speed.readings) == (Decimal(10), Decimal(60), Decimal(30), None, 3)
    assert (humid.value, humid.minimum, humid.mean, humid.readings, humid.device) == (Decimal(40), None, None, 1, None)


async def test_parts_of_one_transformation_are_one_step_and_a_corrected_part_is_none(firm: Firm, services: Services) -> None:
    wrong = transformed([M1], [], 12, transformation="urn:example:batch:1")
    await capture(
        services, firm.tenant_id,
        transformed([F1], [], 10, transformation="urn:example:batch:1"), wrong, declared_wrong(wrong),
        transformed([], [D1], 30, transformation="urn:example:batch:1"),
    )  # fmt: skip
    _, [step] = await look(services, firm, D1, Direction.BACKWARD)
    assert (list(amounts(step.inputs)), list(amounts(step.outputs))) == (["F-1"], ["D-1"])
    assert (step.began, step.ended) == (datetime(2026, 3, 2, 8, 10, tzinfo=UTC), datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    assert len(step.event_ids) == 2


async def test_lots_that_may_have_gone_in_stand_beside_their_product_as_possible(firm: Firm, services: Services) -> None:
    flour = f"https://id.gs1.org/01/{FLOUR}"
    await capture(services, firm.tenant_id, made(amounts=[quantity(F1, 100)]), transformed([flour], [D1], 10))
    _, [step] = await look(services, firm, D1, Direction.BACKWARD)
    told = {line.thing.key: (line.quantity, line.certainty) for line in step.inputs}
    assert told == {f"01/{FLOUR}": (Decimal(10), Certainty.CERTAIN), f"01/{FLOUR}/10/F-1": (None, Certainty.POSSIBLE)}


async def test_by_products_are_marked(firm: Firm, services: Services) -> None:
    body = transformed([F1], [D1, DO1], 10, **BY_PRODUCT)
    await capture(services, firm.tenant_id, body)
    _, [step] = await look(services, firm, F1, Direction.FORWARD)
    assert {line.thing.code: line.by_product for line in step.outputs} == {"D-1": False, "DO-1": True}


async def test_large_step_is_cut_and_counted(firm: Firm, services: Services) -> None:
    pieces = [unit(DUMPLING, f"S-{number}") for number in range(150)]
    await capture(services, firm.tenant_id, transformed([F1], pieces, 10))
    _, [step] = await look(services, firm, F1, Direction.FORWARD)
    assert (len(step.outputs), step.output_count, step.input_count) == (100, 150, 1)


async def test_acts_come_in_order_of_time_and_the_traces_own_goods_first(firm: Firm, services: Services) -> None:
    pieces = [unit(DUMPLING, f"A-{number}") for number in range(120)]
    await capture(
        services, firm.tenant_id, made(amounts=[quantity(F1, 100)], minutes=0), transformed([F1], [unit(DUMPLING, "Z")], 10),
        packed(sscc(1), [*pieces, unit(DUMPLING, "Z")], minutes=20), made([unit(DUMPLING, "OTHER")], minutes=21),
    )  # fmt: skip
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await traces.trace(tx, unit(DUMPLING, "Z"), Direction.BACKWARD)
        places = await steps.acts(tx, found, cursor=None, backward=False, limit=10, sites=None)
        told = await steps.describe_acts(tx, found, places)
        behind = await steps.acts(tx, found, cursor=(places[0].at, places[0].act), backward=False, limit=10, sites=None)
        before = await steps.acts(tx, found, cursor=(places[1].at, places[1].act), backward=True, limit=10, sites=None)
    assert [act.biz_step for act in told] == ["commissioning", "packing"]
    assert next(line.thing.code for line in told[1].subjects if line.role.name == "CHILD") == "Z"
    assert told[1].subject_count == 122
    assert (behind, before) == (places[1:], places[:1])


def test_what_an_event_says_in_no_expected_shape_is_left_out() -> None:
    broken: list[dict[str, Any]] = [
        {"sensorElementList": 5}, {"sensorElementList": [5, {"sensorReport": 3}, {"sensorReport": [{"value": "x", "type": 4}]}]},
        {"ilmd": [1]}, {"x:operator": {"deep": {"er": 1}}}, {"x:operator": [None, True, [], "  "]}, {"bizTransactionList": {"type": 1}},
        {"operator": "not an extension"}, {"outputQuantityList": [{"epcClass": 3, "x:byProduct": True}]},
    ]  # fmt: skip
    for body in broken:
        found = words_of(body)
        assert (found.operators, found.equipment, found.documents, found.by_products) == ((), (), (), frozenset()), body
