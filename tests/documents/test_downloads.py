"""Fetching a document's file: with its name in any language and its hash, and a refusal in words for whoever can't have it."""

import asyncio
import base64
from dataclasses import replace
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from backend.documents.errors import DocumentNotFoundError
from backend.documents.kinds import DocumentState
from backend.services import SERVICES
from infra.errors import PermissionDeniedError
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants.permissions import Permission, Role
from tests.documents.conftest import LOT, House, TrialMaker
from tests.firms import Firm

HERE, THERE = "https://id.gs1.org/414/9506000134000", "https://id.gs1.org/414/9506000134017"


@pytest.fixture
def served(app: Litestar, house: House) -> Any:
    """The application over the test's makers."""
    before = app.state[SERVICES]
    app.state[SERVICES] = replace(before, documents=house.services.documents)
    yield app
    app.state[SERVICES] = before


def told_by(answer: httpx.Response) -> dict[str, Any]:
    """What a refusal says, but for the request's id."""
    return {name: value for name, value in answer.json().items() if name not in ("requestId", "request_id", "instance")}


async def test_the_file_comes_with_its_name_and_hash_and_is_on_the_trail(
    house: House, served: Litestar, client: httpx.AsyncClient, bearer: Any
) -> None:
    headers = await bearer(house.firm)
    document_id = await house.ask()
    assert (await client.get(f"/documents/{document_id}", headers=headers)).status_code == 404
    await house.work()
    made = await house.get(document_id)
    answer = await client.get(f"/documents/{document_id}", headers=headers)
    assert answer.status_code == 200
    assert len(answer.content) == made.size
    assert made.sha256 is not None
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(made.sha256).decode()}:"
    assert unquote(answer.headers["content-disposition"].partition("UTF-8''")[2]) == "批次 lot-1.csv"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    fetched = "select count(*) from audit_entry where tenant_id = $1 and action = 'document.fetched'"
    assert await house.within(lambda tx: tx.fetchval(fetched)) == 1


async def test_another_company_a_lower_role_and_nobody_get_nothing(
    house: House, served: Litestar, client: httpx.AsyncClient, bearer: Any, other_firm: Firm
) -> None:
    document_id = await house.ask()
    await house.work()
    path = f"/documents/{document_id}"
    unknown = await client.get(f"/documents/{UUID(int=7)}", headers=await bearer(other_firm))
    answer = await client.get(path, headers=await bearer(other_firm))
    assert (answer.status_code, told_by(answer)) == (404, told_by(unknown))
    assert (await client.get(path, headers=await bearer(house.firm, Role.WORKER))).status_code == 403
    assert (await client.get(path)).status_code == 401
    for nonsense in ("x", "%00", str(document_id).upper()):
        assert (await client.get(f"/documents/{nonsense}", headers=await bearer(house.firm))).status_code in (400, 404)


async def test_what_the_store_has_lost_or_changed_is_never_handed_out(house: House, served: Litestar, client: httpx.AsyncClient, bearer: Any) -> None:
    headers = await bearer(house.firm)
    document_id = await house.ask()
    await house.work()
    made = await house.get(document_id)
    own = TenantStorage(house.services.storage, TenantPrefix(house.firm.tenant.public_id))
    await own.put(made.storage_key or "", b"x" * (made.size or 0), content_type="text/csv")
    assert (await client.get(f"/documents/{document_id}", headers=headers)).status_code == 503
    await own.delete(made.storage_key or "")
    answer = await client.get(f"/documents/{document_id}", headers=headers)
    assert answer.status_code == 503
    assert "can't be read" in answer.text


async def test_who_is_limited_to_a_site_reads_what_he_asked_for_while_his_limits_are_the_same(house: House, maker: TrialMaker) -> None:
    whole = house.firm.principal
    places = {Permission.DOCUMENTS_MAKE: frozenset({HERE}), Permission.TRACE_READ: frozenset({HERE})}
    limited, moved = replace(whole, sites=places), replace(whole, sites={name: frozenset({THERE}) for name in places})
    stranger = replace(limited, membership_id=UUID(int=5))
    of_all, own = await house.ask(), await house.ask(language="en", principal=limited)
    await house.work()
    assert (await house.get(own, limited)).state is DocumentState.READY
    assert {(await house.get(each, whole)).state for each in (own, of_all)} == {DocumentState.READY}
    for document_id, who in ((of_all, limited), (own, moved), (own, stranger)):
        with pytest.raises(DocumentNotFoundError):
            await house.get(document_id, who)
    without = replace(whole, permissions=whole.permissions - {Permission.TRACE_READ})
    with pytest.raises(DocumentNotFoundError):
        await house.get(of_all, without)
    with pytest.raises(PermissionDeniedError):
        await house.ask(LOT, principal=without)


async def test_two_who_ask_and_cancel_at_once_leave_one_state(house: House) -> None:
    document_id = await house.ask()
    documents, who = house.services.documents, house.firm.principal
    done = await asyncio.gather(
        *(house.within(lambda tx: documents.cancel(tx, who, document_id)) for _ in range(3)), return_exceptions=True
    )  # fmt: skip
    assert sorted(type(each).__name__ for each in done) == ["DocumentStateError", "DocumentStateError", "NoneType"]
    await house.work()
    assert (await house.get(document_id)).state is DocumentState.CANCELLED
