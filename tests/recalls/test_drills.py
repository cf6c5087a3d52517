"""A drill is the same flow, and nothing leaves the house: no hold, no webhook, no alert; and who is told outside of a recall."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from backend.services import Services
from infra.clock import isoformat, now
from infra.database import TenantTransaction
from tests.factories import DUMPLING, capture, lot, transformed
from tests.firms import Firm
from tests.recalls.conftest import BAD, MADE_OF_IT, Desk
from tests.recalls.operations import CLOSE, EXTEND, HOLD, REOPEN
from tests.recalls.test_flow import held

DoOutbox = Callable[[], Awaitable[int]]
ALERTS = "{ alerts(first: 20) { nodes { kind } } }"
ENDPOINT = """mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { userErrors { field message } } }"""


async def subscribe(desk: Desk) -> None:
    """An endpoint that wants what is told of recalls."""
    kinds = ["recall.announced", "recall.closed", "hold.placed"]
    answer = await desk.signer.caller.command(ENDPOINT, {"url": "https://partner.example.com/in", "kinds": kinds})
    assert answer["userErrors"] == []


async def messages(services: Services, firm: Firm) -> list[tuple[str, str]]:
    """(kind, body) of all webhook messages."""

    async def work(tx: TenantTransaction) -> list[tuple[str, str]]:
        rows = await tx.fetch("select kind, body from webhook_message where tenant_id = $1 order by message_id")
        return [(row["kind"], row["body"]) for row in rows]

    return await services.in_tenant(firm.tenant_id, work)


async def test_a_drill_holds_nothing_and_tells_nobody_outside(desk: Desk, services: Services, goods: Firm, do_outbox: DoOutbox) -> None:
    await subscribe(desk)
    case = await desk.open(drill=True, instructions=None, contactPhone="", knownAt=isoformat(now() - timedelta(hours=23)))
    assert (case["number"].startswith("RD-"), case["drill"]) == (True, True)
    assert (await desk.refused(HOLD, {"caseId": case["id"], "reason": "x"}))[0] == "RECALL_IS_DRILL"
    decided = await desk.decide(case)
    assert (decided["state"], decided["holds"], await held(desk, BAD, MADE_OF_IT)) == ("DECIDED", [], [False, False])
    await desk.announce(case)
    await do_outbox()
    late = lot(DUMPLING, "D-LATE")
    await capture(services, goods.tenant_id, transformed([BAD], [late], minutes=15))
    await do_outbox()
    await desk.act(EXTEND, {"caseId": case["id"], "reason": "came late"}, "RECALLED")
    closed = await desk.act(CLOSE, {"caseId": case["id"], "reason": "well done"}, "APPROVED")
    assert (closed["state"], closed["holds"]) == ("CLOSED", [])
    await desk.act(REOPEN, {"caseId": case["id"], "reason": "once more"}, "APPROVED")
    await do_outbox()
    assert await messages(services, goods) == []
    assert (await desk.signer.caller.ask(ALERTS))["alerts"]["nodes"] == []
    assert await held(desk, BAD, MADE_OF_IT, late) == [False, False, False]


async def test_partners_are_told_of_each_version_and_of_the_end(desk: Desk, services: Services, goods: Firm, do_outbox: DoOutbox) -> None:
    await subscribe(desk)
    case = await desk.open()
    await desk.decide(case)
    await desk.announce(case)
    await do_outbox()
    await desk.act(EXTEND, {"caseId": case["id"], "reason": "more", "sources": [{"object": {"key": MADE_OF_IT}}]}, "RECALLED")
    await desk.act(CLOSE, {"caseId": case["id"], "reason": "done", "overrideReason": "taken over"}, "APPROVED")
    await do_outbox()
    told = [(kind, body) for kind, body in await messages(services, goods) if kind.startswith("recall.")]
    assert [kind for kind, _ in told] == ["recall.announced", "recall.announced", "recall.closed"]
    assert all(case["number"] in body for _, body in told)
    assert ['"version":1' in told[0][1], '"version":2' in told[1][1], '"class":"I"' in told[0][1]] == [True] * 3
