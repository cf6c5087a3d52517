"""Patterns of queries, and what is on RFID tags."""

import pytest

from backend.identifiers import IdentifierRole, InvalidIdentifierError, as_urn, parse_identifier
from backend.identifiers.patterns import read_pattern
from backend.identifiers.tags import pure_identity

UNIT = parse_identifier("urn:epc:id:sgtin:0614141.112345.400").key


@pytest.mark.parametrize(
    ("pattern", "urn"),
    [
        ("urn:epc:idpat:sgtin:0614141.112345.*", "urn:epc:id:sgtin:0614141.112345.400"),
        ("urn:epc:idpat:sgtin:0614141.*.*", "urn:epc:id:sgtin:0614141.112345.400"),
        ("urn:epc:idpat:sgtin:*.*.*", "urn:epc:id:sgtin:0614141.112345.400"),
        ("URN:EPC:IDPAT:SSCC:0614141.*", "urn:epc:id:sscc:0614141.1234567890"),
        ("urn:epc:idpat:sgln:0614141.12345.*", "urn:epc:id:sgln:0614141.12345.0"),
        ("urn:epc:idpat:sgln:0614141.12345.*", "urn:epc:id:sgln:0614141.12345.400"),
        ("urn:epc:idpat:grai:0614141.12345.*", "urn:epc:id:grai:0614141.12345.400"),
        ("urn:epc:idpat:grai:0614141.*.*", "urn:epc:id:grai:0614141.12345.400"),
        ("urn:epc:idpat:giai:0614141.*", "urn:epc:id:giai:0614141.12345400"),
        ("urn:epc:idpat:gdti:0614141.*.*", "urn:epc:id:gdti:0614141.12345.400"),
        ("urn:epc:idpat:gsrn:0614141.*", "urn:epc:id:gsrn:0614141.1234567890"),
        ("urn:epc:idpat:upui:0614141.112345.*", "urn:epc:id:upui:0614141.112345.51qIgY)"),
    ],
)
def test_a_pattern_means_what_its_urns_name(pattern: str, urn: str) -> None:
    found = read_pattern(pattern)
    assert found is not None
    assert found.matches(parse_identifier(urn).key)
    assert len(found.prefixes) <= 10


@pytest.mark.parametrize(
    ("pattern", "urn"),
    [
        ("urn:epc:idpat:sgtin:0614141.112345.*", "urn:epc:id:sgtin:0614141.112346.400"),
        ("urn:epc:idpat:sgtin:0614141.112345.*", "urn:epc:class:lgtin:0614141.112345.400"),
        ("urn:epc:idpat:sgtin:0614142.*.*", "urn:epc:id:sgtin:0614141.112345.400"),
        ("urn:epc:idpat:grai:0614141.12345.*", "urn:epc:idpat:grai:0614141.12345.*"),
        ("urn:epc:idpat:pgln:0614141.*", "urn:epc:id:sgln:0614141.12345.0"),
    ],
)
def test_a_pattern_means_nothing_else(pattern: str, urn: str) -> None:
    found = read_pattern(pattern)
    assert found is not None
    assert not found.matches(parse_identifier(urn).key)


@pytest.mark.parametrize(
    "pattern",
    [
        "urn:epc:idpat:sgtin:0614141.*.400", "urn:epc:idpat:sgtin:0614141.112345.400", "urn:epc:idpat:sgtin:0614141.*", "urn:epc:idpat:sgtin:06.*.*",
        "urn:epc:idpat:sgtin:0614141.1.*", "urn:epc:idpat:nothing:0614141.*", "urn:epc:idpat:sgtin:", "urn:epc:idpat:sscc:061414A.*",
    ],
)  # fmt: skip
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidIdentifierError) as refusal:
        read_pattern(pattern)
    assert "urn:epc:idpat:sgtin:" in refusal.value.mend


