"""A signed-in person claims by a link to be another company's customer: looked up and written in the sender's tenant, before his own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.recall_notices import companies
from backend.recall_notices.companies import Claimant
from backend.recall_notices.errors import RecallLinkInvalidError
from backend.recall_notices.stored import Notice
from backend.recall_notices.tokens import NoticeToken
from infra.database import Database
from infra.errors import InvalidInputError
from tenants.directory import tenant_by_public_id
from tenants.permissions import Permission
from tenants.principal import Principal


@dataclass(frozen=True, slots=True)
class FromSender:
    """What the claimant's company gets: by which connection, from whom, as which of his customers, and the notices."""

    connection_id: UUID
    sender_id: UUID
    sender: str
    party: str
    opened: UUID
    notices: Sequence[Notice]


async def claim(database: Database, principal: Principal, link: str) -> FromSender:
    """Claim by a link; the same claim twice is one. Raises `RecallLinkInvalidError` for any link that opens nothing here.

    A trial area and the live companies know nothing of each other: between them a link opens nothing.
    """
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    token = NoticeToken.in_link(link)
    if token.tenant_public_id == principal.tenant_public_id:
        raise InvalidInputError("This notice is your own company's. Take in those that others have sent to you.", field="link")
    sender = await tenant_by_public_id(database, token.tenant_public_id)
    own = await tenant_by_public_id(database, principal.tenant_public_id)
    if sender is None or own is None or sender.sandbox != own.sandbox:
        raise RecallLinkInvalidError
    by = Claimant(own.public_id, own.name, principal.display_name)

    async def attempt() -> companies.Claimed:
        async with database.tenant(sender.tenant_id) as tx:
            return await companies.claim(tx, token, by)

    claimed = await database.retrying(attempt)
    return FromSender(claimed.connection_id, sender.public_id, sender.name, claimed.party, claimed.opened, claimed.notices)
