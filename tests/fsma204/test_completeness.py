"""What each kind of value lacks."""

from datetime import date
from decimal import Decimal

from backend.fsma204.completeness import missing
from backend.fsma204.elements import Cte
from backend.fsma204.values import Amount, Day, Paper, Place, Product, Text
from tests.fsma204.records import record

FARM = Place("https://example.com/farm", "Green Farm", "+1 831 555 0101", "1 Field Rd", "Salinas", "CA", "93901", "US")
PACKED = Product("09506000134352", "Romaine", packaging_size="24 ct", packaging_style="case")


def _cites(**facts: object) -> list[str]:
    return [one.kde.cite for one in missing(record(Cte.SHIPPING, **facts))]  # type: ignore[arg-type]


def _whole() -> dict[str, object]:
    return {
        "lot": Text("TLC-1"), "amount": Amount(Decimal(6), "CS"), "product": PACKED, "recipient": FARM, "here": FARM, "date": Day(date(2026, 3, 2)),
        "tlc_source": FARM, "paper": Paper("Bill of lading", "B1"),
    }  # fmt: skip


def test_whole_record_lacks_nothing() -> None:
    assert _cites(**_whole()) == []


def test_domestic_place_needs_state_and_zip_and_a_foreign_one_does_not() -> None:
    domestic = Place("p", "A", "1", "St", "Town", country="US")
    foreign = Place("p", "A", "1", "St", "Town", country="MX")
    assert _cites(**_whole() | {"recipient": domestic}) == ["1.1340(a)(4)"]
    [found] = missing(record(Cte.SHIPPING, **_whole() | {"recipient": domestic}))  # type: ignore[arg-type]
    assert found.lacking == ("recipient.region", "recipient.postal_code")
    assert _cites(**_whole() | {"recipient": foreign}) == []


def test_coordinates_stand_for_the_address_and_for_nothing_else() -> None:
    there = Place("p", "A", "1", "", "Town", country="MX", coordinates="36.6, -121.6")
    assert _cites(**_whole() | {"here": there}) == []
    assert _cites(**_whole() | {"here": Place("p", "A", "1", coordinates="36.6, -121.6")}) == ["1.1340(a)(5)"]


def test_reference_to_the_lot_code_source_stands_for_its_location() -> None:
    facts = _whole()
    del facts["tlc_source"]
    assert _cites(**facts) == ["1.1340(a)(7)"]
    assert _cites(**facts | {"tlc_reference": Text("https://example.com/tlc/1")}) == []


def test_quantity_without_unit_counts_pieces_and_product_needs_its_packaging() -> None:
    assert _cites(**_whole() | {"amount": Amount(Decimal(6))}) == []
    assert _cites(**_whole() | {"product": Product("g", "Romaine")}) == ["1.1340(a)(3)"]


def test_cooling_is_asked_for_where_a_part_of_it_is_told() -> None:
    def cooling(**facts: object) -> list[str]:
        found = missing(record(Cte.INITIAL_PACKING, produce=False, **facts))  # type: ignore[arg-type]
        return [one.kde.cite for one in found if one.kde.cite in ("1.1330(a)(9)", "1.1330(a)(10)")]

    assert cooling() == []
    assert cooling(cooled_at=FARM) == ["1.1330(a)(10)"]
    assert cooling(cooled=Day(date(2026, 3, 2))) == ["1.1330(a)(9)"]
    assert cooling(cooled_at=FARM, cooled=Day(date(2026, 3, 2))) == []


def test_field_is_asked_for_of_produce_and_left_to_decide_where_nobody_says_what_it_is() -> None:
    def field(produce: bool | None) -> list[bool]:
        return [one.to_decide for one in missing(record(Cte.HARVESTING, produce=produce)) if one.kde.cite == "1.1325(a)(1)(v)"]

    assert field(True) == [False]
    assert field(None) == [True]
    assert field(False) == []


def test_landing_takes_species_or_product() -> None:
    def asked(**facts: object) -> bool:
        return "1.1335(b)" in [one.kde.cite for one in missing(record(Cte.FIRST_LAND_BASED_RECEIVING, **facts))]  # type: ignore[arg-type]

    assert asked()
    assert not asked(species=Text("Thunnus albacares"))
    assert not asked(product=PACKED)


def test_grower_of_seeds_will_do_with_one_of_grower_and_date() -> None:
    def asked(**facts: object) -> bool:
        return "1.1330(b)(1)" in [one.kde.cite for one in missing(record(Cte.SPROUTS, **facts))]  # type: ignore[arg-type]

    assert not asked()
    assert not asked(seed_harvested=Day(date(2026, 1, 5)))
    assert asked(seed_grower=Place("p", "A"))
