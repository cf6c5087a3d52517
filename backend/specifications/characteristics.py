"""What a specification asks of goods: characteristics with their limits, as they are stored; and what is impossible about them (no I/O)."""

from collections.abc import Sequence
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

import msgspec

from backend.specifications.errors import ImpossibleSpecificationError
from backend.units.measured import comparable, convert

MOST_CHARACTERISTICS: Final = 200
MOST_MEASUREMENTS: Final = 100
MOST_SAMPLES: Final = 1_000
MOST_CHOICES: Final = 100
CODE_LENGTH: Final = 60
NAME_LENGTH: Final = 200
TEXT_LENGTH: Final = 2_000
# UN/CEFACT Recommendation 20: a common code has two or three characters.
UNIT_LENGTH: Final = 3


class CharacteristicKind(IntEnum):
    """What a result looks like; the numbers are stored and never change."""

    NUMBER = 1
    PASS_FAIL = 2
    CHOICE = 3
    TEXT = 4


class SeverityClass(IntEnum):
    """How bad it is to fail (ISO 2859-1, 3.1.5: classes of nonconformity); the numbers are stored and never change."""

    CRITICAL = 1
    MAJOR = 2
    MINOR = 3


class PhotoRule(IntEnum):
    """When a result needs a photo; the numbers are stored and never change."""

    NEVER = 0
    ON_FAIL = 1
    ALWAYS = 2


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bound; what lies on an inclusive one is inside."""

    value: Decimal
    inclusive: bool = True


class Characteristic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that is looked at, measured or asked of each sample unit.

    `measurements` of it are taken on a unit, each judged by itself; on `samples` units, or with 0 on every unit of the sample. With
    `guarded`, a value whose stated uncertainty reaches over a limit is neither inside nor outside (JCGM 106:2012, 8.3). `choices` and
    `accepted` are of a CHOICE.
    """

    code: str
    name: str
    kind: CharacteristicKind
    severity: SeverityClass = SeverityClass.MAJOR
    unit: str = ""
    lower: Limit | None = None
    upper: Limit | None = None
    target: Decimal | None = None
    choices: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    photo: PhotoRule = PhotoRule.NEVER
    method: str = ""
    measurements: int = 1
    samples: int = 0
    required: bool = True
    guarded: bool = False
    note: str = ""


class FailureAction(IntEnum):
    """What an inspection that fails does at once; the numbers are stored and never change."""

    HOLD = 1
    ALERT = 2
    NONCONFORMANCE = 4
    REINSPECT = 8


def encode(characteristics: Sequence[Characteristic]) -> str:
    """As it is stored: JSON, numbers as text."""
    return msgspec.json.encode(list(characteristics), order="sorted").decode()


def decode(text: str) -> tuple[Characteristic, ...]:
    """From what is stored."""
    return msgspec.json.decode(text, type=tuple[Characteristic, ...])


def check_all(characteristics: Sequence[Characteristic]) -> None:
    """Raise `ImpossibleSpecificationError` for the first thing that no goods could meet, or that nobody could judge."""
    if not 1 <= len(characteristics) <= MOST_CHARACTERISTICS:
        told = f"There are {len(characteristics)} characteristics; a specification has from 1 to {MOST_CHARACTERISTICS}."
        raise ImpossibleSpecificationError(told, field="characteristics")
    seen: set[str] = set()
    for number, one in enumerate(characteristics):
        at = f"characteristics[{number}]"
        _check_words(one, at)
        if one.code in seen:
            raise ImpossibleSpecificationError(f"Two characteristics have the code “{one.code}”; give each a code of its own.", field=f"{at}.code")
        seen.add(one.code)
        (_check_number if one.kind is CharacteristicKind.NUMBER else _check_attribute)(one, at)
        if one.kind is CharacteristicKind.CHOICE:
            _check_choices(one, at)


def _check_words(one: Characteristic, at: str) -> None:
    limits = (("code", one.code, CODE_LENGTH), ("name", one.name, NAME_LENGTH), ("method", one.method, NAME_LENGTH), ("note", one.note, TEXT_LENGTH))
    for name, text, limit in limits:
        if len(text) > limit or "\x00" in text:
            raise ImpossibleSpecificationError(f"“{name}” is longer than {limit} characters or holds a NUL; shorten it.", field=f"{at}.{name}")
    if not one.code or one.code != one.code.strip() or any(mark.isspace() for mark in one.code):
        raise ImpossibleSpecificationError("“code” is empty or holds a space; write e.g. LEAD or 铅.", field=f"{at}.code")
    if not one.name.strip():
        raise ImpossibleSpecificationError(f"The characteristic “{one.code}” has no name; say what is looked at.", field=f"{at}.name")
    if not 1 <= one.measurements <= MOST_MEASUREMENTS:
        told = f"“{one.code}” asks for {one.measurements} measurements on a unit; it can be from 1 to {MOST_MEASUREMENTS}."
        raise ImpossibleSpecificationError(told, field=f"{at}.measurements")
    if not 0 <= one.samples <= MOST_SAMPLES:
        told = f"“{one.code}” is taken on {one.samples} units; it can be from 1 to {MOST_SAMPLES}, or 0 for every unit of the sample."
        raise ImpossibleSpecificationError(told, field=f"{at}.samples")


