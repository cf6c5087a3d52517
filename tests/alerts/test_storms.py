"""A storm of alerts of one kind and cause: each is kept and counted, and nobody is told of more than he could take in."""

from datetime import timedelta

from backend.alerts.rules import STORM_LIMIT
from backend.alerts.service import Severity
from backend.services import Services
from tests.alerts.conftest import DoOutbox, acts, hasten, hot, raised
from tests.firms import Firm
from tests.graphql.conftest import Caller

GROUPS = """{ alertGroups(first: 5) { pageInfo { hasNextPage } nodes {
  causeKey severity alertCount foldedCount unacknowledgedCount kinds newest { kind } alerts(first: 100) { nodes { id folded } } } } }"""


async def storm(services: Services, firm: Firm, number: int, cause: str = "line 4") -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        for each in range(number):
            await hot(tx, f"{cause}:{each}", cause_key=cause)


async def test_what_is_above_the_bound_is_folded_counted_and_not_told(services: Services, firm: Firm, owner: Caller, do_outbox: DoOutbox) -> None:
    await storm(services, firm, STORM_LIMIT + 12)
    await storm(services, firm, 3, "line 5")
    await do_outbox()
    quiet, loud = (await owner.ask(GROUPS))["alertGroups"]["nodes"]
    if quiet["causeKey"] == "line 4":
        quiet, loud = loud, quiet
    assert (quiet["alertCount"], quiet["foldedCount"], quiet["kinds"]) == (3, 0, ["too_hot"])
    assert (loud["alertCount"], loud["foldedCount"], loud["kinds"]) == (STORM_LIMIT + 13, 12, ["alert_storm", "too_hot"])
    assert sum(alert["folded"] for alert in loud["alerts"]["nodes"]) == 12
    listed = await owner.ask("{ alerts(first: 100) { nodes { kind folded occurrences } } alertCounts { open warning } }")
    assert len(listed["alerts"]["nodes"]) == STORM_LIMIT + 1 + 3 == listed["alertCounts"]["open"]
    assert [alert["occurrences"] for alert in listed["alerts"]["nodes"] if alert["kind"] == "alert_storm"] == [12]
    async with services.database.tenant(firm.tenant_id) as tx:
        told = await tx.fetchval("select count(*) from alert where tenant_id = $1 and notified_at is not null")
    assert told == STORM_LIMIT + 1 + 3


async def test_storm_is_over_when_none_comes_for_a_while(services: Services, firm: Firm, owner: Caller, do_outbox: DoOutbox) -> None:
    await storm(services, firm, STORM_LIMIT + 2)
    await do_outbox()
    find = '{ alerts(first: 5, openOnly: false, filter: {kinds: ["alert_storm"]}) { nodes { id status } } }'
    [alert] = (await owner.ask(find))["alerts"]["nodes"]
    await hasten(services, firm, timedelta(minutes=11))
    await do_outbox()
    assert (await owner.ask(find))["alerts"]["nodes"][0]["status"] == "OPEN"
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update alert set raised_at = raised_at - interval '11 minutes' where tenant_id = $1")
    await hasten(services, firm, timedelta(minutes=11))
    await do_outbox()
    assert (await owner.ask(find))["alerts"]["nodes"][0]["status"] == "CLOSED"
    assert await acts(owner, alert["id"]) == ["RAISED", "RESET"]


async def test_groups_are_paged_both_ways_and_told_with_the_worst_severity(services: Services, firm: Firm, owner: Caller) -> None:
    await raised(services, firm, "a1", cause_key="a")
    await raised(services, firm, "b1", Severity.NOTICE, cause_key="b")
    await raised(services, firm, "a2", Severity.CRITICAL, cause_key="a", kind="too_wet")
    ask = """query($first: Int, $after: String, $last: Int, $before: String) {
      alertGroups(first: $first, after: $after, last: $last, before: $before) { pageInfo { endCursor startCursor } nodes { causeKey severity } } }"""
    one = (await owner.ask(ask, {"first": 1}))["alertGroups"]
    assert one["nodes"] == [{"causeKey": "a", "severity": "CRITICAL"}]
    two = (await owner.ask(ask, {"first": 1, "after": one["pageInfo"]["endCursor"]}))["alertGroups"]
    assert two["nodes"] == [{"causeKey": "b", "severity": "NOTICE"}]
    back = (await owner.ask(ask, {"last": 5, "before": two["pageInfo"]["startCursor"]}))["alertGroups"]
    assert back["nodes"] == one["nodes"]
