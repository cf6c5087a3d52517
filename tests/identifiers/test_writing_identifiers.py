"""Identifiers written as Digital Link and as URN."""

import pytest

from backend.identifiers import as_digital_link, as_urn, parse_identifier
from tests.shared_data import shared_json

_URNS = [
    "urn:epc:id:sgtin:0614141.107346.2017",
    "urn:epc:id:sgtin:0614141.107346.6789%2F%26%25%22!%3F()",
    "urn:epc:class:lgtin:4012345.012345.Lot987",
    "urn:epc:idpat:sgtin:4012345.066666.*",
    "urn:epc:id:sscc:0614141.1234567890",
    "urn:epc:id:sgln:4012345.00005.122",
    "urn:epc:id:sgln:4012345.00005.0",
    "urn:epc:id:pgln:4012345.00225",
    "urn:epc:id:grai:4012345.55555.987",
    "urn:epc:idpat:grai:4012345.66666.*",
    "urn:epc:id:giai:4012345.ABC345",
    "urn:epc:id:gsrn:4012345.0000006765",
    "urn:epc:id:gsrnp:4012345.0000098765",
    "urn:epc:id:gdti:0614141.12345.400",
    "urn:epc:idpat:gdti:4012345.11111.*",
    "urn:epc:id:sgcn:4012345.99999.44",
    "urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234",
    "urn:epc:idpat:cpi:4012345.AB12.*",
    "urn:epc:id:itip:4012345.011111.01.02.987",
    "urn:epc:idpat:itip:4012345.012345.01.02.*",
    "urn:epc:id:upui:4012345.012345.AB12",
    "urn:epc:id:ginc:4012345.333",
    "urn:epc:id:gsin:4012345.999987654",
]


@pytest.mark.parametrize("urn", _URNS)
def test_a_urn_survives_the_way_through_its_digital_link(urn: str) -> None:
    link = parse_identifier(parse_identifier(urn).uri)

    assert as_urn(link, company_prefix_length=7) == urn
    assert link.key == parse_identifier(urn).key


def test_a_digital_link_is_written_as_captured_and_a_urn_as_canonical() -> None:
    assert as_digital_link(parse_identifier("https://brand.example/01/09506000134352")) == "https://brand.example/01/09506000134352"
    assert as_digital_link(parse_identifier("urn:epc:idpat:sgtin:950600.0013435.*")) == "https://id.gs1.org/01/09506000134352"


@pytest.mark.parametrize(
    "text",
    [
        "https://id.gs1.org/8003/030013450007718765",
        "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K",
        "https://id.gs1.org/8006/040123451234560102/10/Lot-1",
        "https://example.com/obj/1",
    ],
)
def test_what_has_no_urn_gets_none(text: str) -> None:
    assert as_urn(parse_identifier(text), company_prefix_length=7) is None


def test_no_urn_is_guessed_without_the_length_of_the_company_prefix() -> None:
    assert as_urn(parse_identifier("https://id.gs1.org/01/09506000134352")) is None


def test_the_published_canonical_links_are_met() -> None:
    """All of the vectors but one, whose GTIN-8 carries a wrong check digit."""
    vectors = shared_json("digital-link-barcodes", "vectors", "hashgen_epc_to_canonical_dl.json")["cases"]
    wrong_check_digit = "http://example.de/gtin-8/01/97803111"
    expected = {
        case["input"]: case["expected"]
        for case in vectors
        if isinstance(case["input"], str) and case["expected"] is not None and case["input"] != wrong_check_digit
    }

    assert {text: parse_identifier(text).uri for text in expected} == expected
    assert len(expected) == 36


def test_the_published_urns_are_met() -> None:
    """Every vector of a Digital Link that is well-formed by the standard and whose prefix length is given."""
    cases = shared_json("digital-link-barcodes", "vectors", "openepcis_urn_dl_conversions.json")["cases"]
    chosen = [
        case
        for case in cases
        if case["method"] in ("toURN", "toURNForClassLevelIdentifier")
        and case["gcp_length"]
        and case["input"] not in _NOT_WELL_FORMED
        and not case.get("wrong_check_digit_in")
        and not any(char in case["input"] for char in '"<>')
        and "//" not in case["input"].removeprefix("https://")
    ]
    found = {case["input"]: as_urn(parse_identifier(case["input"]), case["gcp_length"]) for case in chosen}

    assert found == {case["input"]: case["expected"] for case in chosen}
    assert len(found) > 25


# Pieces of trade items (8006) whose first fourteen digits are no GTIN.
_NOT_WELL_FORMED = {
    "https://id.gs1.org/8006/123456789012356787/21/1111",
    "https://riseagainst.com/songs/8006/123456789012356787/21/1111",
    "https://id.gs1.org/8006/123456789012345678",
    "https://id.gs1.org/8006/843948393494893434",
    "https://id.gs1.org/8006/394354903094390493",
}
