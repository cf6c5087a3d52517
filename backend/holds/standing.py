"""On which goods a scope stands, whatever their number: for whoever asks what lies behind it, and for placing holds in parts.

A hold stands on so many objects at most. A window that holds more is cut in time; the parts together are the window, and the last one runs on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from backend.holds import preview_repository, root_repository
from backend.holds.errors import HoldScopeTooLargeError
from backend.holds.roots import checked, rows_in_window
from backend.holds.scopes import Scope
from backend.objects.service import TraceableObject
from infra.database import TenantTransaction
from infra.ids import uuid7

MOST_PARTS: Final = 200
ROWS_AT_ONCE: Final = 2_000


@dataclass(slots=True)
class Standing:
    """Where what a scope reaches begins. `perhaps` are those of `ids` that were in a tank only possibly, taken out by name before."""

    ids: set[int] = field(default_factory=set)
    perhaps: set[int] = field(default_factory=set)

    def add(self, other: "Standing") -> None:
        """Those of the other as well."""
        sure = (self.ids - self.perhaps) | (other.ids - other.perhaps)
        self.ids |= other.ids
        self.perhaps = self.ids - sure


async def seeds_of_objects(tx: TenantTransaction, things: Sequence[TraceableObject], since: datetime, until: datetime) -> Standing:
    """These objects, what lay in them from one moment to another, and the uses of those in that time."""
    return await _seeds(tx, [(uuid7(), thing.object_id, 0, since, until, None) for thing in things])


async def seeds_in_window(tx: TenantTransaction, scope: Scope, *, at: str | None = None) -> Standing:
    """What falls into a window so far, what lay in its containers then, and the uses of those; only of events at a place, if given.

    Raises as `parts_of`.
    """
    found = Standing()
    for part in await parts_of(tx, scope):
        rows = await rows_in_window(tx, uuid7(), part)
        if at is not None:
            here = await root_repository.events_at(tx, {row[2] for row in rows}, at)
            rows = [row for row in rows if row[2] in here]
        found.add(await _seeds(tx, rows))
    return found


async def _seeds(tx: TenantTransaction, rows: Sequence[root_repository.RootRow]) -> Standing:
    found = Standing()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
        ids = await preview_repository.seeds(tx, part)
        found.add(Standing(ids, ids - await preview_repository.seeds(tx, part, residues=False)))
    return found


async def parts_of(tx: TenantTransaction, scope: Scope) -> list[Scope]:
    """A window in parts of which each can be held. Raises `InvalidInputError`; `HoldScopeTooLargeError` where it can't be cut so."""
    scope = checked(scope)
    if not scope.is_window:
        return [scope]
    told = await root_repository.time_told(tx, scope)
    if told is None:
        return [scope]
    parts: list[Scope] = []
    waiting = [(scope, *told)]
    while waiting:
        part, first, last = waiting.pop()
        try:
            await rows_in_window(tx, uuid7(), part)
        except HoldScopeTooLargeError:
            middle = first + (last - first) / 2
            if not first < middle < last or len(parts) + len(waiting) >= MOST_PARTS:
                raise
            waiting += [(replace(part, since=middle), middle, last), (replace(part, until=middle), first, middle)]
        else:
            parts.append(part)
    return parts
