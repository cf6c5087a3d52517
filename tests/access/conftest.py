"""A client at an address of its own for each test, so that refused proofs of one don't use up another's attempts."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that speaks to the application in this process."""
    part = uuid4().hex
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(f"2001:db8:{part[:4]}:{part[4:8]}::1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as opened:
        yield opened
