"""Statements on what the company tells of itself."""

from datetime import datetime

from infra.database import Record, TenantTransaction


async def profile(tx: TenantTransaction) -> Record | None:
    """The one row, if anything was told."""
    return await tx.fetchrow(
        """select legal_name, address, legal_representative, registration_number, phone, email, changed_at from company_profile
           where tenant_id = $1"""
    )


async def put_profile(
    tx: TenantTransaction, *, legal_name: str, address: str, legal_representative: str, registration_number: str, phone: str, email: str, at: datetime
) -> None:
    """Tell it anew."""
    await tx.execute(
        """insert into company_profile (tenant_id, legal_name, address, legal_representative, registration_number, phone, email, changed_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)
           on conflict (tenant_id) do update set legal_name = excluded.legal_name, address = excluded.address,
             legal_representative = excluded.legal_representative, registration_number = excluded.registration_number, phone = excluded.phone,
             email = excluded.email, changed_at = excluded.changed_at""",
        legal_name,
        address,
        legal_representative,
        registration_number,
        phone,
        email,
        at,
    )
