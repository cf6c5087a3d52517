"""What people type and paste, and the private forms of firms without GS1 keys."""

import pytest

from backend.identifiers import (
    IdentifierRole,
    InvalidIdentifierError,
    ObjectKind,
    parse_identifier,
    private_lot,
    private_object,
    private_product,
    private_transformation,
    private_unit,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("(01)09506000134352(10)ABC123", "01/09506000134352/10/ABC123"),
        ("(01)09506000134352(17)271231(10)A(B)C", "01/09506000134352/10/A%28B%29C"),
        ("(10)L1(21)S1(01)09506000134352", "01/09506000134352/21/S1"),
        (" (00)106141412345678908 ", "00/106141412345678908"),
        ("(8006)040123451234560102(21)7", "8006/040123451234560102/21/7"),
        ("(414)4280000000002(254)12", "414/4280000000002/254/12"),
        ("01/09506000134352/10/ABC", "01/09506000134352/10/ABC"),
        ("8003/04012345555554987", "8003/04012345555554987"),
    ],
)
def test_a_typed_form_is_read(text: str, key: str) -> None:
    assert parse_identifier(text).key == key


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(01)09506000134355(10)A", "the check digit of GTIN 09506000134355 is 5, but 0950600013435 needs 2."),
        ("(01)09506000134", "(01)09506000134 or a part belonging to it has a wrong length or character."),
        ("(10)A", "it holds no GS1 key."),
        ("(01)09506000134352(10)A(10)B", "(10) stands twice with different values."),
        ("(1)2", "the brackets cannot be read from character 1 on."),
        ("(01)09506000134352(10)" + "A" * 21, "(01)09506000134352 or a part belonging to it has a wrong length or character."),
    ],
)
def test_a_wrong_element_string_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidIdentifierError) as refusal:
        parse_identifier(text)

    assert refusal.value.problem == problem


def test_an_event_may_not_carry_an_element_string() -> None:
    with pytest.raises(InvalidIdentifierError, match="not a URI"):
        parse_identifier("(01)09506000134352(10)ABC", role=IdentifierRole.OBJECT)


@pytest.mark.parametrize(
    ("uri", "kind", "lot", "serial", "product_key"),
    [
        (private_product("t.example", "面粉"), ObjectKind.PRODUCT_CLASS, None, None, "https://t.example/class/%E9%9D%A2%E7%B2%89"),
        (private_lot("t.example", "P 1", "L/1"), ObjectKind.LOT, "L/1", None, "https://t.example/class/P%201"),
        (private_unit("t.example", "P1", "S 1"), ObjectKind.UNIT, None, "S 1", "https://t.example/class/P1"),
        (private_object("t.example", ObjectKind.TANK, "T1"), ObjectKind.TANK, None, None, None),
        (private_object("t.example", ObjectKind.ASSET, "A1"), ObjectKind.ASSET, None, None, None),
        (private_object("t.example", ObjectKind.LOGISTIC_UNIT, "P1"), ObjectKind.LOGISTIC_UNIT, None, None, None),
        (private_transformation("t.example", "B1"), ObjectKind.TRANSFORMATION, None, None, None),
        ("https://t.example/plant/7/tank/T9", ObjectKind.TANK, None, None, None),
        ("urn:example:division:obj:123", ObjectKind.UNIT, None, None, None),
        ("urn:example:class:P1:L1", ObjectKind.LOT, "L1", None, None),
    ],
)
def test_a_private_form_tells_its_kind(uri: str, kind: ObjectKind, lot: str | None, serial: str | None, product_key: str | None) -> None:
    identifier = parse_identifier(uri, role=IdentifierRole.OBJECT)

    assert (identifier.kind, identifier.lot, identifier.serial, identifier.key) == (kind, lot, serial, uri)
    if not uri.startswith("urn:"):
        assert identifier.product_key == product_key


def test_a_private_product_named_like_a_gs1_key_stays_private() -> None:
    assert parse_identifier(private_lot("t.example", "01", "20261231")).lot == "20261231"
    assert parse_identifier("https://t.example/class/01/09506000134352").key == "01/09506000134352"


def test_a_product_named_like_a_kind_of_object_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be a product"):
        private_unit("t.example", "tank", "1")


@pytest.mark.parametrize(
    ("scanned", "key"),
    [
        ("]d2010950600013435210ABC\x1d21S1", "01/09506000134352/21/S1"),
        ("]C1010950600013435210ABC", "01/09506000134352/10/ABC"),
        ("]Q301095060001343521727022810ABC", "01/09506000134352/10/ABC"),
        ("]C100395060001343520018", "00/395060001343520018"),
        ("]E09506000134352", "01/09506000134352"),
        ("]Q1https://example.com/01/09506000134352/10/ABC?17=270228", "01/09506000134352/10/ABC"),
        ("010950600013435210ABC\x1d21S1", "01/09506000134352/21/S1"),
        ("^010950600013435210ABC^21S1", "01/09506000134352/21/S1"),
    ],
)
def test_what_a_scanner_sends_is_read(scanned: str, key: str) -> None:
    found = parse_identifier(scanned)
    assert found.key == key
    assert found.captured == scanned


@pytest.mark.parametrize("scanned", ["]d20109506000134353", "]Q3", "]A0123", "]Q1no address", "^", "01\x1d"])
def test_a_scan_that_holds_no_key_is_refused_with_what_to_do(scanned: str) -> None:
    with pytest.raises(InvalidIdentifierError):
        parse_identifier(scanned)
