"""Statements on holds in force, on what they stand, and on releasing them; of placing, `root_repository.py`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.identifiers import STEPS_OF_GENEALOGY
from infra.database import Record, TenantTransaction

HOLD_COLUMNS = """h.hold_id, h.object_id, o.key, o.kind, h.reason, h.note, h.status, h.placed_at, h.placed_by, h.released_at, h.release_reason,
  h.origin_kind, h.origin_reference, h.scope_kind, h.party, h.gtin, h.equipment, h.step, h.place, h.since, h.until"""
HOLDS = "hold h left join traceable_object o on o.tenant_id = $1 and o.object_id = h.object_id"
ACTIVE, RELEASED = 1, 2
# What a release named; of a container also all its states, those to come as well: the hold no longer passes through it.
_CUTS = """coalesce((
                    select array_agg(cut.object_id) from (
                      select c.object_id from hold_cut c where c.tenant_id = $1 and c.hold_id = h.hold_id
                      union all
                      select s.state_id from hold_cut c
                      join container_state s on s.tenant_id = $1 and s.container_id = c.object_id
                      where c.tenant_id = $1 and c.hold_id = h.hold_id) cut), '{}')"""


async def in_force(tx: TenantTransaction) -> list[Record]:
    """Every hold in force with its cuts: (hold, reason, origin, cuts)."""
    return await tx.fetch(
        f"select h.hold_id, h.reason, h.origin_kind, h.origin_reference, {_CUTS} as cuts from hold h where h.tenant_id = $1 and h.status = 1"
    )


async def roots_among(tx: TenantTransaction, holds: Collection[UUID], objects: Collection[int]) -> list[Record]:
    """Which of `objects` these holds stand on, or keep pending since a correction: (hold, object, pending).

    A container that may be used again isn't held by itself where an event about it fell into a scope: what lay in it then is.
    """
    return await tx.fetch(
        """select r.hold_id, r.object_id, bool_and(r.superseded_by is not null) as pending from hold_root r
           where r.tenant_id = $1 and r.object_id = any($3::bigint[]) and r.hold_id = any($2::uuid[])
             and (r.held_to > r.held_from or not exists (
               select 1 from traceable_object o where o.tenant_id = $1 and o.object_id = r.object_id and o.kind in (4, 5)))
           group by r.hold_id, r.object_id
           union all
           select p.hold_id, p.object_id, true from hold_pending p
           where p.tenant_id = $1 and p.object_id = any($3::bigint[]) and p.hold_id = any($2::uuid[]) and p.released_at is null""",
        list(holds),
        list(objects),
    )


async def roots_of(tx: TenantTransaction, holds: Collection[UUID]) -> list[Record]:
    """(hold, object, pending) of all that these holds stand on, and of what they keep pending since a correction."""
    return await tx.fetch(
        """select distinct r.hold_id, r.object_id, false as pending from hold_root r where r.tenant_id = $1 and r.hold_id = any($2::uuid[])
           union all
           select p.hold_id, p.object_id, true from hold_pending p
           where p.tenant_id = $1 and p.hold_id = any($2::uuid[]) and p.released_at is null""",
        list(holds),
    )


async def pending_goods(tx: TenantTransaction, hold_id: UUID) -> set[int]:
    """The objects that wait under a hold since a correction, without steps of the genealogy."""
    rows = await tx.fetch(
        """select p.object_id from hold_pending p join traceable_object o on o.tenant_id = $1 and o.object_id = p.object_id
           where p.tenant_id = $1 and p.hold_id = $2 and p.released_at is null and o.kind <> all($3::int[])""",
        hold_id, [int(kind) for kind in STEPS_OF_GENEALOGY],
    )  # fmt: skip
    return {row["object_id"] for row in rows}


async def cuts_of(tx: TenantTransaction, hold_id: UUID) -> set[int]:
    """The objects that were released from a hold by name."""
    rows = await tx.fetch("select object_id from hold_cut where tenant_id = $1 and hold_id = $2", hold_id)
    return {row["object_id"] for row in rows}


async def any_active(tx: TenantTransaction) -> bool:
    """Whether the tenant has any hold in force: where it has none, the gate costs this one look."""
    return bool(await tx.fetchval("select exists (select 1 from hold where tenant_id = $1 and status = 1)"))


async def held_containers(tx: TenantTransaction, objects: Collection[int], holds: Collection[UUID]) -> list[Record]:
    """Which of `objects` lay, at any level, in a container on which one of these holds stands, while it held what lies in it:
    (object, hold, container).

    A container that was held by name holds what was in it, also after that is taken out.
    """
    return await tx.fetch(
        """with recursive outward(object_id, container_id, valid_from, valid_to) as (
             select c.content_id, c.container_id, c.valid_from, c.valid_to from containment c
             where c.tenant_id = $1 and c.content_id = any($2::bigint[])
             union
             select w.object_id, c.container_id, greatest(w.valid_from, c.valid_from), least(w.valid_to, c.valid_to) from outward w
             join containment c on c.tenant_id = $1 and c.content_id = w.container_id)
           select distinct w.object_id, r.hold_id, w.container_id from outward w
           join hold_root r on r.tenant_id = $1 and r.object_id = w.container_id and r.hold_id = any($3::uuid[])
             and w.valid_to > r.held_from and w.valid_from <= r.held_to
           where (r.gtin is null or exists (
             select 1 from traceable_object o where o.tenant_id = $1 and o.object_id = w.object_id and o.gtin = r.gtin))""",
        list(objects),
        list(holds),
    )


async def contents_held(tx: TenantTransaction, roots: Collection[int]) -> set[int]:
    """What lay, at any level, in held containers among these roots while they held it: the same as `held_containers`, downwards."""
    rows = await tx.fetch(
        """with recursive inward(root_id, content_id, valid_from, valid_to) as (
             select c.container_id, c.content_id, c.valid_from, c.valid_to from containment c
             where c.tenant_id = $1 and c.container_id = any($2::bigint[])
             union
             select w.root_id, c.content_id, greatest(w.valid_from, c.valid_from), least(w.valid_to, c.valid_to) from inward w
             join containment c on c.tenant_id = $1 and c.container_id = w.content_id)
           select distinct w.content_id from inward w
           join hold_root r on r.tenant_id = $1 and r.object_id = w.root_id and w.valid_to > r.held_from and w.valid_from <= r.held_to
           join hold h on h.tenant_id = $1 and h.hold_id = r.hold_id and h.status = 1
           where (r.gtin is null or exists (
             select 1 from traceable_object o where o.tenant_id = $1 and o.object_id = w.content_id and o.gtin = r.gtin))""",
        list(roots),
    )
    return {row["content_id"] for row in rows}


# A use of a held container is held from the hold on; one of which nothing is known but the container, whenever it was.
_USED_WHILE_HELD = """((s.used_at >= r.held_from and r.held_to > r.held_from) or not exists (
  select 1 from lot_link l where l.tenant_id = $1 and l.child_id = s.state_id and l.kind in (4, 8) and l.superseded_by is null))"""


async def held_states(tx: TenantTransaction, states: Collection[int], holds: Collection[UUID]) -> list[Record]:
    """Which of the nodes are uses of a container on which one of these holds stands, or of what lay in it while it held that:
    (object, hold, container).
    """
    return await tx.fetch(
        f"""with recursive outward(state_id, used_at, container_id, valid_from, valid_to) as (
              select s.state_id, s.used_at, s.container_id, '-infinity'::timestamptz, 'infinity'::timestamptz from container_state s
              where s.tenant_id = $1 and s.state_id = any($2::bigint[]) and not s.filled
              union
              select w.state_id, w.used_at, c.container_id, greatest(w.valid_from, c.valid_from), least(w.valid_to, c.valid_to) from outward w
              join containment c on c.tenant_id = $1 and c.content_id = w.container_id)
            select distinct s.state_id as object_id, r.hold_id, s.container_id from outward s
            join hold_root r on r.tenant_id = $1 and r.object_id = s.container_id and r.hold_id = any($3::uuid[])
              and s.valid_to > r.held_from and s.valid_from <= r.held_to
            where {_USED_WHILE_HELD}""",
        list(states),
        list(holds),
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
            join hold_root r on r.tenant_id = $1 and r.object_id = w.root_id
            join hold h on h.tenant_id = $1 and h.hold_id = r.hold_id and h.status = 1
            where {_USED_WHILE_HELD}""",
        list(roots),
    )
    return {row["state_id"] for row in rows}


