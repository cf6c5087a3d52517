"""GS1 keys: check digits against published examples, and one thing in three spellings."""

import pytest

from backend.identifiers import parse_identifier
from backend.simulator import gs1_keys


@pytest.mark.parametrize("number", ["09506000134352", "00614141777778", "9506000134352", "106141412345678908"])
def test_check_digit_of_published_numbers(number: str) -> None:
    assert gs1_keys.check_digit(number[:-1]) == number[-1]


def test_numbers_have_their_full_length_and_a_right_check_digit() -> None:
    numbers = [gs1_keys.gtin14("9520001", 7), gs1_keys.gln13("952300012", 3), gs1_keys.sscc18("9520001", 12, 3)]
    assert [len(number) for number in numbers] == [14, 13, 18]
    assert all(gs1_keys.check_digit(number[:-1]) == number[-1] for number in numbers)


def test_urn_and_digital_link_of_a_key_mean_the_same() -> None:
    gtin, gln, sscc = gs1_keys.gtin14("95210011", 4), gs1_keys.gln13("95210011", 5), gs1_keys.sscc18("95210011", 6, 3)
    spellings = {
        gs1_keys.lgtin_urn(gtin, "95210011", "A/25+b"): gs1_keys.lot_key(gtin, "A/25+b"),
        gs1_keys.sgtin_urn(gtin, "95210011", "S-1"): gs1_keys.unit_key(gtin, "S-1"),
        gs1_keys.sscc_urn(sscc, "95210011"): gs1_keys.sscc_key(sscc),
        gs1_keys.sgln_urn(gln, "95210011", None): gs1_keys.place_key(gln, None),
        gs1_keys.sgln_urn(gln, "95210011", "DOCK-IN"): gs1_keys.place_key(gln, "DOCK-IN"),
        gs1_keys.pgln_urn(gln, "95210011"): f"417/{gln}",
    }
    assert {urn: parse_identifier(urn).key for urn in spellings} == spellings
    assert {key: parse_identifier(f"https://id.gs1.org/{key}").key for key in spellings.values()} == {key: key for key in spellings.values()}
