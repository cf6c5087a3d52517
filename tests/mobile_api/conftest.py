"""Phones of new tenants, with an owner signed in."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.firms import Firm
from tests.mobile_api.phones import NewPhone, Phone


@pytest.fixture
def new_phone(
    services: Services, client: httpx.AsyncClient, new_firm: Callable[[], Awaitable[Firm]], bearer: Callable[..., Awaitable[dict[str, str]]]
) -> NewPhone:
    """Make a phone: of a firm of its own, or of one that is given; in the hands of a role."""

    async def make(firm: Firm | None = None, role: Role = Role.OWNER) -> Phone:
        of = firm or await new_firm()
        return Phone(services, client, of, await bearer(of, role))

    return make


@pytest.fixture
async def phone(new_phone: NewPhone) -> Phone:
    """A phone of a tenant of the test's own."""
    return await new_phone()


@pytest.fixture
async def other_phone(new_phone: NewPhone) -> Phone:
    """A phone of another tenant."""
    return await new_phone()
