"""Raising alerts: a fact once for ever, a condition once while it is open; what comes again is counted, whoever meets it at once."""

from typing import Any

from backend.alerts.service import reset_alert
from backend.services import Services
from tests.alerts.conftest import DoOutbox, hot
from tests.firms import Firm


async def rows(services: Services, firm: Firm) -> list[Any]:
    async with services.database.tenant(firm.tenant_id) as tx:
        return await tx.fetch("select * from alert where tenant_id = $1 order by alert_id")


async def test_condition_is_raised_once_while_open_and_its_occurrences_are_counted(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        first = await hot(tx)
        assert await hot(tx) is None
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await hot(tx, detail={"celsius": 12}) is None
    await do_outbox()
    [row] = await rows(services, firm)
    assert (row["alert_id"], row["occurrences"], row["detail"], row["latest_detail"]) == (first, 3, '{"celsius":9}', '{"celsius":12}')
    assert row["last_at"] > row["raised_at"]


async def test_condition_that_ended_and_came_back_is_another_alert_linked_to_the_last(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        first = await hot(tx)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await reset_alert(tx, dedupe_key="hot:1", reason="cool again") == first
        assert await reset_alert(tx, dedupe_key="hot:1", reason="cool again") is None
    async with services.database.tenant(firm.tenant_id) as tx:
        second = await hot(tx)
    await do_outbox()
    columns = ("alert_id", "recurrence_of", "close_reason", "occurrences")
    told = [(row["closed_at"] is None, *(row[column] for column in columns)) for row in await rows(services, firm)]
    assert told == [(False, first, None, "cool again", 1), (True, second, first, None, 1)]


async def test_fact_is_raised_once_for_ever_and_not_counted_when_it_is_told_again(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await hot(tx, resets=False) is not None
        assert await hot(tx, resets=False) is None
        assert await reset_alert(tx, dedupe_key="hot:1", reason="seen to") is not None
        assert await hot(tx, resets=False) is None
    await do_outbox()
    assert [row["occurrences"] for row in await rows(services, firm)] == [1]
