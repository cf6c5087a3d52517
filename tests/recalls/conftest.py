"""A firm whose flour is bad, its dumplings made of it at a customer, and two who may decide about recalls."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.factories import DUMPLING, FLOUR, capture, lot, made, quantity, shipped, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, catalogue, owner
from tests.nonconformance.conftest import Signer
from tests.recalls.operations import ANNOUNCE, CHECKS, DECIDE, ONE, OPEN
from tests.signing import authenticator_of

__all__ = ["anonymous", "caller_of", "owner"]
BAD, MADE_OF_IT, OTHER = lot(FLOUR, "F-BAD"), lot(DUMPLING, "D-BAD"), lot(FLOUR, "F-2")
RECALL = {"decision": "RECALL", "recallClass": "I", "depth": "CONSUMER", "sector": "FOOD", "countries": ["CN"], "reason": "Salmonella found"}
WORDS = {"instructions": {"zh": "停止销售并退回", "en": "Stop selling and return"}, "contactPhone": "+86 21 0000 0000"}


@pytest.fixture
async def goods(services: Services, firm: Firm, owner: Caller) -> Firm:
    """100 kg of flour, of which dumplings were made and shipped; another lot of flour that nothing came of."""
    await catalogue(owner)
    await capture(
        services, firm.tenant_id, made([], [quantity(BAD, 100), quantity(OTHER, 50)]), transformed([BAD], [MADE_OF_IT], minutes=10),
        shipped([], [quantity(MADE_OF_IT, 20)], minutes=30),
    )  # fmt: skip
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


@dataclass
class Desk:
    """Where recalls are worked on: what was refused fails the test."""

    signer: Signer

    async def act(self, operation: str, given: dict[str, Any], meaning: str | None = None) -> dict[str, Any]:
        """The case after an act; `meaning` signs it."""
        payload = await self.ask(operation, given, meaning)
        assert payload["userErrors"] == [], payload["userErrors"]
        return dict(payload["recall"])

    async def ask(self, operation: str, given: dict[str, Any], meaning: str | None = None) -> dict[str, Any]:
        """The payload of an act."""
        more = {"signature": self.signer.sign(meaning)} if meaning else {}
        return await self.signer.caller.command(operation, {**given, **more})

    async def refused(self, operation: str, given: dict[str, Any], meaning: str | None = None) -> tuple[str, str]:
        """Code and message of the refusal."""
        payload = await self.ask(operation, given, meaning)
        [error] = payload["userErrors"]
        return error["code"], error["message"]

    async def open(self, key: str = BAD, **more: Any) -> dict[str, Any]:
        """A case about the flour."""
        given = {"title": "Salmonella in flour", "reason": "A test found it", "sources": [{"object": {"key": key}}], **WORDS, **more}
        return await self.act(OPEN, given)

    async def decide(self, case: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Decided to be recalled."""
        return await self.act(DECIDE, {"caseId": case["id"], **RECALL, **more}, "APPROVED")

    async def announce(self, case: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Announced."""
        return await self.act(ANNOUNCE, {"caseId": case["id"], "reason": "It may hurt people", **more}, "RECALLED")

    async def need_no_checks(self, case: dict[str, Any]) -> dict[str, Any]:
        """The case after somebody has decided that no customer is asked whether the recall works (level E)."""
        payload = await self.ask(CHECKS, {"caseId": case["id"], "level": "E", "reason": "one customer, who has sent all of it back"})
        assert (payload["userErrors"], payload["counts"]["sample"]) == ([], 0)
        return dict((await self.signer.caller.ask(ONE, {"id": case["id"]}))["recall"])


@pytest.fixture
def desk(boss: Signer) -> Desk:
    """The owner's."""
    return Desk(boss)


@pytest.fixture
def other_desk(manager: Signer) -> Desk:
    """The quality manager's."""
    return Desk(manager)
