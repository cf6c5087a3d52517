"""Statements on suppliers' certificates."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS: Final = "certificate_id, party, kind, number, issuer, valid_from, valid_to, recorded_at, withdrawn_at"


async def insert(
    tx: TenantTransaction, *, certificate_id: UUID, party: str, kind: str, number: str, issuer: str, valid_from: date | None, valid_to: date,
    at: datetime, by: UUID,
) -> None:  # fmt: skip
    """A certificate."""
    await tx.execute(
        """insert into supplier_certificate (tenant_id, certificate_id, party, kind, number, issuer, valid_from, valid_to, recorded_at, recorded_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        certificate_id,
        party,
        kind,
        number,
        issuer,
        valid_from,
        valid_to,
        at,
        by,
    )


async def withdraw(tx: TenantTransaction, certificate_id: UUID, at: datetime) -> int:
    """0 where there is none, or it was withdrawn before."""
    return await tx.execute(
        "update supplier_certificate set withdrawn_at = $3 where tenant_id = $1 and certificate_id = $2 and withdrawn_at is null", certificate_id, at
    )


async def by_id(tx: TenantTransaction, certificate_id: UUID) -> Record | None:
    """One of them."""
    return await tx.fetchrow(f"select {_COLUMNS} from supplier_certificate where tenant_id = $1 and certificate_id = $2", certificate_id)


async def page(tx: TenantTransaction, party: str | None, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_COLUMNS} from supplier_certificate
            where tenant_id = $1 and ($2::text is null or party = $2) and ($3::uuid is null or certificate_id {behind} $3)
            order by certificate_id {order} limit $4""",
        party,
        cursor,
        limit,
    )
