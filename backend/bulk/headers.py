"""Master data in the header of a captured document, on its way into the catalogue."""

from typing import Any

from backend.catalog.vocabulary import absorb, may_absorb
from backend.events.documents import Document
from backend.events.jobs import fault_list
from backend.events.timestamps import parse_timestamp
from backend.services import Services
from infra import clock
from infra.database import TenantTransaction
from tenants.principal import Principal


async def absorb_header(services: Services, principal: Principal, master_data: list[dict[str, Any]], document: Document) -> list[dict[str, str]]:
    """Keep what a document tells of products, places and partners, before its events are captured; gives what is to be told as warnings.

    In a transaction of its own: a large header takes seconds, and holds would wait for it. Told again it changes nothing. What a sender
    tells who may not write the catalogue isn't kept, which is no fault of his: most documents bring their master data along.
    """
    if not master_data or not may_absorb(principal):
        return []
    created = parse_timestamp(document.creation_date) if document.creation_date else None

    async def use_case(tx: TenantTransaction) -> list[dict[str, str]]:
        absorbed = await absorb(tx, principal, master_data, told_at=created or clock.now(), sender=document.sender or "")
        return fault_list(absorbed.faults)

    return await services.in_tenant(principal.tenant_id, use_case)
