"""Place a hold, release it as a whole or in part, and say what it reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.catalog.sites import Sites, sites_of
from backend.holds import query_repository, reach, repository
from backend.holds.errors import GoodsHeldError, HoldCause, HoldNotFoundError, HoldReleasedError
from backend.identifiers import ObjectKind, parse_identifier
from backend.objects import service as objects
from backend.objects.errors import ObjectNotFoundError
from infra import clock
from infra.database import Gate, Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign

CHANGED = "holds.changed"
REASON_LENGTH = 200
NOTE_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as people see it."""

    hold_id: UUID
    object_key: str
    object_uri: str
    reason: str
    note: str
    active: bool
    placed_at: datetime
    placed_by: UUID
    released_at: datetime | None
    release_reason: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Hold":
        """From a row joined with its object."""
        named = objects.TraceableObject(row["object_id"], ObjectKind(row["kind"]), row["key"], None, "")
        return cls(
            row["hold_id"], row["key"], named.uri, row["reason"], row["note"], row["status"] == repository.ACTIVE, row["placed_at"],
            row["placed_by"], row["released_at"], row["release_reason"],
        )  # fmt: skip


def _text(value: str, field: str, limit: int, *, required: bool) -> str:
    cleaned = value.strip()
    if required and not cleaned:
        raise InvalidInputError(f"“{field}” is empty: say why, so that whoever meets the hold understands it.", field=field)
    if len(cleaned) > limit or "\x00" in cleaned:
        raise InvalidInputError(f"“{field}” is longer than {limit} characters or holds a NUL; shorten it.", field=field)
    return cleaned


async def place_hold(tx: TenantTransaction, principal: Principal, *, key: str, reason: str, note: str = "") -> Hold:
    """Put an object on hold, and with it at once its units and everything made from it, now and later.

    The transaction must have passed the exclusive gate. A lot or unit that has not been met yet may be held in advance.
    """
    sites = await sites_of(tx, principal, Permission.HOLDS_PLACE)
    _require_exclusive(tx)
    reason = _text(reason, "reason", REASON_LENGTH, required=True)
    note = _text(note, "note", NOTE_LENGTH, required=False)
    # Whoever is limited to sites holds what is met there; in advance only somebody without a limit, or the answer would tell of others' goods.
    held = await _find_or_announce(tx, key) if sites is None else await objects.find(tx, key, sites)
    hold_id = uuid7()
    await repository.insert(
        tx, hold_id=hold_id, object_id=held.object_id, reason=reason, note=note, placed_at=clock.now(), placed_by=principal.actor_id
    )
    await audit.record(tx, principal, "hold.placed", held.key, after={"hold": str(hold_id), "note": note}, reason=reason)
    await enqueue(tx, CHANGED, [{"hold_id": str(hold_id), "object_ids": [held.object_id]}])
    return await get_hold(tx, hold_id)


async def _find_or_announce(tx: TenantTransaction, key: str) -> objects.TraceableObject:
    try:
        return await objects.find(tx, key)
    except ObjectNotFoundError:
        identifier = parse_identifier(key.strip())
        if identifier.kind not in (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT) or not identifier.is_gs1:
            raise
        ids = await objects.resolve(tx, [identifier])
        return (await objects.load(tx, ids.values()))[ids[identifier.key]]


@dataclass(frozen=True, slots=True)
class _Release:
    """A hold in force, and those of its objects that are to be let go; without any, the hold ends."""

    row: Record
    named: list[objects.TraceableObject]
    reason: str

    @property
    def is_whole(self) -> bool:
        return not self.named or any(item.object_id == self.row["object_id"] for item in self.named)

    @property
    def keys(self) -> list[str]:
        return [item.key for item in self.named] or [self.row["key"]]

    def content(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "act": "hold.released", "hold": str(self.row["hold_id"]), "on": self.row["key"], "heldBecause": self.row["reason"],
            "placedAt": clock.isoformat(self.row["placed_at"]), "released": self.keys, "whole": self.is_whole, "reason": self.reason,
        }  # fmt: skip


async def check_release(tx: TenantTransaction, principal: Principal, *, hold_id: UUID, reason: str, keys: Sequence[str] = ()) -> None:
    """Raise what `release_hold` would raise, before anybody is asked to sign; writes nothing and needs no gate."""
    await _releasable(tx, principal, hold_id, reason, keys)


