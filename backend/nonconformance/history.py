"""The history that nobody can change: what became of nonconformances, corrective actions and requests to suppliers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.nonconformance import history_repository as repository
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants.audit import SERVICE_ACTOR
from tenants.principal import Principal


@dataclass(frozen=True, slots=True)
class Entry:
    """One act; `detail_json` depends on it."""

    entry_id: UUID
    at: datetime
    actor_id: UUID | None
    actor: str
    act: str
    note: str
    detail_json: str


async def note(
    tx: TenantTransaction,
    actor: Principal | str | None,
    subject: str,
    act: str,
    note: str = "",
    *,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Write what was done; a text names a guest, and without an actor the service itself acted."""
    await repository.insert(
        tx,
        subject,
        uuid7(),
        at=at or clock.now(),
        actor_id=actor.actor_id if isinstance(actor, Principal) else None,
        actor=actor.display_name if isinstance(actor, Principal) else actor or SERVICE_ACTOR,
        act=act,
        note=note,
        detail=msgspec.json.encode(detail or {}, order="sorted").decode(),
    )


async def page_of_history(tx: TenantTransaction, subject: str, *, cursor: UUID | None, backward: bool, limit: int) -> list[Entry]:
    """What became of something, newest first, from behind the cursor (an entry's id), in the order of going."""
    rows = await repository.page(tx, subject, cursor=cursor, backward=backward, limit=limit)
    return [Entry(row["entry_id"], row["at"], row["actor_id"], row["actor"], row["act"], row["note"], row["detail"]) for row in rows]
