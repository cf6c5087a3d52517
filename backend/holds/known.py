"""A hold as people see it, and reading one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.holds import repository
from backend.holds.errors import HoldNotFoundError
from backend.holds.roots import scope_of
from backend.holds.scopes import HoldCauseKind, HoldOrigin, Scope
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from infra.database import Gate, Record, TenantTransaction

REASON_LENGTH: Final = 200
NOTE_LENGTH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as people see it. `object_key` is the first object on which it stands; None while nothing has fallen into its scope.

    `placed_by` is None where the service itself placed it.
    """

    hold_id: UUID
    object_key: str | None
    object_uri: str | None
    reason: str
    note: str
    active: bool
    placed_at: datetime
    placed_by: UUID | None
    released_at: datetime | None
    release_reason: str | None
    origin: HoldOrigin
    scope: Scope

    @classmethod
    def from_row(cls, row: Record) -> "Hold":
        """From a row joined with its object."""
        uri = None
        if row["key"] is not None:
            uri = objects.TraceableObject(row["object_id"], ObjectKind(row["kind"]), row["key"], None, "").uri
        return cls(
            row["hold_id"], row["key"], uri, row["reason"], row["note"], row["status"] == repository.ACTIVE, row["placed_at"],
            row["placed_by"], row["released_at"], row["release_reason"], HoldOrigin(HoldCauseKind(row["origin_kind"]), row["origin_reference"]),
            scope_of(row),
        )  # fmt: skip


async def get_hold(tx: TenantTransaction, hold_id: UUID) -> Hold:
    """One hold; raises `HoldNotFoundError`."""
    row = await repository.by_id(tx, hold_id)
    if row is None:
        raise HoldNotFoundError
    return Hold.from_row(row)


def require_exclusive(tx: TenantTransaction) -> None:
    """Raise unless the transaction shut the tenant's gate at its beginning."""
    if tx.gate is not Gate.EXCLUSIVE:
        raise RuntimeError("holds are placed and released behind the exclusive gate")
