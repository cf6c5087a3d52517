"""EPC URNs read into canonical keys."""

import pytest

from backend.identifiers import IdentifierRole, InvalidIdentifierError, ObjectKind, parse_identifier


@pytest.mark.parametrize(
    ("urn", "kind", "key"),
    [
        ("urn:epc:id:sgtin:0614141.107346.2017", ObjectKind.UNIT, "01/10614141073464/21/2017"),
        ("urn:epc:id:sgtin:4012345.011111.98%22", ObjectKind.UNIT, "01/04012345111118/21/98%22"),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", ObjectKind.LOT, "01/04012345123456/10/Lot987"),
        ("urn:epc:class:lgtin:4023333.002000.2019-10-07", ObjectKind.LOT, "01/04023333020008/10/2019-10-07"),
        ("urn:epc:idpat:sgtin:4012345.066666.*", ObjectKind.PRODUCT_CLASS, "01/04012345666663"),
        ("urn:epc:id:sscc:0614141.1234567890", ObjectKind.LOGISTIC_UNIT, "00/106141412345678908"),
        ("urn:epc:id:sgln:4012345.00005.122", ObjectKind.OTHER, "414/4012345000054/254/122"),
        ("urn:epc:id:sgln:4012345.00005.0", ObjectKind.OTHER, "414/4012345000054"),
        ("urn:epc:id:pgln:999999999999.", ObjectKind.OTHER, "417/9999999999994"),
        ("urn:epc:id:grai:4012345.55555.987", ObjectKind.ASSET, "8003/04012345555554987"),
        ("urn:epc:idpat:grai:4012345.66666.*", ObjectKind.PRODUCT_CLASS, "8003/04012345666663"),
        ("urn:epc:id:giai:4012345.ABC345", ObjectKind.ASSET, "8004/4012345ABC345"),
        ("urn:epc:id:gsrn:4012345.0000006765", ObjectKind.OTHER, "8018/401234500000067657"),
        ("urn:epc:id:gsrnp:4012345.0000098765", ObjectKind.OTHER, "8017/401234500000987658"),
        ("urn:epc:id:gdti:0614141.12345.400", ObjectKind.OTHER, "253/0614141123452400"),
        ("urn:epc:id:sgcn:4012345.99999.44", ObjectKind.OTHER, "255/401234599999044"),
        ("urn:epc:id:cpi:0614141.123ABC.123456789", ObjectKind.UNIT, "8010/0614141123ABC/8011/123456789"),
        ("urn:epc:idpat:cpi:4012345.AB12.*", ObjectKind.PRODUCT_CLASS, "8010/4012345AB12"),
        ("urn:epc:id:itip:4012345.011111.01.02.987", ObjectKind.UNIT, "8006/040123451111180102/21/987"),
        ("urn:epc:id:upui:4012345.012345.AB12", ObjectKind.UNIT, "01/04012345123456/235/AB12"),
        ("urn:epc:id:ginc:4012345.333", ObjectKind.LOGISTIC_UNIT, "401/4012345333"),
        ("urn:epc:id:gsin:4012345.999987654", ObjectKind.LOGISTIC_UNIT, "402/40123459999876541"),
    ],
)
def test_a_urn_becomes_its_digital_link_key(urn: str, kind: ObjectKind, key: str) -> None:
    identifier = parse_identifier(urn, role=IdentifierRole.OBJECT)

    assert (identifier.kind, identifier.key, identifier.captured) == (kind, key, urn)
    assert identifier.uri == f"https://id.gs1.org/{key}"


@pytest.mark.parametrize(
    ("urn", "kind"),
    [
        ("urn:epc:id:bic:CSQU3054383", ObjectKind.ASSET),
        ("urn:epc:id:imovn:9176187", ObjectKind.ASSET),
        ("urn:epc:id:adi:35962.PQ7VZ4.M37GXB92", ObjectKind.UNIT),
        ("urn:epc:id:usdod:2S194.123456", ObjectKind.UNIT),
        ("urn:epc:id:gid:31415.271828.1414", ObjectKind.OTHER),
    ],
)
def test_a_urn_without_a_digital_link_is_its_own_key(urn: str, kind: ObjectKind) -> None:
    identifier = parse_identifier(urn, role=IdentifierRole.OBJECT)

    assert (identifier.kind, identifier.key, identifier.uri) == (kind, urn, urn)


