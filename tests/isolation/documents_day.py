"""A firm's documents: one that was made, one that failed and one that waits, all of whose words are one word. Gives their global ids."""

from functools import partial
from uuid import UUID

from backend.documents.kinds import DocumentKind, Subject
from backend.documents.running import DocumentMaking
from backend.documents.service import request
from backend.documents.work import Work
from backend.graphql.ids import global_id
from backend.services import Services
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.service import Caller as Somewhere
from tests.documents.conftest import TrialMaker


async def paperwork(services: Services, headers: dict[str, str], word: str) -> dict[str, str]:
    """Made by a maker of the tests', so that nobody waits for the press."""

    async def refuse(work: Work) -> None:
        raise InvalidInputError(word)

    await services.storage.ensure_bucket()
    principal = await services.identity.authenticate(headers["Authorization"].partition(" ")[2], caller=Somewhere("192.0.2.9", "a day"))
    names: dict[str, str] = {}
    for name, hinder in (("document", None), ("failed document", refuse), ("waiting document", None)):
        maker = TrialMaker(DocumentKind.RECALL_REPORT, Permission.RECALLS_READ, hinder=hinder)
        making = DocumentMaking(services.database, services.storage, {maker.kind: maker})
        document_id = await services.in_tenant(principal.tenant_id, partial(_ask, principal=principal, word=word, maker=maker))
        if name != "waiting document":
            rest = await services.in_tenant(principal.tenant_id, partial(making, payload={"document_id": str(document_id)}))
            assert rest is not None
            await rest()
        names[name] = global_id("Document", document_id)
    return names


async def _ask(tx: TenantTransaction, principal: Principal, word: str, maker: TrialMaker) -> UUID:
    return await request(tx, principal, Subject(maker.kind, f"recall:{uuid7()}", {"note": word}), language="en", maker=maker)