def test_what_is_no_pattern_is_none() -> None:
    assert read_pattern("urn:epc:id:sgtin:0614141.112345.400") is None


@pytest.mark.parametrize(
    ("text", "urn"),
    [
        # Header 30, filter 1, partition 5.
        ("3034257BF7194E4000001A85", "urn:epc:id:sgtin:0614141.812345.6789"),
        ("urn:epc:raw:96.x3034257BF7194E4000001A85", "urn:epc:id:sgtin:0614141.812345.6789"),
        ("3034257bf7194e4000001a85", "urn:epc:id:sgtin:0614141.812345.6789"),
        ("urn:epc:tag:sgtin-96:3.0614141.112345.400", "urn:epc:id:sgtin:0614141.112345.400"),
        ("urn:epc:tag:sscc-96:3.0614141.1234567890", "urn:epc:id:sscc:0614141.1234567890"),
        ("urn:epc:tag:grai-170:3.0614141.12345.400", "urn:epc:id:grai:0614141.12345.400"),
        ("urn:epc:tag:gid-96:31415.271828.1414", "urn:epc:id:gid:31415.271828.1414"),
    ],
)
def test_a_tag_carries_an_identity(text: str, urn: str) -> None:
    assert pure_identity(text) == urn
    assert as_urn(parse_identifier(text)) == urn


def encoded(header: int, size: int, *fields: tuple[int, int]) -> str:
    """The hexadecimal content of a tag with these fields behind the header, each with its bits."""
    bits = f"{header:08b}" + "".join(f"{value:0{width}b}" for value, width in fields)
    return f"{int(bits.ljust(-(-size // 16) * 16, '0'), 2):0{-(-size // 16) * 4}X}"


def characters(text: str, bits: int) -> tuple[int, int]:
    """Text in characters of seven bits."""
    return int("".join(f"{ord(character):07b}" for character in text).ljust(bits, "0"), 2), bits


@pytest.mark.parametrize(
    ("content", "urn"),
    [
        (encoded(0x31, 96, (3, 3), (5, 3), (614141, 24), (1234567890, 34), (0, 24)), "urn:epc:id:sscc:0614141.1234567890"),
        (encoded(0x32, 96, (3, 3), (5, 3), (614141, 24), (12345, 17), (5678, 41)), "urn:epc:id:sgln:0614141.12345.5678"),
        (encoded(0x33, 96, (3, 3), (5, 3), (614141, 24), (12345, 20), (5678, 38)), "urn:epc:id:grai:0614141.12345.5678"),
        (encoded(0x34, 96, (3, 3), (5, 3), (614141, 24), (5678, 58)), "urn:epc:id:giai:0614141.5678"),
        (encoded(0x36, 198, (3, 3), (5, 3), (614141, 24), (712345, 20), characters("32a/b", 140)), "urn:epc:id:sgtin:0614141.712345.32a%2Fb"),
        (encoded(0x37, 170, (3, 3), (5, 3), (614141, 24), (12345, 20), characters("32a/b", 112)), "urn:epc:id:grai:0614141.12345.32a%2Fb"),
        (encoded(0x38, 202, (3, 3), (5, 3), (614141, 24), characters("32a/b", 164)), "urn:epc:id:giai:0614141.32a%2Fb"),
        (encoded(0x39, 195, (3, 3), (5, 3), (614141, 24), (12345, 17), characters("32a/b", 140)), "urn:epc:id:sgln:0614141.12345.32a%2Fb"),
        (encoded(0x32, 96, (3, 3), (0, 3), (123456789012, 40), (0, 1), (7, 41)), "urn:epc:id:sgln:123456789012..7"),
    ],
)
def test_the_content_of_a_tag_is_decoded(content: str, urn: str) -> None:
    assert pure_identity(content) == urn


