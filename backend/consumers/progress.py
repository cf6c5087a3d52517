"""How far consumers have been told of a recall, in numbers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.consumers import repository
from backend.consumers.repository import MailState
from backend.history import recalled
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal


@dataclass(frozen=True, slots=True)
class PublicationProgress:
    """`finished_at` is None while goods are still being published; the last four count consumers, `watching` those of all goods."""

    version: int
    started_at: datetime
    finished_at: datetime | None
    products: int
    lots: int
    units: int
    watching: int
    told: int
    waiting: int
    failed: int


async def of_case(tx: TenantTransaction, principal: Principal, case_id: UUID) -> PublicationProgress | None:
    """None for a case that isn't published. Raises `PermissionDeniedError`."""
    principal.require_everywhere(Permission.RECALLS_READ)
    published = await recalled.publication_of(tx, case_id)
    if published is None:
        return None
    mails = await repository.counts(tx, str(case_id))
    return PublicationProgress(
        published.version, published.begun_at, published.done_at, published.products, published.lots, published.units,
        await repository.watching(tx), mails.get(MailState.SENT, 0), mails.get(MailState.WAITING, 0), mails.get(MailState.FAILED, 0),
    )  # fmt: skip
