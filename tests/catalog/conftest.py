"""Callers of GraphQL and principals that tell master data: people, partners' phones, the company's own programs."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from backend.services import Services
from tenants.permissions import Role
from tenants.principal import ActorKind, Principal
from tests.firms import Firm
from tests.graphql.conftest import Caller, caller_of, owner

__all__ = ["Caller", "caller_of", "owner"]


@pytest.fixture
def program(firm: Firm) -> Principal:
    """A key of the company's own that may write the catalogue."""
    return replace(firm.as_role(Role.OWNER), kind=ActorKind.CLIENT, actor_id=uuid4(), display_name="ERP")


@pytest.fixture
def buyer(firm: Firm) -> Principal:
    """A person who passes on what suppliers send."""
    return replace(firm.as_role(Role.PURCHASING), actor_id=uuid4(), display_name="Han Meimei")


@pytest.fixture
async def owner_headers(firm: Firm, services: Services, bearer: Callable[..., Awaitable[dict[str, str]]]) -> dict[str, str]:
    """The owner's, for routes."""
    return await bearer(firm)
