"""What the values in barcodes mean, and that no text breaks the readers."""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.barcodes.elements import read_bracketed, read_element_string, write_bracketed, write_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import read_link, write_link
from backend.barcodes.scans import read_scan
from backend.barcodes.values import Amount, Measure, read_date, value_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("(17)270228", date(2027, 2, 28)),
        ("(17)270200", date(2027, 2, 28)),
        ("(11)991231", date(1999, 12, 31)),
        ("(11)760101", date(2076, 1, 1)),
        ("(11)770101", date(1977, 1, 1)),
        ("(7003)2611221530", datetime(2026, 11, 22, 15, 30)),  # noqa: DTZ001 - a code names no zone
        ("(8008)26112215", datetime(2026, 11, 22, 15, 0)),  # noqa: DTZ001 - a code names no zone
        ("(7007)260901260930", (date(2026, 9, 1), date(2026, 9, 30))),
        ("(7007)260901", (date(2026, 9, 1), date(2026, 9, 1))),
        ("(3103)001750", Measure(Decimal("1.750"), "KGM")),
        ("(3200)000012", Measure(Decimal(12), "LBR")),
        ("(3922)1999", Amount(Decimal("19.99"), None)),
        ("(3932)1561999", Amount(Decimal("19.99"), "CNY")),
        ("(37)48", 48),
        ("(10)LOT1", "LOT1"),
    ],
)
def test_a_value_means_what_its_identifier_says(text: str, meaning: object) -> None:
    (element,) = read_bracketed(text)
    assert value_of(element, today=TODAY) == meaning


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_year_of_two_digits_is_at_most_49_years_back_and_50_ahead(meant: date, today: date) -> None:
    if -49 <= meant.year - today.year <= 50:
        assert read_date(meant.strftime("%y%m%d"), today) == meant


@given(st.text(max_size=80))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (read_scan, read_bracketed, read_link, read_element_string):
        for given_text in (text, f"^{text}", f"]Q3{text}", f"(10){text}", f"https://a/01/{text}"):
            with suppress(BarcodeError):
                read(given_text)


@given(st.text("0123456789ABCxyz!\"%&'()*+,-./_:;<=>?", min_size=1, max_size=20), st.text("AZ09-._/ ".replace(" ", ""), min_size=1, max_size=20))
def test_what_is_written_reads_back(lot: str, serial: str) -> None:
    elements = read_element_string(f"^010950600013435210{lot}^21{serial}")
    assert read_bracketed(write_bracketed(elements)) == elements
    assert read_element_string(write_element_string(elements)) == elements
    assert list(read_link(write_link(elements)).elements) == elements


def test_a_refusal_says_which_identifier_and_why() -> None:
    with pytest.raises(BarcodeError, match=r"\(01\) breaks the rule incorrect check digit") as refusal:
        read_bracketed("(01)09506000134353(10)A")
    assert (refusal.value.rule, refusal.value.field, refusal.value.status) == ("INCORRECT_CHECK_DIGIT", "(01)", 400)
