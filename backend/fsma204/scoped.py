"""The lots and units of a recall case's scope, and its number."""

from uuid import UUID

from infra.database import TenantTransaction


async def objects_of_case(tx: TenantTransaction, case_id: UUID, *, limit: int) -> list[int]:
    """Placeholder until the scope's package is here."""
    raise NotImplementedError(case_id, limit, tx)


async def number_of_case(tx: TenantTransaction, case_id: UUID) -> str:
    """Placeholder until the case's package is here."""
    raise NotImplementedError(case_id, tx)
