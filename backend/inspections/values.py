"""Values as people, gauges and laboratories write them, read as what they say: a number, "<0.01", ">5", not detected (no I/O)."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from infra.errors import InvalidInputError

VALUE_LENGTH: Final = 500
_DIGITS: Final = 30
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NARROW: Final = str.maketrans("＜＞≦≧（），．－＋０１２３４５６７８９", "<>≤≥(),.-+0123456789")
_WORDS: Final = (("不大于", "≤"), ("不超过", "≤"), ("不小于", "≥"), ("小于", "<"), ("大于", ">"), ("<=", "≤"), (">=", "≥"))
# 未检出 and n.d. say that the method found none; how little it would have found is only told by a number beside it.
_NOT_DETECTED: Final = re.compile(r"(未检出|not detected|n\.?\s?d\.?)\s*\(?([<≤]?[^()]*)\)?", re.IGNORECASE)
_PASSED: Final = frozenset({"pass", "passed", "ok", "yes", "true", "合格", "通过", "符合", "是"})
_FAILED: Final = frozenset({"fail", "failed", "ng", "no", "false", "不合格", "不通过", "不符合", "否"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a value says: the number lies from `low` to `high`, where None has no end. A plain number is both."""

    low: Decimal | None
    high: Decimal | None
    low_inclusive: bool = True
    high_inclusive: bool = True

    @property
    def is_exact(self) -> bool:
        """Whether it is one number."""
        return self.low is not None and self.low == self.high


def read_number(text: str, field: str = "value") -> Reading:
    """A measured value; raises `InvalidInputError` for what says no number. Nothing is guessed: "0,05" is refused."""
    cleaned = text.strip().translate(_NARROW)
    for word, sign in _WORDS:
        cleaned = cleaned.replace(word, sign)
    if (missed := _NOT_DETECTED.fullmatch(cleaned)) is not None:
        bound = missed.group(2).strip().lstrip("<≤").strip()
        # Contents are never less than nothing.
        return Reading(Decimal(0), _number(bound, text, field) if bound else None, high_inclusive=False)
    sign, rest = cleaned[:1], cleaned[1:].strip()
    if sign in ("<", "≤"):
        return Reading(None, _number(rest, text, field), high_inclusive=sign == "≤")
    if sign in (">", "≥"):
        return Reading(_number(rest, text, field), None, low_inclusive=sign == "≥")
    number = _number(cleaned, text, field)
    return Reading(number, number)


def _number(text: str, whole: str, field: str) -> Decimal:
    try:
        number = Decimal(text) if _NUMBER.fullmatch(text) and len(text) <= 60 else None
    except InvalidOperation:
        number = None
    if number is None or len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > _DIGITS:
        told = f"“{whole[:200]}” is no measured value; write a number with a point (0.05), or <0.01, >5, ND<0.01."
        raise InvalidInputError(told, field=field)
    return number


def read_passed(text: str, field: str = "value") -> bool:
    """PASS or FAIL, in the words of people and machines."""
    word = text.strip().lower()
    if word in _PASSED or word in _FAILED:
        return word in _PASSED
    raise InvalidInputError(f"“{text[:200]}” is neither PASS nor FAIL (合格 / 不合格).", field=field)
