"""North American coupon codes: (8110) and positive offer files (8112), read field by field (GS1 Barcode Syntax Tests)."""

from collections.abc import Callable
from datetime import date
from typing import Final

_ADDITIONAL_RULES: Final = frozenset("0123")
_PURCHASE_CODES: Final = frozenset("012349")
_SAVE_VALUE_CODES: Final = frozenset("01256")
_APPLIES_TO: Final = frozenset("012")


class _BrokenError(Exception):
    """Carries the name of the rule that is broken."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class _Fields:
    """Takes fields from the front of a code."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def indicator(self, rule: str) -> str:
        """One digit, which tells of what follows."""
        return self.exactly(1, rule)

    def exactly(self, length: int, rule: str) -> str:
        """The next field of a length; a shorter rest breaks `rule`."""
        if len(self.rest) < length:
            raise _BrokenError(rule)
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def counted(self, missing: str, invalid: str, short: str, *, lengths: range, offset: int = 0, none_for: str = "") -> str:
        """A field whose length its first digit tells, less `offset`; `none_for` is the digit that says that there is none."""
        told = self.indicator(missing)
        if told == none_for:
            return ""
        if int(told) not in lengths:
            raise _BrokenError(invalid)
        return self.exactly(int(told) + offset, short)


def check_coupon(text: str) -> str | None:
    """The broken rule of a coupon code, or None."""
    return _checked(text, _coupon)


def check_positive_offer(text: str) -> str | None:
    """The broken rule of a positive offer file's code, or None."""
    return _checked(text, _positive_offer)


def _checked(text: str, read: Callable[[_Fields], None]) -> str | None:
    if not all("0" <= character <= "9" for character in text):
        return "NON_DIGIT_CHARACTER"
    fields = _Fields(text)
    try:
        read(fields)
    except _BrokenError as broken:
        return broken.rule
    return "COUPON_EXCESS_DATA" if fields.rest else None


def _coupon(fields: _Fields) -> None:
    fields.counted("COUPON_MISSING_GCP_VLI", "COUPON_INVALID_GCP_LENGTH", "COUPON_TRUNCATED_GCP", lengths=range(7), offset=6)
    fields.exactly(6, "COUPON_TRUNCATED_OFFER_CODE")
    fields.counted("COUPON_MISSING_SAVE_VALUE_VLI", "COUPON_INVALID_SAVE_VALUE_LENGTH", "COUPON_TRUNCATED_SAVE_VALUE", lengths=range(1, 6))
    _purchase(fields, "1ST")
    dates: dict[str, str] = {}
    before = "0"
    # Optional fields stand in the order of their numbers, each once.
    while fields.rest and fields.rest[0] > before:
        before = fields.rest[0]
        _optional(fields, dates)
    if "start" in dates and "expiration" in dates and _day(dates["expiration"]) < _day(dates["start"]):
        raise _BrokenError("COUPON_EXPIRATION_BEFORE_START")


def _purchase(fields: _Fields, which: str) -> None:
    requirement = f"COUPON_{{}}_{which}_PURCHASE_REQUIREMENT"
    fields.counted(
        requirement.format("MISSING") + "_VLI", requirement.format("INVALID") + "_LENGTH", requirement.format("TRUNCATED"), lengths=range(1, 6)
    )
    code = fields.indicator(requirement.format("MISSING") + "_CODE")
    if code not in _PURCHASE_CODES:
        raise _BrokenError(requirement.format("INVALID") + "_CODE")
    fields.exactly(3, f"COUPON_TRUNCATED_{which}_PURCHASE_FAMILY_CODE")


def _further_purchase(fields: _Fields, which: str) -> None:
    _purchase(fields, which)
    company = f"COUPON_{{}}_{which}_PURCHASE_GCP"
    fields.counted(
        company.format("MISSING") + "_VLI",
        company.format("INVALID") + "_LENGTH",
        company.format("TRUNCATED"),
        lengths=range(7),
        offset=6,
        none_for="9",
    )


def _optional(fields: _Fields, dates: dict[str, str]) -> None:
    match fields.exactly(1, "COUPON_EXCESS_DATA"):
        case "1":
            if fields.indicator("COUPON_MISSING_ADDITIONAL_PURCHASE_RULES_CODE") not in _ADDITIONAL_RULES:
                raise _BrokenError("COUPON_INVALID_ADDITIONAL_PURCHASE_RULES_CODE")
            _further_purchase(fields, "2ND")
        case "2":
            _further_purchase(fields, "3RD")
        case "3":
            dates["expiration"] = _dated(fields, "COUPON_TOO_SHORT_FOR_EXPIRATION_DATE", "COUPON_INVALID_EXIPIRATION_DATE")
        case "4":
            dates["start"] = _dated(fields, "COUPON_TOO_SHORT_FOR_START_DATE", "COUPON_INVALID_START_DATE")
        case "5":
            _serial(fields)
        case "6":
            fields.counted(
                "COUPON_MISSING_RETAILER_GCP_OR_GLN_VLI", "COUPON_INVALID_RETAILER_GCP_OR_GLN_LENGTH", "COUPON_TRUNCATED_RETAILER_GCP_OR_GLN",
                lengths=range(1, 8), offset=6,
            )  # fmt: skip
        case "9":
            _save_value(fields)
        case other:
            fields.rest = other + fields.rest
            raise _BrokenError("COUPON_EXCESS_DATA")


def _serial(fields: _Fields) -> None:
    fields.counted("COUPON_MISSING_SERIAL_NUMBER_VLI", "", "COUPON_TRUNCATED_SERIAL_NUMBER", lengths=range(10), offset=6)


def _save_value(fields: _Fields) -> None:
    if fields.indicator("COUPON_MISSING_SAVE_VALUE_CODE") not in _SAVE_VALUE_CODES:
        raise _BrokenError("COUPON_INVALID_SAVE_VALUE_CODE")
    if fields.indicator("COUPON_MISSING_SAVE_VALUE_APPLIES_TO_ITEM") not in _APPLIES_TO:
        raise _BrokenError("COUPON_INVALID_SAVE_VALUE_APPLIES_TO_ITEM")
    fields.indicator("COUPON_MISSING_STORE_COUPON_FLAG")
    if fields.indicator("COUPON_MISSING_DONT_MULTIPLY_FLAG") not in frozenset("01"):
        raise _BrokenError("COUPON_INVALID_DONT_MULTIPLY_FLAG")


def _dated(fields: _Fields, short: str, invalid: str) -> str:
    text = fields.exactly(6, short)
    try:
        _day(text)
    except ValueError:
        raise _BrokenError(invalid) from None
    return text


def _day(text: str) -> date:
    # Which century is meant matters little here: what is compared lies close together.
    year = int(text[:2])
    return date(1900 + year if year > 50 else 2000 + year, int(text[2:4]), int(text[4:]))


def _positive_offer(fields: _Fields) -> None:
    if fields.indicator("COUPON_MISSING_FORMAT_CODE") not in frozenset("01"):
        raise _BrokenError("COUPON_INVALID_FORMAT_CODE")
    fields.counted("COUPON_MISSING_FUNDER_VLI", "COUPON_INVALID_FUNDER_LENGTH", "COUPON_TRUNCATED_FUNDER", lengths=range(7), offset=6)
    fields.exactly(6, "COUPON_TRUNCATED_OFFER_CODE")
    _serial(fields)
