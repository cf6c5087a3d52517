"""Statements that read memberships for many lots at once."""

from collections.abc import Collection

from infra.database import Record, TenantTransaction


async def unit_counts(tx: TenantTransaction, lots: Collection[int]) -> list[Record]:
    """(lot, how many units)."""
    return await tx.fetch(
        """select lot_id, count(distinct unit_id) as units from unit_membership
           where tenant_id = $1 and lot_id = any($2::bigint[]) and superseded_by is null group by lot_id""",
        list(lots),
    )
