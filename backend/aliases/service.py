"""Declare two objects the same, take that back, and look it up."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from backend.aliases import repository
from backend.aliases.errors import (
    AliasExistsError,
    AliasKindError,
    AliasNotFoundError,
    AliasRevokedError,
    AliasToItselfError,
    TooManyAliasesError,
)
from backend.catalog.sites import Sites, sites_of
from backend.events.projection import Batch, Superseded
from backend.events.service import CaptureService
from backend.genealogy.aliasing import link_same
from backend.genealogy.rules import CONTAINERS
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.errors import ObjectNotFoundError
from backend.objects.service import TraceableObject
from infra import clock
from infra.database import Gate, Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

REASON_LENGTH: Final = 500
# Of one object; more would be a heap, not a relabelling. The closure over aliases of aliases has no bound.
MAXIMUM_ALIASES: Final = 50
ALIASED: Final = frozenset({ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK, ObjectKind.OTHER})


class AliasCause(IntEnum):
    """In which way two objects are the same; the numbers are stored and never change."""

    SUPPLIERS_IDENTIFIER = 1
    RELABELLED = 2
    MISTYPED = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class Alias:
    """A declaration that two objects are the same; in force until it is revoked."""

    alias_id: UUID
    first_id: int
    second_id: int
    cause: AliasCause
    reason: str
    asserted_at: datetime
    asserted_by: UUID
    revoked_at: datetime | None
    revoked_by: UUID | None
    revoke_reason: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Alias":
        """From a row of the table."""
        return cls(
            row["alias_id"], row["first_id"], row["second_id"], AliasCause(row["cause"]), row["reason"], row["asserted_at"], row["asserted_by"],
            row["revoked_at"], row["revoked_by"], row["revoke_reason"],
        )  # fmt: skip


async def assert_alias(
    tx: TenantTransaction, principal: Principal, capture: CaptureService, *, key: str, same_as: str, cause: AliasCause, reason: str
) -> Alias:
    """Declare that two known objects of one kind are the same: from the commit on, traces, holds and recalls follow it both ways.

    The transaction must have passed a gate, because the new link may bring goods under a hold. Raises `ObjectNotFoundError`,
    `AliasToItselfError`, `AliasKindError`, `AliasExistsError`, `TooManyAliasesError`.
    """
    _require(tx, Gate.SHARED)
    sites = await sites_of(tx, principal, Permission.ALIASES_DECLARE)
    reason = _text(reason)
    one, other = await _found(tx, key, "key", sites), await _found(tx, same_as, "sameAs", sites)
    _check(one, other)
    await capture.begin_deriving(tx)
    for thing in (one, other):
        if len(await repository.in_force(tx, [thing.object_id], MAXIMUM_ALIASES)) >= MAXIMUM_ALIASES:
            raise TooManyAliasesError(thing.uri, MAXIMUM_ALIASES)
    first, second = sorted((one.object_id, other.object_id))
    alias_id, at = uuid7(), clock.now()
    number = await repository.insert(
        tx, alias_id=alias_id, first_id=first, second_id=second, cause=cause, reason=reason, at=at, by=principal.actor_id
    )
    if number is None:
        raise AliasExistsError(one.uri, other.uri)
    # As of any time at which either was there, they were the same.
    begun = await repository.first_named_at(tx, (first, second))
    await link_same(tx, number, first, second, min(begun or at, at))
    units = {thing.object_id for thing in (one, other) if thing.kind is ObjectKind.UNIT}
    boxes = {thing.object_id for thing in (one, other) if thing.kind in CONTAINERS}
    await capture.derive(tx, Batch(at, [], [], {}, nodes={first, second}, units=units, containers=boxes))
    after = {"alias": str(alias_id), "sameAs": other.key, "cause": cause.name.lower()}
    await audit.record(tx, principal, "alias.asserted", one.key, after=after, reason=reason)
    await enqueue(tx, holds.CHANGED, [{"object_ids": [first, second]}])
    return await get_alias(tx, alias_id)


async def revoke_alias(tx: TenantTransaction, principal: Principal, capture: CaptureService, *, alias_id: UUID, reason: str) -> Alias:
    """Take a declaration back. It is a correction: what it cuts off from a hold's root stays held, as correction pending.

    The transaction must have passed the exclusive gate. Raises `AliasNotFoundError`, `AliasRevokedError`.
    """
    _require(tx, Gate.EXCLUSIVE)
    sites = await sites_of(tx, principal, Permission.ALIASES_DECLARE)
    reason = _text(reason)
    row = await repository.by_id(tx, alias_id)
    pair = {row["first_id"], row["second_id"]} if row is not None else set()
    if row is None or await objects.met_at(tx, pair, sites) != pair:
        raise AliasNotFoundError
    at = clock.now()
    await capture.begin_deriving(tx)
    if not await repository.revoke(tx, alias_id, at=at, by=principal.actor_id, reason=reason):
        raise AliasRevokedError
    await capture.derive(tx, Batch(at, [], [Superseded(-row["number"], -row["number"])], {}))
    named = await objects.load(tx, pair)
    first, second = (named[row["first_id"]], named[row["second_id"]])
    after = {"alias": str(alias_id), "sameAs": second.key}
    await audit.record(tx, principal, "alias.revoked", first.key, after=after, reason=reason)
    await enqueue(tx, holds.CHANGED, [{"object_ids": sorted(pair)}])
    return await get_alias(tx, alias_id)


def _check(one: TraceableObject, other: TraceableObject) -> None:
    if one.object_id == other.object_id:
        raise AliasToItselfError(one.uri)
    if one.kind is not other.kind or one.kind not in ALIASED:
        raise AliasKindError(one.kind, other.kind)


async def _found(tx: TenantTransaction, key: str, field: str, sites: Sites | None) -> TraceableObject:
    try:
        return await objects.find(tx, key, sites)
    except ObjectNotFoundError as problem:
        problem.field = field
        raise


def _text(reason: str) -> str:
    cleaned = reason.strip()
    if not cleaned:
        raise InvalidInputError("“reason” is empty: say why, so that whoever meets the goods understands it.", field="reason")
    if len(cleaned) > REASON_LENGTH or "\x00" in cleaned:
        raise InvalidInputError(f"“reason” is longer than {REASON_LENGTH} characters or holds a NUL; shorten it.", field="reason")
    return cleaned


def _require(tx: TenantTransaction, gate: Gate) -> None:
    if tx.gate not in (gate, Gate.EXCLUSIVE):
        raise RuntimeError(f"aliases change behind the gate {gate.name}")


async def get_alias(tx: TenantTransaction, alias_id: UUID) -> Alias:
    """One alias; raises `AliasNotFoundError`."""
    row = await repository.by_id(tx, alias_id)
    if row is None:
        raise AliasNotFoundError
    return Alias.from_row(row)


async def page_of_aliases(
    tx: TenantTransaction, key: str, *, active_only: bool, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[Alias]:
    """The aliases of an object that `sites` meet, newest first, from behind the cursor (an alias's id); raises `ObjectNotFoundError`."""
    found = await objects.find(tx, key, sites)
    rows = await repository.page(tx, found.object_id, active_only=active_only, cursor=cursor, backward=backward, limit=limit)
    return [Alias.from_row(row) for row in rows]


async def same_as(tx: TenantTransaction, object_ids: Collection[int]) -> dict[int, list[int]]:
    """What each object is declared the same as, directly, oldest declaration first."""
    found: dict[int, list[int]] = defaultdict(list)
    for row in await repository.in_force(tx, object_ids, MAXIMUM_ALIASES):
        found[row["object_id"]].append(row["other_id"])
    return found