def test_the_company_prefix_length_is_remembered() -> None:
    assert parse_identifier("urn:epc:id:sgtin:95221231.01229.222628484126").company_prefix_length == 8


def test_product_lot_and_serial_are_told_apart() -> None:
    unit = parse_identifier("urn:epc:id:sgtin:0614141.107346.a%2Fb")
    lot = parse_identifier("urn:epc:class:lgtin:0614141.107346.a%2Fb")

    assert (unit.gtin, unit.lot, unit.serial, unit.product_key) == ("10614141073464", None, "a/b", "01/10614141073464")
    assert (lot.gtin, lot.lot, lot.serial, lot.product_key) == ("10614141073464", "a/b", None, "01/10614141073464")


def test_a_piece_and_a_tobacco_unit_have_serials_of_another_space() -> None:
    assert parse_identifier("urn:epc:id:itip:4012345.011111.01.02.987").serial is None
    assert parse_identifier("urn:epc:id:upui:4012345.012345.AB12").serial is None


@pytest.mark.parametrize(
    ("urn", "problem"),
    [
        ("urn:epc:id:sgtin:234567.189012.1234", "company prefix and reference have 12 digits together, not 13."),
        ("urn:epc:id:sgtin:23456.18901234.1234", "the company prefix must have 6 to 12 digits."),
        ("urn:epc:id:sgtin:234567.18A0123.1234", '"18A0123" must be digits only.'),
        ("urn:epc:id:sgtin:234567.1890123", "it has 2 components, not 3."),
        ("urn:epc:id:sgtin:0614141.107346.", "the last component is empty."),
        ("urn:epc:id:sgtin:0614141.107346.123456789012345678901", "the last component has 21 characters, more than 20."),
        ("urn:epc:id:sgtin:0614141.107346.a%2", "a percent sign must be followed by two hexadecimal digits."),
        ("urn:epc:id:sgtin:0614141.107346.a%40b", "it holds a character that GS1 keys cannot hold."),
        ("urn:epc:idpat:sgtin:0614141.*.*", '"*" must be digits only.'),
        ("urn:epc:idpat:sscc:0614141.*", "a pattern must name one class and end in .*"),
        ("urn:epc:id:lgtin:4012345.012345.Lot987", '"urn:epc:id:lgtin" is not an EPC scheme.'),
        ("urn:epc:class:sgtin:4012345.012345.1", '"urn:epc:class:sgtin" is not an EPC scheme.'),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", "events carry pure identities, not tags or raw values."),
        ("urn:epc:id:cpi:0614141.123abc.1", "the part reference must be of digits, capital letters, #, - and /, 30 with the company prefix."),
        ("urn:epc:id:itip:234567.1890123.561.78.1111", "piece and total must have two digits each."),
        ("urn:epc:id:sgtin", "it breaks off too early."),
        ("urn:epc:id:sgtin:0614141.107346.ü", "it is not a URI."),
    ],
)
def test_a_malformed_urn_is_refused_with_its_problem(urn: str, problem: str) -> None:
    with pytest.raises(InvalidIdentifierError) as refusal:
        parse_identifier(urn, role=IdentifierRole.OBJECT)

    assert refusal.value.problem == problem
    assert refusal.value.mend


def test_a_reference_keeps_a_malformed_urn_as_it_is() -> None:
    identifier = parse_identifier("urn:epc:id:gdti:1.2.3", role=IdentifierRole.REFERENCE)

    assert (identifier.kind, identifier.key) == (ObjectKind.OTHER, "urn:epc:id:gdti:1.2.3")
