"""What goes wrong with a firm's goods and what is done about it: one of everything that quality keeps, all of whose words are one word."""

from datetime import timedelta

from backend.capa import query_service as improvement
from backend.capa import requests
from backend.capa import service as capa
from backend.capa.rules import ActionKind, Cause, CauseCategory, Detail, Discipline
from backend.graphql.ids import global_id
from backend.nonconformance import deciding
from backend.nonconformance import query_service as nonconformances
from backend.nonconformance import service as nonconformance
from backend.nonconformance.rules import DispositionKind, NcSeverity, NcSourceKind
from backend.services import Services
from infra.clock import now
from infra.database import Gate, TenantTransaction
from tenants.principal import Principal
from tenants.signatures.service import Meaning
from tests.factories import CUSTOMER
from tests.signing import signature_of

BY_HAND = nonconformance.NcSource(NcSourceKind.MANUAL)


async def something_wrong(services: Services, principal: Principal, key: str, word: str) -> dict[str, str]:
    """Nonconformances of an object, of which one waits for a second signature and one for a decision; a corrective action that watches for
    such; a request to a supplier, with its answer. Gives their global ids."""

    async def work(tx: TenantTransaction) -> dict[str, str]:
        goods = [nonconformance.Goods(key)]
        found = nonconformance.Found(f"{word} wet", word, NcSeverity.CRITICAL, word, supplier=CUSTOMER)
        first = await nonconformance.open_nonconformance(tx, principal, source=BY_HAND, found=found, goods=goods, hold=True)
        line = deciding.WantedLine(key, DispositionKind.REWORK, instruction=word)
        signature = signature_of(principal, meaning=Meaning.APPROVED, reason=word)
        decision = await deciding.decide(tx, principal, first, lines=[line], reason=word, signature=signature)
        action = await capa.open_action(
            tx, principal, kind=ActionKind.CORRECTIVE, title=f"{word} roof", owner_id=principal.membership_id or principal.actor_id, due_at=None,
            nonconformance_ids=[first],
        )  # fmt: skip
        causes = Detail((), (word,), (Cause(CauseCategory.METHOD, word, root=True),))
        await capa.write_discipline(tx, principal, action, Discipline.ROOT_CAUSE, text=word, detail=causes, due_at=None, done=True)
        item = await capa.add_item(
            tx, principal, action, discipline=Discipline.PREVENTION, text=word, owner_id=principal.membership_id or principal.actor_id, due_at=None
        )
        check = capa.Check(now() + timedelta(days=9), word, characteristic=word)
        await capa.plan_check(tx, principal, action, check)
        again = await nonconformance.open_nonconformance(tx, principal, source=BY_HAND, found=found, goods=goods)
        await nonconformance.review(tx, principal, again, comment=word)
        request, token = await requests.send(
            tx, principal, supplier=CUSTOMER, text=f"{word} please", due_at=now() + timedelta(days=9), lot_keys=[key], corrective_action_id=action
        )
        await requests.answer(tx, token, dict.fromkeys(requests.LIMITS, word), address="192.0.2.9")
        [disposition] = (await nonconformances.dispositions_of(tx, [first]))[first]
        assert (await improvement.items_of(tx, [action]))[action][0].action_item_id == item
        return {
            "nonconformance": global_id("Nonconformance", first), "waiting nonconformance": global_id("Nonconformance", again),
            "decision": global_id("NonconformanceDecision", decision), "disposition": global_id("Disposition", disposition.disposition_id),
            "action": global_id("CorrectiveAction", action), "item": global_id("ActionItem", item),
            "request": global_id("SupplierRequest", request),
        }  # fmt: skip

    return await services.in_tenant(principal.tenant_id, work, gate=Gate.EXCLUSIVE)
