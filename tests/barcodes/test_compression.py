"""Compressed Digital Links: published examples, every code for a sequence, what chance brings, and what nobody may have written."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.barcodes.bits import ALPHABET, BitWriter, length_bits, value_bits
from backend.barcodes.compressed_links import read_any_link, read_compressed_link, write_compressed_link
from backend.barcodes.compression import MAX_LENGTH, SEQUENCES, compress, compressible, decompress
from backend.barcodes.dictionary import application_identifiers
from backend.barcodes.elements import Element, read_bracketed, write_bracketed
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import read_link, write_link
from tests.barcodes.drawing import things, values
from tests.shared_data import needs_shared_data, shared_json

# As published implementations of the standard write them, without codes for sequences.
PUBLISHED = [
    ("ARFKk4XB0CDKWcnpq", "(01)09506000134376(10)LOT01", ()),
    ("AQnO2IRCICDKWcnpqQtCQiJABemo", "(01)05392000229648(10)LOT01(21)SERIAL01", ()),
    ("AREjalurbiAUO-cgohCz45Z67b8A", "(01)09421902960055(10)2010005828(21)xyz1234", ()),
    ("AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXgpNWCv1", "(01)05412345000013(10)ABC&+123(7003)1903061658", (("k1", "v1"),)),
    ("AQnYUc1gmiCNV4JGYgYAF6ckaEPg", "(01)05412345000013(10)ABC123(3103)000189(3923)2172", ()),
    ("AQEd-1O2-GIGAD6A", "(01)00614141123452(3103)000500", ()),
    ("ARHKVAdpQg", "(01)09780345418913", ()),
    ("ABeRcNWtKMPA", "(00)106141412345678908", ()),
    ("QUCO_anbfA", "(414)0614141123452", ()),
    ("JAaasHt_dNNt4ADESMALumsUfMAm34", "(240)qwe390023(8003)09421012301014f9804dbf", ()),
]


@pytest.mark.parametrize(("short", "bracketed", "parameters"), PUBLISHED)
def test_published_examples_are_read_and_written(short: str, bracketed: str, parameters: tuple[tuple[str, str], ...]) -> None:
    found = decompress(short)
    assert (write_bracketed(found.elements), found.parameters) == (bracketed, parameters)
    assert compress(found.elements, parameters, optimise=False) == short
    assert decompress(compress(found.elements, parameters)).parameters == parameters


@needs_shared_data
def test_the_resolvers_case_is_met() -> None:
    [case] = [
        case for case in shared_json("digital-link-barcodes", "resolver", "expectations.json")["redirect_cases"] if "compress" in json.dumps(case)
    ]
    uncompressed = read_link(f"https://resolver.example{case['request']['path']}").elements
    written = write_compressed_link(uncompressed, stem="https://resolver.example", optimise=False)
    assert written == f"https://resolver.example{case['expect']['json_path']['COMPRESSED_LINK']}"


@given(st.data())
@settings(max_examples=5, deadline=None)
def test_every_code_for_a_sequence_comes_back(data: st.DataObject) -> None:
    entries = application_identifiers()
    for code, sequence in SEQUENCES.items():
        elements = [data.draw(values(entries[ai])) for ai in sequence]
        short = compress(elements)
        assert beginning(short, 8) == int(code, 16), code
        assert list(decompress(short).elements) == elements
        assert len(short) <= len(compress(elements, optimise=False))


def beginning(text: str, width: int) -> int:
    """The first bits of a compressed part."""
    return int("".join(f"{ALPHABET.index(character):06b}" for character in text)[:width], 2)


@given(
    things(),
    st.booleans(),
    st.booleans(),
    st.dictionaries(st.from_regex(r"[a-z][A-Za-z0-9_-]{0,9}", fullmatch=True), st.text("Az09 %/?é", max_size=9), max_size=2),
)
@settings(max_examples=120, deadline=None)
def test_what_is_compressed_reads_back(elements: list[Element], keep_key: bool, optimise: bool, parameters: dict[str, str]) -> None:
    plain = read_link(write_link(elements))
    written = write_compressed_link(elements, stem="https://a.example/shop", parameters=parameters.items(), keep_key=keep_key, optimise=optimise)
    found = read_compressed_link(written) if written.rpartition("/")[2] and not _said_plainly(written) else read_link(written)
    assert sorted((element.ai, element.value) for element in found.elements) == sorted((element.ai, element.value) for element in plain.elements)
    assert len(found.ignored) == len(parameters)


def _said_plainly(uri: str) -> bool:
    try:
        read_link(uri)
    except BarcodeError:
        return False
    return True


@given(st.sampled_from(sorted(application_identifiers())).flatmap(lambda ai: values(application_identifiers()[ai])))
@settings(max_examples=150, deadline=None)
def test_every_identifiers_values_come_back(element: Element) -> None:
    assert decompress(compress([element])).elements == (element,)


@given(st.text(ALPHABET, max_size=60))
@settings(max_examples=300, deadline=None)
def test_what_is_no_compression_is_refused_with_its_rule(text: str) -> None:
    refusal = None
    try:
        found = decompress(text)
    except BarcodeError as problem:
        refusal = problem
    if refusal is None:
        assert decompress(compress(found.elements, found.parameters)).parameters == found.parameters
    else:
        assert (bool(refusal.rule), len(refusal.message) < 400) == (True, True)


def bits(*numbers: tuple[int, int]) -> str:
    """A compressed part of these numbers, each with its width."""
    writer = BitWriter()
    for number, width in numbers:
        writer.put(number, width)
    return writer.text()


GTIN = (9506000134376, value_bits(14))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "COMPRESSED_LENGTH"),
        ("A" * (MAX_LENGTH + 1), "COMPRESSED_LENGTH"),
        ("ARFKk4XB0CDKWcnpé", "COMPRESSED_CHARACTER"),
        ("ARFKk4XB0CDKWcnp", "COMPRESSED_TRUNCATED"),
        (bits((0x0F ^ 0x05 << 4, 8)), "COMPRESSED_SEQUENCE"),
        (bits((0xDA, 8), (0, 40)), "COMPRESSED_SEQUENCE"),
        (bits((0x04, 8), (0, 40)), "UNKNOWN_AI"),
        (bits((0x01, 8), (10**14, value_bits(14))), "COMPRESSED_VALUE"),
        (bits((0x01, 8), (9506000134377, value_bits(14))), "INCORRECT_CHECK_DIGIT"),
        (bits((0x01, 8), GTIN, (0x01, 8), GTIN), "REPEATED_AI"),
        (bits((0x10, 8), (5, 3), (1, length_bits(20)), (1, 7)), "COMPRESSED_ENCODING"),
        (bits((0x10, 8), (0, 3), (21, length_bits(20)), (1, value_bits(21))), "COMPRESSED_VALUE"),
        (bits((0x01, 8), GTIN, (1, 5)), "COMPRESSED_PADDING"),
        (bits((0xF, 4), (0, 7), (0, 3), (1, 7), (1, 4)), "COMPRESSED_PARAMETER"),
        (bits((0xF, 4), (2, 7), (ALPHABET.index("0"), 6), (ALPHABET.index("1"), 6), (0, 3), (1, 7), (1, 4)), "COMPRESSED_PARAMETER"),
    ],
)
def test_malformed_ones_are_refused(text: str, rule: str) -> None:
    with pytest.raises(BarcodeError) as refusal:
        decompress(text)
    assert refusal.value.rule == rule, refusal.value.message


def test_a_refusal_says_at_which_character() -> None:
    with pytest.raises(BarcodeError, match="at its character 16: it breaks off"):
        decompress("ARFKk4XB0CDKWcnp")


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example/ARFKk4XB0CDKWcnpq",
        "HTTPS://A.EXAMPLE/p/q/ARFKk4XB0CDKWcnpq",
        "https://a.example/01/09506000134376/EGUs5PTU",
        "https://a.example/de/gtin/9506000134376/EGUs5PTU?linkType=all#top",
    ],
)
def test_links_are_read_whole_and_partly_compressed(uri: str) -> None:
    assert [(element.ai, element.value) for element in read_any_link(uri).elements] == [("01", "09506000134376"), ("10", "LOT01")]


def test_attributes_stand_in_the_compressed_part_and_behind_the_question_mark() -> None:
    link = read_any_link("https://a.example/ARFKk4XB0CDKWcnpq?17=271231&linkType=all")
    assert (write_bracketed(link.elements), link.ignored) == ("(01)09506000134376(10)LOT01(17)271231", ("linkType=all",))


def test_a_parameter_that_has_no_compressed_form_stays_behind_the_question_mark() -> None:
    elements = read_bracketed("(01)09506000134376")
    assert not compressible(("k", "ü"))
    assert write_compressed_link(elements, parameters=[("k", "ü"), ("a", "b")]).endswith("?k=%C3%BC")