async def release_hold(
    tx: TenantTransaction, principal: Principal, *, hold_id: UUID, reason: str, signature: Signature, keys: Sequence[str] = ()
) -> Hold:
    """Release a hold as a whole, or only the objects named in `keys` (a cut: another path to them holds them again).

    The transaction must have passed the exclusive gate. Other holds on the same goods stay in force. The signature (21 CFR 11.70) is
    stored with the release or not at all; it was proved before the transaction began.
    """
    _require_exclusive(tx)
    release = await _releasable(tx, principal, hold_id, reason, keys)
    row, at = release.row, clock.now()
    if release.is_whole:
        await repository.close(tx, hold_id, at=at, by=principal.actor_id, reason=release.reason)
        released = [row["object_id"]]
    else:
        released = [item.object_id for item in release.named]
        await repository.cut(tx, hold_id, released, at=at, by=principal.actor_id, reason=release.reason)
    signature_id = await sign(tx, principal, signature, subject=f"hold:{hold_id}", content=release.content())
    after = {"hold": str(hold_id), "objects": release.keys}
    await audit.record(tx, principal, "hold.released", row["key"], after=after, reason=release.reason, signature_id=signature_id)
    await enqueue(tx, CHANGED, [{"hold_id": str(hold_id), "object_ids": [row["object_id"], *released]}])
    return await get_hold(tx, hold_id)


async def _releasable(tx: TenantTransaction, principal: Principal, hold_id: UUID, reason: str, keys: Sequence[str]) -> _Release:
    sites = await sites_of(tx, principal, Permission.HOLDS_RELEASE)
    reason = _text(reason, "reason", REASON_LENGTH, required=True)
    row = await repository.by_id(tx, hold_id, sites)
    if row is None:
        raise HoldNotFoundError
    if row["status"] != repository.ACTIVE:
        raise HoldReleasedError
    return _Release(row, [await objects.find(tx, key, sites) for key in keys], reason)


async def get_hold(tx: TenantTransaction, hold_id: UUID) -> Hold:
    """One hold; raises `HoldNotFoundError`."""
    row = await repository.by_id(tx, hold_id)
    if row is None:
        raise HoldNotFoundError
    return Hold.from_row(row)


async def list_holds(
    tx: TenantTransaction, *, active_only: bool = True, before: UUID | None = None, limit: int = 50, sites: Sites | None = None
) -> list[Hold]:
    """Holds on what the sites meet, newest first."""
    rows = await page_of_rows(tx, active_only=active_only, cursor=before, backward=False, limit=limit, sites=sites)
    return [Hold.from_row(row) for row in rows]


async def page_of_rows(
    tx: TenantTransaction, *, active_only: bool, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None
) -> list[Record]:
    """Holds as rows, on what the sites meet, newest first, from behind the cursor (a hold's id), in the order of going."""

    async def read(behind: UUID | None, most: int) -> list[Record]:
        return await query_repository.page(tx, active_only=active_only, cursor=behind, backward=backward, limit=most)

    return await read(cursor, limit) if sites is None else await objects.first_met(tx, read, cursor=cursor, limit=limit, sites=sites)


async def why_held(tx: TenantTransaction, object_ids: Sequence[int], sites: Sites | None = None) -> list[HoldCause]:
    """Why goods, or anything in them, are held; empty when they are free. With `sites`, for goods that aren't met there: holds on
    what is met there alone. Whoever meets the goods is told every cause."""
    return await reach.causes(tx, object_ids, sites)


async def refuse_if_held(tx: TenantTransaction, object_ids: Sequence[int]) -> None:
    """The gate of every command: raise `GoodsHeldError` with the causes unless all goods are free.

    The transaction must have passed the gate in an earlier statement, so that no hold comes between this look and the commit.
    """
    if tx.gate is Gate.NONE:
        raise RuntimeError("a command asks for held goods only behind the gate")
    # A link that another transaction is about to commit may make these goods held: wait for it, then look.
    await tx.lock_derivation()
    found = await reach.causes(tx, object_ids)
    if found:
        raise GoodsHeldError(found)


def _require_exclusive(tx: TenantTransaction) -> None:
    if tx.gate is not Gate.EXCLUSIVE:
        raise RuntimeError("holds are placed and released behind the exclusive gate")