def _check_number(one: Characteristic, at: str) -> None:
    if one.choices or one.accepted:
        raise ImpossibleSpecificationError(f"“{one.code}” is a number and can't have choices; make it a CHOICE.", field=f"{at}.choices")
    limits = {"lower": one.lower.value if one.lower else None, "upper": one.upper.value if one.upper else None, "target": one.target}
    for name, value in limits.items():
        if value is not None and not value.is_finite():
            raise ImpossibleSpecificationError(f"The {name} of “{one.code}” is no number; write e.g. 0.1.", field=f"{at}.{name}")
    if len(one.unit) > UNIT_LENGTH or (one.unit and not one.unit.isalnum()):
        told = f"“{one.unit[:200]}” is no unit; write a UN/CEFACT Recommendation 20 code, e.g. NA for mg/kg, CEL for °C."
        raise ImpossibleSpecificationError(told, field=f"{at}.unit")
    _check_limits(one, at)


def _check_limits(one: Characteristic, at: str) -> None:
    if one.lower is not None and one.upper is not None:
        lower, upper = one.lower.value, one.upper.value
        if lower > upper:
            told = f"The lower limit {lower} of “{one.code}” is above its upper limit {upper}; nothing could ever pass. Swap or correct them."
            raise ImpossibleSpecificationError(told, field=f"{at}.lower")
        if lower == upper and not (one.lower.inclusive and one.upper.inclusive):
            told = f"Both limits of “{one.code}” are {lower} and one of them is exclusive: nothing could ever pass. Make both inclusive."
            raise ImpossibleSpecificationError(told, field=f"{at}.lower")
    if one.target is not None and (
        (one.lower is not None and outside_lower(one.target, one.lower)) or (one.upper is not None and outside_upper(one.target, one.upper))
    ):
        told = f"The target {one.target} of “{one.code}” lies outside of its own limits; correct the target or the limits."
        raise ImpossibleSpecificationError(told, field=f"{at}.target")


def _check_attribute(one: Characteristic, at: str) -> None:
    given: dict[str, Any] = {"unit": one.unit, "lower": one.lower, "upper": one.upper, "target": one.target}
    for name, value in given.items():
        if value not in ("", None):
            told = f"“{one.code}” is no number, so it can't have “{name}”; make it a NUMBER or leave that out."
            raise ImpossibleSpecificationError(told, field=f"{at}.{name}")
    if one.guarded:
        raise ImpossibleSpecificationError(f"“{one.code}” is no number, so nothing can be guarded by its uncertainty.", field=f"{at}.guarded")
    if one.kind is not CharacteristicKind.CHOICE and (one.choices or one.accepted):
        raise ImpossibleSpecificationError(f"Only a CHOICE has choices; “{one.code}” is none.", field=f"{at}.choices")


def _check_choices(one: Characteristic, at: str) -> None:
    if not 2 <= len(one.choices) <= MOST_CHOICES or len(set(one.choices)) != len(one.choices):
        told = f"“{one.code}” needs from 2 to {MOST_CHOICES} different choices."
        raise ImpossibleSpecificationError(told, field=f"{at}.choices")
    if any(not choice.strip() or len(choice) > NAME_LENGTH or "\x00" in choice for choice in one.choices):
        raise ImpossibleSpecificationError(f"A choice of “{one.code}” is empty or longer than {NAME_LENGTH} characters.", field=f"{at}.choices")
    if not one.accepted or not set(one.accepted) <= set(one.choices):
        told = f"“accepted” of “{one.code}” must name at least one of its choices, and nothing else; else nothing could ever pass."
        raise ImpossibleSpecificationError(told, field=f"{at}.accepted")


def limit_in(value: Decimal, given: str, unit: str, *, inclusive: bool, at: str) -> Limit:
    """A limit told in a unit of its own, in the characteristic's; raises `ImpossibleSpecificationError` where they measure different things."""
    if given and not comparable(given, unit):
        told = f"The limit is in {given[:200]} and the results in {unit or 'pieces'}, which measure different things; write both in one."
        raise ImpossibleSpecificationError(told, field=f"{at}.unit")
    return Limit(convert(value, given, unit) if given and value.is_finite() else value, inclusive)


def outside_lower(value: Decimal, limit: Limit) -> bool:
    """Whether a value lies below a lower limit, or on an exclusive one."""
    return value < limit.value or (value == limit.value and not limit.inclusive)


def outside_upper(value: Decimal, limit: Limit) -> bool:
    """Whether a value lies above an upper limit, or on an exclusive one."""
    return value > limit.value or (value == limit.value and not limit.inclusive)
