"""Releasing holds: as a whole, or some objects of one as a cut; by a signed release, or by the part of a decision that clears goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.catalog.errors import OutsideSitesError
from backend.catalog.sites import Sites, sites_of
from backend.holds import goods, repository
from backend.holds.errors import HoldNotFoundError, HoldReleasedError
from backend.holds.known import REASON_LENGTH, Hold, get_hold, require_exclusive
from backend.holds.placing import CHANGED, TOLD_AT_ONCE
from backend.holds.publishing import HoldAct, publish_later
from backend.holds.query_service import holds_by_id
from backend.objects import service as objects
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.outbox import enqueue
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign

MAXIMUM_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class _Release:
    """A hold in force, and those of its objects that are to be let go; without any, the hold ends."""

    row: Record
    named: list[objects.TraceableObject]
    roots: frozenset[int]
    pending: frozenset[int]
    cut: frozenset[int]
    reason: str

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left of the hold: nothing is named, or all that a hold on objects still stands on, and what waits under it for
        a decision since a correction. A window goes on."""
        named = {item.object_id for item in self.named}
        return not named or (self.row["scope_kind"] == 1 and (self.roots - self.cut) | self.pending <= named)

    @property
    def subject(self) -> str:
        return self.row["key"] or f"hold:{self.row['hold_id']}"

    @property
    def keys(self) -> list[str]:
        return [item.key for item in self.named] or [self.subject]

    def content(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "act": "hold.released", "hold": str(self.row["hold_id"]), "on": self.subject, "heldBecause": self.row["reason"],
            "placedAt": clock.isoformat(self.row["placed_at"]), "released": self.keys, "whole": self.is_whole, "reason": self.reason,
        }  # fmt: skip


async def check_release(tx: TenantTransaction, principal: Principal, *, hold_id: UUID, reason: str, keys: Sequence[str] = ()) -> None:
    """Raise what `release_hold` would raise, before anybody is asked to sign; writes nothing and needs no gate."""
    sites = await sites_of(tx, principal, Permission.HOLDS_RELEASE)
    await _releasable(tx, hold_id, reason, keys, sites)


async def release_hold(
    tx: TenantTransaction, principal: Principal, *, hold_id: UUID, reason: str, signature: Signature, keys: Sequence[str] = ()
) -> Hold:
    """Release a hold as a whole, or only the objects named in `keys` (a cut: another path to them holds them again).

    The transaction must have passed the exclusive gate. Other holds on the same goods stay in force. The signature (21 CFR 11.70) is
    stored with the release or not at all; it was proved before the transaction began.
    """
    require_exclusive(tx)
    sites = await sites_of(tx, principal, Permission.HOLDS_RELEASE)
    release = await _releasable(tx, hold_id, reason, keys, sites)
    signature_id = await sign(tx, principal, signature, subject=f"hold:{hold_id}", content=release.content())
    return await _let_go(tx, principal, release, signature_id)


async def release_for(
    tx: TenantTransaction, principal: Principal | None, *, hold_id: UUID, keys: Sequence[str], reason: str, signature_id: UUID | None
) -> Hold:
    """Let go of the objects that a decision cleared, and of nothing else; the hold ends where it names all that the hold stands on.

    The transaction must have passed the exclusive gate. Who decided has the right to, and `signature_id` is the signature under the
    decision: both are the caller's to see to. Raises `HoldNotFoundError`, `HoldReleasedError`, `ObjectNotFoundError`.
    """
    require_exclusive(tx)
    if not keys:
        raise InvalidInputError("A decision clears the objects that it names; name at least one.", field="keys")
    return await _let_go(tx, principal, await _releasable(tx, hold_id, reason, keys, None), signature_id)


async def release_of_origin(tx: TenantTransaction, principal: Principal | None, *, hold_id: UUID, reason: str, signature_id: UUID | None) -> Hold:
    """End a hold whose cause is over; as `release_for`, of the whole."""
    require_exclusive(tx)
    return await _let_go(tx, principal, await _releasable(tx, hold_id, reason, (), None), signature_id)


async def _let_go(tx: TenantTransaction, principal: Principal | None, release: _Release, signature_id: UUID | None) -> Hold:
    row, at = release.row, clock.now()
    hold_id, by = row["hold_id"], principal.actor_id if principal else None
    if release.is_whole:
        await repository.close(tx, hold_id, at=at, by=by, reason=release.reason)
        released = sorted(release.roots | release.pending)
    else:
        released = [item.object_id for item in release.named]
        await repository.cut(tx, hold_id, released, at=at, by=by, reason=release.reason)
    after = {"hold": str(hold_id), "objects": release.keys}
    await audit.record(tx, principal, "hold.released", release.subject, after=after, reason=release.reason, signature_id=signature_id)
    # What is published is computed from the roots on as well: a cut frees what is made of what it names.
    parts = [released[start : start + TOLD_AT_ONCE] for start in range(0, len(released), TOLD_AT_ONCE)]
    await enqueue(tx, CHANGED, [{"hold_id": str(hold_id), "object_ids": part} for part in parts or [[]]])
    await publish_later(tx, hold_id, HoldAct.RELEASED, released, at)
    await goods.begin(tx, [hold_id], anew=True)
    return await get_hold(tx, hold_id)


async def _releasable(tx: TenantTransaction, hold_id: UUID, reason: str, keys: Sequence[str], sites: Sites | None) -> _Release:
    reason = text_of(reason, "reason", REASON_LENGTH, required=True)
    if len(keys) > MAXIMUM_NAMED:
        raise InvalidInputError(f"“keys” names {len(keys):,} objects; release at most {MAXIMUM_NAMED:,} at a time.", field="keys")
    row = await repository.by_id(tx, hold_id)
    if row is None or hold_id not in await holds_by_id(tx, [hold_id], sites):
        raise HoldNotFoundError
    if row["status"] != repository.ACTIVE:
        raise HoldReleasedError
    roots = frozenset(root["object_id"] for root in await repository.roots_of(tx, [hold_id]) if not root["pending"])
    # A step waits with its goods, and is let go with the last of them.
    pending = frozenset(await repository.pending_goods(tx, hold_id))
    named = {thing.object_id: thing for thing in [await objects.find(tx, key, sites) for key in keys]}
    cut = frozenset(await repository.cuts_of(tx, hold_id))
    release = _Release(row, list(named.values()), roots, pending, cut, reason)
    if sites is not None and release.is_whole and (row["scope_kind"] > 1 or not roots <= await objects.met_at(tx, roots, sites)):
        raise OutsideSitesError("The hold stands on more than what is met at your sites: release what you meet by its “keys”.", field="keys")
    return release
