"""Pure identity patterns (TDS §8, urn:epc:idpat:…) in MATCH parameters, as ranges of the canonical keys of what they name."""

import re
from typing import Final, NamedTuple

from backend.events.errors import QueryParameterError
from backend.events.query_service import KeyRange
from backend.identifiers import ObjectKind
from backend.identifiers.check_digits import with_check_digit

PATTERN: Final = re.compile(r"urn:epc:(?:idpat|class):([a-z]+):(.+)", re.ASCII)
_PREFIX: Final = re.compile(r"[0-9]{6,12}", re.ASCII)
_REFERENCE: Final = re.compile(r"[0-9A-Za-z%/#-]*", re.ASCII)
_DIGITS: Final = "0123456789"

UNITS: Final = (ObjectKind.UNIT,)
CLASSES: Final = (ObjectKind.PRODUCT_CLASS,)
LOTS: Final = (ObjectKind.LOT,)
_ANY: Final = tuple(kind for kind in ObjectKind if kind not in (ObjectKind.LOT, ObjectKind.PRODUCT_CLASS, ObjectKind.TRANSFORMATION))


class _Scheme(NamedTuple):
    """How a scheme's keys begin. `lead`: a digit of the reference stands before the company prefix. `full`: the digits that make the
    class with its check digit, so that a pattern that names the class names its range; 0 where the reference just follows."""

    components: int
    stem: str
    lead: bool = False
    full: int = 0
    infix: str = ""


_SCHEMES: Final = {
    "sgtin": _Scheme(3, "01/", lead=True, full=13, infix="/21/"),
    "lgtin": _Scheme(3, "01/", lead=True, full=13, infix="/10/"),
    "upui": _Scheme(3, "01/", lead=True, full=13, infix="/235/"),
    "itip": _Scheme(5, "8006/", lead=True, full=13, infix="/21/"),
    "sscc": _Scheme(2, "00/", lead=True),
    "sgln": _Scheme(3, "414/", full=12),
    "pgln": _Scheme(2, "417/"),
    "grai": _Scheme(3, "8003/0", full=12),
    "giai": _Scheme(2, "8004/"),
    "gsrn": _Scheme(2, "8018/"),
    "gsrnp": _Scheme(2, "8017/"),
    "gdti": _Scheme(3, "253/", full=12),
    "sgcn": _Scheme(3, "255/", full=12),
    "cpi": _Scheme(3, "8010/", infix="/8011/"),
    "ginc": _Scheme(2, "401/"),
    "gsin": _Scheme(2, "402/"),
}
# Their URNs are canonical as they are: (components)
_WITHOUT_KEY: Final = {"gid": 3, "usdod": 2, "adi": 3, "bic": 1, "imovn": 1}


def is_pattern(text: str) -> bool:
    """Whether the text is a pattern, and no identifier."""
    found = PATTERN.fullmatch(text)
    return found is not None and found[2].endswith("*")


def instances(name: str, text: str) -> list[KeyRange]:
    """The instances that a pattern names. Raises `QueryParameterError`."""
    scheme, components = _taken_apart(name, text)
    if scheme in _WITHOUT_KEY:
        stem = ".".join(components[: components.index("*")])
        return [_range(f"urn:epc:id:{scheme}:{stem}{'.' if stem else ''}", _ANY)]
    if scheme == "lgtin":
        raise QueryParameterError(f"{name}: lgtin names classes. Ask for them with a parameter for classes, such as MATCH_anyEPCClass.", field=name)
    kinds = UNITS if _SCHEMES[scheme].infix else _ANY
    return [_range(stem, kinds, _SCHEMES[scheme].infix) for stem in _stems(name, text, scheme, components)]


def classes(name: str, text: str) -> list[KeyRange]:
    """The classes that a pattern names: products for sgtin and the like, lots for lgtin. Raises `QueryParameterError`."""
    scheme, components = _taken_apart(name, text)
    if scheme in _WITHOUT_KEY:
        raise QueryParameterError(f"{name}: {scheme} has no classes. Ask for its instances, for example with MATCH_anyEPC.", field=name)
    infix = _SCHEMES["lgtin"].infix if scheme == "lgtin" else ""
    return [_range(stem, LOTS if scheme == "lgtin" else CLASSES, infix) for stem in _stems(name, text, scheme, components)]


def _taken_apart(name: str, text: str) -> tuple[str, list[str]]:
    found = PATTERN.fullmatch(text)
    scheme = found[1] if found else ""
    count = _SCHEMES[scheme].components if scheme in _SCHEMES else _WITHOUT_KEY.get(scheme)
    if found is None or count is None:
        raise QueryParameterError(f"{name}: “{text[:80]}” is no pattern of a known scheme, such as urn:epc:idpat:sgtin:0614141.*.*", field=name)
    components = found[2].split(".")
    first = components.index("*") if "*" in components else len(components)
    if len(components) != count or first == len(components) or any(part != "*" for part in components[first:]):
        raise QueryParameterError(
            f"{name}: a pattern of {scheme} has {count} components, and from the first * on each is *; it was “{text[:80]}”.", field=name
        )
    return scheme, components


def _stems(name: str, text: str, scheme: str, components: list[str]) -> list[str]:
    """How the keys begin that the pattern names."""
    stem, lead, full = _SCHEMES[scheme].stem, _SCHEMES[scheme].lead, _SCHEMES[scheme].full
    if components[0] == "*":
        return [stem]
    if not _PREFIX.fullmatch(components[0]):
        raise QueryParameterError(
            f"{name}: the company prefix has 6 to 12 digits or is *; it was “{components[0][:20]}” in “{text[:80]}”.", field=name
        )
    if components[1] == "*":
        return [f"{stem}{digit}{components[0]}" for digit in _DIGITS] if lead else [stem + components[0]]
    reference = components[1]
    if full and (not reference.isascii() or (reference and not reference.isdigit()) or len(components[0]) + len(reference) != full):
        raise QueryParameterError(f"{name}: company prefix and reference have {full} digits together in “{text[:80]}”.", field=name)
    if not _REFERENCE.fullmatch(reference) or (lead and not reference):
        raise QueryParameterError(f"{name}: the reference in “{text[:80]}” can't be read.", field=name)
    rest = "".join(part for part in components[2:] if part != "*") if scheme == "itip" else ""
    digits = reference[0] + components[0] + reference[1:] if lead else components[0] + reference
    return [stem + (with_check_digit(digits) if full else digits) + rest]


def _range(stem: str, kinds: tuple[ObjectKind, ...], infix: str = "") -> KeyRange:
    return KeyRange(stem, stem[:-1] + chr(ord(stem[-1]) + 1), kinds, infix)
