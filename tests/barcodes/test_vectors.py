"""GS1's own test material: parsing, writing, scan data, associations and every check of a component."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from backend.barcodes import elements as element_strings
from backend.barcodes.dictionary import identifier_length
from backend.barcodes.elements import Element, hri, read_bracketed, read_element_string, write_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import escape, read_link, unescape, write_link
from backend.barcodes.linters import LINTERS, check_digit
from backend.barcodes.scans import read_scan, write_scan
from tests.shared_data import needs_shared_data, shared_json

Case = dict[str, Any]
pytestmark = needs_shared_data


def cases(name: str) -> list[Any]:
    found: list[Any] = shared_json("digital-link-barcodes", "vectors", f"{name}.json")["cases"]
    assert found
    return found


def options(case: Case, name: str) -> bool:
    return bool(case["options"].get(name, False)) if "options" in case else False


def outcome(read: Callable[..., Any], *given: Any) -> Any:
    """What a reader gives, or None where it refuses."""
    try:
        return read(*given)
    except BarcodeError:
        return None


def link_elements(case: Case) -> str:
    flags = {"short_names": options(case, "permitConvenienceAlphas"), "short_gtins": options(case, "permitZeroSuppressedGTINinDLuris")}
    return write_element_string(read_link(case["uri"], **flags).elements)


def test_digital_links_are_read() -> None:
    for case in cases("gs1engine_dl_uri_parse"):
        assert outcome(link_elements, case) == case["expected_ai_elements"], case


def written_link(case: Case) -> str:
    # One case switches a validation off, which our writer does by the same flag that admits unknown identifiers.
    unknown = case["options"].get("validate_UNKNOWN_AI_NOT_DL_ATTR") is False
    return write_link(read_bracketed(case["ai_bracketed"], unknown=options(case, "permitUnknownAIs")), stem=case["stem"], unknown=unknown)


def test_digital_links_are_written() -> None:
    for case in cases("gs1engine_dl_uri_generate"):
        assert outcome(written_link, case) == case["expected_uri"], case


def test_parameters_that_are_not_gs1s_are_told_apart() -> None:
    for case in cases("gs1engine_dl_ignored_query_params"):
        assert list(read_link(case["uri"]).ignored) == case["expected_ignored"], case


def test_percent_encoding_goes_both_ways() -> None:
    for case in cases("gs1engine_uri_escape"):
        assert (escape(case["input"], query=False), escape(case["input"], query=True)) == (case["expected_path"], case["expected_query"])
    for case in cases("gs1engine_uri_unescape"):
        assert (unescape(case["input"], query=False), unescape(case["input"], query=True)) == (case["expected_path"], case["expected_query"])


def test_bracketed_texts_are_read() -> None:
    for case in cases("gs1engine_ai_bracketed_parse"):
        expected = case["expected_ai_elements"] if case["valid"] else None
        elements = outcome(read_bracketed, case["ai_bracketed"])
        assert (elements and write_element_string(elements)) == expected, case


def test_element_strings_are_read() -> None:
    for case in cases("gs1engine_ai_raw_element_string"):
        read = outcome(partial(read_element_string, unknown=options(case, "permitUnknownAIs")), case["element_string"])
        assert (read is not None) == case["valid"], case


def test_a_broken_component_names_its_rule() -> None:
    for case in cases("gs1engine_ai_component_linters"):
        if case["valid"]:
            assert read_bracketed(case["ai_bracketed"])
        else:
            with pytest.raises(BarcodeError) as refusal:
                read_bracketed(case["ai_bracketed"])
            assert refusal.value.rule == case["expected_error"], case


RULES: dict[str, Callable[[Any], None]] = {
    "validateAIrepeats": element_strings.require_equal_repeats,
    "validateAImutex": element_strings.require_no_exclusions,
    "validateAIrequisites": element_strings.require_requisites,
    "validateDigSigRequiresSerialisedKey": element_strings.require_serialised_keys,
}


def test_elements_that_contradict_or_lack_each_other_are_refused() -> None:
    for case in cases("gs1engine_ai_associations"):
        elements = read_bracketed(case["ai_bracketed"], unknown=True)
        if case["valid"]:
            RULES[case["rule"]](elements)
        else:
            with pytest.raises(BarcodeError):
                RULES[case["rule"]](elements)


def test_every_check_of_a_component_gives_the_published_verdict() -> None:
    # GS1 keeps the list of licensed company prefixes to itself; its tests plug in a source that we don't have.
    unknowable = {"INVALID_GCP_PREFIX", "GCP_DATASOURCE_OFFLINE"}
    wrong = [case for case in cases("gs1engine_component_linter_units") if LINTERS[case["linter"]](case["input"]) != case["expected_error"]]
    assert [case for case in wrong if case["expected_error"] not in unknowable] == []
    assert len(wrong) == 9


def test_scan_data_are_read() -> None:
    for case in cases("gs1engine_scan_data_process"):
        scan = outcome(read_scan, case["scan_data"])
        told = (scan.symbology, scan.data) if scan else None
        assert told == ((case["expected_symbology"], case["expected_data"] or "") if case["valid"] else None), case


def test_scan_data_are_written() -> None:
    for case in cases("gs1engine_scan_data_generate"):
        written = outcome(partial(write_scan, add_check_digit=options(case, "addCheckDigit")), case["symbology"], case["data"])
        assert written == case["expected_scan_data"], case


def test_the_first_two_digits_tell_the_length_of_an_identifier() -> None:
    assert [identifier_length(case["prefix"]) for case in cases("gs1engine_ai_prefix_length")] == [
        case["ai_length"] for case in cases("gs1engine_ai_prefix_length")
    ]


def test_check_digits() -> None:
    for case in cases("gs1engine_gtin_check_digit"):
        assert check_digit(case["value"][:-1]) == (case["value"][-1] if case["valid"] else case["corrected_check_digit"])


def human_readable(case: Case) -> list[str]:
    elements: list[Element] = []
    for part in case["input"].split("|"):
        if part.startswith("http"):
            elements += read_link(part).elements
        elif part.startswith("("):
            elements += read_bracketed(part, unknown=options(case, "permitUnknownAIs"))
        else:
            elements += read_element_string(part)
    return hri(elements, titles=options(case, "includeDataTitles"))


def test_the_text_under_a_barcode() -> None:
    for case in cases("gs1engine_hri_text"):
        assert human_readable(case) == case["expected_hri"], case


def test_the_toolkits_worked_examples() -> None:
    first, second, third, fourth, fifth = cases("toolkit_readme")
    assert write_link(read_bracketed(first["input"]), stem=first["stem"], short_names=True) == first["corrected"]
    assert write_link(read_element_string("\x1d" + second["input"])) == second["expected"]
    elements = [read_bracketed(f"({ai}){value}")[0] for ai, value in third["input"].items()]
    assert write_link(elements, stem=fourth["stem"], short_names=True) == fourth["expected"]
    assert {e.ai: e.value for e in read_link(fifth["input"], short_names=True, short_gtins=True).elements} == {
        **fifth["expected"], "01": fifth["expected"]["01"].zfill(14),
    }  # fmt: skip
