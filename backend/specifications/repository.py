"""Statements on specifications."""

from collections.abc import Collection
from dataclasses import astuple
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.specifications.rules import Scope
from infra.database import Record, TenantTransaction

_SPECIFICATION = "s.specification_id, s.code, s.names, s.product, s.material, s.supplier, s.step, s.customer, s.kind, s.created_at"
_VERSION = """v.specification_id, v.version, v.status, v.characteristics, v.sampling_plan_id, v.on_failure, v.note, v.valid_from, v.written_at,
  v.released_at, v.withdrawn_at, v.withdrawn_reason"""


async def insert(tx: TenantTransaction, specification_id: UUID, code: str, names: str, scope: Scope, *, at: datetime, by: UUID) -> bool:
    """Add a specification; False where its code or its scope is taken."""
    return (
        await tx.execute(
            """insert into specification (
                 tenant_id, specification_id, code, names, product, material, supplier, step, customer, kind, created_at, created_by)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing""",
            specification_id,
            code,
            names,
            *astuple(scope),
            at,
            by,
        )
        == 1
    )


async def rename(tx: TenantTransaction, specification_id: UUID, names: str) -> None:
    """Give other names."""
    await tx.execute("update specification set names = $3 where tenant_id = $1 and specification_id = $2", specification_id, names)


async def by_ids(tx: TenantTransaction, specification_ids: Collection[UUID]) -> list[Record]:
    """Specifications by id."""
    return await tx.fetch(
        f"select {_SPECIFICATION} from specification s where s.tenant_id = $1 and s.specification_id = any($2::uuid[])", list(specification_ids)
    )


async def locked(tx: TenantTransaction, specification_id: UUID) -> Record | None:
    """One specification; whoever else writes a version of it waits."""
    return await tx.fetchrow(
        f"select {_SPECIFICATION} from specification s where s.tenant_id = $1 and s.specification_id = $2 for no key update of s", specification_id
    )


async def by_code(tx: TenantTransaction, code: str) -> Record | None:
    """One specification by its code."""
    return await tx.fetchrow(f"select {_SPECIFICATION} from specification s where s.tenant_id = $1 and s.code = $2", code)


async def by_scope(tx: TenantTransaction, scope: Scope) -> Record | None:
    """The specification for exactly this."""
    return await tx.fetchrow(
        f"""select {_SPECIFICATION} from specification s where s.tenant_id = $1 and s.product = $2 and s.material = $3 and s.supplier = $4
              and s.step = $5 and s.customer = $6 and s.kind = $7""",
        *astuple(scope),
    )


async def page(tx: TenantTransaction, *, product: str | None, cursor: str, backward: bool, limit: int) -> list[Record]:
    """Specifications in order of their codes, from behind the cursor, in the order of going."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select {_SPECIFICATION} from specification s
            where s.tenant_id = $1 and ($2 = '' or s.code {behind} $2) and ($3::text is null or s.product = $3)
            order by s.code {order} limit $4""",
        cursor,
        product,
        limit,
    )


async def write_draft(tx: TenantTransaction, specification_id: UUID, version: int, fields: tuple[Any, ...]) -> int:
    """Write a version that isn't released, or write it anew; 0 where it is released. The fields stand in the order of the columns."""
    return await tx.execute(
        """insert into specification_version as v (
             tenant_id, specification_id, version, status, characteristics, sampling_plan_id, on_failure, photos_required, note, digest,
             written_at, written_by)
           values ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict (tenant_id, specification_id, version) do update set
             characteristics = excluded.characteristics, sampling_plan_id = excluded.sampling_plan_id, on_failure = excluded.on_failure,
             photos_required = excluded.photos_required, note = excluded.note, digest = excluded.digest, written_at = excluded.written_at,
             written_by = excluded.written_by
           where v.tenant_id = $1 and v.status = 1""",
        specification_id,
        version,
        *fields,
    )


