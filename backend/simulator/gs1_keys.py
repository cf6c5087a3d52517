"""GS1 keys with right check digits, and their spellings as Digital Link, EPC URN and canonical path."""

from urllib.parse import quote


def check_digit(digits: str) -> str:
    """GS1 General Specifications §7.9.1: weights 3 and 1 from the right."""
    total = sum(int(digit) * (1 if position % 2 else 3) for position, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def gtin14(company_prefix: str, reference: int, indicator: int = 0) -> str:
    body = f"{indicator}{company_prefix}{reference:0{12 - len(company_prefix)}d}"
    return body + check_digit(body)


def gln13(company_prefix: str, reference: int) -> str:
    body = f"{company_prefix}{reference:0{12 - len(company_prefix)}d}"
    return body + check_digit(body)


def sscc18(company_prefix: str, reference: int, extension: int) -> str:
    body = f"{extension}{company_prefix}{reference:0{16 - len(company_prefix)}d}"
    return body + check_digit(body)


def encode_path_segment(value: str) -> str:
    """A lot or serial as a Digital Link path segment; case is kept, `/` and the like are escaped."""
    return value if value.isascii() and value.isalnum() else quote(value, safe="-._~")


def lot_key(gtin: str, lot: str) -> str:
    return f"01/{gtin}/10/{encode_path_segment(lot)}"


def unit_key(gtin: str, serial: str) -> str:
    return f"01/{gtin}/21/{encode_path_segment(serial)}"


def sscc_key(sscc: str) -> str:
    return f"00/{sscc}"


def place_key(gln: str, extension: str | None) -> str:
    return f"414/{gln}/254/{extension}" if extension else f"414/{gln}"


def _split_gtin(gtin: str, company_prefix: str) -> str:
    return f"{company_prefix}.{gtin[0]}{gtin[1 + len(company_prefix) : 13]}"


def lgtin_urn(gtin: str, company_prefix: str, lot: str) -> str:
    return f"urn:epc:class:lgtin:{_split_gtin(gtin, company_prefix)}.{encode_path_segment(lot)}"


def sgtin_urn(gtin: str, company_prefix: str, serial: str) -> str:
    return f"urn:epc:id:sgtin:{_split_gtin(gtin, company_prefix)}.{encode_path_segment(serial)}"


def sscc_urn(sscc: str, company_prefix: str) -> str:
    return f"urn:epc:id:sscc:{company_prefix}.{sscc[0]}{sscc[1 + len(company_prefix) : 17]}"


def sgln_urn(gln: str, company_prefix: str, extension: str | None) -> str:
    return f"urn:epc:id:sgln:{company_prefix}.{gln[len(company_prefix) : 12]}.{extension or '0'}"


def pgln_urn(gln: str, company_prefix: str) -> str:
    return f"urn:epc:id:pgln:{company_prefix}.{gln[len(company_prefix) : 12]}"
