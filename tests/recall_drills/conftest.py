"""A firm with the story of the flour, and somebody who asks."""

import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner
from tests.nonconformance.conftest import Signer
from tests.recall_checks.telling import announced, opened
from tests.recall_scope.story import tell
from tests.signing import authenticator_of

__all__ = ["anonymous", "caller_of", "owner"]


@pytest.fixture
async def baker(services: Services, firm: Firm) -> Firm:
    """The firm, after the story."""
    await tell(services, firm)
    return firm


@pytest.fixture
async def case(services: Services, baker: Firm) -> str:
    """A recall of the flour that is frozen; its global id."""
    case_id = await opened(services, baker)
    await announced(services, baker, case_id)
    return global_id("RecallCase", case_id)


@pytest.fixture
async def boss(services: Services, baker: Firm, owner: Caller) -> Signer:
    """The owner, who may sign."""
    return Signer(owner, await authenticator_of(services, owner.headers))
