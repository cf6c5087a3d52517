"""What is taken out of an event: participations, places, words, papers, keys and digests."""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from backend.events.canonical import Action, ErrorDeclaration, EventType, Role
from backend.events.extraction import IlmdAttributes, ilmd_attributes
from tests.events.sample_events import (
    BREAD,
    FLOUR,
    PALLET,
    PLANT,
    UNIT,
    aggregation_event,
    canonical,
    object_event,
    read_in_document,
    transaction_event,
    transformation_event,
)

EVENT_ID = "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"


def _taken(event: dict[str, Any]) -> list[tuple[Role, str, Decimal | None, str | None]]:
    return [(each.role, each.identifier.key, each.quantity, each.uom) for each in canonical(event).participations]


def test_every_object_takes_part_in_its_role() -> None:
    unit, pallet, flour, bread = "01/10614141073464/21/2017", "00/106141412345678908", "01/09506000134352/10/F1", "01/09506000134369/10/B1"

    assert _taken(object_event(quantityList=[{"epcClass": FLOUR, "quantity": 2}])) == [
        (Role.SUBJECT, unit, None, None),
        (Role.SUBJECT, flour, Decimal(2), None),
    ]
    assert _taken(aggregation_event(childQuantityList=[{"epcClass": BREAD}])) == [
        (Role.PARENT, pallet, None, None),
        (Role.CHILD, unit, None, None),
        (Role.CHILD, bread, None, None),
    ]
    assert _taken(transaction_event(parentID=PALLET)) == [(Role.PARENT, pallet, None, None), (Role.SUBJECT, unit, None, None)]
    assert _taken(transformation_event(inputEPCList=[PALLET], outputEPCList=[UNIT])) == [
        (Role.INPUT, pallet, None, None),
        (Role.OUTPUT, unit, None, None),
        (Role.INPUT, flour, Decimal("10.5"), "KGM"),
        (Role.OUTPUT, bread, Decimal(400), None),
    ]


def test_an_instance_in_two_forms_takes_part_once_and_every_line_of_a_class_counts() -> None:
    twice = [{"epcClass": FLOUR, "quantity": 1}, {"epcClass": FLOUR, "quantity": 1}]

    assert len(_taken(object_event(epcList=[UNIT, "https://a.example/01/10614141073464/21/2017"], quantityList=twice))) == 3


def test_a_compact_identifier_is_written_out() -> None:
    (event,) = read_in_document(object_event(epcList=["ex:obj/P/S1"]))

    assert event.participations[0].identifier.key == "https://ns.example.com/epcis/obj/P/S1"
    assert event.namespaces == {"ex": "https://ns.example.com/epcis/"}


