"""Retail numbers in their several lengths: GTIN-8 to GTIN-14, and UPC-E, which leaves zeros of a UPC-A out (GS1 General Specifications §5.2)."""

import re
from typing import Final

from backend.barcodes.errors import BarcodeError
from backend.barcodes.linters import check_digit, is_digits

_UPC_E: Final = re.compile(r"[01]?[0-9]{6}[0-9]?")
_UPC_A: Final = re.compile(r"[01][0-9]{11}")
_LENGTHS: Final = (8, 12, 13, 14)


def gtin_of(text: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits, with white space around it, as 14 digits. Raises `BarcodeError`."""
    digits = text.strip()
    if not digits or not is_digits(digits) or len(digits) not in _LENGTHS:
        raise BarcodeError("NOT_A_GTIN", "A GTIN has 8, 12, 13 or 14 digits and nothing else.", ai="01")
    if digits[-1] != check_digit(digits[:-1]):
        raise BarcodeError("INCORRECT_CHECK_DIGIT", f"The check digit of {digits} should be {check_digit(digits[:-1])}.", ai="01")
    return digits.zfill(14)


def shortened(gtin: str, length: int) -> str:
    """The same GTIN with fewer digits. Raises `BarcodeError` where one that isn't zero would be lost."""
    full = gtin_of(gtin)
    if full[:-length].strip("0"):
        raise BarcodeError("NOT_A_GTIN", f"{full} has no form of {length} digits.", ai="01")
    return full[-length:]


def upc_a_of(text: str) -> str:
    """The twelve digits of a UPC-E: six digits, or with the number system (0 or 1) in front, or with the check digit too.

    Raises `BarcodeError`.
    """
    if not text.isascii() or not _UPC_E.fullmatch(text) or (len(text) == 7 and text[0] not in "01"):
        raise BarcodeError("NOT_A_UPC_E", "A UPC-E has six digits, or eight that begin with 0 or 1.", ai="01")
    full = text if len(text) > 6 else f"0{text}"
    system, body = full[0], full[1:7]
    last = body[5]
    if last in "012":
        payload = f"{system}{body[:2]}{last}0000{body[2:5]}"
    elif last == "3":
        payload = f"{system}{body[:3]}00000{body[3:5]}"
    elif last == "4":
        payload = f"{system}{body[:4]}00000{body[4]}"
    else:
        payload = f"{system}{body[:5]}0000{last}"
    expanded = payload + check_digit(payload)
    if len(full) == 8 and full[7] != expanded[-1]:
        raise BarcodeError("INCORRECT_CHECK_DIGIT", f"The check digit of UPC-E {full} should be {expanded[-1]}.", ai="01")
    return expanded


def upc_e_of(upc_a: str) -> str:
    """The eight digits of a UPC-A whose zeros can be left out. Raises `BarcodeError` where they can't."""
    if _UPC_A.fullmatch(upc_a):
        system, company, item = upc_a[0], upc_a[1:6], upc_a[6:11]
        candidates = [
            (company[2] in "012" and company[3:] == "00" and item[:2] == "00", company[:2] + item[2:] + company[2]),
            (company[3:] == "00" and item[:3] == "000", company[:3] + item[3:] + "3"),
            (company[4] == "0" and item[:4] == "0000", company[:4] + item[4] + "4"),
            (item[:4] == "0000" and item[4] in "56789", company + item[4]),
        ]
        for fits, body in candidates:
            if fits and upc_a_of(short := f"{system}{body}{upc_a[-1]}") == upc_a:
                return short
    raise BarcodeError("NOT_A_UPC_E", f"{upc_a[:20]} has no UPC-E form.", ai="01")
