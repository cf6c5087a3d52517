"""One tenant's dead receivers keep nobody waiting: few of its reports are under way at a time, and others are sent meanwhile."""

from dataclasses import replace

from backend.subscriptions.delivery import Deliveries
from infra.errands import OF_A_TENANT
from tests.firms import Firm
from tests.subscriptions.conftest import Sit, received
from tests.subscriptions.receiver import Receiver, receiving


async def test_silent_receivers_of_one_company_do_not_hold_up_another(sit: Sit, firm: Firm, other_firm: Firm, receiver: Receiver) -> None:
    flooding, quiet = await sit(firm), await sit(other_firm)
    # A process of its own, as it were: nothing that other tests have under way counts.
    deliveries = Deliveries(flooding.services.database, flooding.services.settings)
    services = replace(flooding.services, deliveries=deliveries)
    flooding.services = quiet.services = services
    async with receiving() as silent:
        silent.answer = lambda _: None
        await flooding.name()
        await quiet.name()
        for _ in range(OF_A_TENANT * 3):
            await flooding.subscribe(silent.url())
        await quiet.subscribe(receiver.url())
        await flooding.capture(received(1))
        events = await quiet.capture(received(1))
        async with services.database.tenant(firm.tenant_id) as tx:
            rows = await tx.fetch("select subscription_id from query_subscription where tenant_id = $1")
        for row in rows:
            deliveries.offer(firm.tenant_id, row["subscription_id"])
        await silent.until(OF_A_TENANT)
        async with services.database.tenant(other_firm.tenant_id) as tx:
            await deliveries.wake(tx, {})
        await receiver.until(1)
        assert receiver.events == events
        assert len(silent.received) == OF_A_TENANT
        await deliveries.close()
