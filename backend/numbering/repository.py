"""The statement that gives a number."""

from infra.database import TenantTransaction


async def next_number(tx: TenantTransaction, series: str, year: int) -> int:
    """The next number of a series in a year: its row is held until the commit, so that none is given twice and none is lost."""
    number: int = await tx.fetchval(
        """insert into quality_number as n (tenant_id, series, year, last_number) values ($1, $2, $3, 1)
           on conflict (tenant_id, series, year) do update set last_number = n.last_number + 1 returning n.last_number""",
        series, year,
    )  # fmt: skip
    return number
