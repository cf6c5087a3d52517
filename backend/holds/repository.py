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
# What a release named; of a container also all its states, those to come as well: the hold no longer passes through it.
_CUTS = """coalesce((
                    select array_agg(cut.object_id) from (
                      select c.object_id from hold_cut c where c.tenant_id = $1 and c.hold_id = h.hold_id
                      union all
                      select s.state_id from hold_cut c
                      join container_state s on s.tenant_id = $1 and s.container_id = c.object_id
                      where c.tenant_id = $1 and c.hold_id = h.hold_id) cut), '{}')"""


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
        f"""select h.hold_id, h.object_id, h.reason, h.placed_at, false as pending,
                  {_CUTS} as cuts
           from hold h where h.tenant_id = $1 and h.status = 1
           union all
           select h.hold_id, p.object_id, h.reason, h.placed_at, true,
                  {_CUTS}
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


# A use of a held container is held from the hold on; one of which nothing is known but the container, whenever it was.
_USED_WHILE_HELD = """(s.used_at >= h.placed_at or not exists (
  select 1 from lot_link l where l.tenant_id = $1 and l.child_id = s.state_id and l.kind in (4, 8) and l.superseded_by is null))"""


async def held_states(tx: TenantTransaction, states: Collection[int], containers: Collection[int]) -> list[Record]:
    """Which of the nodes are uses of one of `containers`, or of what lay in it at or after its hold was placed: (object, container)."""
    return await tx.fetch(
        f"""with recursive outward(state_id, used_at, container_id, valid_to) as (
              select s.state_id, s.used_at, s.container_id, 'infinity'::timestamptz from container_state s
              where s.tenant_id = $1 and s.state_id = any($2::bigint[]) and not s.filled
              union
              select w.state_id, w.used_at, c.container_id, least(w.valid_to, c.valid_to) from outward w
              join containment c on c.tenant_id = $1 and c.content_id = w.container_id)
            select distinct s.state_id as object_id, s.container_id from outward s
            join hold h on h.tenant_id = $1 and h.object_id = s.container_id and h.status = 1 and s.valid_to > h.placed_at
            where s.container_id = any($3::bigint[]) and {_USED_WHILE_HELD}""",
        list(states),
        list(containers),
    )


async def states_held(tx: TenantTransaction, roots: Collection[int]) -> set[int]:
    """The uses in force of held containers among these roots, and of the containers that lie in them now."""
    rows = await tx.fetch(
        f"""with recursive inward(root_id, container_id) as (
              select o.object_id, o.object_id from traceable_object o
              where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and o.kind in (3, 4, 5)
              union
              select w.root_id, c.content_id from inward w
              join containment c on c.tenant_id = $1 and c.container_id = w.container_id and c.valid_to > now())
            select distinct s.state_id from inward w
            join container_state s on s.tenant_id = $1 and s.container_id = w.container_id and not s.filled
              and exists (select 1 from lot_link l where l.tenant_id = $1 and l.parent_id = s.state_id and l.superseded_by is null)
            join hold h on h.tenant_id = $1 and h.object_id = w.root_id and h.status = 1
            where {_USED_WHILE_HELD}""",
        list(roots),
    )
    return {row["state_id"] for row in rows}


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
