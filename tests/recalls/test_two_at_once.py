"""Two who act on one case at the same time: one wins, and the other is told who decided what."""

import asyncio
from datetime import datetime
from uuid import UUID

import pytest

from backend.recall_scope.sources import Source
from backend.recalls import closing, deciding
from backend.recalls.errors import RecallDecidedError, RecallStateError
from backend.recalls.kinds import RecallClass, RecallDecision, RecallDepth, Sector
from backend.recalls.opening import Changes, change
from backend.recalls.rules import Verdict
from backend.recalls.service import case_by_id, open_case, timeline
from backend.services import Services
from infra.database import Gate, TenantTransaction
from tenants.permissions import Role
from tenants.principal import Principal
from tenants.signatures.service import Meaning
from tests.firms import Firm
from tests.recalls.conftest import BAD
from tests.signing import signature_of

TAKE_BACK = Verdict(RecallDecision.RECALL, RecallClass.I, RecallDepth.CONSUMER, Sector.FOOD, ("CN",))
LEAVE = Verdict(RecallDecision.NO_RECALL, None, None, None, ())


async def opened(services: Services, firm: Firm) -> UUID:
    """A case about the flour; gives its id."""

    async def work(tx: TenantTransaction) -> UUID:
        return await open_case(tx, firm.principal, title="Salmonella", reason="A test", sources=[Source.of_object(BAD)])

    return await services.in_tenant(firm.tenant_id, work)


@pytest.mark.parametrize(("first", "second"), [(TAKE_BACK, LEAVE), (LEAVE, TAKE_BACK), (TAKE_BACK, TAKE_BACK), (LEAVE, LEAVE)])
async def test_the_second_decision_is_told_of_the_first(services: Services, goods: Firm, first: Verdict, second: Verdict) -> None:
    case_id = await opened(services, goods)
    manager = goods.as_role(Role.QUALITY_MANAGER)
    looked, may_commit = asyncio.Event(), asyncio.Event()

    def gate(verdict: Verdict) -> Gate:
        return Gate.NONE if verdict.decision is RecallDecision.NO_RECALL else Gate.EXCLUSIVE

    async def one(tx: TenantTransaction) -> None:
        signature = signature_of(goods.principal, meaning=Meaning.APPROVED)
        await deciding.decide(tx, goods.principal, case_id, first, reason="tested", signature=signature)
        looked.set()
        await may_commit.wait()

    async def other(tx: TenantTransaction) -> None:
        signature = signature_of(manager, meaning=Meaning.APPROVED)
        await deciding.decide(tx, manager, case_id, second, reason="tested too", signature=signature)

    winner = asyncio.create_task(services.in_tenant(goods.tenant_id, one, gate=gate(first)))
    await looked.wait()
    loser = asyncio.create_task(services.in_tenant(goods.tenant_id, other, gate=gate(second)))
    await asyncio.sleep(0.2)
    assert not loser.done()
    may_commit.set()
    await winner
    with pytest.raises(RecallDecidedError) as refused:
        await loser
    for word in (goods.principal.display_name, first.decision.name, "revises"):
        assert word in refused.value.message
    found = await services.in_tenant(goods.tenant_id, lambda tx: case_by_id(tx, case_id))
    assert (found.decision, found.decision_reason) == (first.decision, "tested")


async def test_a_decision_is_replaced_by_who_has_seen_it(services: Services, goods: Firm) -> None:
    case_id = await opened(services, goods)

    async def decide(verdict: Verdict, revises: datetime | None) -> None:
        async def work(tx: TenantTransaction) -> None:
            signature = signature_of(goods.principal, meaning=Meaning.APPROVED)
            await deciding.decide(tx, goods.principal, case_id, verdict, reason="x", signature=signature, revises=revises)

        await services.in_tenant(goods.tenant_id, work, gate=Gate.EXCLUSIVE)

    await decide(LEAVE, None)
    seen = (await services.in_tenant(goods.tenant_id, lambda tx: case_by_id(tx, case_id))).decided_at
    await decide(TAKE_BACK, seen)
    with pytest.raises(RecallDecidedError):
        await decide(LEAVE, seen)
    found = await services.in_tenant(goods.tenant_id, lambda tx: case_by_id(tx, case_id))
    assert found.decision is RecallDecision.RECALL


async def test_announced_twice_at_once_is_announced_once(services: Services, goods: Firm) -> None:
    case_id = await opened(services, goods)

    async def prepare(tx: TenantTransaction) -> None:
        words = Changes(instructions={"en": "Stop"}, contact_phone="1")
        await change(tx, goods.principal, case_id, words)
        signature = signature_of(goods.principal, meaning=Meaning.APPROVED)
        await deciding.decide(tx, goods.principal, case_id, TAKE_BACK, reason="x", signature=signature)

    await services.in_tenant(goods.tenant_id, prepare, gate=Gate.EXCLUSIVE)

    async def announce(by: Principal) -> int:
        async def work(tx: TenantTransaction) -> int:
            return await deciding.announce(tx, by, case_id, reason="x", signature=signature_of(by, meaning=Meaning.RECALLED))

        return await services.in_tenant(goods.tenant_id, work)

    answers = await asyncio.gather(announce(goods.principal), announce(goods.as_role(Role.QUALITY_MANAGER)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["RecallStateError", "int"]
    acts = await services.in_tenant(goods.tenant_id, lambda tx: timeline(tx, case_id))
    assert [act.kind.name for act in acts].count("ANNOUNCED") == 1


async def test_dismissed_while_somebody_decides(services: Services, goods: Firm) -> None:
    case_id = await opened(services, goods)

    async def dismiss(tx: TenantTransaction) -> None:
        await closing.dismiss(tx, goods.principal, case_id, reason="x", signature=signature_of(goods.principal, meaning=Meaning.APPROVED))

    async def decide(tx: TenantTransaction) -> None:
        signature = signature_of(goods.principal, meaning=Meaning.APPROVED)
        await deciding.decide(tx, goods.principal, case_id, TAKE_BACK, reason="x", signature=signature)

    done = await asyncio.gather(
        services.in_tenant(goods.tenant_id, dismiss), services.in_tenant(goods.tenant_id, decide, gate=Gate.EXCLUSIVE), return_exceptions=True
    )
    assert [isinstance(one, RecallStateError) for one in done].count(True) == 1
