"""Digital Link URIs of any domain read into canonical keys."""

import pytest

from backend.identifiers import IdentifierRole, InvalidIdentifierError, ObjectKind, parse_identifier


@pytest.mark.parametrize(
    ("uri", "kind", "key"),
    [
        ("https://id.gs1.org/01/09506000134352/10/ABC", ObjectKind.LOT, "01/09506000134352/10/ABC"),
        ("https://brand.example/de/food/01/09506000134352/21/X1?17=271231#top", ObjectKind.UNIT, "01/09506000134352/21/X1"),
        ("HTTP://brand.example:8080/gtin/9506000134352/lot/A%2FB", ObjectKind.LOT, "01/09506000134352/10/A%2FB"),
        ("https://brand.example/01/09506000134352/22/2A/10/L1/21/S1", ObjectKind.UNIT, "01/09506000134352/21/S1"),
        ("https://brand.example/01/416000336108", ObjectKind.PRODUCT_CLASS, "01/00416000336108"),
        ("https://brand.example/01/02345673", ObjectKind.PRODUCT_CLASS, "01/00000002345673"),
        ("https://id.gs1.org/01/09506000134352/", ObjectKind.PRODUCT_CLASS, "01/09506000134352"),
        ("https://id.gs1.org/00/106141412345678908", ObjectKind.LOGISTIC_UNIT, "00/106141412345678908"),
        ("https://a/00/faux/00/006141411234567890", ObjectKind.LOGISTIC_UNIT, "00/006141411234567890"),
        ("https://id.gs1.org/414/4280000000002/254/12", ObjectKind.OTHER, "414/4280000000002/254/12"),
        ("https://id.gs1.org/8006/040123451234560102/10/Lot-1", ObjectKind.LOT, "8006/040123451234560102/10/Lot-1"),
        ("https://id.gs1.org/8018/385888700111111111/8019/1", ObjectKind.OTHER, "8018/385888700111111111"),
        ("https://id.gs1.org/8003/030013450007718765", ObjectKind.ASSET, "8003/030013450007718765"),
        ("https://id.gs1.org/01/09506000134352/21/00", ObjectKind.UNIT, "01/09506000134352/21/00"),
    ],
)
def test_a_digital_link_becomes_its_finest_key(uri: str, kind: ObjectKind, key: str) -> None:
    identifier = parse_identifier(uri, role=IdentifierRole.OBJECT)

    assert (identifier.kind, identifier.key, identifier.captured) == (kind, key, uri)


def test_a_unit_captured_with_its_lot_keeps_the_lot() -> None:
    identifier = parse_identifier("https://id.gs1.org/01/09506000134352/10/L%2F1/21/S1")

    assert (identifier.key, identifier.lot, identifier.serial) == ("01/09506000134352/21/S1", "L/1", "S1")


def test_lots_differ_by_case() -> None:
    assert parse_identifier("https://id.gs1.org/01/09506000134352/10/abc").key != parse_identifier("https://id.gs1.org/01/09506000134352/10/ABC").key


def test_escapes_are_written_in_one_way() -> None:
    forms = ["urn:epc:class:lgtin:950600.0013435.a%2fb!", "https://a.example/01/09506000134352/10/a%2Fb%21"]

    assert {parse_identifier(form).key for form in forms} == {"01/09506000134352/10/a%2Fb%21"}


@pytest.mark.parametrize("role", [IdentifierRole.OBJECT, IdentifierRole.PLACE, IdentifierRole.TYPED])
def test_a_wrong_check_digit_is_refused_and_the_right_one_named(role: IdentifierRole) -> None:
    with pytest.raises(InvalidIdentifierError) as refusal:
        parse_identifier("https://id.gs1.org/01/09506000134355/10/ABC", role=role)

    assert refusal.value.problem == "the check digit of GTIN 09506000134355 is 5, but 0950600013435 needs 2."
    assert "write 09506000134352" in refusal.value.mend


@pytest.mark.parametrize(
    "uri",
    [
        "https://id.gs1.org/00/106141412345678909",
        "https://id.gs1.org/414/4280000000003",
        "https://id.gs1.org/417/4280000000003",
        "https://id.gs1.org/253/06141411234531234",
        "https://id.gs1.org/402/40123459999876542",
        "https://id.gs1.org/8018/401234500000067658",
        "https://id.gs1.org/8006/040123451234570102",
        "https://brand.example/01/950600013435/21/1",
    ],
)
def test_every_checked_key_is_checked(uri: str) -> None:
    with pytest.raises(InvalidIdentifierError, match="check digit"):
        parse_identifier(uri, role=IdentifierRole.OBJECT)


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("https://id.gs1.org/01/095060001343521/10/A", "095060001343521 has 15 digits and is no GTIN (01)."),
        ("https://brand.example/gtin/095060001343521", "095060001343521 has 15 digits and is no GTIN (01)."),
        ("https://id.gs1.org/01/09506000134352/99/A", "it is not a GS1 Digital Link."),
        ("https://id.gs1.org/01/09506000134352/21/", "it is not a GS1 Digital Link."),
        ("https://id.gs1.org/01/09506000134352/10/caf%C3%A9", "it is not a GS1 Digital Link."),
        ("https://id.gs1.org/01/09506000134352?10=A1", "10 stands behind the question mark."),
        ("https://brand.example/01/09506000134352?17=271231&lot=A1", "lot stands behind the question mark."),
    ],
)
def test_what_is_meant_as_a_digital_link_and_is_none_is_refused(uri: str, problem: str) -> None:
    with pytest.raises(InvalidIdentifierError) as refusal:
        parse_identifier(uri, role=IdentifierRole.OBJECT)

    assert refusal.value.problem == problem


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/abc/9780345418913",
        "https://example.com/errors/401/unauthorised",
        "https://example.com/01/09506000134352/99/A",
        "https://example.com/party/12345678",
        "ftp://id.gs1.org/01/09506000134352",
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "geo:50.947573340894124,6.922120147375441",
        "https://例え.example/品目/1",
    ],
)
def test_any_other_uri_is_kept(uri: str) -> None:
    identifier = parse_identifier(uri, role=IdentifierRole.OBJECT)

    assert (identifier.kind, identifier.key, identifier.uri, identifier.is_gs1) == (ObjectKind.OTHER, uri, uri, False)


def test_a_reference_keeps_a_link_with_a_wrong_check_digit() -> None:
    uri = "https://erp.example/01/20261231"

    assert parse_identifier(uri, role=IdentifierRole.REFERENCE).key == uri


@pytest.mark.parametrize("text", ["", "42", "Hello World!", "https://a b", "a:<b>", "http://a/\u202ex", "x:\ud800", "urn:epc:\x00"])
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifierError) as refusal:
        parse_identifier(text, role=IdentifierRole.OBJECT)

    assert refusal.value.problem == "it is not a URI."


def test_an_identifier_that_no_index_can_hold_is_refused() -> None:
    with pytest.raises(InvalidIdentifierError, match="longer than 1024 bytes"):
        parse_identifier("https://example.com/" + "面" * 400, role=IdentifierRole.OBJECT)
