"""Actions of a rule that are refused half-way: nothing of them stays, the others are done, and the finding says so."""

import msgspec

from backend.rules import acting
from backend.services import Services
from tests.firms import Firm
from tests.rules.conftest import Tell, document, firings, rule_on, told, too_warm
from tests.rules.test_evaluation import MILK, holds_in_force


async def test_an_action_that_is_refused_half_way_leaves_nothing_and_stops_no_other(services: Services, firm: Firm, tell: Tell) -> None:
    rule_id = await rule_on(services, firm, document(too_warm(), {"do": "hold", "on": "equipment"}, {"do": "nonconformance"}, {"do": "webhook"}))
    await tell(told([9], of=[MILK]))
    [found] = await firings(services, firm, rule_id)
    async with services.database.tenant(firm.tenant_id) as tx:
        before = len(await holds_in_force(tx))
        # As if it were to be done now, of two machines of which the second's name is longer than any that a hold takes.
        detail = msgspec.json.encode({"equipment": ["OVEN-9", "x" * 2_000]}).decode()
        await tx.execute("update rule_firing set detail = $3, outcomes = '{}' where tenant_id = $1 and firing_id = $2", found.firing_id, detail)
    async with services.database.tenant(firm.tenant_id) as tx:
        await acting.act(tx, {"firing_id": str(found.firing_id)})
    async with services.database.tenant(firm.tenant_id) as tx:
        assert len(await holds_in_force(tx)) == before
        assert await tx.fetchval("select count(*) from audit_entry where tenant_id = $1 and action = 'hold.placed'") == before
    [done] = await firings(services, firm, rule_id)
    hold, nonconformance, message = done.outcomes
    assert (hold["do"], "“equipment” must have" in hold["refused"]) == ("hold", True)
    assert nonconformance["nonconformance"]
    assert message["refused"].startswith("No webhook listens")
