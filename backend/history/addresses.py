"""The addresses of the public pages: GS1 Digital Link paths below /01, read as they were sent and written in their one canonical form."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from backend.history.errors import MalformedAddressError, WrongCheckDigitError
from backend.identifiers import DIGITAL_LINK_ROOT, InvalidIdentifierError, ObjectKind, parse_identifier
from backend.identifiers.check_digits import has_right_check_digit

GTIN_LENGTHS: Final = (8, 12, 13, 14)
LONGEST_PATH: Final = 512
_HOST: Final = re.compile(r"([A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?")
_KINDS: Final = (ObjectKind.PRODUCT_CLASS, ObjectKind.LOT, ObjectKind.UNIT)


@dataclass(frozen=True, slots=True)
class Address:
    """What a path names. `key` is the finest level's; `lot_key` the key of a lot that stands in the path beside a serial."""

    gtin: str
    key: str
    path: str
    lot_key: str | None = None
    shortened: bool = False
    """The GTIN stood there with less than 14 digits: the canonical path is another address."""


def read_address(raw_path: str) -> Address:
    """The address of a path as it came over the wire, percent-encoded (a lot may hold a slash).

    Raises `MalformedAddressError`, and `WrongCheckDigitError` where only the GTIN's check digit is wrong.
    """
    segments = raw_path.rstrip("/").split("/")
    number = segments[2] if len(segments) > 2 else ""
    if len(raw_path) > LONGEST_PATH or segments[:2] != ["", "01"] or not (number.isascii() and number.isdigit() and len(number) in GTIN_LENGTHS):
        raise MalformedAddressError("This is not the address of a product: it reads /01/ and a GTIN of 8, 12, 13 or 14 digits.")
    if not has_right_check_digit(number):
        raise WrongCheckDigitError("The check digit of this GTIN is wrong.")
    try:
        found = parse_identifier(DIGITAL_LINK_ROOT + "/".join(segments[1:]))
    except InvalidIdentifierError as fault:
        raise MalformedAddressError(fault.message) from fault
    if found.kind not in _KINDS or found.gtin is None or not found.key.startswith("01/"):
        raise MalformedAddressError("Behind a GTIN an address names a lot (/10/…), a serial number (/21/…) or both.")
    lot = _key(found.gtin, "10", found.lot) if found.serial and found.lot else None
    path = f"/{lot}/21/{_segment(found.serial)}" if lot and found.serial else f"/{found.key}"
    return Address(found.gtin, found.key, path, lot, shortened=len(number) != 14)


def _key(gtin: str, ai: str, value: str) -> str:
    return f"01/{gtin}/{ai}/{_segment(value)}"


def _segment(text: str) -> str:
    return quote(text, safe="")


def slug_in(host: str, public_url: str) -> str | None:
    """The tenant's slug in a Host header under the service's public host, any port; None for any other host."""
    public = urlsplit(public_url).hostname
    match = _HOST.fullmatch(host)
    if match is None or not public:
        return None
    label, _, rest = match[1].lower().rstrip(".").partition(".")
    return label if rest == public else None


def home_of(slug: str, public_url: str) -> str:
    """Scheme and host under which a tenant's pages have their canonical address, without a slash at the end."""
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{slug}.{parts.netloc}"
