"""EPC URNs (GS1 EPC Tag Data Standard §6, §8): read into Digital Link keys, and the text rules for writing them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from backend.identifiers.check_digits import with_check_digit
from backend.identifiers.errors import InvalidIdentifierError
from backend.identifiers.gs1_text import decode, encoded, is_gs1_text
from backend.identifiers.types import Identifier, ObjectKind

# A URN writes all of the GS1 characters as they are but these (TDS §6.3).
_PLAIN_IN_URN: Final = "!'()*+,-.:;=_"
_COMPANY_PREFIX: Final = re.compile(r"[0-9]{6,12}")
_DIGITS: Final = re.compile(r"[0-9]*")
_PART_REFERENCE: Final = re.compile(r"[0-9A-Z#/-]+")


@dataclass(frozen=True, slots=True)
class _Urn:
    """A URN taken apart. `parts` are the components behind the company prefix, as written."""

    text: str
    scheme: str
    prefix: str
    parts: tuple[str, ...]
    pattern: bool

    def refuse(self, problem: str) -> InvalidIdentifierError:
        return InvalidIdentifierError(self.text, problem, f"Write it as {_SCHEMES[self.scheme].example}.")

    def digits(self, index: int, together: int) -> str:
        """Component `index`, which must make `together` digits with the company prefix."""
        part = self.parts[index]
        if not _DIGITS.fullmatch(part):
            raise self.refuse(f'"{part}" must be digits only.')
        if len(self.prefix) + len(part) != together:
            found = len(self.prefix) + len(part)
            raise self.refuse(f"company prefix and reference have {found} digits together, not {together}.")
        return part

    def text_part(self, index: int, longest: int) -> str:
        """Component `index`, decoded, in GS1's characters and not longer than the key allows."""
        part = decode(self.parts[index])
        if part is None:
            raise self.refuse("a percent sign must be followed by two hexadecimal digits.")
        if not part:
            raise self.refuse("the last component is empty.")
        if len(part) > longest:
            raise self.refuse(f"the last component has {len(part)} characters, more than {longest}.")
        if not is_gs1_text(part):
            raise self.refuse("it holds a character that GS1 keys cannot hold.")
        return part


def _trade_item(urn: _Urn) -> str:
    item = urn.digits(0, 13)
    if not item:
        raise urn.refuse("the indicator digit is missing.")
    return with_check_digit(item[0] + urn.prefix + item[1:])


def _sgtin(urn: _Urn) -> Identifier:
    gtin = _trade_item(urn)
    if urn.pattern:
        return _made(urn, ObjectKind.PRODUCT_CLASS, f"01/{gtin}", gtin=gtin)
    serial = urn.text_part(1, 20)
    return _made(urn, ObjectKind.UNIT, f"01/{gtin}/21/{encoded(serial)}", gtin=gtin, serial=serial)


def _lgtin(urn: _Urn) -> Identifier:
    gtin = _trade_item(urn)
    lot = urn.text_part(1, 20)
    return _made(urn, ObjectKind.LOT, f"01/{gtin}/10/{encoded(lot)}", gtin=gtin, lot=lot)


def _upui(urn: _Urn) -> Identifier:
    gtin = _trade_item(urn)
    if urn.pattern:
        return _made(urn, ObjectKind.PRODUCT_CLASS, f"01/{gtin}", gtin=gtin)
    return _made(urn, ObjectKind.UNIT, f"01/{gtin}/235/{encoded(urn.text_part(1, 28))}", gtin=gtin)


def _itip(urn: _Urn) -> Identifier:
    gtin = _trade_item(urn)
    piece = urn.parts[1] + urn.parts[2]
    if len(urn.parts[1]) != 2 or len(urn.parts[2]) != 2 or not _DIGITS.fullmatch(piece):
        raise urn.refuse("piece and total must have two digits each.")
    if urn.pattern:
        return _made(urn, ObjectKind.PRODUCT_CLASS, f"8006/{gtin}{piece}", gtin=gtin)
    return _made(urn, ObjectKind.UNIT, f"8006/{gtin}{piece}/21/{encoded(urn.text_part(3, 20))}", gtin=gtin)


