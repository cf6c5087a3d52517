"""Canonical JSON against the examples of RFC 8785."""

import json
import struct
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.events.canonical_json import canonical_json, canonical_json_of_plain, is_plain_number, number_text
from backend.events.json_text import read_json, write_json


def test_the_sample_of_section_3_2_2() -> None:
    sample = r"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""

    assert canonical_json(json.loads(sample)).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_members_are_sorted_by_utf_16_code_units_as_in_section_3_2_3() -> None:
    sample = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}

    assert list(json.loads(canonical_json(sample))) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical_json_of_plain(sample) == canonical_json(sample)


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_the_numbers_of_appendix_b(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert number_text(number) == text
    assert number_text(Decimal(text)) == text


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000"])
def test_numbers_that_json_cannot_say_are_refused(bits: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    with pytest.raises(ValueError, match="JSON has no number"):
        canonical_json([number])


@pytest.mark.parametrize("value", [{1, 2}, b"x", object()])
def test_values_that_json_cannot_say_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="JSON cannot hold"):
        canonical_json([value])


def test_an_unpaired_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        canonical_json("\ud800")


def test_a_quantity_beyond_a_double_keeps_all_its_digits() -> None:
    assert canonical_json([Decimal("0.10000000000000000001"), 12345678901234567890]) == b"[0.10000000000000000001,12345678901234567890]"


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number == 0 or 1e-307 < abs(number) < 1e307),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_json)
def test_the_fast_way_writes_what_the_exact_way_writes(value: object) -> None:
    text = read_json(json.dumps({"value": value, "zero": 1.0}).replace("\\u0000", "?").encode())

    if text.plain_numbers:
        assert canonical_json_of_plain(text.value) == canonical_json(text.value)
    assert _exact(canonical_json(text.value)) == _exact(write_json(text.value))


def _exact(raw: bytes) -> object:
    return json.loads(raw, parse_float=Decimal, parse_int=Decimal)


@pytest.mark.parametrize(
    ("number", "plain"),
    [(Decimal("0.000001"), True), (Decimal("0.0000001"), False), (Decimal("1E+2"), False), (Decimal("1.50"), False), (10**21, False), (7, True)],
)
def test_a_number_is_plain_where_its_text_is_the_canonical_one(number: Decimal | int, plain: bool) -> None:
    assert is_plain_number(number) is plain
    assert not plain or str(number) == number_text(number)
