"""Find what is published, as anybody may: whose host it is, and the one row that answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.history import repository
from backend.history.addresses import Address, slug_in
from backend.history.document import History, decode, unit_in_lot
from infra.database import Database
from tenants.directory import Tenant, tenant_by_gtin, tenant_by_slug

# No tenant has this id: whoever asks a host that is nobody's waits as long as everyone.
NOBODY: Final = 0


@dataclass(frozen=True, slots=True)
class PublishedHistory:
    """What a page shows, whose it is, and since when it says so."""

    tenant: Tenant
    history: History
    published_at: datetime


async def find_history(public: Database, host: str, public_url: str, address: Address) -> PublishedHistory | None:
    """What is published at an address of a host. None for what isn't known, isn't published or is another tenant's: all the same.

    The host names the tenant, or else a verified claim on the GTIN does.
    """
    slug = slug_in(host, public_url)
    tenant = await tenant_by_slug(public, slug) if slug is not None else await tenant_by_gtin(public, address.gtin)
    async with public.tenant(tenant.tenant_id if tenant else NOBODY) as tx:
        row = await repository.published(tx, address.key)
    if tenant is None or row is None or (address.lot_key and row["lot_key"] not in (None, address.lot_key)):
        return None
    history = decode(row["document"])
    if row["lot_key"]:
        if row["lot_document"] is None:
            return None
        history = unit_in_lot(history, decode(row["lot_document"]))
    return PublishedHistory(tenant, history, row["published_at"])
