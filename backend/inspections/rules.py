"""How results are judged, one by one and together (no I/O): limits, "<0.01", uncertainty, accept and reject numbers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum
from itertools import islice
from typing import Final

import msgspec

from backend.inspections.values import Reading, read_number, read_passed
from backend.sampling import variables
from backend.specifications.characteristics import Characteristic, CharacteristicKind, Limit, PhotoRule, SeverityClass
from backend.units.measured import comparable, convert
from backend.units.symbols import symbol
from infra.errors import InvalidInputError

MOST_TOLD: Final = 50


class Judged(IntEnum):
    """What a result is by its limits; the numbers are stored and never change."""

    PASS = 1
    FAIL = 2
    UNCERTAIN = 3


class Conclusion(IntEnum):
    """What an inspection comes to; the numbers are stored and never change."""

    ACCEPTED = 1
    REJECTED = 2
    CONDITIONAL = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A value judged: what it says in the characteristic's unit, and by which limit it fails or why nobody can say."""

    judged: Judged
    why: str = ""
    low: Decimal | None = None
    high: Decimal | None = None


def judge(asked: Characteristic, value: str, unit: str = "", uncertainty: Decimal | None = None, *, field: str = "value") -> Finding:
    """Judge one value; raises `InvalidInputError` for what is no value of this characteristic, naming `field` or its neighbour."""
    if asked.kind is CharacteristicKind.NUMBER:
        return _judge_number(asked, value, unit, uncertainty, field)
    if unit or uncertainty is not None:
        told = f"“{asked.code}” is no number, so it has neither unit nor uncertainty; leave them out."
        raise InvalidInputError(told, field=_beside(field, "unit" if unit else "uncertainty"))
    if asked.kind is CharacteristicKind.PASS_FAIL:
        return Finding(Judged.PASS) if read_passed(value, field) else Finding(Judged.FAIL, "failed")
    cleaned = value.strip()
    if asked.kind is CharacteristicKind.CHOICE:
        if cleaned not in asked.choices:
            choices = ", ".join(asked.choices[:10])
            raise InvalidInputError(f"“{cleaned[:200]}” is no choice of “{asked.code}”; choose one of: {choices}.", field=field)
        return Finding(Judged.PASS) if cleaned in asked.accepted else Finding(Judged.FAIL, f"{cleaned} isn't accepted")
    if not cleaned:
        raise InvalidInputError(f"The result of “{asked.code}” is empty; write what was seen.", field=field)
    return Finding(Judged.PASS)


def _judge_number(asked: Characteristic, value: str, unit: str, uncertainty: Decimal | None, field: str) -> Finding:
    told = read_number(value, field)
    given = unit or asked.unit
    if not comparable(given, asked.unit):
        said = f"“{asked.code}” is measured in {asked.unit or 'pieces'}, and {given[:200]} measures something else; correct the unit."
        raise InvalidInputError(said, field=_beside(field, "unit"))
    if uncertainty is not None and not (uncertainty.is_finite() and uncertainty >= 0):
        raise InvalidInputError("“uncertainty” must be a number of at least 0.", field=_beside(field, "uncertainty"))
    reading = replace(
        told,
        low=None if told.low is None else convert(told.low, given, asked.unit),
        high=None if told.high is None else convert(told.high, given, asked.unit),
    )
    spread = convert(uncertainty, given, asked.unit, spread=True) if uncertainty is not None else Decimal(0)
    judged, why = _against(asked, _widened(reading, spread) if asked.guarded else reading)
    return Finding(judged, why, reading.low, reading.high)


def _widened(reading: Reading, spread: Decimal) -> Reading:
    """With the stated (expanded) uncertainty on both sides (JCGM 106:2012, 8.3.2: guarded acceptance)."""
    return replace(reading, low=None if reading.low is None else reading.low - spread, high=None if reading.high is None else reading.high + spread)


def _against(asked: Characteristic, reading: Reading) -> tuple[Judged, str]:
    """Inside both limits with all that the reading may be, outside of one with all of it, or neither."""
    unsure = ""
    for limit, inside, outside, words in (
        (asked.lower, _all_above(reading, asked.lower), _all_below(reading, asked.lower), ("<", "≤")),
        (asked.upper, _all_under(reading, asked.upper), _all_over(reading, asked.upper), (">", "≥")),
    ):
        if limit is None or inside:
            continue
        told = f"{words[0] if limit.inclusive else words[1]} {limit.value} {symbol(asked.unit)}".strip()
        if outside:
            return Judged.FAIL, told
        unsure = f"may be {told}"
    return (Judged.UNCERTAIN, unsure) if unsure else (Judged.PASS, "")


