"""Statements on photos."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS = "photo_id, state, content_type, size, sha256, allowed_at, allowed_by, checked_at, refusal, width, height, taken_at"


async def insert(tx: TenantTransaction, values: Sequence[Any]) -> None:
    """photo_id, state, content_type, size, sha256, allowed_at, allowed_by."""
    await tx.execute(
        """insert into photo (tenant_id, photo_id, state, content_type, size, sha256, allowed_at, allowed_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        *values,
    )


async def lock(tx: TenantTransaction, photo_id: UUID) -> Record | None:
    """One photo, which nobody else checks meanwhile."""
    return await tx.fetchrow(f"select {_COLUMNS} from photo where tenant_id = $1 and photo_id = $2 for update", photo_id)


async def by_ids(tx: TenantTransaction, photo_ids: Collection[UUID]) -> list[Record]:
    """Photos by id."""
    return await tx.fetch(f"select {_COLUMNS} from photo where tenant_id = $1 and photo_id = any($2::uuid[])", list(photo_ids))


async def checked(tx: TenantTransaction, photo_id: UUID, values: Sequence[Any]) -> None:
    """state, checked_at, refusal, width, height, taken_at."""
    await tx.execute(
        """update photo set state = $3, checked_at = $4, refusal = $5, width = $6, height = $7, taken_at = $8
           where tenant_id = $1 and photo_id = $2""",
        photo_id,
        *values,
    )


async def attach(tx: TenantTransaction, subject: str, photo_ids: Sequence[UUID], *, at: datetime, by: UUID) -> int:
    """Photos that belong to something from now on; those that did already are left as they are."""
    return await tx.execute(
        """insert into photo_subject (tenant_id, subject, photo_id, attached_at, attached_by)
           select $1, $2, p, $4, $5 from unnest($3::uuid[]) p on conflict (tenant_id, subject, photo_id) do nothing""",
        subject,
        list(photo_ids),
        at,
        by,
    )


async def count_of(tx: TenantTransaction, subject: str) -> int:
    """How many belong to something."""
    found: int = await tx.fetchval("select count(*) from photo_subject where tenant_id = $1 and subject = $2", subject)
    return found


async def of_subjects(tx: TenantTransaction, subjects: Collection[str]) -> list[Record]:
    """(subject, photo) of each, oldest first."""
    return await tx.fetch(
        """select s.subject, p.photo_id, p.state, p.content_type, p.size, p.sha256, p.allowed_at, p.allowed_by, p.checked_at, p.refusal,
             p.width, p.height, p.taken_at
           from photo_subject s join photo p on p.tenant_id = $1 and p.photo_id = s.photo_id
           where s.tenant_id = $1 and s.subject = any($2::text[]) order by s.subject, s.photo_id""",
        list(subjects),
    )


async def tenants_public_id(tx: TenantTransaction) -> UUID:
    """The tenant's own, which its objects lie under."""
    public_id: UUID = await tx.fetchval("select public_id from tenant where tenant_id = $1")
    return public_id
