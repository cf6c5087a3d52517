"""Whoever listens is told of each alert that is raised, acted on, or ends, by what he may see then; lists are filtered and counted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar

from backend.alerts import subscriptions
from backend.alerts.service import Severity, reset_alert
from backend.services import Services
from infra import clock
from tenants.permissions import Role
from tests.alerts.conftest import hot, raised
from tests.alerts.documents import FOUND, MUTATIONS
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.sockets import Socket

CHANGED = "subscription { alertChanged { more counts { open mine } changes { act actor alert { id status } } } }"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls quickly, so that tests don't wait."""
    monkeypatch.setattr(subscriptions, "POLL_SECONDS", 0.05)


async def told(socket: Socket) -> dict[str, Any]:
    message = await socket.receive()
    assert message["type"] == "next", message
    return dict(message["payload"]["data"]["alertChanged"])


async def test_listener_is_told_what_happens_from_now_on_in_his_firm(
    app: Litestar, services: Services, firm: Firm, other_firm: Firm, owner: Caller
) -> None:
    await raised(services, firm, "before")
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        await socket.subscribe(CHANGED)
        await asyncio.sleep(0.3)
        await raised(services, other_firm)
        alert = await raised(services, firm)
        new = await told(socket)
        assert new == {
            "more": False, "counts": {"open": 2, "mine": 0},
            "changes": [{"act": "RAISED", "actor": "suyuan", "alert": {"id": alert, "status": "OPEN"}}],
        }  # fmt: skip
        await owner.command(MUTATIONS["acknowledgeAlerts"], {"alertIds": [alert]})
        taken = await told(socket)
        assert (taken["counts"]["mine"], taken["changes"][0]["act"], taken["changes"][0]["alert"]["status"]) == (1, "ACKNOWLEDGED", "ACKNOWLEDGED")
        async with services.database.tenant(firm.tenant_id) as tx:
            await reset_alert(tx, dedupe_key="hot:1", reason="cool")
        over = await told(socket)
        assert (over["counts"]["open"], over["changes"][0]["act"]) == (1, "RESET")
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_what_is_committed_late_is_told_too(app: Litestar, services: Services, firm: Firm, owner: Caller) -> None:
    """An entry that was written before another one may be committed after it."""
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        await socket.subscribe(CHANGED)
        await asyncio.sleep(0.3)
        async with services.database.tenant(firm.tenant_id) as slow:
            await hot(slow, "slow")
            quick = await raised(services, firm, "quick")
            assert [change["alert"]["id"] for change in (await told(socket))["changes"]] == [quick]
        [late] = (await told(socket))["changes"]
        assert (late["act"], late["alert"]["id"] != quick) == ("RAISED", True)


async def test_listener_whose_session_ends_is_told_nothing_more(app: Litestar, services: Services, firm: Firm, owner: Caller) -> None:
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        await socket.subscribe(CHANGED)
        await asyncio.sleep(0.3)
        await owner.command("mutation($input: SignOutInput!) { signOut(input: $input) { userErrors { code } } }", {"everywhere": True})
        await raised(services, firm)
        message = await socket.receive()
        assert (message["payload"]["data"], message["payload"]["errors"][0]["extensions"]["code"]) == (None, "SESSION_ENDED")


async def test_list_is_filtered_by_all_that_is_asked(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    warm = await raised(services, firm, "hot:1", cause_key="line 4")
    cold = await raised(services, firm, "cold:1", Severity.CRITICAL, kind="too_cold", subject="urn:sensor:2")
    inspector = await caller_of(firm, Role.QC_INSPECTOR)
    await inspector.command(MUTATIONS["acknowledgeAlerts"], {"alertIds": [warm]})
    [mine] = (await inspector.command(MUTATIONS["assignAlerts"], {"alertIds": [warm], "toMe": True}))["alerts"]
    soon = clock.isoformat(clock.now() + timedelta(minutes=1))
    for wanted, ids in (
        ({}, [cold, warm]), ({"statuses": ["OPEN"]}, [cold]), ({"statuses": ["ACKNOWLEDGED", "SNOOZED"]}, [warm]),
        ({"severities": ["CRITICAL"]}, [cold]),
        ({"kinds": ["too_hot", "x"]}, [warm]), ({"owner": mine["owner"]}, [warm]), ({"unowned": True}, [cold]), ({"causeKey": "line 4"}, [warm]),
        ({"subject": "urn:sensor:2"}, [cold]), ({"raisedBefore": soon}, [cold, warm]), ({"raisedFrom": soon}, []),
        ({"kinds": ["too_hot"], "severities": ["CRITICAL"]}, []), ({"site": "https://example.com/plant"}, []),
    ):  # fmt: skip
        found = await owner.ask(FOUND, {"filter": wanted})
        assert [alert["id"] for alert in found["alerts"]["nodes"]] == ids, wanted
    for wrong in ({"owner": "x"}, {"rule": "x"}, {"kinds": ["k"] * 51}, {"subject": "s" * 501}, {"causeKey": "\x00"}, {"site": "no place"}):
        assert (await owner.refusal(FOUND, {"filter": wrong}))["code"] in ("INVALID_INPUT", "INVALID_IDENTIFIER"), wrong
    counts = (await inspector.ask("{ alertCounts { open unacknowledged critical warning notice mine } }"))["alertCounts"]
    assert counts == {"open": 2, "unacknowledged": 1, "critical": 1, "warning": 1, "notice": 0, "mine": 1}
