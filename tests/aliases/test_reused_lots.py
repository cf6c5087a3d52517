"""A lot number that comes back long after it was used up raises one alert, whichever is told first."""

import json
from typing import Any

import pytest

from backend.services import Services
from tests.factories import DOUGH, FLOUR, MEAT, capture, declared_wrong, lot, made, quantity, transformed
from tests.firms import Firm

FLOUR_LOT, DOUGH_LOT = lot(FLOUR, "1"), lot(DOUGH, "1")
DAY = 24 * 60


async def alerts_of(services: Services, firm: Firm) -> list[Any]:
    async with services.database.tenant(firm.tenant_id) as tx:
        return await tx.fetch("select kind, subject, detail from alert where tenant_id = $1")


def again(days: float) -> dict[str, Any]:
    return made([], [quantity(FLOUR_LOT, 5)], minutes=days * DAY)


async def test_lot_commissioned_again_long_after_its_use_is_told_once(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(FLOUR_LOT, 10)]), transformed([FLOUR_LOT], [DOUGH_LOT], 60), again(60))
    assert await alerts_of(services, firm) == []
    await capture(services, firm.tenant_id, again(100), again(101))
    [alert] = await alerts_of(services, firm)
    assert (alert["kind"], alert["subject"]) == ("lot_number_reused", FLOUR_LOT)
    assert json.loads(alert["detail"]) == {"lot": "1", "lastUsedAt": "2026-03-02T09:00:00.000Z", "madeAgainAt": "2026-06-10T08:00:00.000Z"}


@pytest.mark.parametrize("late", [False, True])
async def test_lot_made_again_is_told_whichever_comes_first(services: Services, firm: Firm, late: bool) -> None:
    meat = lot(MEAT, "1")
    use, second = transformed([DOUGH_LOT], [meat], 20), transformed([FLOUR_LOT], [DOUGH_LOT], 120 * DAY)
    await capture(services, firm.tenant_id, transformed([FLOUR_LOT], [DOUGH_LOT], 10), *((second, use) if late else (use, second)))
    assert [alert["subject"] for alert in await alerts_of(services, firm)] == [DOUGH_LOT]


async def test_rework_within_the_season_and_corrected_uses_are_nothing_to_tell(services: Services, firm: Firm) -> None:
    wrong = transformed([FLOUR_LOT], [DOUGH_LOT], 10)
    await capture(services, firm.tenant_id, wrong, declared_wrong(wrong), again(200))
    reworked = lot(DOUGH, "2")
    for week in range(0, 30, 8):
        await capture(
            services,
            firm.tenant_id,
            transformed([reworked], [lot(MEAT, "2")], week * 7 * DAY),
            transformed([lot(MEAT, "2")], [reworked], week * 7 * DAY + 60),
        )
    assert await alerts_of(services, firm) == []
