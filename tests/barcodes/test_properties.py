"""What holds for every code: it reads back as it was written in each form, and no text breaks or holds up a reader."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.barcodes.compressed_links import read_any_link
from backend.barcodes.elements import Element, hri, read_bracketed, read_element_string, write_bracketed, write_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import read_link, with_numbers, write_link
from backend.barcodes.retail import gtin_of, upc_a_of
from backend.barcodes.scans import read_scan
from backend.barcodes.titles import title_of
from backend.barcodes.values import value_of
from backend.codes.reading import read_code
from backend.identifiers import InvalidIdentifierError, as_digital_link, as_urn, parse_identifier
from tests.barcodes.drawing import sayable, things
from tests.barcodes.test_values import TODAY

READERS = (read_scan, read_bracketed, read_link, read_any_link, read_element_string, with_numbers, gtin_of, upc_a_of)
# What makes patterns backtrack, tables grow and numbers swell.
HOSTILE = [
    "(" * 8_000, "(01)" * 2_000, "(01)09506000134352" * 400, "^" * 8_000, "^01" * 2_700, "^10A" * 2_000, "]d2" + "\x1d" * 8_000,
    "https://a/" + "01/" * 2_600,
    "https://a/" + "/" * 8_000, "https://a/01/09506000134352?" + "a&" * 4_000, "https://a/" + "A" * 8_000,
    "https://a/" + "%" * 8_000, "9" * 8_000,
    "urn:epc:id:sgtin:" + "0." * 4_000, "urn:epc:tag:sgtin-96:" + "3." * 4_000, "a." * 4_000 + "com/x", "https://" + "a." * 4_000, "3" * 56,
    "\uff08" * 8_000,
    "<GS>" * 2_000,
    "obj" * 2_700, "https://a/obj/" + "obj/" * 2_000, "urn:" + "a:" * 4_000 + "obj:x", "%41" * 2_700, "\ud800" * 8_000, "e\u0301" * 4_000,
]  # fmt: skip


@given(things())
@settings(max_examples=120, deadline=None)
def test_every_form_reads_back(elements: list[Element]) -> None:
    assert read_bracketed(write_bracketed(elements)) == elements
    assert read_element_string(write_element_string(elements)) == elements
    told = sorted((element.ai, element.value) for element in elements)
    assert sorted((element.ai, element.value) for element in read_link(write_link(elements, stem="https://a.example/b")).elements) == told
    short = with_numbers(write_link(elements, short_names=True))
    assert sorted((element.ai, element.value) for element in read_link(short).elements) == told
    assert len(hri(elements)) == len(elements)
    for element in elements:
        value_of(element, today=TODAY)
        assert title_of(element.ai, "zh") != title_of(element.ai, "en")


@given(things(), st.integers(6, 12))
@settings(max_examples=80, deadline=None)
def test_every_key_reads_back_in_every_form(elements: list[Element], prefix_length: int) -> None:
    link = write_link(elements, stem="https://brand.example/x")
    try:
        found = parse_identifier(link)
    except InvalidIdentifierError:
        # A coupon's key and the like, which name nothing that is traced.
        return
    if not found.is_gs1 or sum(element.entry.keyed for element in elements if element.entry) > 1:
        # Without the order that a link has nothing tells which of two keys is meant.
        return
    for form in (
        found.uri,
        found.key,
        as_digital_link(found),
        write_bracketed(elements),
        f"]d2{write_element_string(elements)[1:]}".replace("^", "\x1d"),
    ):
        assert parse_identifier(form).key == found.key, form
    urn = as_urn(found, prefix_length)
    if urn is not None:
        assert parse_identifier(urn).key == found.key, urn
        assert as_urn(parse_identifier(urn)) == urn


@given(st.one_of(st.text(max_size=120), st.text("]d2C1Q3^()/01?=&%\x1d.:urnepcidsgtinhttps-_A9", max_size=120)))
@settings(max_examples=400, deadline=None)
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in READERS:
        for dressed in (text, f"^{text}", f"]Q3{text}", f"(10){text}", f"https://a/01/{text}"):
            with suppress(BarcodeError):
                read(dressed)
    with suppress(InvalidIdentifierError):
        found = parse_identifier(text)
        as_urn(found, 7)
    reading = read_code(text)
    assert all(fault.message and fault.mend and len(fault.message) < 600 for fault in reading.faults)


@pytest.mark.timeout(60)
def test_hostile_texts_hold_nobody_up() -> None:
    """All of them together take less than a second; a pattern that backtracks takes minutes for one."""
    for text in HOSTILE:
        for read in READERS:
            with suppress(BarcodeError):
                read(text)
        with suppress(InvalidIdentifierError):
            parse_identifier(text)
        read_code(text)


def test_a_thing_of_chance_can_be_said() -> None:
    assert sayable(read_bracketed("(01)09506000134352(10)A"))
