"""A recall that was announced, as its own tests make it, and somebody who asks for its documents."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from backend.documents.kinds import DocumentKind
from backend.graphql.ids import parse_global_id
from backend.services import Services
from tests.firms import Firm
from tests.recalls.conftest import Desk, anonymous, boss, caller_of, desk, goods, manager, owner

__all__ = ["anonymous", "boss", "caller_of", "desk", "goods", "manager", "owner"]
DOCUMENT = """id number kind state reference language progress { done total words } failure fileName contentType bytes pages rows notes sha256
  contentSha256 generator path attempts requestedBy parameters { name value }"""
MAKE = f"mutation($input: MakeDocumentInput!) {{ makeDocument(input: $input) {{ document {{ {DOCUMENT} }} userErrors {{ field code message }} }} }}"
LISTED = f"query($filter: DocumentFilter) {{ documents(first: 50, filter: $filter) {{ nodes {{ {DOCUMENT} }} }} }}"
ONE = f"query($id: ID!) {{ document(id: $id) {{ {DOCUMENT} }} }}"
NOTICES = "query($id: ID!) { recallNotices(caseId: $id, first: 20) { nodes { id state } } }"
Outbox = Callable[[], Awaitable[int]]


def reference_of(case: dict[str, Any]) -> str:
    """As documents name a case."""
    parsed = parse_global_id(case["id"])
    assert parsed is not None
    return f"recall:{parsed[1]}"


class Papers:
    """Asks for documents, and fetches them."""

    def __init__(self, desk: Desk, client: httpx.AsyncClient, do_outbox: Outbox, hurry: Callable[..., Awaitable[int]]) -> None:
        self.hurry = hurry
        self.desk = desk
        self.client = client
        self.do_outbox = do_outbox

    @property
    def headers(self) -> dict[str, str]:
        return self.desk.signer.caller.headers

    async def ask(self, kind: str, reference: str, language: str = "en", **parameters: str) -> dict[str, Any]:
        given = {"kind": kind, "reference": reference, "language": language}
        told = [{"name": name, "value": value} for name, value in parameters.items()]
        return await self.desk.signer.caller.command(MAKE, {**given, "parameters": told})

    async def made(self, kind: str, reference: str, language: str = "en", **parameters: str) -> tuple[dict[str, Any], bytes]:
        """The document and its file."""
        payload = await self.ask(kind, reference, language, **parameters)
        assert payload["userErrors"] == []
        await self.do_outbox()
        found = (await self.desk.signer.caller.ask(ONE, {"id": payload["document"]["id"]}))["document"]
        assert found["state"] == "READY", found["failure"]
        answer = await self.client.get(found["path"], headers=self.headers)
        assert answer.status_code == 200
        assert unquote(answer.headers["content-disposition"].partition("''")[2]) == found["fileName"]
        return found, answer.content

    async def listed(self, **wanted: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.desk.signer.caller.ask(LISTED, {"filter": wanted}))["documents"]["nodes"]
        return found


@pytest.fixture
def papers(desk: Desk, client: httpx.AsyncClient, do_documents: Outbox, services: Services, firm: Firm) -> Papers:
    """The owner's. `hurry` does what is asked for by itself too, which waits a moment; all of it, or of one kind and of no other."""

    async def hurry(kind: DocumentKind | None = None) -> int:
        async with services.database.tenant(firm.tenant_id) as tx:
            await tx.execute(
                """update outbox o set due_at = case when $2::int is null or d.kind = $2 then now() else now() + interval '1 hour' end
                   from document d where o.tenant_id = $1 and o.topic = 'document.make' and o.done_at is null
                     and d.tenant_id = $1 and strpos(o.payload, d.document_id::text) > 0""",
                kind,
            )
        return await do_documents()

    return Papers(desk, client, do_documents, hurry)
