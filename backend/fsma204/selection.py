"""Which records are asked for: of lots, of a time, of a recall case. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from backend.fsma204.elements import Cte
from infra.errors import InvalidInputError

MOST_LOTS: Final = 500
LONGEST_LOT: Final = 1_024
# Records are kept for two years (1.1455(d)); a request names less.
LONGEST_TIME: Final = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Selection:
    """`lots` are identifiers of any form, or lot numbers that are unique here. Lots and a case are looked for within the time, if one is given.

    `until` is left out itself. With `every_food`, records of foods that aren't on the list are told too.
    """

    lots: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    case_id: UUID | None = None
    ctes: tuple[Cte, ...] = ()
    every_food: bool = False

    @classmethod
    def of(
        cls, lots: Sequence[str] = (), since: datetime | None = None, until: datetime | None = None, *, case_id: UUID | None = None,
        ctes: Sequence[Cte] = (), every_food: bool = False,
    ) -> Self:  # fmt: skip
        """Raises `InvalidInputError` where nothing is selected, or too much."""
        cleaned = tuple(dict.fromkeys(lot.strip() for lot in lots if lot.strip()))
        if len(cleaned) > MOST_LOTS or any(len(lot) > LONGEST_LOT or "\x00" in lot for lot in cleaned):
            raise InvalidInputError(f"“lots” takes up to {MOST_LOTS} identifiers or lot numbers of up to {LONGEST_LOT} characters.", field="lots")
        if since is not None and until is not None and not timedelta() < until - since <= LONGEST_TIME:
            raise InvalidInputError(f"“until” comes after “from”, by at most {LONGEST_TIME.days} days.", field="until")
        if not cleaned and case_id is None and (since is None or until is None):
            raise InvalidInputError("Say which records: name lots, a recall case, or a time with “from” and “until”.", field="lots")
        if cleaned and case_id is not None:
            raise InvalidInputError("Name either lots or a recall case.", field="lots")
        return cls(cleaned, since, until, case_id, tuple(dict.fromkeys(ctes)), every_food)