def _all_above(reading: Reading, limit: Limit | None) -> bool:
    if limit is None:
        return True
    return reading.low is not None and (reading.low > limit.value or (reading.low == limit.value and (limit.inclusive or not reading.low_inclusive)))


def _all_below(reading: Reading, limit: Limit | None) -> bool:
    return (
        limit is not None
        and reading.high is not None
        and (reading.high < limit.value or (reading.high == limit.value and not (limit.inclusive and reading.high_inclusive)))
    )


def _all_under(reading: Reading, limit: Limit | None) -> bool:
    if limit is None:
        return True
    return reading.high is not None and (
        reading.high < limit.value or (reading.high == limit.value and (limit.inclusive or not reading.high_inclusive))
    )


def _all_over(reading: Reading, limit: Limit | None) -> bool:
    return (
        limit is not None
        and reading.low is not None
        and (reading.low > limit.value or (reading.low == limit.value and not (limit.inclusive and reading.low_inclusive)))
    )


def _beside(field: str, name: str) -> str:
    """The field beside another one: results[3].value → results[3].unit."""
    return f"{field.rpartition('.')[0]}.{name}".lstrip(".")


@dataclass(frozen=True, slots=True)
class Found:
    """A result as the conclusion needs it."""

    characteristic: str
    sample: int
    measurement: int
    judged: Judged
    severity: SeverityClass = SeverityClass.MAJOR
    has_photo: bool = False
    flagged: bool = False
    number: Decimal | None = None


class ClassPlan(msgspec.Struct, frozen=True):
    """What a class of nonconformities asks for: units to look at, and from which number of nonconforming ones on the lot is rejected
    (ISO 2859-1, 11.1.2), or by variables the constant k (ISO 3951-1)."""

    severity: SeverityClass
    size: int
    accept: int = 0
    reject: int = 1
    k: Decimal | None = None


class Plan(msgspec.Struct, frozen=True):
    """How many sample units are looked at, and what each class of nonconformities allows; no classes without a sampling plan."""

    size: int
    classes: tuple[ClassPlan, ...] = ()

    @property
    def planned(self) -> bool:
        """Whether a sampling plan says what is drawn."""
        return bool(self.classes)

    @property
    def skipped(self) -> bool:
        """Whether the plan accepts the lot without looking at it (ISO 2859-3)."""
        return self.planned and self.size == 0

    def of(self, severity: SeverityClass) -> ClassPlan | None:
        """What a class allows; None where the plan has nothing for it."""
        return next((one for one in self.classes if one.severity is severity), None)

    def units_of(self, asked: Characteristic) -> int:
        """On how many units a characteristic is taken."""
        if self.skipped:
            return 0
        of_class = self.of(asked.severity)
        return asked.samples or (of_class.size if of_class else self.size)


class Verdict(msgspec.Struct, frozen=True):
    """What the rules say of all results. `proposed` is None while results are missing and nothing is decided yet.

    `critical`, `major` and `minor` count sample units that fail so. Lists are cut after 50: `missing` and `photos` name characteristic
    and sample unit, `uncertain` and `flagged` characteristics.
    """

    proposed: Conclusion | None
    critical: int = 0
    major: int = 0
    minor: int = 0
    missing: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    overridable: bool = False


def assess(asked: Sequence[Characteristic], plan: Plan, results: Sequence[Found]) -> Verdict:
    """Judge an inspection.

    A critical failure rejects, whatever the plan. Units with a major failure reject from the class's reject number on; without one, the
    first does. Units with a minor failure alone reject from theirs on; without one they accept with conditions. By variables, mean and
    deviation reject in place of single units. What is uncertain, or was measured with an instrument that wasn't fit, is never accepted
    without conditions.
    """
    by_code = {one.code: one for one in asked}
    units: dict[SeverityClass, set[int]] = defaultdict(set)
    results = [replace(found, severity=by_code[found.characteristic].severity) for found in results]
    for found in results:
        if found.judged is Judged.FAIL:
            units[found.severity].add(found.sample)
    critical, major = len(units[SeverityClass.CRITICAL]), len(units[SeverityClass.MAJOR])
    minor = len(units[SeverityClass.MINOR] - units[SeverityClass.MAJOR])
    missing = _missing(asked, plan, results)
    verdict = Verdict(
        None, critical, major, minor, tuple(missing[:MOST_TOLD]), tuple(_without_photo(by_code, results)[:MOST_TOLD]),
        _codes(found for found in results if found.judged is Judged.UNCERTAIN), _codes(found for found in results if found.flagged),
        _codes(found for found in results if found.judged is Judged.FAIL),
    )  # fmt: skip
    many_major = _rejects(asked, plan, SeverityClass.MAJOR, major, results, complete=not missing)
    many_minor = plan.of(SeverityClass.MINOR) is not None and _rejects(asked, plan, SeverityClass.MINOR, minor, results, complete=not missing)
    if critical or many_major or many_minor:
        return msgspec.structs.replace(verdict, proposed=Conclusion.REJECTED, overridable=not critical and not many_major)
    if missing:
        return verdict
    doubtful = verdict.uncertain or verdict.flagged or (minor and plan.of(SeverityClass.MINOR) is None)
    return msgspec.structs.replace(verdict, proposed=Conclusion.CONDITIONAL if doubtful else Conclusion.ACCEPTED)