@pytest.mark.parametrize(
    "content",
    [
        encoded(0x30, 96, (3, 3), (7, 3), (614141, 24), (12345, 20), (1, 38)),
        encoded(0x31, 96, (3, 3), (5, 3), (614141, 24), (1234567890, 34), (1, 24)),
        encoded(0x30, 96, (3, 3), (5, 3), (10_000_001, 24), (12345, 20), (1, 38)),
        encoded(0x35, 96, (3, 3), (5, 3), (614141, 24), (12345, 20), (1, 38)),
        encoded(0x36, 198, (3, 3), (5, 3), (614141, 24), (712345, 20), (0, 140)),
        "3034257BF7194E4000001A8",
        "urn:epc:tag:sgtin-96:0614141",
    ],
)
def test_other_content_is_none(content: str) -> None:
    assert pure_identity(content) is None


def test_events_carry_no_tags() -> None:
    with pytest.raises(InvalidIdentifierError, match="pure identities, not tags"):
        parse_identifier("urn:epc:tag:sgtin-96:3.0614141.112345.400", role=IdentifierRole.OBJECT)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("\uff0801\uff0909506000134352\uff0810\uff09\uff21\uff22", "01/09506000134352/10/AB"),
        ("[01]09506000134352[10]AB", "01/09506000134352/10/AB"),
        ("010950600013435210AB<GS>21X", "01/09506000134352/21/X"),
        ("010950600013435210AB\u241d21X", "01/09506000134352/21/X"),
        ("id.gs1.org/01/09506000134352/10/AB", "01/09506000134352/10/AB"),
        ("https://brand.example/de/p/ARFKk4XB0CDKWcnpq?linkType=all", "01/09506000134376/10/LOT01"),
        ("https://brand.example/gtin/9506000134376/EGUs5PTU", "01/09506000134376/10/LOT01"),
        ("]Q1https://brand.example/ARFKk4XB0CDKWcnpq", "01/09506000134376/10/LOT01"),
        ("]I109506000134352", "01/09506000134352"),
        ("]Q1https://firm.example/class/dumplings/AB", "https://firm.example/class/dumplings/AB"),
        ("URN:EPC:ID:SGTIN:0614141.112345.400", UNIT),
    ],
)
def test_what_people_and_wedge_scanners_write_is_read(text: str, key: str) -> None:
    assert parse_identifier(text).key == key


def test_a_compressed_link_is_read_in_events_and_left_alone_in_references() -> None:
    link = "https://brand.example/ARFKk4XB0CDKWcnpq"
    assert parse_identifier(link, role=IdentifierRole.OBJECT).key == "01/09506000134376/10/LOT01"
    assert parse_identifier(link, role=IdentifierRole.REFERENCE).key == link


@pytest.mark.parametrize("link", ["https://brand.example/hello-world-this", "https://brand.example/01/09506000134376/reviews"])
def test_an_address_that_is_no_compressed_link_stays_an_address(link: str) -> None:
    assert parse_identifier(link, role=IdentifierRole.OBJECT).key == link


def test_a_broken_compressed_link_on_gs1s_resolver_is_refused() -> None:
    with pytest.raises(InvalidIdentifierError, match="at its character 16: it breaks off"):
        parse_identifier("https://id.gs1.org/ARFKk4XB0CDKWcnp")


def test_a_text_key_has_no_urn_where_the_company_prefix_would_take_all_of_it_or_holds_letters() -> None:
    assert as_urn(parse_identifier("https://id.gs1.org/8004/9506000AB"), 9) is None
    assert as_urn(parse_identifier("https://id.gs1.org/401/950600013"), 9) is None
    assert as_urn(parse_identifier("https://id.gs1.org/401/950600013X"), 9) == "urn:epc:id:ginc:950600013.X"


def test_a_location_extension_of_zero_has_no_urn() -> None:
    # TDS §6.3.3: a URN whose extension is 0 names the location without one.
    assert as_urn(parse_identifier("https://id.gs1.org/414/9506000134000/254/0"), 7) is None
