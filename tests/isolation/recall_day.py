"""A firm's recall: everything that a case keeps, all of whose words are one word."""

from datetime import timedelta

from backend.graphql.ids import global_id
from backend.recall_scope.sources import Source
from backend.recalls import deciding, duties, holding, improving
from backend.recalls.kinds import RecallClass, RecallDecision, RecallDepth, Sector
from backend.recalls.opening import Words, open_case
from backend.recalls.rules import Verdict
from backend.services import Services
from infra.clock import now
from infra.database import Gate, TenantTransaction
from tenants.principal import Principal
from tenants.signatures.service import Meaning
from tests.signing import signature_of

RECALL_LISTS = """{
  recalls(first: 5, filter: {text: "wet", openOnly: false}) { nodes { id owner { id } clocks { rule } countriesWithoutLaw links holds { id }
    openDuties { en } timeline(first: 5) { nodes { kind } } signatures(first: 5) { nodes { meaning } } } }
  recallPolicy { targetHours holidays { country days } } recallLaw(countries: ["CN"], sector: FOOD, recallClass: I) { rule }
}"""


async def a_recall(services: Services, principal: Principal, key: str, word: str) -> dict[str, str]:
    """A recall of an object that was decided and announced, with a duty that was done, what belongs to it, and how periods are counted; and
    a drill that is only a suspicion. Gives their global ids."""

    async def work(tx: TenantTransaction) -> dict[str, str]:
        texts = {"zh": word, "en": word}
        words = Words(word, texts, texts, word, word)
        await duties.set_policy(tx, principal, target_hours=12, holidays={"CN": [now().date()]}, workdays={"CN": [now().date()]})
        known = now() - timedelta(hours=1)
        recall = await open_case(
            tx, principal, title=word, reason=word, sources=[Source.of_complaint(key, word)], words=words, sector=Sector.FOOD, countries=["CN", "US"],
            known_at=known,
        )  # fmt: skip
        await holding.hold_by_hand(tx, principal, recall, reason=word)
        verdict = Verdict(RecallDecision.RECALL, RecallClass.I, RecallDepth.RETAIL, Sector.FOOD, ("CN", "US"))
        approved, recalled = (signature_of(principal, meaning=meaning, reason=word) for meaning in (Meaning.APPROVED, Meaning.RECALLED))
        await deciding.decide(tx, principal, recall, verdict, reason=word, signature=approved)
        await deciding.announce(tx, principal, recall, reason=word, signature=recalled)
        await duties.meet(tx, principal, recall, "cn.food.1.report", evidence=word)
        await duties.waive(tx, principal, recall, "us.food.reportable", reason=word)
        await improving.open_nonconformance(tx, principal, recall, description=word)
        await improving.write_cause(tx, principal, recall, root_cause=word, capa_waiver=word, effect_waiver=word)
        drill = await open_case(tx, principal, title=word, reason=word, sources=[Source.of_object(key)], drill=True)
        return {"recall": global_id("RecallCase", recall), "drill": global_id("RecallCase", drill)}

    return await services.in_tenant(principal.tenant_id, work, gate=Gate.EXCLUSIVE)