def _rejects(asked: Sequence[Characteristic], plan: Plan, severity: SeverityClass, failing: int, results: Sequence[Found], *, complete: bool) -> bool:
    """Whether a class rejects; by variables only once everything is measured."""
    of_class = plan.of(severity)
    if plan.skipped:
        # Looked at all the same, it is judged by what was found: no number of units stands behind what may fail.
        return failing > 0
    if of_class is None or of_class.k is None:
        return failing >= (of_class.reject if of_class else 1)
    measured = {one.code: one for one in asked if one.severity is severity and one.kind is CharacteristicKind.NUMBER and (one.lower or one.upper)}
    if any(found.judged is Judged.FAIL and found.characteristic not in measured for found in results if found.severity is severity):
        return True
    return complete and any(not _accepted_by_variables(one, of_class.k, results) for one in measured.values())


def _accepted_by_variables(asked: Characteristic, k: Decimal, results: Sequence[Found]) -> bool:
    """By mean and deviation of the values (ISO 3951-1, s method); where one of them is no plain number, or there is one alone, by each."""
    found = [one for one in results if one.characteristic == asked.code]
    numbers = [float(one.number) for one in found if one.number is not None]
    lower, upper = (float(limit.value) if limit else None for limit in (asked.lower, asked.upper))
    if len(numbers) < max(2, len(found)) or (lower is not None and lower == upper):
        return all(one.judged is not Judged.FAIL for one in found)
    return variables.judge(numbers, k, lower=lower, upper=upper).accepted


def _codes(results: Iterable[Found]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.characteristic for found in results))[:MOST_TOLD]


def _missing(asked: Sequence[Characteristic], plan: Plan, results: Sequence[Found]) -> list[str]:
    there = {(found.characteristic, found.sample, found.measurement) for found in results}
    missing = (
        f"{one.code} #{sample}"
        for one in asked
        if one.required
        for sample in range(1, plan.units_of(one) + 1)
        if any((one.code, sample, number) not in there for number in range(1, one.measurements + 1))
    )
    return list(islice(missing, MOST_TOLD))


def _without_photo(by_code: dict[str, Characteristic], results: Sequence[Found]) -> list[str]:
    needed = {PhotoRule.NEVER: set[Judged](), PhotoRule.ON_FAIL: {Judged.FAIL}, PhotoRule.ALWAYS: set(Judged)}
    return [
        f"{found.characteristic} #{found.sample}"
        for found in results
        if not found.has_photo and found.judged in needed[by_code[found.characteristic].photo]
    ]


def refusal(verdict: Verdict, conclusion: Conclusion, note: str) -> str | None:
    """Why somebody can't conclude so, or None where he can.

    Rejecting is always possible, with a note where the rules don't say so. What the rules reject isn't accepted here, but by a
    disposition; only where minor failures alone reject, it may be accepted with conditions.
    """
    if conclusion is Conclusion.REJECTED:
        return None if verdict.proposed is Conclusion.REJECTED or note else "The results don't reject it: say in “note” why you do."
    if verdict.proposed is Conclusion.REJECTED and not (conclusion is Conclusion.CONDITIONAL and verdict.overridable):
        failed = ", ".join(verdict.failed[:5])
        return f"The results reject it ({failed}). Conclude REJECTED; whether the goods may be used is decided by a disposition."
    if verdict.missing:
        return f"Results are missing: {', '.join(verdict.missing[:5])}. Record them first."
    if verdict.photos:
        return f"Photos are missing: {', '.join(verdict.photos[:5])}. Add them to the results first."
    if conclusion is Conclusion.ACCEPTED and verdict.proposed is not Conclusion.ACCEPTED:
        doubtful = ", ".join((*verdict.uncertain, *verdict.flagged, *verdict.failed)[:5])
        return f"It can't be accepted without conditions ({doubtful}): conclude CONDITIONAL and say in “note” under which, or REJECTED."
    return "Say in “note” under which conditions." if conclusion is Conclusion.CONDITIONAL and not note else None
