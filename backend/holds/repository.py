"""Statements on holds."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.catalog.sites import Sites
from backend.objects.visibility import visible
from infra.database import Record, TenantTransaction

HOLD_COLUMNS = "h.hold_id, h.object_id, o.key, o.kind, h.reason, h.note, h.status, h.placed_at, h.placed_by, h.released_at, h.release_reason"
ACTIVE, RELEASED = 1, 2


async def insert(tx: TenantTransaction, *, hold_id: UUID, object_id: int, reason: str, note: str, placed_at: datetime, placed_by: UUID) -> None:
    """Write the root; that is all that placing a hold needs."""
    await tx.execute(
        """insert into hold (tenant_id, hold_id, object_id, reason, note, status, placed_at, placed_by)
           values ($1, $2, $3, $4, $5, 1, $6, $7)""",
        hold_id,
        object_id,
        reason,
        note,
        placed_at,
        placed_by,
    )


async def roots(tx: TenantTransaction) -> list[Record]:
    """Roots in force: held objects and goods left pending by a correction: (hold, object, reason, placed at, pending, cuts)."""
    return await tx.fetch(
        """select h.hold_id, h.object_id, h.reason, h.placed_at, false as pending,
                  coalesce((select array_agg(c.object_id) from hold_cut c where c.tenant_id = $1 and c.hold_id = h.hold_id), '{}') as cuts
           from hold h where h.tenant_id = $1 and h.status = 1
           union all
           select h.hold_id, p.object_id, h.reason, h.placed_at, true,
                  coalesce((select array_agg(c.object_id) from hold_cut c where c.tenant_id = $1 and c.hold_id = h.hold_id), '{}')
           from hold h join hold_pending p on p.tenant_id = $1 and p.hold_id = h.hold_id and p.released_at is null
           where h.tenant_id = $1 and h.status = 1"""
    )


async def any_active(tx: TenantTransaction) -> bool:
    """Whether the tenant has any hold in force: where it has none, the gate costs this one look."""
    return bool(await tx.fetchval("select exists (select 1 from hold where tenant_id = $1 and status = 1)"))


async def held_containers(tx: TenantTransaction, objects: Collection[int], containers: Collection[int]) -> list[Record]:
    """Which of `objects` lay, at any level and at or after the hold on it was placed, in one of `containers`: (object, container).

    A container that was held by name holds what was in it, also after that is taken out.
    """
    return await tx.fetch(
        """with recursive outward(object_id, container_id, valid_to) as (
             select c.content_id, c.container_id, c.valid_to from containment c where c.tenant_id = $1 and c.content_id = any($2::bigint[])
             union
             select w.object_id, c.container_id, least(w.valid_to, c.valid_to) from outward w
             join containment c on c.tenant_id = $1 and c.content_id = w.container_id)
           select distinct w.object_id, w.container_id from outward w
           join hold h on h.tenant_id = $1 and h.object_id = w.container_id and h.status = 1 and w.valid_to > h.placed_at
           where w.container_id = any($3::bigint[])""",
        list(objects),
        list(containers),
    )


async def by_id(tx: TenantTransaction, hold_id: UUID, sites: Sites | None = None) -> Record | None:
    """One hold, if the sites meet what it stands on."""
    fence = visible(sites, "h.object_id", at=3)
    return await tx.fetchrow(
        f"""select {HOLD_COLUMNS} from hold h join traceable_object o on o.tenant_id = $1 and o.object_id = h.object_id
            where h.tenant_id = $1 and h.hold_id = $2{fence.condition}""",
        hold_id,
        *fence.values,
    )


async def close(tx: TenantTransaction, hold_id: UUID, *, at: datetime, by: UUID, reason: str) -> None:
    """Release a hold as a whole, and with it what a correction had left pending under it."""
    await tx.execute(
        "update hold set status = 2, released_at = $3, released_by = $4, release_reason = $5 where tenant_id = $1 and hold_id = $2",
        hold_id,
        at,
        by,
        reason,
    )
    await tx.execute("update hold_pending set released_at = $3 where tenant_id = $1 and hold_id = $2 and released_at is null", hold_id, at)


async def cut(tx: TenantTransaction, hold_id: UUID, objects: Collection[int], *, at: datetime, by: UUID, reason: str) -> None:
    """Release only these objects from a hold."""
    await tx.execute(
        """insert into hold_cut (tenant_id, hold_id, object_id, released_at, released_by, reason)
           select $1, $2, object_id, $4, $5, $6 from unnest($3::bigint[]) as named(object_id) on conflict do nothing""",
        hold_id,
        list(objects),
        at,
        by,
        reason,
    )
    await tx.execute(
        "update hold_pending set released_at = $4 where tenant_id = $1 and hold_id = $2 and object_id = any($3::bigint[]) and released_at is null",
        hold_id,
        list(objects),
        at,
    )


async def insert_pending(tx: TenantTransaction, rows: Collection[tuple[UUID, int, int]]) -> None:
    """(hold, object, declaration) for goods that a correction has just cut off from a held root."""
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into hold_pending (tenant_id, hold_id, object_id, since_event)
           select $1, * from unnest($2::uuid[], $3::bigint[], $4::bigint[])
           on conflict (tenant_id, hold_id, object_id) do update set released_at = null, since_event = excluded.since_event""",
        *columns,
    )


async def mark_anomaly(tx: TenantTransaction, event_ids: Collection[int], anomaly: int) -> None:
    """Note on events that they broke a rule."""
    await tx.execute("update event set anomaly = $3 where tenant_id = $1 and event_id = any($2::bigint[])", list(event_ids), anomaly)
