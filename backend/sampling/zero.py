"""Plans with acceptance number zero by lot size and associated AQL (Squeglia, Zero Acceptance Number Sampling Plans).

Each sample size is the one whose chance to accept a lot at the limiting quality is about that of the normal plan of ISO 2859-1 at level II.
"""

from bisect import bisect_left
from decimal import Decimal
from typing import Final

from backend.sampling.attributes import AQLS, LARGEST_LOT, Plan
from backend.sampling.errors import UnknownAqlError, WrongLotSizeError

# 0.010 to 10.
COLUMNS: Final = AQLS[:16]
_LOTS: Final = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000)
# By row of lot sizes, from the AQL of the largest sample on; to its left every item is inspected.
_SIZES: Final = (
    (5, 3, 2, 2),
    (13, 8, 5, 3, 2, 2),
    (20, 13, 8, 5, 3, 3, 2),
    (32, 20, 13, 8, 5, 5, 5, 3),
    (80, 50, 32, 20, 13, 8, 7, 6, 5, 4),
    (125, 80, 50, 32, 20, 13, 12, 11, 7, 6, 5),
    (200, 125, 80, 50, 32, 20, 20, 19, 13, 10, 7, 6),
    (315, 200, 125, 80, 50, 48, 47, 29, 21, 16, 11, 9, 7),
    (800, 500, 315, 200, 125, 80, 75, 73, 47, 34, 27, 19, 15, 11, 8),
    (1_250, 800, 500, 315, 200, 125, 120, 116, 73, 53, 42, 35, 23, 18, 13, 9),
    (1_250, 800, 500, 315, 200, 192, 189, 116, 86, 68, 50, 38, 29, 22, 15, 9),
    (1_250, 800, 500, 315, 300, 294, 189, 135, 108, 77, 60, 46, 35, 29, 15, 9),
    (1_250, 800, 500, 490, 476, 294, 218, 170, 123, 96, 74, 56, 40, 29, 15, 9),
    (1_250, 800, 750, 715, 476, 345, 270, 200, 156, 119, 90, 64, 40, 29, 15, 9),
    (1_250, 1_200, 1_112, 715, 556, 435, 303, 244, 189, 143, 102, 64, 40, 29, 15, 9),
)


def plan(lot_size: int, aql: Decimal) -> Plan:
    """The c = 0 plan; it has no code letter, and one that takes the whole lot says so. Raises `WrongLotSizeError`, `UnknownAqlError`."""
    if not 2 <= lot_size <= LARGEST_LOT:
        raise WrongLotSizeError(LARGEST_LOT)
    if aql not in COLUMNS:
        raise UnknownAqlError(COLUMNS)
    sizes = _SIZES[bisect_left(_LOTS, lot_size)]
    column = COLUMNS.index(aql) - (len(COLUMNS) - len(sizes))
    size = sizes[column] if column >= 0 else lot_size
    return Plan("", min(size, lot_size), 0, 1, full=size >= lot_size)
