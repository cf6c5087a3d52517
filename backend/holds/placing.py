"""Placing holds: by a person, or by the service for a rule, an inspection, a recall or a nonconformance."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.catalog.sites import sites_of
from backend.holds import goods, goods_repository, root_repository
from backend.holds.errors import TooManyWatchingHoldsError
from backend.holds.known import NOTE_LENGTH, REASON_LENGTH, Hold, get_hold, require_exclusive
from backend.holds.publishing import HoldAct, publish_later
from backend.holds.root_repository import RootRow
from backend.holds.roots import checked, fence, named, rows_in_window, rows_of_objects
from backend.holds.scopes import REFERENCE_LENGTH, HoldCauseKind, HoldOrigin, Scope
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outbox import enqueue
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

CHANGED: Final = "holds.changed"
# Each looks at every event that is captured.
MAXIMUM_WATCHING: Final = 200
# So many objects go into one row of the outbox.
TOLD_AT_ONCE: Final = 1_000


async def place_hold(tx: TenantTransaction, principal: Principal, *, key: str, reason: str, note: str = "") -> Hold:
    """Put an object on hold, and with it at once its units and everything made from it, now and later; see `place`."""
    return await place(tx, principal, scope=Scope.of_objects(key), origin=HoldOrigin(), reason=reason, note=note)


async def place(tx: TenantTransaction, principal: Principal | None, *, scope: Scope, origin: HoldOrigin, reason: str, note: str = "") -> Hold:
    """Put everything in a scope on hold, with its units and everything made from it, now and later. Without a principal the service itself does.

    The transaction must have passed the exclusive gate. Lots, units and pallets that have not been met yet may be held in advance; what
    falls into a window later is held from then on. While a hold of the same cause on the same scope is in force, that one is given
    back and nothing is written; placed by hand without a reference, each stands for itself. Raises `InvalidInputError`,
    `HoldScopeTooLargeError`, `TooManyWatchingHoldsError`, `ObjectNotFoundError`, `OutsideSitesError`.
    """
    sites = await sites_of(tx, principal, Permission.HOLDS_PLACE) if principal is not None else None
    require_exclusive(tx)
    reason = text_of(reason, "reason", REASON_LENGTH, required=True)
    note = text_of(note, "note", NOTE_LENGTH, required=False)
    origin = _checked(origin)
    scope = checked(scope)
    fence(scope, sites)
    things = await named(tx, scope.keys, sites, announce=True)
    scope = replace(scope, keys=tuple(sorted(thing.key for thing in things)))
    if origin.reference and (known := await root_repository.placed_before(tx, origin, scope.digest())) is not None:
        return await get_hold(tx, known)
    if scope.is_window and len(await root_repository.watching(tx)) >= MAXIMUM_WATCHING:
        raise TooManyWatchingHoldsError(MAXIMUM_WATCHING)
    hold_id, at = uuid7(), clock.now()
    rows = await rows_in_window(tx, hold_id, scope) if scope.is_window else rows_of_objects(hold_id, things, at)
    await root_repository.insert(
        tx, hold_id=hold_id, object_id=rows[0][1] if rows else None, reason=reason, note=note, placed_at=at,
        placed_by=principal.actor_id if principal else None, origin=origin, scope=scope,
    )  # fmt: skip
    await goods_repository.open_listing(tx, hold_id)
    if rows:
        await root_repository.add_roots(tx, rows, at)
    subject = things[0].key if things else f"hold:{hold_id}"
    after = {"hold": str(hold_id), "note": note, "scope": scope.declared(), "cause": origin.kind.name.lower(), "reference": origin.reference}
    await audit.record(tx, principal, "hold.placed", subject, after=after, reason=reason)
    await announce(tx, hold_id, rows, at)
    return await get_hold(tx, hold_id)


async def announce(tx: TenantTransaction, hold_id: UUID, rows: Sequence[RootRow], at: datetime) -> None:
    """After the commit: what a hold reaches is published anew, told by an event, and its list is filled. `at`: since when it stands on these."""
    ids = sorted({row[1] for row in rows})
    parts = [ids[start : start + TOLD_AT_ONCE] for start in range(0, len(ids), TOLD_AT_ONCE)]
    await enqueue(tx, CHANGED, [{"hold_id": str(hold_id), "object_ids": part} for part in parts or [[]]])
    await publish_later(tx, hold_id, HoldAct.PLACED, ids, at)
    await goods.begin(tx, [hold_id])


def _checked(origin: HoldOrigin) -> HoldOrigin:
    reference = origin.reference.strip()
    if len(reference) > REFERENCE_LENGTH or "\x00" in reference:
        raise InvalidInputError(f"The reference of a cause has at most {REFERENCE_LENGTH} characters, without NUL.", field="reference")
    if origin.kind is not HoldCauseKind.MANUAL and not reference:
        raise InvalidInputError("Say which it is that places this hold: a cause other than by hand has a reference.", field="reference")
    return HoldOrigin(origin.kind, reference)
