"""What our readers and writers make of each published case, beside what its source says that they should."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from backend.barcodes import elements as element_strings
from backend.barcodes.dictionary import application_identifiers, identifier_length
from backend.barcodes.elements import Element, hri, read_bracketed, read_element_string, write_bracketed, write_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import escape, read_link, unescape, write_link
from backend.barcodes.linters import LINTERS, check_digit
from backend.barcodes.scans import read_scan, write_scan
from tests.shared_data import shared_json

Case = Any
# What we made of it, and what it should be: equal where we pass.
Judge = Callable[[Case], tuple[Any, Any]]
JUDGES: Final[dict[str, Judge]] = {}
REFUSED: Final = "refused"


def judges(name: str) -> Callable[[Judge], Judge]:
    """Registers the judge of a file."""

    def register(judge: Judge) -> Judge:
        JUDGES[name] = judge
        return judge

    return register


@dataclass(frozen=True)
class Verdict:
    """On one case; `name` is its number in the file, from 1, with what is read."""

    file: str
    number: int
    case: Case
    got: Any
    expected: Any

    @property
    def passed(self) -> bool:
        return bool(self.got == self.expected)

    @property
    def key(self) -> tuple[str, int]:
        return self.file, self.number


def cases(name: str) -> list[Case]:
    """The cases of a file."""
    found: list[Case] = shared_json("digital-link-barcodes", "vectors", f"{name}.json")["cases"]
    assert found
    return found


def verdicts(name: str) -> Iterator[Verdict]:
    """On every case of a file."""
    for number, case in enumerate(cases(name), 1):
        got, expected = JUDGES[name](case)
        yield Verdict(name, number, case, got, expected)


def options(case: Case, name: str) -> bool:
    """Whether a case switches on a part of GS1's engine."""
    return bool(case["options"].get(name, False)) if "options" in case else False


def outcome(read: Callable[..., Any], *given: Any) -> Any:
    """What a reader gives, or None where it refuses."""
    try:
        return read(*given)
    except BarcodeError:
        return None


def _written(elements: Any) -> str | None:
    return write_element_string(elements) if elements is not None else None


@judges("gs1engine_dl_uri_parse")
def links_are_read(case: Case) -> tuple[Any, Any]:
    names, gtins = options(case, "permitConvenienceAlphas"), options(case, "permitZeroSuppressedGTINinDLuris")
    link = outcome(partial(read_link, short_names=names, short_gtins=gtins), case["uri"])
    return _written(link.elements if link else None), case["expected_ai_elements"]


@judges("gs1engine_dl_uri_generate")
def links_are_written(case: Case) -> tuple[Any, Any]:
    # One case switches a validation off, which our writer does by the same flag that admits unknown identifiers.
    unknown = case["options"].get("validate_UNKNOWN_AI_NOT_DL_ATTR") is False
    elements = outcome(partial(read_bracketed, unknown=options(case, "permitUnknownAIs")), case["ai_bracketed"])
    return elements and outcome(partial(write_link, stem=case["stem"], unknown=unknown), elements), case["expected_uri"]


@judges("gs1engine_dl_ignored_query_params")
def foreign_parameters_are_told_apart(case: Case) -> tuple[Any, Any]:
    return list(read_link(case["uri"]).ignored), case["expected_ignored"]


@judges("gs1engine_dl_valid_path_ai_sequences")
def paths_have_their_order(case: Case) -> tuple[Any, Any]:
    key, *qualifiers = case
    entry = application_identifiers()[key]
    return entry.keyed and (not qualifiers or any([ai for ai in way if ai in qualifiers] == qualifiers for way in entry.qualifiers)), True


@judges("gs1engine_uri_escape")
def text_is_escaped(case: Case) -> tuple[Any, Any]:
    return [escape(case["input"], query=query) for query in (False, True)], [case["expected_path"], case["expected_query"]]


@judges("gs1engine_uri_unescape")
def text_is_unescaped(case: Case) -> tuple[Any, Any]:
    return [unescape(case["input"], query=query) for query in (False, True)], [case["expected_path"], case["expected_query"]]


@judges("gs1engine_ai_bracketed_parse")
def bracketed_texts_are_read(case: Case) -> tuple[Any, Any]:
    return _written(outcome(read_bracketed, case["ai_bracketed"])), case["expected_ai_elements"] if case["valid"] else None


