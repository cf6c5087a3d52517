"""A recall's effectiveness and a drill: everything that they keep, all of whose words are one word."""

from decimal import Decimal
from typing import Final

from backend.graphql.ids import global_id, uuid_of
from backend.recall_checks import checking, points, query_service
from backend.recall_checks.checking import Asked, Choice
from backend.recall_checks.levels import Answers, CheckLevel, Stock
from backend.recall_drills import findings, schedule
from backend.recall_drills import service as drills
from backend.recall_drills.rules import DrillStep, FindingSeverity, Policy
from backend.recall_scope.service import Source
from backend.services import Services
from infra.database import TenantTransaction
from tenants.principal import Principal
from tenants.signatures.service import Meaning
from tests.signing import signature_of

CHECK_LISTS: Final = """query($case: ID!) {
  recallBoard(caseId: $case) { totals { shipped } rows(first: 5) { nodes { partner { name } product { name } unknown } }
    own(first: 5) { nodes { product { name } inStock } } discrepancies(first: 5) { nodes { kind object { key } partner { name } } } }
  recallBoardHistory(caseId: $case) { at shipped } recallCheckOverview(caseId: $case) { plans { reason } counts { sample } }
  recallChecks(caseId: $case, first: 5) { nodes { partner { name } records { person note } } }
  recallDrills(first: 5) { nodes { id steps { step } findings { text correctiveAction { id } } signatures(first: 3) { nodes { meaning } } } }
  recallDrillCandidates { candidates { key product { name } } } recallDrillSchedule { dueAt }
}"""


async def checks_and_a_drill(services: Services, principal: Principal, key: str, known: dict[str, str], word: str) -> dict[str, str]:
    """Checks of an announced recall (`known["recall"]`), of which one needs a follow-up, and a point of its board; a drill that was concluded
    with a finding that an action (`known["action"]`) mends, and one that runs. Gives their global ids."""
    case_id, action_id = uuid_of(known["recall"], "RecallCase"), uuid_of(known["action"], "CorrectiveAction")
    assert case_id is not None
    assert action_id is not None

    async def work(tx: TenantTransaction) -> dict[str, str]:
        await checking.choose_level(tx, principal, case_id, Choice(CheckLevel.B, word, percentage=Decimal(50)))
        await checking.choose_level(tx, principal, case_id, Choice(CheckLevel.A, word))
        checks = await query_service.page_of_checks(tx, case_id, states=None, overdue_only=False, cursor=None, backward=False, limit=5)
        answers = Answers(True, True, False, Stock.STILL_ON_SALE)
        told = Asked(answers, person=word, stock_quantity=Decimal(1), stock_uom="KGM", note=word, follow_up=word)
        await checking.record_check(tx, principal, checks[0].check_id, told)
        await points.note(tx, {"case_id": str(case_id)})
        await schedule.set_policy(tx, principal, Policy(every_days=300))
        drill = await drills.start_drill(tx, principal, title=word, reason=word, sources=[Source.of_object(key)], participants=[word], seed=word)
        for step in DrillStep:
            await drills.take_step(tx, principal, drill, step)
        finding = await findings.add_finding(tx, principal, drill, severity=FindingSeverity.MAJOR, text=word, corrective_action_id=action_id)
        await drills.finish_drill(tx, principal, drill)
        signature = signature_of(principal, meaning=Meaning.APPROVED, reason=word)
        await drills.conclude_drill(tx, principal, drill, text=word, signature=signature)
        running = await drills.start_drill(tx, principal, title=word, reason=word, sources=[Source.of_object(key)])
        return {
            "scored drill": global_id("RecallDrill", drill), "running drill": global_id("RecallDrill", running),
            "finding": global_id("RecallDrillFinding", finding), "check": global_id("RecallCheck", checks[0].check_id),
        }  # fmt: skip

    return await services.in_tenant(principal.tenant_id, work)
