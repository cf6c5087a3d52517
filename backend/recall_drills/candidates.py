"""Lots to drill on: finished goods that left in the last months, drawn by chance that can be repeated."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from backend.recall_drills import repository
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

MOST_CANDIDATES: Final = 20
MOST_MONTHS: Final = 24


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lot to drill on: finished goods that left."""

    key: str
    gtin: str | None
    code: str
    shipments: int
    last_shipped_at: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lots drawn by `seed` of those that left until `until`: with both, the same are drawn again."""

    seed: str
    since: datetime
    until: datetime
    candidates: tuple[Candidate, ...]


async def candidates(tx: TenantTransaction, *, seed: str | None = None, months: int = 6, until: datetime | None = None, count: int = 3) -> Drawn:
    """Draw finished lots that left for customers in the last months, from a day's beginning on, by chance that can be repeated."""
    if not 1 <= months <= MOST_MONTHS:
        raise InvalidInputError(f"Look back 1 to {MOST_MONTHS} months.", field="months")
    if not 1 <= count <= MOST_CANDIDATES:
        raise InvalidInputError(f"Draw 1 to {MOST_CANDIDATES} lots.", field="count")
    if seed is not None and (not seed.strip() or len(seed) > 100 or "\x00" in seed):
        raise InvalidInputError("A seed is text of 1 to 100 characters.", field="seed")
    chosen, end = seed or secrets.token_hex(8), until or clock.now()
    try:
        since = (end - timedelta(days=months * 30.5)).replace(hour=0, minute=0, second=0, microsecond=0)
    except OverflowError:
        raise InvalidInputError("Nothing was made as early as that.", field="until") from None
    rows = await repository.candidates(tx, chosen, since=since, until=end, limit=count)
    return Drawn(chosen, since, end, tuple(Candidate(**dict(row)) for row in rows))
