"""Statements on aliases."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS = "alias_id, number, first_id, second_id, cause, reason, asserted_at, asserted_by, revoked_at, revoked_by, revoke_reason"


async def insert(
    tx: TenantTransaction, *, alias_id: UUID, first_id: int, second_id: int, cause: int, reason: str, at: datetime, by: UUID
) -> int | None:
    """A new alias's number; None where the pair has one in force."""
    number: int | None = await tx.fetchval(
        """insert into alias (tenant_id, alias_id, first_id, second_id, cause, reason, asserted_at, asserted_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (tenant_id, first_id, second_id) where revoked_at is null do nothing returning number""",
        alias_id,
        first_id,
        second_id,
        cause,
        reason,
        at,
        by,
    )
    return number


async def revoke(tx: TenantTransaction, alias_id: UUID, *, at: datetime, by: UUID, reason: str) -> int:
    """Revoke an alias; 0 where it was revoked before."""
    return await tx.execute(
        """update alias set revoked_at = $3, revoked_by = $4, revoke_reason = $5
           where tenant_id = $1 and alias_id = $2 and revoked_at is null""",
        alias_id,
        at,
        by,
        reason,
    )


async def by_id(tx: TenantTransaction, alias_id: UUID) -> Record | None:
    """One alias."""
    return await tx.fetchrow(f"select {_COLUMNS} from alias where tenant_id = $1 and alias_id = $2", alias_id)


async def of_pair(tx: TenantTransaction, first_id: int, second_id: int) -> Record | None:
    """The alias in force of two objects, the smaller id first."""
    return await tx.fetchrow(
        f"select {_COLUMNS} from alias where tenant_id = $1 and first_id = $2 and second_id = $3 and revoked_at is null", first_id, second_id
    )


async def page(tx: TenantTransaction, object_id: int, *, active_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """An object's aliases, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_COLUMNS} from alias
            where tenant_id = $1 and (first_id = $2 or second_id = $2) and (revoked_at is null or not $3)
              and ($4::uuid is null or alias_id {behind} $4)
            order by alias_id {order} limit $5""",
        object_id,
        active_only,
        cursor,
        limit,
    )


async def in_force(tx: TenantTransaction, object_ids: Collection[int], limit: int) -> list[Record]:
    """(object, other) for the aliases in force of each object, of each at most `limit`, oldest first."""
    return await tx.fetch(
        """select asked.object_id, others.other_id from unnest($2::bigint[]) as asked(object_id)
           cross join lateral (
             select case when a.first_id = asked.object_id then a.second_id else a.first_id end as other_id from alias a
             where a.tenant_id = $1 and (a.first_id = asked.object_id or a.second_id = asked.object_id) and a.revoked_at is null
             order by a.alias_id limit $3) others""",
        list(object_ids),
        limit,
    )


async def first_named_at(tx: TenantTransaction, object_ids: Collection[int]) -> datetime | None:
    """The time of the earliest event that names one of these objects."""
    at: datetime | None = await tx.fetchval(
        "select min(event_time) from event_object where tenant_id = $1 and object_id = any($2::bigint[])", list(object_ids)
    )
    return at


async def reused(tx: TenantTransaction, made: Sequence[tuple[int, datetime]], used: Sequence[tuple[int, datetime]], gap: timedelta) -> list[Record]:
    """(lot, last used, made again) for the lots made then whose last use lies longer than `gap` before; and from the other side, for
    lots used then which came out of a transformation longer than `gap` later, without a use in between.
    """
    return await tx.fetch(
        """select made.lot_id, used.used_at, made.made_at from unnest($2::bigint[], $3::timestamptz[]) as made(lot_id, made_at)
           cross join lateral (
             select max(l.occurred_at) as used_at from lot_link l
             where l.tenant_id = $1 and l.parent_id = made.lot_id and l.superseded_by is null and l.kind = 1 and l.occurred_at < made.made_at) used
           where used.used_at < made.made_at - $6::interval
           union all
           select used.lot_id, used.used_at, made.made_at from unnest($4::bigint[], $5::timestamptz[]) as used(lot_id, used_at)
           cross join lateral (
             select min(l.occurred_at) as made_at from lot_link l
             where l.tenant_id = $1 and l.child_id = used.lot_id and l.superseded_by is null and l.kind = 2
               and l.occurred_at > used.used_at + $6::interval) made
           where made.made_at is not null and not exists (
             select 1 from lot_link b where b.tenant_id = $1 and b.parent_id = used.lot_id and b.superseded_by is null and b.kind = 1
               and b.occurred_at >= made.made_at - $6::interval and b.occurred_at < made.made_at)""",
        [lot_id for lot_id, _ in made],
        [at for _, at in made],
        [lot_id for lot_id, _ in used],
        [at for _, at in used],
        gap,
    )