async def release(tx: TenantTransaction, specification_id: UUID, version: int, *, valid_from: datetime, at: datetime, by: UUID) -> int:
    """Release a draft; 0 where it is none."""
    return await tx.execute(
        """update specification_version set status = 2, valid_from = $4, released_at = $5, released_by = $6
           where tenant_id = $1 and specification_id = $2 and version = $3 and status = 1""",
        specification_id,
        version,
        valid_from,
        at,
        by,
    )


async def withdraw(tx: TenantTransaction, specification_id: UUID, version: int, *, at: datetime, reason: str) -> int:
    """Take a released version out of force; 0 where it isn't."""
    return await tx.execute(
        """update specification_version set status = 3, withdrawn_at = $4, withdrawn_reason = $5
           where tenant_id = $1 and specification_id = $2 and version = $3 and status = 2""",
        specification_id,
        version,
        at,
        reason,
    )


async def latest(tx: TenantTransaction, specification_id: UUID) -> Record | None:
    """The version with the highest number."""
    return await tx.fetchrow(
        f"select {_VERSION} from specification_version v where v.tenant_id = $1 and v.specification_id = $2 order by v.version desc limit 1",
        specification_id,
    )


async def version(tx: TenantTransaction, specification_id: UUID, number: int) -> Record | None:
    """One version."""
    return await tx.fetchrow(
        f"select {_VERSION} from specification_version v where v.tenant_id = $1 and v.specification_id = $2 and v.version = $3",
        specification_id,
        number,
    )


async def versions(tx: TenantTransaction, wanted: Collection[tuple[UUID, int]]) -> list[Record]:
    """Versions by specification and number."""
    return await tx.fetch(
        f"""select {_VERSION} from unnest($2::uuid[], $3::int[]) as asked(specification_id, version)
            join specification_version v on v.tenant_id = $1 and v.specification_id = asked.specification_id and v.version = asked.version""",
        [specification_id for specification_id, _ in wanted],
        [number for _, number in wanted],
    )


async def page_of_versions(tx: TenantTransaction, specification_id: UUID, *, cursor: int, backward: bool, limit: int) -> list[Record]:
    """A specification's versions, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_VERSION} from specification_version v
            where v.tenant_id = $1 and v.specification_id = $2 and ($3 = 0 or v.version {behind} $3) order by v.version {order} limit $4""",
        specification_id,
        cursor,
        limit,
    )


async def in_force(tx: TenantTransaction, goods: Scope, at: datetime) -> list[Record]:
    """Every specification that may be for these goods and has a version in force then, with that version's number.

    Of a specification the newest released version counts whose time has come; withdrawn, it leaves none in force.
    """
    return await tx.fetch(
        f"""select {_SPECIFICATION}, last.version from specification s
            cross join lateral (
              select v.version, v.status, v.withdrawn_at from specification_version v
              where v.tenant_id = $1 and v.specification_id = s.specification_id and v.status in (2, 3) and v.valid_from <= $8
              order by v.version desc limit 1) last
            where s.tenant_id = $1 and s.product = any($2::text[]) and s.material in ('', $3) and s.supplier in ('', $4) and s.step in ('', $5)
              and s.customer in ('', $6) and s.kind in (0, $7) and (last.status = 2 or last.withdrawn_at > $8)""",
        ["", goods.product],
        *astuple(goods)[1:],
        at,
    )


async def version_in_force(tx: TenantTransaction, specification_id: UUID, at: datetime) -> int | None:
    """The version of one specification that is in force then."""
    found: int | None = await tx.fetchval(
        """select case when last.status = 2 or last.withdrawn_at > $3 then last.version end from (
             select v.version, v.status, v.withdrawn_at from specification_version v
             where v.tenant_id = $1 and v.specification_id = $2 and v.status in (2, 3) and v.valid_from <= $3
             order by v.version desc limit 1) last""",
        specification_id,
        at,
    )
    return found
