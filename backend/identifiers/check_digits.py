"""Check digits of GS1 keys (GS1 General Specifications §7.9.1) and the padding of short GTINs."""

_ZERO = ord("0")


def check_digit(digits: str) -> str:
    """The digit that belongs behind `digits` (ASCII digits only): weights 3 and 1 from the right, modulo 10."""
    raw = digits.encode()
    thrice = raw[-1::-2]
    once = raw[-2::-2]
    total = 3 * (sum(thrice) - _ZERO * len(thrice)) + sum(once) - _ZERO * len(once)
    return str(-total % 10)


def with_check_digit(digits: str) -> str:
    return digits + check_digit(digits)


def has_right_check_digit(digits: str) -> bool:
    return check_digit(digits[:-1]) == digits[-1]
