"""Units of measure: exact factors, there and back, and no sum across dimensions."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.units import amounts as units
from backend.units.amounts import Amount, IncomparableUnitsError, Sums, convert, decimal_of
from backend.units.factors import Dimension

CODES = sorted(units._KNOWN)
QUANTITIES = some.decimals(min_value=-(10**9), max_value=10**9, places=6)


@pytest.mark.parametrize(
    ("quantity", "source", "target", "expected"),
    [
        ("1", "KGM", "GRM", "1000"), ("1", "TNE", "KGM", "1000"), ("2.5", "LBR", "KGM", "1.133980925"), ("16", "ONZ", "LBR", "1"),
        ("1", "HLT", "LTR", "100"), ("1", "MTQ", "HLT", "10"), ("750", "MLT", "LTR", "0.75"), ("250", "CMT", "MTR", "2.5"),
        ("3", "DZN", "H87", "36"), ("7", None, "C62", "7"), ("7", "EA", "", "7"), ("1", "GLL", "MLT", "3785.411784"), ("100", "CMK", "MTK", "0.01"),
        ("5", "XPX", "XPX", "5"),
    ],
)  # fmt: skip
def test_known_conversions_are_exact(quantity: str, source: str | None, target: str | None, expected: str) -> None:
    assert str(convert(Decimal(quantity), source, target)) == expected


@pytest.mark.parametrize(("source", "target"), [("KGM", "LTR"), ("KGM", None), ("MTR", "MTK"), ("XPX", "XBX"), ("XPX", "")])
def test_conversion_across_dimensions_is_refused(source: str | None, target: str | None) -> None:
    with pytest.raises(IncomparableUnitsError) as refused:
        convert(Decimal(1), source, target)
    assert refused.value.code == "UNITS_NOT_COMPARABLE"


def test_pieces_and_kilograms_stay_two_accounts() -> None:
    sums = Sums([Amount(Decimal(3), ""), Amount(Decimal("1.5"), "KGM"), Amount(Decimal(500), "GRM"), Amount(Decimal(2), "")])
    assert sums.amounts() == [Amount(Decimal(5), ""), Amount(Decimal(2), "KGM")]


def test_sum_of_one_unit_is_told_in_it() -> None:
    assert Sums([Amount(Decimal(300), "GRM"), Amount(Decimal(900), "GRM")]).amounts() == [Amount(Decimal(1200), "GRM")]


def test_unknown_units_add_to_themselves_alone() -> None:
    assert Sums([Amount(Decimal(1), "XPX"), Amount(Decimal(2), "XPX"), Amount(Decimal(1), "XBX")]).amounts() == [
        Amount(Decimal(1), "XBX"), Amount(Decimal(3), "XPX"),
    ]  # fmt: skip


def test_a_third_has_34_digits() -> None:
    assert decimal_of(Fraction(1, 3)) == Decimal("0.3333333333333333333333333333333333")


@given(quantity=QUANTITIES, source=some.sampled_from(CODES), target=some.sampled_from(CODES))
def test_there_and_back_is_the_same(quantity: Decimal, source: str, target: str) -> None:
    if units.comparable(source, target):
        back = convert(convert(quantity, source, target), target, source)
        assert abs(back - quantity) <= abs(quantity) * Decimal("1e-30")


@given(quantity=QUANTITIES, source=some.sampled_from(CODES))
def test_to_a_base_and_back_is_exact(quantity: Decimal, source: str) -> None:
    base = units.BASES[Dimension(units.unit_of(source).dimension)]
    assert convert(convert(quantity, source, base), base, source) == quantity


@given(some.lists(some.tuples(QUANTITIES, some.sampled_from(CODES)), max_size=20))
def test_sum_is_the_sum_of_its_parts_in_any_order(parts: list[tuple[Decimal, str]]) -> None:
    amounts = [Amount(quantity, uom) for quantity, uom in parts]
    forward, backward = Sums(amounts), Sums(reversed(amounts))
    assert forward.amounts() == backward.amounts()
    for account in forward.accounts:
        assert forward.base(account) == sum((units.to_base(a.quantity, a.uom) for a in amounts if a.account == account), Fraction(0))