def test_what_when_where_and_why_are_canonical() -> None:
    event = canonical(
        object_event(
            eventTime="2026-07-22T06:45:00.123+08:00",
            bizStep="urn:epcglobal:cbv:bizstep:receiving",
            disposition="https://example.com/on-hold",
            readPoint={"id": "urn:epc:id:sgln:0614141.07346.12"},
            bizLocation={"id": "https://brand.example/414/0614141073467"},
            sourceList=[{"type": "cbv:SDT-owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
            destinationList=[{"type": "https://example.com/dock", "destination": "geo:50.9,6.9"}],
            bizTransactionList=[{"type": "po", "bizTransaction": "http://erp.example/po/1"}, {"bizTransaction": "urn:epc:id:gdti:1.2.3"}],
        )
    )

    assert (event.type, event.action) == (EventType.OBJECT, Action.OBSERVE)
    assert (event.event_time, event.event_offset) == (datetime(2026, 7, 21, 22, 45, 0, 123000, UTC), "+08:00")
    assert (event.biz_step, event.disposition) == ("receiving", "https://example.com/on-hold")
    assert event.read_point == "https://id.gs1.org/414/0614141073467/254/12"
    assert event.biz_location == "https://id.gs1.org/414/0614141073467"
    assert event.sources == (("owning_party", "https://id.gs1.org/417/4012345002256"),)
    assert event.destinations == (("https://example.com/dock", "geo:50.9,6.9"),)
    assert event.biz_transactions == (("po", "http://erp.example/po/1"), (None, "urn:epc:id:gdti:1.2.3"))
    assert event.body["bizStep"] == "urn:epcglobal:cbv:bizstep:receiving"


def test_a_transformation_keeps_its_id() -> None:
    event = canonical(transformation_event(transformationID="urn:epc:id:gdti:0614141.12345.400"))

    assert (event.transformation_id, event.action) == ("https://id.gs1.org/253/0614141123452400", None)


def test_the_record_time_of_the_sender_is_dropped() -> None:
    assert "recordTime" not in canonical(object_event(recordTime="2026-07-22T06:45:01Z")).body


def test_the_event_key_is_the_event_id_or_else_the_hash() -> None:
    named, unnamed = canonical(object_event(eventID=EVENT_ID)), canonical(object_event())

    assert named.event_key == f"e:{EVENT_ID}"
    assert unnamed.event_key == f"h:{unnamed.event_hash}"
    assert unnamed.event_hash == named.event_hash
    assert unnamed.event_hash.startswith("ni:///sha-256;")


def test_json_ld_knows_the_event_id_as_id_too() -> None:
    assert canonical(object_event(id=EVENT_ID)).event_key == f"e:{EVENT_ID}"


def test_an_error_declaration_is_an_event_of_its_own() -> None:
    declared = {"declarationTime": "2026-07-23T14:00:00+08:00", "reason": "incorrect_data", "correctiveEventIDs": ["urn:x:2"]}
    event = canonical(object_event(eventID=EVENT_ID, errorDeclaration=declared))
    digest = hashlib.sha256(b'{"correctiveEventIDs":["urn:x:2"],"declarationTime":"2026-07-23T14:00:00+08:00","reason":"incorrect_data"}').hexdigest()

    assert event.error_declaration == ErrorDeclaration(datetime(2026, 7, 23, 6, tzinfo=UTC), "incorrect_data", ("urn:x:2",))
    assert event.event_key == f"d:{EVENT_ID} 2026-07-23T06:00:00+00:00 {digest}"
    assert event.content_sha256 != canonical(object_event(eventID=EVENT_ID)).content_sha256
    unnamed = canonical(object_event(errorDeclaration=declared))
    assert unnamed.event_key == f"d:{unnamed.event_hash} 2026-07-23T06:00:00+00:00 {digest}"


def test_content_is_the_body_whatever_the_order_of_its_names_and_the_time_of_record() -> None:
    event = object_event(quantityList=[{"epcClass": FLOUR, "quantity": 2}])
    shuffled = dict(reversed(object_event(recordTime="2026-07-22T06:45:01Z", quantityList=[{"quantity": 2.0, "epcClass": FLOUR}]).items()))

    assert canonical(shuffled).content_sha256 == canonical(event).content_sha256
    assert canonical(object_event(quantityList=[{"epcClass": FLOUR, "quantity": 3}])).content_sha256 != canonical(event).content_sha256


def test_content_depends_on_the_namespaces_of_its_extensions_and_on_no_others() -> None:
    def digest(context: dict[str, str], **changes: object) -> bytes:
        return canonical(object_event(**{"@context": [context], **changes})).content_sha256

    assert digest({"a": "https://1.example/"}, **{"a:x": 1}) != digest({"a": "https://2.example/"}, **{"a:x": 1})
    assert digest({"a": "https://1.example/"}) == digest({"a": "https://2.example/"})


def test_every_quantity_that_differs_makes_another_content() -> None:
    digests = {
        canonical(object_event(quantityList=[{"epcClass": FLOUR, "quantity": Decimal(text)}])).content_sha256
        for text in ("0.1", "0.10000000000000000001", "1E-7", "1E+30", "1000000000000000000000000000001")
    }

    assert len(digests) == 5


@pytest.mark.parametrize(
    ("ilmd", "attributes"),
    [
        (
            {"cbvmda:lotNumber": "L1", "cbvmda:itemExpirationDate": "2027-01-31", "cbvmda:productionDate": "2026-07-22T06:45:00+08:00"},
            IlmdAttributes(lot="L1", expiry=date(2027, 1, 31), production_date=date(2026, 7, 22)),
        ),
        (
            {"gs1:hasBatchLotNumber": " L2 ", "gs1:bestBeforeDate": {"@value": "2027-02-28", "@type": "xsd:date"}},
            IlmdAttributes(lot="L2", best_before=date(2027, 2, 28)),
        ),
        ({"urn:epcglobal:cbv:mda:lotNumber": ["L3"], "cbvmda:sellByDate": "soon"}, IlmdAttributes(lot="L3")),
        ({"cbvmda:lotNumber": 123, "cbvmda:countryOfOrigin": "CN"}, IlmdAttributes(lot="123", country_of_origin="CN")),
        ({"cbvmda:lotNumber": ["a", "b"], "cbvmda:bestBeforeDate": "2027-02-30"}, IlmdAttributes()),
        ({"https://ns.example.com/lotNumber": "x"}, IlmdAttributes()),
    ],
)
def test_master_data_of_the_lot_is_understood(ilmd: dict[str, Any], attributes: IlmdAttributes) -> None:
    assert ilmd_attributes(canonical(object_event(action="ADD", ilmd=ilmd))) == attributes


def test_units_learn_their_lot_from_master_data_where_all_are_of_one_product() -> None:
    def lots(event: dict[str, Any]) -> list[str | None]:
        return [each.identifier.lot for each in canonical(event).participations]

    ilmd = {"cbvmda:lotNumber": "L1"}
    same, other = "urn:epc:id:sgtin:0614141.107346.2018", "urn:epc:id:sgtin:0614141.107347.1"
    with_lot = "https://id.gs1.org/01/10614141073464/10/L9/21/7"
    private = ["https://t.example/obj/P/1", "https://t.example/obj/P/2"]

    assert lots(object_event(action="ADD", epcList=[UNIT, same, with_lot], ilmd=ilmd)) == ["L1", "L1", "L9"]
    assert lots(object_event(action="ADD", epcList=private, ilmd=ilmd)) == ["L1", "L1"]
    assert lots(object_event(action="ADD", epcList=[UNIT, other], ilmd=ilmd)) == [None, None]
    assert lots(object_event(action="ADD", epcList=[UNIT, PALLET], ilmd=ilmd)) == [None, None]
    assert lots(transformation_event(inputQuantityList=..., inputEPCList=[same], outputEPCList=[UNIT], outputQuantityList=..., ilmd=ilmd)) == [
        None,
        "L1",
    ]


def test_a_place_may_be_any_uri() -> None:
    assert canonical(object_event(readPoint={"id": "https://example.com/door/7"})).read_point == "https://example.com/door/7"
    assert canonical(object_event(readPoint={"id": PLANT})).biz_location is None
