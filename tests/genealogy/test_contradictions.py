"""What is used up more than a day before it was made raises one alert for the two events, whichever is told first."""

import json
from typing import Any

import pytest

from backend.services import Services
from tests.factories import DOUGH, DUMPLING, FLOUR, capture, declared_wrong, lot, made, quantity, sscc, transformed
from tests.firms import Firm

F1, D1, P1, P2 = lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DUMPLING, "P1"), lot(DUMPLING, "P2")
DAY = 24 * 60
MAKING, EARLY = transformed([F1], [D1], 3 * DAY), transformed([D1], [P1], DAY)


async def alerts_of(services: Services, firm: Firm) -> list[Any]:
    async with services.database.tenant(firm.tenant_id) as tx:
        return await tx.fetch("select kind, subject, detail from alert where tenant_id = $1 order by raised_at, alert_id")


@pytest.mark.parametrize("told", [[[MAKING, EARLY]], [[EARLY], [MAKING]], [[MAKING], [EARLY]], [[MAKING], [EARLY], [MAKING, EARLY]]])
async def test_one_alert_in_any_order(services: Services, firm: Firm, told: list[list[Any]]) -> None:
    for batch in told:
        await capture(services, firm.tenant_id, *batch)
    [alert] = await alerts_of(services, firm)
    assert (alert["kind"], alert["subject"]) == ("times_contradict", D1)
    assert json.loads(alert["detail"]) == {"object": "D1", "usedAt": "2026-03-03T08:00:00.000Z", "madeAt": "2026-03-05T08:00:00.000Z"}


async def test_each_use_by_itself(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, MAKING, EARLY, transformed([D1], [P2], DAY + 1))
    assert [alert["subject"] for alert in await alerts_of(services, firm)] == [D1, D1]


async def test_nothing_to_tell(services: Services, firm: Firm) -> None:
    """Within the tolerance, after an earlier making, of what was only commissioned, and of what was declared wrong before."""
    wrong = transformed([lot(DOUGH, "D3")], [P1], 0)
    await capture(services, firm.tenant_id, transformed([F1], [D1], DAY), transformed([D1], [P1], 1), transformed([F1], [D1], 9 * DAY))
    await capture(services, firm.tenant_id, made([], [quantity(lot(DOUGH, "D2"), 1)], 9 * DAY), transformed([lot(DOUGH, "D2")], [P1], 2))
    await capture(services, firm.tenant_id, wrong, declared_wrong(wrong))
    await capture(services, firm.tenant_id, transformed([F1], [lot(DOUGH, "D3")], 9 * DAY), transformed([sscc(1)], [P2], 3))
    assert await alerts_of(services, firm) == []
