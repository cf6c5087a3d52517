"""Identifiers written as Digital Link and as URN."""

import pytest

from backend.identifiers import as_digital_link, as_urn, parse_identifier

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