@judges("gs1engine_ai_raw_element_string")
def element_strings_are_read(case: Case) -> tuple[Any, Any]:
    read = outcome(partial(read_element_string, unknown=options(case, "permitUnknownAIs")), case["element_string"])
    return read is not None, case["valid"]


@judges("gs1engine_ai_component_linters")
def a_broken_component_names_its_rule(case: Case) -> tuple[Any, Any]:
    try:
        read_bracketed(case["ai_bracketed"])
    except BarcodeError as refusal:
        return refusal.rule, case["expected_error"]
    return None, case["expected_error"]


_RULES: Final[dict[str, Callable[[Any], None]]] = {
    "validateAIrepeats": element_strings.require_equal_repeats,
    "validateAImutex": element_strings.require_no_exclusions,
    "validateAIrequisites": element_strings.require_requisites,
    "validateDigSigRequiresSerialisedKey": element_strings.require_serialised_keys,
}


@judges("gs1engine_ai_associations")
def elements_go_together(case: Case) -> tuple[Any, Any]:
    try:
        _RULES[case["rule"]](read_bracketed(case["ai_bracketed"], unknown=True))
    except BarcodeError:
        return False, case["valid"]
    return True, case["valid"]


@judges("gs1engine_component_linter_units")
def components_are_checked(case: Case) -> tuple[Any, Any]:
    return LINTERS[case["linter"]](case["input"]), case["expected_error"]


@judges("gs1engine_scan_data_process")
def scan_data_are_read(case: Case) -> tuple[Any, Any]:
    scan = outcome(read_scan, case["scan_data"])
    return (scan.symbology, scan.data) if scan else None, (case["expected_symbology"], case["expected_data"] or "") if case["valid"] else None


@judges("gs1engine_scan_data_generate")
def scan_data_are_written(case: Case) -> tuple[Any, Any]:
    write = partial(write_scan, add_check_digit=options(case, "addCheckDigit"))
    return outcome(write, case["symbology"], case["data"]), case["expected_scan_data"]


@judges("gs1engine_ai_prefix_length")
def prefixes_tell_lengths(case: Case) -> tuple[Any, Any]:
    return identifier_length(case["prefix"]), case["ai_length"]


@judges("gs1engine_gtin_check_digit")
def check_digits_are_computed(case: Case) -> tuple[Any, Any]:
    return check_digit(case["value"][:-1]), case["value"][-1] if case["valid"] else case["corrected_check_digit"]


@judges("gs1engine_hri_text")
def texts_under_barcodes(case: Case) -> tuple[Any, Any]:
    elements: list[Element] = []
    for part in case["input"].split("|"):
        if part.startswith("http"):
            elements += read_link(part).elements
        elif part.startswith("("):
            elements += read_bracketed(part, unknown=options(case, "permitUnknownAIs"))
        else:
            elements += read_element_string(part)
    return hri(elements, titles=options(case, "includeDataTitles")), case["expected_hri"]


@judges("toolkit_readme")
def worked_examples(case: Case) -> tuple[Any, Any]:
    if case["op"] == "digitalLinkToMap":
        found = {element.ai: element.value for element in read_link(case["input"], short_names=True, short_gtins=True).elements}
        # The example leaves a GTIN-12 as it is; ours have their fourteen digits (GS1 General Specifications §3.3.2).
        return found, {**case["expected"], "01": case["expected"]["01"].zfill(14)}
    given = case["input"]
    if isinstance(given, dict):
        elements = [read_bracketed(f"({ai}){value}")[0] for ai, value in given.items()]
    else:
        elements = read_bracketed(given) if given.startswith("(") else read_element_string(f"\x1d{given}")
    if case["op"] == "mapToElementStrings":
        return write_bracketed(read_link(write_link(elements)).elements), case["expected"]
    stem = case.get("stem") or "https://id.gs1.org"
    return write_link(elements, stem=stem, short_names=bool(case.get("short_names"))), case.get("corrected") or case.get("expected")


def shown(case: Case) -> str:
    """A case in few characters."""
    return json.dumps(case, ensure_ascii=True, sort_keys=True)[:200]
