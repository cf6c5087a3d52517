"""Find what is published, as anybody may: whose host it is, and the one row that answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.history import repository
from backend.history.addresses import Address, slug_in
from backend.history.document import History, Recalled, RecallNotice, decode, decode_notice, notice_key, unit_in_lot
from infra.database import Database, TenantTransaction
from tenants.directory import Tenant, tenant_by_gtin, tenant_by_slug

# No tenant has this id: whoever asks a host that is nobody's waits as long as everyone.
NOBODY: Final = 0
# Of goods that more recalls reach, the newest are told.
MOST_RECALLS: Final = 20


@dataclass(frozen=True, slots=True)
class ToldRecall:
    """How a recall reaches the goods, and what it says."""

    reach: Recalled
    notice: RecallNotice


@dataclass(frozen=True, slots=True)
class PublishedHistory:
    """What a page shows, whose it is, and since when it says so. Recalls that go on come first, then the newest."""

    tenant: Tenant
    history: History
    published_at: datetime
    recalls: tuple[ToldRecall, ...] = ()


async def tenant_at(public: Database, host: str, public_url: str, gtin: str) -> Tenant | None:
    """Whose pages a visitor asks for: the host names the tenant, or else a verified claim on the GTIN does."""
    slug = slug_in(host, public_url)
    return await tenant_by_slug(public, slug) if slug is not None else await tenant_by_gtin(public, gtin)


async def find_history(public: Database, host: str, public_url: str, address: Address) -> PublishedHistory | None:
    """What is published at an address of a host. None for what isn't known, isn't published or is another tenant's: all the same."""
    tenant = await tenant_at(public, host, public_url, address.gtin)
    async with public.tenant(tenant.tenant_id if tenant else NOBODY) as tx:
        row = await repository.published(tx, address.key)
        if tenant is None or row is None or (address.lot_key and row["lot_key"] not in (None, address.lot_key)):
            return None
        history = decode(row["document"])
        if row["lot_key"]:
            if row["lot_document"] is None:
                return None
            history = unit_in_lot(history, decode(row["lot_document"]))
        if not history.recalls:
            return PublishedHistory(tenant, history, row["published_at"])
        recalls, changed = await _recalls(tx, history.recalls)
    return PublishedHistory(tenant, history, max([row["published_at"], *changed]), recalls)


async def _recalls(tx: TenantTransaction, reaches: Sequence[Recalled]) -> tuple[tuple[ToldRecall, ...], list[datetime]]:
    """What the recalls say; nothing of one whose notice was withdrawn."""
    # A case's id tells its age.
    newest = sorted(reaches, key=lambda each: each.case, reverse=True)[:MOST_RECALLS]
    rows = {row["key"]: row for row in await repository.notices(tx, [notice_key(each.case) for each in newest])}
    told = [ToldRecall(each, decode_notice(rows[key]["document"])) for each in newest if (key := notice_key(each.case)) in rows]
    told.sort(key=lambda each: each.notice.closed is not None)
    return tuple(told), [row["published_at"] for row in rows.values()]
