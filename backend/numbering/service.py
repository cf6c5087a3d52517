"""Numbers that people say aloud: NC-2026-0001, counted for each tenant, series and year."""

from backend.numbering import repository
from infra import clock
from infra.database import TenantTransaction


async def number_of(tx: TenantTransaction, series: str) -> str:
    """The next number; nothing else of the tenant's draws one of the series before this transaction ends."""
    year = clock.now().year
    return f"{series}-{year}-{await repository.next_number(tx, series, year):04d}"