def _sscc(urn: _Urn) -> Identifier:
    serial = urn.digits(0, 17)
    return _made(urn, ObjectKind.LOGISTIC_UNIT, "00/" + with_check_digit(serial[0] + urn.prefix + serial[1:]))


def _sgln(urn: _Urn) -> Identifier:
    gln = with_check_digit(urn.prefix + urn.digits(0, 12))
    extension = urn.text_part(1, 20)
    return _made(urn, ObjectKind.OTHER, f"414/{gln}" if extension == "0" else f"414/{gln}/254/{encoded(extension)}")


def _digits_key(ai: str, together: int, kind: ObjectKind) -> Callable[[_Urn], Identifier]:
    """A key of digits only: company prefix, reference, check digit."""

    def read(urn: _Urn) -> Identifier:
        return _made(urn, kind, f"{ai}/{with_check_digit(urn.prefix + urn.digits(0, together))}")

    return read


def _class_and_serial(ai: str, kind: ObjectKind, class_kind: ObjectKind, longest: int) -> Callable[[_Urn], Identifier]:
    """A class with a check digit and a serial written directly behind it: GRAI, GDTI, GCN."""
    fill = "0" if ai == "8003" else ""

    def read(urn: _Urn) -> Identifier:
        stem = f"{ai}/{fill}{with_check_digit(urn.prefix + urn.digits(0, 12))}"
        if urn.pattern:
            return _made(urn, class_kind, stem)
        serial = urn.text_part(1, longest)
        if ai == "255" and not _DIGITS.fullmatch(serial):
            raise urn.refuse("the serial of a coupon must be digits only.")
        return _made(urn, kind, stem + encoded(serial))

    return read


def _text_key(ai: str, kind: ObjectKind) -> Callable[[_Urn], Identifier]:
    """Company prefix and free reference without a check digit, 30 characters together: GIAI, GINC."""

    def read(urn: _Urn) -> Identifier:
        return _made(urn, kind, f"{ai}/{urn.prefix}{encoded(urn.text_part(0, 30 - len(urn.prefix)))}")

    return read


def _cpi(urn: _Urn) -> Identifier:
    part = decode(urn.parts[0])
    if part is None or not _PART_REFERENCE.fullmatch(part) or len(part) + len(urn.prefix) > 30:
        raise urn.refuse("the part reference must be of digits, capital letters, #, - and /, 30 with the company prefix.")
    stem = f"8010/{urn.prefix}{encoded(part)}"
    if urn.pattern:
        return _made(urn, ObjectKind.PRODUCT_CLASS, stem)
    serial = urn.parts[1]
    if not serial or len(serial) > 12 or not _DIGITS.fullmatch(serial):
        raise urn.refuse("the serial must be of 1 to 12 digits.")
    return _made(urn, ObjectKind.UNIT, f"{stem}/8011/{serial}")


def _made(urn: _Urn, kind: ObjectKind, key: str, **fields: str | None) -> Identifier:
    return Identifier(kind=kind, key=key, captured=urn.text, company_prefix_length=len(urn.prefix), **fields)


@dataclass(frozen=True, slots=True)
class _Scheme:
    components: int
    read: Callable[[_Urn], Identifier]
    example: str
    patterns: bool = False