async def by_id(tx: TenantTransaction, hold_id: UUID) -> Record | None:
    """One hold."""
    return await tx.fetchrow(f"select {HOLD_COLUMNS} from {HOLDS} where h.tenant_id = $1 and h.hold_id = $2", hold_id)


async def close(tx: TenantTransaction, hold_id: UUID, *, at: datetime, by: UUID | None, reason: str) -> None:
    """Release a hold as a whole, and with it what a correction had left pending under it."""
    await tx.execute(
        "update hold set status = 2, released_at = $3, released_by = $4, release_reason = $5 where tenant_id = $1 and hold_id = $2",
        hold_id,
        at,
        by,
        reason,
    )
    await tx.execute("update hold_pending set released_at = $3 where tenant_id = $1 and hold_id = $2 and released_at is null", hold_id, at)


async def cut(tx: TenantTransaction, hold_id: UUID, objects: Collection[int], *, at: datetime, by: UUID | None, reason: str) -> None:
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


async def standing_in(tx: TenantTransaction, containers: Collection[int]) -> bool:
    """Whether a hold in force stands on one of these."""
    return bool(
        await tx.fetchval(
            """select exists (select 1 from hold_root r join hold h on h.tenant_id = $1 and h.hold_id = r.hold_id and h.status = 1
               where r.tenant_id = $1 and r.object_id = any($2::bigint[]))""",
            list(containers),
        )
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
