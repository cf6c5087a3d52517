"""What is on an RFID tag, read as the identity that it carries: EPC Tag URIs and the content of the EPC memory (GS1 EPC Tag Data Standard §12, §14).

The filter value is for readers and says nothing about the thing. Schemes of TDS 2 without a company prefix's length (SGTIN+ and so on)
are not read: they have no URN.
"""

import re
from dataclasses import dataclass
from typing import Final

from backend.identifiers.epc_urn import urn_text

_TAG: Final = re.compile(
    r"[Uu][Rr][Nn]:[Ee][Pp][Cc]:[Tt][Aa][Gg]:(?P<scheme>[A-Za-z]+)-(?:[0-9]{2,3}|[Vv][Aa][Rr]):(?P<filter>[0-9]{1,2}\.)?(?P<rest>.+)", re.DOTALL
)
_RAW: Final = re.compile(r"(?:[Uu][Rr][Nn]:[Ee][Pp][Cc]:[Rr][Aa][Ww]:(?P<bits>[0-9]{2,3})\.[Xx])?(?P<content>[0-9A-Fa-f]{24,56})")
_WITHOUT_FILTER: Final = "gid"
# Bits of a company prefix of 12 down to 6 digits, by the partition value (§14.2, table 14-2).
_PREFIX_BITS: Final = (40, 37, 34, 30, 27, 24, 20)
_LONGEST_PREFIX: Final = 12


@dataclass(frozen=True, slots=True)
class _Coding:
    """How a scheme lies in the bits behind the partition value.

    `both` are the bits of company prefix and reference together, `reference` how many digits the reference has beside a company prefix
    of 12; `serial` are the bits of what follows, in characters of 7 bits where `textual`, `filling` those behind that have to be 0.
    """

    scheme: str
    size: int
    both: int
    reference: int
    serial: int
    textual: bool = False
    filling: int = 0


_CODINGS: Final = {
    0x30: _Coding("sgtin", 96, 44, 1, 38),
    0x31: _Coding("sscc", 96, 58, 5, 0, filling=24),
    0x32: _Coding("sgln", 96, 41, 0, 41),
    0x33: _Coding("grai", 96, 44, 0, 38),
    0x34: _Coding("giai", 96, 0, 0, 82),
    0x36: _Coding("sgtin", 198, 44, 1, 140, textual=True),
    0x37: _Coding("grai", 170, 44, 0, 112, textual=True),
    0x38: _Coding("giai", 202, 0, 0, 188, textual=True),
    0x39: _Coding("sgln", 195, 41, 0, 140, textual=True),
}


def pure_identity(text: str) -> str | None:
    """The pure identity URI ("urn:epc:id:…") of a tag URI, a raw URI or the hexadecimal content of a tag; None for any other text."""
    if tag := _TAG.fullmatch(text):
        scheme = tag["scheme"].lower()
        if scheme == _WITHOUT_FILTER:
            return f"urn:epc:id:{scheme}:{tag['filter'] or ''}{tag['rest']}"
        return f"urn:epc:id:{scheme}:{tag['rest']}" if tag["filter"] else None
    raw = _RAW.fullmatch(text)
    return _decoded(raw["content"]) if raw else None


def _decoded(content: str) -> str | None:
    coding = _CODINGS.get(int(content[:2], 16))
    if coding is None or len(content) not in (-(-coding.size // 4), -(-coding.size // 16) * 4):
        return None
    bits = f"{int(content, 16):0{len(content) * 4}b}"
    partition = int(bits[11:14], 2)
    if partition >= len(_PREFIX_BITS) or "1" in bits[coding.size :]:
        return None
    width = _PREFIX_BITS[partition]
    prefix = _number(bits[14 : 14 + width], _LONGEST_PREFIX - partition)
    place, parts = 14 + width, [prefix]
    if coding.both:
        end = 14 + coding.both
        parts.append(_number(bits[place:end], coding.reference + partition))
        place = end
        serial = bits[place : place + coding.serial]
    else:
        # A GIAI has one reference, which takes what the company prefix leaves.
        serial = bits[place : 14 + coding.serial]
    if serial:
        parts.append(_characters(serial) if coding.textual else str(int(serial, 2)))
    if "1" in bits[coding.size - coding.filling : coding.size]:
        return None
    known = [part for part in parts if part is not None]
    return f"urn:epc:id:{coding.scheme}:{'.'.join(known)}" if len(known) == len(parts) else None


def _number(bits: str, digits: int) -> str | None:
    """A number of so many digits; None where it has more."""
    number = int(bits, 2)
    if number >= 10**digits:
        return None
    return str(number).zfill(digits) if digits else ""


def _characters(bits: str) -> str | None:
    """Characters of seven bits up to the first that is 0; None where there is none, or something follows."""
    codes = [int(bits[place : place + 7], 2) for place in range(0, len(bits) - 6, 7)]
    length = codes.index(0) if 0 in codes else len(codes)
    return urn_text("".join(map(chr, codes[:length]))) if length and not any(codes[length:]) else None
