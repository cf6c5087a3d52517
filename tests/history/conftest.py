"""Visitors of the public pages, each with an address and so a rate of his own, and a maker with a published lot."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from backend.services import Services
from tests.factories import capture
from tests.firms import Firm
from tests.history.stories import dumpling_story, put


@pytest.fixture
async def visit(app: Litestar) -> AsyncIterator[Callable[..., Awaitable[httpx.Response]]]:
    """Ask for a path at a firm's host: `await visit(firm, "/01/…", accept="…")`; a text stands for any other host."""
    part = uuid4().hex
    address = f"2001:db8:{part[:4]}:{part[4:8]}::1"
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:

        async def get(host: Firm | str, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
            name = host if isinstance(host, str) else f"{host.slug}.suyuan.test"
            given = {key.replace("_", "-"): value for key, value in headers.items()}
            return await client.request(method, path, headers={"host": name, "accept": "text/html", **given})

        yield get


@pytest.fixture
async def maker(services: Services, firm: Firm, do_outbox: Callable[[], Awaitable[int]]) -> Firm:
    """A firm whose dumplings are published."""
    await put(services, firm)
    await capture(services, firm.tenant_id, *dumpling_story())
    await do_outbox()
    return firm
