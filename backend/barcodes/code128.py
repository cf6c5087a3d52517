"""GS1-128: Code 128 with FNC1 in front (ISO/IEC 15417; GS1 General Specifications §5.4), as widths of bars and spaces."""

from typing import Final

from backend.barcodes.elements import FNC1, Element, write_element_string
from backend.barcodes.errors import BarcodeError

# The most that a symbol may hold, without the FNC1 in front (§5.4.1).
MAX_LENGTH: Final = 48
# Widths of bar, space, bar, space, bar, space by the value of the character.
_TABLE: Final = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 123221 223211 221132
221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313
231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141
114131 311141 411131 211412 211214 211232
"""
_WIDTHS: Final = tuple(_TABLE.split())
_STOP: Final = "2331112"
_CODE_C, _CODE_B, _FNC1, _START_B, _START_C = 99, 100, 102, 104, 105
_MODULUS: Final = 103
_PAIRS_WORTH_A_SWITCH: Final = 4


def gs1_128(elements: list[Element]) -> list[int]:
    """The widths of bars and spaces in turn, in modules, without the quiet zones. Raises `BarcodeError` for more than a symbol holds."""
    text = write_element_string(elements)
    if len(text) - 1 > MAX_LENGTH:
        raise BarcodeError(
            "TOO_LONG",
            f"GS1-128 holds {MAX_LENGTH} characters; these elements have {len(text) - 1}. Use GS1 DataMatrix or a QR code, or several symbols.",
        )
    values = _values(text)
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % _MODULUS
    return [int(width) for value in (*values, check) for width in _WIDTHS[value]] + [int(width) for width in _STOP]


def _values(text: str) -> list[int]:
    """In code set C for digits in pairs, in B for all else; what begins with FNC1 begins with the digits of an identifier."""
    values, rest = [_START_C, _FNC1], text[1:]
    in_pairs = True
    while rest:
        if rest[0] == FNC1:
            values.append(_FNC1)
            rest = rest[1:]
            continue
        digits = _digits_ahead(rest)
        if in_pairs and digits >= 2:
            values.append(int(rest[:2]))
            rest = rest[2:]
        elif not in_pairs and digits >= _PAIRS_WORTH_A_SWITCH and digits % 2 == 0:
            values.append(_CODE_C)
            in_pairs = True
        else:
            if in_pairs:
                values.append(_CODE_B)
                in_pairs = False
            values.append(ord(rest[0]) - 32)
            rest = rest[1:]
    return values


def _digits_ahead(text: str) -> int:
    return next((place for place, character in enumerate(text) if not "0" <= character <= "9"), len(text))
