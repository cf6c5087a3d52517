"""Statements on single deliveries of a frozen scope's goods."""

from collections.abc import Sequence
from uuid import UUID

from infra.database import Record, TenantTransaction


async def of_parties(tx: TenantTransaction, case_id: UUID, version: int, parties: Sequence[str]) -> list[Record]:
    """What each delivery took to these customers: (party, key, uom, shipment, quantity, shipped_at, document), oldest first."""
    return await tx.fetch(
        """select party, key, uom, shipment, sum(quantity) as quantity, min(shipped_at) as shipped_at, min(document) as document
           from recall_shipped where tenant_id = $1 and case_id = $2 and version = $3 and party = any($4::text[])
           group by party, key, uom, shipment order by party, key, uom, shipped_at, shipment""",
        case_id,
        version,
        list(parties),
    )
