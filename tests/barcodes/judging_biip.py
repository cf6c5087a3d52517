"""The parametrised tests of the library biip, each with what it checks; what we don't offer at all is None."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

from backend.barcodes.elements import GROUP_SEPARATOR, Element, read_bracketed, read_element_string, write_bracketed, write_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import read_link, write_link
from backend.barcodes.linters import check_digit, is_digits
from backend.barcodes.retail import gtin_of, shortened, upc_a_of, upc_e_of
from backend.barcodes.scans import read_scan
from backend.barcodes.values import Amount, Measure, Percentage, value_of
from tests.barcodes.judging import REFUSED, Case, judges

TODAY: Final = date(2026, 11, 22)
NOT_OFFERED: Final = "not offered"


def _elements(text: str, separator: str = GROUP_SEPARATOR) -> list[Element]:
    return read_element_string(GROUP_SEPARATOR + text.replace(separator, GROUP_SEPARATOR))


def _link(uri: str) -> list[Element]:
    return list(read_link(uri, short_gtins=True).elements)


def _pairs(expected: Any) -> list[tuple[str, str]]:
    return [(each["ai"], each["value"]) for each in expected["element_strings"]]


def _told(elements: list[Element]) -> list[tuple[str, str]]:
    return [(element.ai, element.value) for element in elements]


def _value(text: str) -> Any:
    (element,) = _elements(text)
    return value_of(element, today=TODAY)


def _day(text: str) -> str:
    found = _value(text)
    last = found[1] if isinstance(found, tuple) else found
    return str(last.date() if isinstance(last, datetime) else last)


def _digits_of(text: str) -> str:
    """A retail number of any length, UPC-E too, as fourteen digits."""
    if len(text) in (6, 7) or (len(text) == 8 and text[0] in "01"):
        try:
            return upc_a_of(text).zfill(14)
        except BarcodeError:
            pass
    return gtin_of(text)


def _by_title(elements: list[Element], title: str) -> list[str]:
    return [element.value for element in elements if element.entry and title in _titles(element.entry.title)]


def _titles(title: str) -> set[str]:
    """A data title, and the names of which it is made: "BATCH/LOT", "BEST BEFORE or BEST BY", "CERT # 1"."""
    return {title, *re.split("/| or | # ", title)}


def _by_identifier(elements: list[Element], ai: str) -> list[str]:
    return [element.value for element in elements if element.ai.startswith(ai)]


def _identifier(case: Case) -> str:
    return case["ai"] if isinstance(case["ai"], str) else str(case["ai"]["ai"])


def _first(found: list[str]) -> str | None:
    return found[0] if found else None


def _list(case: Case) -> list[Element]:
    return [read_bracketed(f"({each['ai']}){each['value']}")[0] for each in case["value"]]


def _symbology(case: Case) -> Any:
    return case["value"][:3]


def _parsed(case: Case) -> Any:
    text, expected = case["value"], case["expected"]
    if text.startswith("]"):
        scan = read_scan(text)
        found = list(scan.elements)
    elif text.startswith("http"):
        found = _link(text)
    else:
        try:
            found = read_bracketed(f"(01){_digits_of(text)}")
        except BarcodeError:
            found = read_bracketed(f"(00){text}") if len(text) == 18 else _elements(text)
    message = expected.get("gs1_message") or expected.get("gs1_digital_link_uri")
    if message:
        return _told(found) == _pairs(message)
    key = expected.get("gtin") or expected.get("upc") or expected.get("sscc")
    return found[0].value == _digits_of(key["value"]) if "sscc" not in expected else found[0].value == key["value"]


def _number(case: Case, kind: type[Measure | Amount | Percentage]) -> str | None:
    found = _value(case["value"])
    return str(found.value) if isinstance(found, kind) else None


def _put_together(case: Case) -> str:
    if "DigitalLink" in case["expected"]["_type"]:
        return write_link(_list(case))
    return write_element_string(_list(case))[1:].replace("^", GROUP_SEPARATOR)


def _stem(case: Case) -> str:
    return f"https://{case['domain'] or 'id.gs1.org'}"


def _any(case: Case) -> list[Element]:
    return _link(case["value"]) if case["value"].startswith("http") else _elements(case["value"])


def _moment(text: str) -> str | None:
    found = _value(text)
    last = found[1] if isinstance(found, tuple) else found
    return last.isoformat() if isinstance(last, datetime) else None


def _extracted(case: Case) -> tuple[Any, Any]:
    expected = case["expected"]
    if expected["_type"] == "SymbologyIdentifier":
        return _symbology(case), expected["value"]
    element = _elements(case["value"])[0]
    return (element.ai, element.value), (expected["ai"], expected["value"])


def _hri(case: Case) -> tuple[Any, Any]:
    if case["module"] == "test_sscc":
        return NOT_OFFERED, case["expected"]
    return write_bracketed(_elements(case["value"])), case["expected"]


# By the test's name: what we make of a case, and what it should be.
TESTS: Final[dict[str, Callable[[Case], tuple[Any, Any]]]] = {
    "test_as_gtin_14": lambda case: (_digits_of(case["value"]), case["expected"]),
    "test_as_gtin_13": lambda case: (shortened(_digits_of(case["value"]), 13), case["expected"]),
    "test_as_gtin_12": lambda case: (shortened(_digits_of(case["value"]), 12), case["expected"]),
    "test_as_gtin_13_fails_for_too_long_values": lambda case: (shortened(case["value"], 13), REFUSED),
    "test_as_gtin_12_fails_for_too_long_values": lambda case: (shortened(case["value"], 12), REFUSED),
    "test_as_gtin_8_fails_for_too_long_values": lambda case: (shortened(case["value"], 8), REFUSED),
    **{
        f"test_parse_{name}": lambda case: (gtin_of(case["value"]), case["value"].zfill(14))
        for name in (
            "gtin_8", "gtin_8_with_leading_zeros", "gtin_12_without_leading_zero", "gtin_12_with_1_leading_zero", "gtin_12_with_2_leading_zero",
            "gtin_12_with_3_leading_zero", "gtin_13",
        )
    },
    "test_gs1_standard_check_digit": lambda case: (check_digit(case["value"]), str(case["expected"])),
    "test_gs1_standard_check_digit_with_nonnumeric_value": lambda case: (is_digits(case["value"]), False),
    "test_parse_nonnumeric_value": lambda case: (gtin_of(case["value"]), REFUSED),
    "test_extract_unknown_gs1_ai": lambda case: (_elements(case["unknown_ai"]), REFUSED),
    "test_extract_gs1_ai": lambda case: (
        (entry := _elements(case["value"])[0].entry) and (entry.ai, entry.title, not entry.fixed),
        (case["expected"]["ai"], case["expected"]["data_title"], case["expected"]["separator_required"]),
    ),
    "test_parse_with_invalid_element_values": lambda case: (_told(_link(case["value"])), _pairs(case["expected"])),
    "test_parse_error": lambda case: (_link(case["value"]), REFUSED),
    "test_from_element_strings": lambda case: (_put_together(case), case["expected"]["value"]),
    "test_as_uri": lambda case: (write_link(_link(case["value"]), stem=_stem(case)), case["expected"]),
    "test_as_canonical_uri": lambda case: (write_link(_link(case["value"])), case["expected"]),
    "test_as_gs1_message": lambda case: (write_bracketed(_link(case["value"])), case["expected"]),
    "test_filter_element_strings_by_ai": lambda case: (_by_identifier(_any(case), _identifier(case)), case["expected"]),
    "test_get_element_strings_by_ai": lambda case: (_first(_by_identifier(_any(case), _identifier(case))), case["expected"]),
    "test_get_element_string_by_ai": lambda case: (_first(_by_identifier(_any(case), _identifier(case))), case["expected"]),
    "test_list_filter_element_strings_by_ai": lambda case: (_by_identifier(_list(case), _identifier(case)), case["expected"]),
    "test_list_get_element_strings_by_ai": lambda case: (_first(_by_identifier(_list(case), _identifier(case))), case["expected"]),
    "test_filter_element_strings_by_data_title": lambda case: (_by_title(_any(case), case["data_title"]), case["expected"]),
    "test_list_filter_element_strings_by_data_title": lambda case: (_by_title(_list(case), case["data_title"]), case["expected"]),
    "test_get_element_strings_by_data_title": lambda case: (_first(_by_title(_any(case), case["data_title"])), case["expected"]),
    "test_get_element_string_by_data_title": lambda case: (_first(_by_title(_any(case), case["data_title"])), case["expected"]),
    "test_list_get_element_strings_by_data_title": lambda case: (_first(_by_title(_list(case), case["data_title"])), case["expected"]),
    "test_extract": _extracted,
    "test_extract_with_nested_error": lambda case: (_elements(case["value"]), REFUSED),
    "test_extract_fails_when_not_matching_pattern": lambda case: (_elements(case["bad_value"]), REFUSED),
    "test_extract_date_and_datetime": lambda case: (
        (_day(case["value"]), _moment(case["value"])),
        (case["expected_date"], case["expected_datetime"]),
    ),
    "test_extract_handles_min_and_max_year_correctly": lambda case: (_day(case["value"]), case["expected"]["date"]),
    "test_extract_handles_zero_day_as_last_day_of_month": lambda case: (_day(case["value"]), case["expected"]),
    "test_extract_variable_measures": lambda case: (_number(case, Measure), case["expected"]),
    "test_extract_amount_payable": lambda case: (_number(case, Amount), case["expected"]),
    "test_extract_amount_payable_and_currency": lambda case: (
        (found := _value(case["value"])) and isinstance(found, Amount) and (found.currency, str(found.value)),
        (case["expected_currency"], case["expected_decimal"]),
    ),
    "test_extract_percentage_discount": lambda case: (_number(case, Percentage), case["expected"]),
    "test_as_hri": _hri,
    "test_parse_with_separator_char": lambda case: (write_bracketed(_elements(case["value"], case["separator_chars"][0])), case["expected_hri"]),
    "test_parse_ignores_redundant_separator_chars": lambda case: (write_bracketed(_elements(case["value"])), case["expected_hri"]),
    "test_parse_hri": lambda case: (_told(read_bracketed(case["value"])), _pairs(case["expected"])),
    "test_parse_hri_fails_if_not_starting_with_parenthesis": lambda case: (read_bracketed(case["value"]), REFUSED),
    "test_parse_hri_fails_if_no_pattern_matches": lambda case: (read_bracketed(case["value"]), REFUSED),
    "test_parse_hri_fails_if_ai_is_unknown": lambda case: (read_bracketed(case["value"]), REFUSED),
    "test_as_gs1_digital_link_uri": lambda case: (write_link(_elements(case["value"])), case["expected"]),
    "test_len": lambda case: (len(_symbology(case)), 3),
    "test_str": lambda case: (_symbology(case), case["value"][:3]),
    "test_as_upc_a": lambda case: (upc_a_of(case["value"]), case["expected"]),
    "test_as_upc_e": lambda case: (upc_e_of(case["value"] if len(case["value"]) == 12 else upc_a_of(case["value"])), case["expected"]),
    "test_parse_upc_e": lambda case: (upc_a_of(case["value"])[-1], str(case["expected"]["check_digit"])),
    "test_parse_upc_e_with_invalid_number_system": lambda case: (upc_a_of(f"{case['number_system']}425261"), REFUSED),
}  # fmt: skip


@judges("biip_parametrized")
def biip(case: Case) -> tuple[Any, Any]:
    if case["test"] == "test_parse":
        return _parsed_any(case)
    judge = TESTS.get(case["test"])
    if judge is None:
        return NOT_OFFERED, case.get("expected", REFUSED)
    try:
        return judge(case)
    except BarcodeError:
        return REFUSED, REFUSED if case.get("expected") is None and "expected_hri" not in case else case.get("expected")


def _parsed_any(case: Case) -> tuple[Any, Any]:
    try:
        if case["module"] == "test_gs1_digital_link_uris":
            return _told(_link(case["value"])), _pairs(case["expected"])
        if case["module"] == "test_gs1_messages":
            return _told(_elements(case["value"])), _pairs(case["expected"])
        return _parsed(case), True
    except BarcodeError as refusal:
        return refusal.rule, True
