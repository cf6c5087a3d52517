"""Single sampling by attributes: ISO 2859-1:1999 (GB/T 2828.1-2012 the same), tables 1, 2-A, 2-B and 2-C.

The tables are regular: with the letters numbered from A and the AQLs from 0.010, every cell depends on the sum of both numbers alone
(its diagonal), but for arrows at the rims. They are kept as that structure; tests hold them against published cells and against
binomial and Poisson mathematics. ANSI/ASQ Z1.4 has the same normal and tightened tables but for A at AQL 10; its reduced table keeps the
gap between Ac and Re which ISO gave up in 1999, so it isn't this one. Double and multiple sampling aren't built.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from backend.sampling.errors import MissingPlanError, UnknownAqlError, UnknownLevelError, WrongLotSizeError

LETTERS: Final = "ABCDEFGHJKLMNPQRS"
# The preferred AQLs: percent nonconforming up to 10, above that nonconformities per 100 items.
_AQL_TEXT: Final = "0.010 0.015 0.025 0.040 0.065 0.10 0.15 0.25 0.40 0.65 1.0 1.5 2.5 4.0 6.5 10 15 25 40 65 100 150 250 400 650 1000"
AQLS: Final = tuple(map(Decimal, _AQL_TEXT.split()))
LARGEST_LOT: Final = 1_000_000_000
# Table 1: the largest lot of each row; the last row has none.
_LOTS: Final = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000)
LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "S-1": "AAAABBBBCCCCDDD", "S-2": "AAABBBCCCDDDEEE", "S-3": "AABBCCDDEEFFGGH", "S-4": "AABCCDEEFGGHJJK",
        "I": "AABCCDEFGHJKLMN", "II": "ABCDEFGHJKLMNPQ", "III": "BCDEFGHJKLMNPQR",
    }
)  # fmt: skip
_SIZES: Final = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1_250, 2_000, 3_150)
_REDUCED_SIZES: Final = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)


class Severity(IntEnum):
    """How strictly a lot is inspected; the numbers are stored and never change."""

    NORMAL = 1
    TIGHTENED = 2
    REDUCED = 3
    DISCONTINUED = 4


# Acceptance numbers by diagonal (letter + AQL); the last two of normal and tightened stand in the rows A to E alone.
_NORMAL: Final = {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21, 25: 30, 26: 44}
_TIGHTENED: Final = {15: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 8, 23: 12, 24: 18, 25: 27, 26: 41}
_REDUCED: Final = {14: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 6, 23: 8, 24: 10}
_RIM: Final = 24
_LAST_OF_RIM: Final = LETTERS.index("E")
_BEHIND_ZERO: Final = 15
_R: Final = LETTERS.index("R")
# n = 3150 exists for tightened inspection at AQL 0.025 alone.
_S: Final = LETTERS.index("S")
_ONLY_COLUMN_OF_S: Final = 2
# Above AQL 10 the cells of the reduced table's first rows could not be verified, so none are told.
LARGEST_REDUCED_AQL: Final = Decimal(10)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to draw and when to accept. `code_letter` is the one whose plan applies, after arrows; `full` means that every item is inspected."""

    code_letter: str
    sample_size: int
    accept: int
    reject: int
    full: bool = False

    def accepts(self, nonconforming: int) -> bool:
        """Whether a sample with so many nonconforming items (or nonconformities) accepts the lot."""
        return nonconforming <= self.accept


def code_letter(lot_size: int, level: str) -> str:
    """Table 1. Raises `WrongLotSizeError`, `UnknownLevelError`."""
    if not 2 <= lot_size <= LARGEST_LOT:
        raise WrongLotSizeError(LARGEST_LOT)
    if level not in LEVELS:
        raise UnknownLevelError(tuple(LEVELS))
    return LEVELS[level][bisect_left(_LOTS, lot_size)]


def aql_index(aql: Decimal) -> int:
    """The column of an AQL; raises `UnknownAqlError` for one that isn't among the preferred."""
    try:
        return AQLS.index(aql)
    except ValueError:
        raise UnknownAqlError(AQLS) from None


def single_plan(lot_size: int, level: str, aql: Decimal, severity: Severity = Severity.NORMAL) -> Plan:
    """The plan for a lot of two items or more. A sample as large as the lot, or larger, means 100 % inspection with the same numbers (10.3).

    Raises `WrongLotSizeError`, `UnknownLevelError`, `UnknownAqlError`, `MissingPlanError`; `ValueError` where inspection is discontinued.
    """
    plan = plan_of(code_letter(lot_size, level), aql, severity)
    return Plan(plan.code_letter, lot_size, plan.accept, plan.reject, full=True) if plan.sample_size >= lot_size else plan


def plan_of(letter: str, aql: Decimal, severity: Severity) -> Plan:
    """The plan of a code letter, arrows followed. Raises `MissingPlanError` for a cell that isn't known here."""
    column = aql_index(aql)
    if severity is Severity.DISCONTINUED:
        raise ValueError("discontinued inspection has no plan")
    if severity is Severity.REDUCED and aql > LARGEST_REDUCED_AQL:
        raise MissingPlanError
    row = _followed(LETTERS.index(letter), column, severity)
    accept = _cell(row, column, severity)
    if accept is None:
        raise MissingPlanError
    sizes = _REDUCED_SIZES if severity is Severity.REDUCED else _SIZES
    return Plan(LETTERS[row], sizes[row], accept, accept + 1)


def tighter_by_one(aql: Decimal) -> Decimal | None:
    """The AQL one step tighter, which the switching score asks about (9.3.3.2); None for the tightest."""
    column = aql_index(aql)
    return AQLS[column - 1] if column else None


def _cell(row: int, column: int, severity: Severity) -> int | None:
    """The acceptance number that stands in a cell; None for an arrow."""
    diagonal = row + column
    if severity is Severity.REDUCED:
        return _REDUCED.get(diagonal)
    if row == _S:
        return _TIGHTENED.get(diagonal) if column == _ONLY_COLUMN_OF_S else None
    if diagonal > _RIM and row > _LAST_OF_RIM:
        return None
    return (_NORMAL if severity is Severity.NORMAL else _TIGHTENED).get(diagonal)


def _points_up(row: int, column: int, severity: Severity) -> bool:
    """Whether a cell without a plan sends to the plan above. Behind the zeros normal and reduced have one arrow up, then they point down."""
    diagonal, last = row + column, row == _R
    if diagonal > _RIM:
        return True
    if severity is Severity.TIGHTENED:
        return diagonal == _BEHIND_ZERO + 1 and last
    return (diagonal == _BEHIND_ZERO and row > 0) or (diagonal == _BEHIND_ZERO + 1 and last)


def _followed(row: int, column: int, severity: Severity) -> int:
    """The row of the first plan in the direction of the arrow, if the cell is one."""
    if _cell(row, column, severity) is not None:
        return row
    step = -1 if _points_up(row, column, severity) else 1
    last = _S if severity is Severity.TIGHTENED else _R
    while 0 <= row <= last:
        if _cell(row, column, severity) is not None:
            return row
        row += step
    raise MissingPlanError
