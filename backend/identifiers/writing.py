"""Identifiers written in the form that a reader asks for."""

from typing import Final

from backend.identifiers.check_digits import has_right_check_digit
from backend.identifiers.epc_urn import urn_text
from backend.identifiers.gs1_text import decode
from backend.identifiers.types import Identifier

_URN_STARTS: Final = ("urn:epc:id:", "urn:epc:class:", "urn:epc:idpat:")
_DIGITS_ONLY: Final = {"417": ("pgln", 12), "402": ("gsin", 16), "8017": ("gsrnp", 17), "8018": ("gsrn", 17)}
_FREE_REFERENCES: Final = ("8004/", "401/", "8010/")
_CLASSED: Final = {"253": "gdti", "255": "sgcn", "8003": "grai"}


def as_digital_link(identifier: Identifier) -> str:
    """The Digital Link as it was captured, or the canonical one for a URN; the URI itself where there is no GS1 key."""
    captured = identifier.captured
    return captured if captured[:4].lower() == "http" else identifier.uri


def as_urn(identifier: Identifier, company_prefix_length: int | None = None) -> str | None:
    """The EPC URN, or None where the key has none or the company prefix's length is neither known from a captured URN nor given.

    A unit captured with its lot is written without the lot, which a URN cannot carry.
    """
    if identifier.captured.startswith(_URN_STARTS):
        return identifier.captured
    if identifier.key.startswith(_URN_STARTS):
        return identifier.key
    length = identifier.company_prefix_length or company_prefix_length
    if length is None or not identifier.is_gs1 or not 6 <= length <= 12:
        return None
    if identifier.key.startswith(_FREE_REFERENCES) and not _leaves_reference(identifier.key, length):
        return None
    parts = [decode(part) or "" for part in identifier.key.split("/")]
    ai, value = parts[0], parts[1]
    qualifier, qualifier_value = (parts[2], urn_text(parts[3])) if len(parts) == 4 else ("", "")
    if ai in ("01", "8006"):
        return _trade_item_urn(ai, value, qualifier, qualifier_value, length)
    return _other_urn(ai, value, qualifier_value, length)


def _leaves_reference(key: str, length: int) -> bool:
    """Whether behind a company prefix of this length something is left: such keys are text, in which the prefix alone is digits."""
    value = decode(key.split("/")[1]) or ""
    return len(value) > length and value[:length].isdigit()


def _trade_item_urn(ai: str, value: str, qualifier: str, qualifier_value: str, length: int) -> str | None:
    item = f"{value[1 : 1 + length]}.{value[0]}{value[1 + length : 13]}"
    if ai == "8006":
        piece = f"{item}.{value[14:16]}.{value[16:18]}"
        forms = {"": f"urn:epc:idpat:itip:{piece}.*", "21": f"urn:epc:id:itip:{piece}.{qualifier_value}"}
    else:
        forms = {
            "": f"urn:epc:idpat:sgtin:{item}.*",
            "10": f"urn:epc:class:lgtin:{item}.{qualifier_value}",
            "21": f"urn:epc:id:sgtin:{item}.{qualifier_value}",
            "235": f"urn:epc:id:upui:{item}.{qualifier_value}",
        }
    return forms.get(qualifier)


def _other_urn(ai: str, value: str, qualifier_value: str, length: int) -> str | None:
    prefix = value[:length]
    if ai == "00":
        return f"urn:epc:id:sscc:{value[1 : 1 + length]}.{value[0]}{value[1 + length : 17]}"
    if ai == "414":
        # The extension 0 says in a URN that there is none (TDS §6.3.3).
        if qualifier_value == "0":
            return None
        return f"urn:epc:id:sgln:{prefix}.{value[length:12]}.{qualifier_value or '0'}"
    if ai in _DIGITS_ONLY:
        scheme, end = _DIGITS_ONLY[ai]
        return f"urn:epc:id:{scheme}:{prefix}.{value[length:end]}"
    if ai in ("8004", "401"):
        return f"urn:epc:id:{'giai' if ai == '8004' else 'ginc'}:{prefix}.{urn_text(value[length:])}"
    return _classed_urn(ai, value, qualifier_value, length)


def _classed_urn(ai: str, value: str, qualifier_value: str, length: int) -> str | None:
    """Keys that name a class and, with a serial, one of it. The check digit isn't in a URN, so a wrong one forbids it."""
    if ai == "8010":
        scheme, item, serial = "cpi", f"{value[:length]}.{urn_text(value[length:])}", qualifier_value
    elif ai in _CLASSED:
        digits = value[1:] if ai == "8003" else value
        if not has_right_check_digit(digits[:13]):
            return None
        scheme, item, serial = _CLASSED[ai], f"{digits[:length]}.{digits[length:12]}", urn_text(digits[13:])
    else:
        return None
    return f"urn:epc:id:{scheme}:{item}.{serial}" if serial else f"urn:epc:idpat:{scheme}:{item}.*"
