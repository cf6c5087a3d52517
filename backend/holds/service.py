"""What others do with holds: place and release them, ask why goods are held, and refuse commands on held goods."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from backend.catalog.sites import Sites
from backend.holds import goods_repository, query_repository, reach, root_repository
from backend.holds.errors import GoodsHeldError, HoldCause
from backend.holds.known import Hold, get_hold
from backend.holds.placing import CHANGED, place, place_hold
from backend.holds.releasing import check_release, release_for, release_hold, release_of_origin
from backend.holds.scopes import HoldCauseKind, HoldOrigin, Scope, ScopeKind
from backend.holds.stakes import at_stake, done_with_goods
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from infra.database import Gate, TenantTransaction

__all__ = [
    "CHANGED",
    "HeldByName",
    "Hold",
    "HoldCauseKind",
    "HoldOrigin",
    "Scope",
    "ScopeKind",
    "at_stake",
    "check_release",
    "done_with_goods",
    "get_hold",
    "listed",
    "place",
    "place_hold",
    "refuse_if_fallen",
    "refuse_if_held",
    "release_for",
    "release_hold",
    "release_of_origin",
    "standing_on",
    "why_held",
]


class HeldByName(NamedTuple):
    """An object on which a hold in force stands."""

    hold_id: UUID
    thing: objects.TraceableObject
    reason: str
    placed_at: datetime


async def standing_on(tx: TenantTransaction, sites: Sites | None, limit: int) -> list[HeldByName]:
    """The objects that the sites meet and on which holds in force stand, those of the newest holds first: for who can't ask each time."""
    rows = await query_repository.newest_roots(tx, limit)
    met = await objects.met_at(tx, {row["object_id"] for row in rows}, sites)
    return [
        HeldByName(
            row["hold_id"], objects.TraceableObject(row["object_id"], ObjectKind(row["kind"]), row["key"], None, ""), row["reason"], row["placed_at"]
        )
        for row in rows
        if row["object_id"] in met
    ]


async def listed(tx: TenantTransaction, object_ids: Collection[int]) -> set[int]:
    """Those of these that the lists of holds in force name: for showing, a moment behind. A lot that is listed is held with its units."""
    return await goods_repository.listed(tx, object_ids)


async def why_held(tx: TenantTransaction, object_ids: Sequence[int], sites: Sites | None = None) -> list[HoldCause]:
    """Why goods, or anything in them, are held; empty when they are free. With `sites`, for goods that aren't met there: holds on
    what is met there alone. Whoever meets the goods is told every cause."""
    return await reach.causes(tx, object_ids, sites)


async def refuse_if_held(tx: TenantTransaction, object_ids: Sequence[int]) -> None:
    """The gate of every command: raise `GoodsHeldError` with the causes unless all goods are free.

    The transaction must have passed the gate in an earlier statement, so that no hold comes between this look and the commit. A command
    that captures asks once more after it (`refuse_if_fallen`).
    """
    if tx.gate is Gate.NONE:
        raise RuntimeError("a command asks for held goods only behind the gate")
    # A link that another transaction is about to commit may make these goods held: wait for it, then look.
    await tx.lock_derivation()
    found = await reach.causes(tx, object_ids)
    if found:
        raise GoodsHeldError(found)


async def refuse_if_fallen(tx: TenantTransaction, object_ids: Sequence[int]) -> None:
    """The same after the command's event was captured, which may itself have fallen into the scope of a hold, as a step that is held.

    One look where no hold has such a scope.
    """
    if await root_repository.any_watching(tx) and (found := await reach.causes(tx, object_ids)):
        raise GoodsHeldError(found)
