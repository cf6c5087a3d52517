"""A firm with goods that something is wrong with, and two who may decide."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.factories import DUMPLING, FLOUR, capture, lot, made, quantity, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner
from tests.nonconformance.operations import OPEN
from tests.signing import Authenticator, authenticator_of, signed

__all__ = ["anonymous", "caller_of", "owner"]
BAD, MADE_OF_IT = lot(FLOUR, "F-BAD"), lot(DUMPLING, "D-BAD")


@dataclass
class Signer:
    """Somebody who may decide, with his authenticator."""

    caller: Caller
    authenticator: Authenticator
    first: bool = True

    def sign(self, meaning: str = "APPROVED") -> dict[str, Any]:
        """The input `signature`: password and code the first time, then the password alone."""
        given = signed(self.authenticator if self.first else None, meaning=meaning)
        self.first = False
        return given


@pytest.fixture
async def goods(services: Services, firm: Firm) -> Firm:
    """100 kg of flour, of which dumplings were made."""
    await capture(services, firm.tenant_id, made([], [quantity(BAD, 100)]), transformed([BAD], [MADE_OF_IT], minutes=10))
    return firm


@pytest.fixture
async def boss(services: Services, goods: Firm, owner: Caller) -> Signer:
    """The owner."""
    return Signer(owner, await authenticator_of(services, owner.headers))


@pytest.fixture
async def manager(services: Services, goods: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> Signer:
    """Another one who may decide."""
    caller = await caller_of(goods, Role.QUALITY_MANAGER)
    return Signer(caller, await authenticator_of(services, caller.headers))


@pytest.fixture
def opened(boss: Signer) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Open a nonconformance about the flour, held."""

    async def make(**more: Any) -> dict[str, Any]:
        given = {"title": "Too wet", "severity": "MAJOR", "goods": [{"key": BAD, "quantity": "100", "uom": "KGM"}], "hold": True, **more}
        payload = await boss.caller.command(OPEN, given)
        assert payload["userErrors"] == []
        return dict(payload["nonconformance"])

    return make