_SCHEMES: Final = {
    "sgtin": _Scheme(3, _sgtin, "urn:epc:id:sgtin:CompanyPrefix.IndicatorAndItem.Serial", patterns=True),
    "lgtin": _Scheme(3, _lgtin, "urn:epc:class:lgtin:CompanyPrefix.IndicatorAndItem.Lot"),
    "upui": _Scheme(3, _upui, "urn:epc:id:upui:CompanyPrefix.IndicatorAndItem.Extension", patterns=True),
    "itip": _Scheme(5, _itip, "urn:epc:id:itip:CompanyPrefix.IndicatorAndItem.Piece.Total.Serial", patterns=True),
    "sscc": _Scheme(2, _sscc, "urn:epc:id:sscc:CompanyPrefix.ExtensionAndSerial"),
    "sgln": _Scheme(3, _sgln, "urn:epc:id:sgln:CompanyPrefix.Location.Extension"),
    "pgln": _Scheme(2, _digits_key("417", 12, ObjectKind.OTHER), "urn:epc:id:pgln:CompanyPrefix.Party"),
    "grai": _Scheme(
        3,
        _class_and_serial("8003", ObjectKind.ASSET, ObjectKind.PRODUCT_CLASS, 16),
        "urn:epc:id:grai:CompanyPrefix.AssetType.Serial",
        patterns=True,
    ),
    "giai": _Scheme(2, _text_key("8004", ObjectKind.ASSET), "urn:epc:id:giai:CompanyPrefix.Asset"),
    "gsrn": _Scheme(2, _digits_key("8018", 17, ObjectKind.OTHER), "urn:epc:id:gsrn:CompanyPrefix.ServiceReference"),
    "gsrnp": _Scheme(2, _digits_key("8017", 17, ObjectKind.OTHER), "urn:epc:id:gsrnp:CompanyPrefix.ServiceReference"),
    "gdti": _Scheme(
        3,
        _class_and_serial("253", ObjectKind.OTHER, ObjectKind.OTHER, 17),
        "urn:epc:id:gdti:CompanyPrefix.DocumentType.Serial",
        patterns=True,
    ),
    "sgcn": _Scheme(
        3,
        _class_and_serial("255", ObjectKind.OTHER, ObjectKind.OTHER, 12),
        "urn:epc:id:sgcn:CompanyPrefix.Coupon.Serial",
        patterns=True,
    ),
    "cpi": _Scheme(3, _cpi, "urn:epc:id:cpi:CompanyPrefix.Part.Serial", patterns=True),
    "ginc": _Scheme(2, _text_key("401", ObjectKind.LOGISTIC_UNIT), "urn:epc:id:ginc:CompanyPrefix.Consignment"),
    "gsin": _Scheme(2, _digits_key("402", 16, ObjectKind.LOGISTIC_UNIT), "urn:epc:id:gsin:CompanyPrefix.Shipment"),
}

# Schemes without a GS1 key behind them have no Digital Link: the URN itself is canonical.
_WITHOUT_DIGITAL_LINK: Final = {
    "bic": ObjectKind.ASSET,
    "imovn": ObjectKind.ASSET,
    "adi": ObjectKind.UNIT,
    "usdod": ObjectKind.UNIT,
    "gid": ObjectKind.OTHER,
}


def read_urn(text: str) -> Identifier:
    """An identifier from "urn:epc:…"; raises InvalidIdentifierError with the form that its scheme has."""
    components_of_text = text.split(":", 4)
    if len(components_of_text) != 5:
        raise InvalidIdentifierError(text, "it breaks off too early.", "Write urn:epc:id:scheme:value.")
    _, _, category, scheme_name, value = components_of_text
    # Codes in capitals need fewer modules; what names the thing keeps its case.
    category, scheme_name = category.lower(), scheme_name.lower()
    if category not in ("id", "class", "idpat"):
        raise InvalidIdentifierError(
            text,
            "events carry pure identities, not tags or raw values.",
            "Write urn:epc:id:…, urn:epc:class:… or urn:epc:idpat:…",
        )
    if scheme_name in _WITHOUT_DIGITAL_LINK and value:
        return Identifier(_WITHOUT_DIGITAL_LINK[scheme_name], f"urn:epc:{category}:{scheme_name}:{value}", text)
    scheme = _SCHEMES.get(scheme_name)
    if scheme is None or (category == "class") != (scheme_name == "lgtin"):
        raise InvalidIdentifierError(text, f'"urn:epc:{category}:{scheme_name}" is not an EPC scheme.', "Schemes are sgtin, sscc, sgln and so on.")
    components = value.split(".", scheme.components - 1)
    urn = _Urn(text, scheme_name, components[0], tuple(components[1:]), category == "idpat")
    if len(components) != scheme.components:
        raise urn.refuse(f"it has {len(components)} components, not {scheme.components}.")
    if not _COMPANY_PREFIX.fullmatch(urn.prefix):
        raise urn.refuse("the company prefix must have 6 to 12 digits.")
    if urn.pattern and (not scheme.patterns or components[-1] != "*"):
        raise urn.refuse("a pattern must name one class and end in .*")
    return scheme.read(urn)


def urn_text(text: str) -> str:
    """A decoded serial, lot or reference as a URN writes it."""
    return quote(text, safe=_PLAIN_IN_URN)
