"""The same firm as for nonconformances, with a supplier."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from tests.factories import CUSTOMER
from tests.graphql.conftest import PUT, anonymous, caller_of, owner
from tests.nonconformance.conftest import Signer, boss, goods, manager, opened

__all__ = ["anonymous", "boss", "caller_of", "goods", "manager", "opened", "owner"]
SUPPLIER = CUSTOMER


@pytest.fixture
async def supplied(boss: Signer) -> Signer:
    """The owner, in whose catalogue there is a supplier."""
    partners = [{"party": SUPPLIER, "names": {"zh": "面粉厂", "en": "The Mill"}, "supplier": True}]
    assert (await boss.caller.command(PUT["partners"], {"partners": partners}))["userErrors"] == []
    return boss


@pytest.fixture
async def guest(app: Litestar) -> AsyncIterator[Callable[..., Awaitable[httpx.Response]]]:
    """Somebody without an account, at an address of his own: `await guest(link)`, or with a form to be sent."""
    part = uuid4().hex
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(f"2001:db8:{part[:4]}:{part[4:8]}::1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:

        async def ask(link: str, form: dict[str, str] | None = None, *, language: str = "en") -> httpx.Response:
            headers = {"Accept-Language": language, "Accept": "text/html"}
            return await (client.get(link, headers=headers) if form is None else client.post(link, data=form, headers=headers))

        yield ask
