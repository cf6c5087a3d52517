"""What happened is told, signed and once; what isn't taken is tried again; who wants no more is told no more."""

import asyncio
import time
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from backend.alerts.service import Severity, raise_alert
from backend.events.projection import Source
from backend.holds import service as holds
from backend.services import Services
from backend.shipments.service import ShipLine, ShipOrder, ship
from backend.webhooks import sources
from backend.webhooks.delivery import WebhookDeliveries
from infra import clock
from infra.database import Gate
from infra.outward import Outward
from tests.factories import CUSTOMER, FLOUR, PLANT, capture, lot, made, quantity
from tests.firms import Firm
from tests.subscriptions.receiver import Received, Receiver
from tests.webhooks.conftest import ALL, Desk, body

DAY = timedelta(days=1)


async def test_a_hold_placed_and_released_is_told_and_the_reference_library_verifies_it(desk: Desk, receiver: Receiver) -> None:
    endpoint, secret = await desk.create(receiver.url())
    await capture(desk.services, desk.firm.tenant_id, made(amounts=[quantity(lot(FLOUR, "F-1"), 100)]))
    async with desk.services.database.tenant(desk.firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
        hold = await holds.place_hold(tx, desk.firm.principal, key=lot(FLOUR, "F-1"), reason="lead found")
    await desk.work()
    [request] = receiver.received
    said = Webhook(secret).verify(request.body, request.headers)
    assert (said["type"], said["version"]) == ("hold.placed", "1")
    assert said["data"] == {"subject": hold.object_uri, "hold": str(hold.hold_id), "reason": "lead found"}
    assert request.headers["content-type"] == "application/json"
    [delivery] = await desk.deliveries(endpoint)
    assert (delivery["state"], delivery["attemptCount"], delivery["lastStatus"], delivery["kind"]) == ("DELIVERED", 1, 200, "hold.placed")
    assert delivery["messageId"] == request.headers["webhook-id"]
    [attempt] = delivery["attempts"]["nodes"]
    assert (attempt["number"], attempt["status"], attempt["answer"], attempt["failure"]) == (1, 200, "ok", None)
    # What the outbox offers twice is told once.
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        await tx.execute("update outbox set done_at = null where tenant_id = $1 and topic = 'holds.changed'")
    await desk.work()
    assert len(receiver.received) == 1


async def test_an_alert_is_told_to_those_who_want_alerts_alone(desk: Desk, receiver: Receiver) -> None:
    await desk.create(receiver.url("/holds"), ["hold.placed"])
    await desk.create(receiver.url("/alerts"), ["alert.raised"])
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        await raise_alert(tx, kind="late", severity=Severity.WARNING, dedupe_key="k", subject="urn:x:9", detail={"secret": "inside"})
    await desk.work()
    [request] = receiver.received
    assert request.path == "/alerts"
    said = body(receiver)
    assert (said["type"], said["data"]["subject"], said["data"]["severity"]) == ("alert.raised", "urn:x:9", "WARNING")
    assert "inside" not in request.body.decode()


async def test_an_alert_that_was_opened_again_ends_again_for_partners(desk: Desk, receiver: Receiver) -> None:
    await desk.create(receiver.url(), ["alert.reset"])
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        alert_id = await raise_alert(tx, kind="late", severity=Severity.WARNING, dedupe_key="k", subject="urn:x:9", detail={})
        for moment in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"):
            await sources.alert_reset(tx, {"alert_id": str(alert_id), "at": moment})
    await desk.work()
    assert len(receiver.received) == 2


async def test_nobody_subscribed_writes_nothing(desk: Desk, receiver: Receiver) -> None:
    await desk.publish()
    await desk.create(receiver.url(), ["alert.raised"])
    await desk.publish()
    for table in ("webhook_message", "webhook_delivery"):
        assert await desk.count(f"select count(*) from {table} where tenant_id = $1") == 0
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from outbox where tenant_id = $1 and topic = 'webhook.due'") == 0


async def test_a_bell_that_another_clock_rings_early_is_rung_again(desk: Desk, receiver: Receiver) -> None:
    await desk.create(receiver.url())
    await desk.publish()
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        await tx.execute("update webhook_delivery set next_at = now() + interval '3 seconds' where tenant_id = $1")
    await desk.work()
    assert receiver.received == []
    await desk.later(timedelta(seconds=4))
    assert len(receiver.received) == 1


async def test_what_is_not_taken_is_tried_again_later_under_the_same_id(desk: Desk, receiver: Receiver) -> None:
    endpoint, secret = await desk.create(receiver.url())
    receiver.answer = lambda _: b"HTTP/1.1 500 Broken\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops"
    await desk.publish()
    await desk.work()
    await desk.work()
    assert len(receiver.received) == 1, "not before its time"
    [waiting] = await desk.deliveries(endpoint, "WAITING")
    assert (waiting["lastStatus"], waiting["lastFailure"]) == (500, "The receiver answered 500.")
    assert waiting["nextAttemptAt"] is not None
    assert (await desk.endpoint(endpoint))["failingSince"] is not None
    receiver.answer = lambda _: 202
    await desk.later(timedelta(seconds=6))
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1
    assert len(receiver.received) == 2
    assert Webhook(secret).verify(receiver.received[1].body, receiver.received[1].headers) == body(receiver, 0)
    [done] = await desk.deliveries(endpoint, "DELIVERED")
    assert [(each["number"], each["status"], each["answer"]) for each in done["attempts"]["nodes"]] == [(2, 202, "ok"), (1, 500, "oops")]
    state = await desk.endpoint(endpoint)
    assert (state["failingSince"], state["enabled"]) == (None, True)


async def test_retry_after_is_respected(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url())
    receiver.answer = lambda _: b"HTTP/1.1 429 Slow down\r\nRetry-After: 600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    await desk.publish()
    await desk.work()
    await desk.later(timedelta(seconds=500))
    assert len(receiver.received) == 1
    await desk.later(timedelta(seconds=110))
    assert len(receiver.received) == 2
    assert [each["state"] for each in await desk.deliveries(endpoint)] == ["WAITING"]


async def test_410_switches_the_endpoint_off_and_its_keeper_is_alerted(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url("/hook/token-in-path"))
    receiver.answer = lambda _: 410
    await desk.publish()
    await desk.work()
    state = await desk.endpoint(endpoint)
    assert (state["enabled"], state["disabledReason"]) == (False, "The receiver answered 410: it wants no more messages.")
    alerts = (await desk.caller.ask("{ alerts(first: 5) { nodes { kind severity subject detail } } }"))["alerts"]["nodes"]
    assert [(alert["kind"], alert["severity"]) for alert in alerts] == [("webhook_disabled", "WARNING")]
    assert "token-in-path" not in str(alerts)
    # What comes now is kept for a replay, and sent to nobody.
    await desk.publish(subject="urn:x:2")
    await desk.work()
    assert len(receiver.received) == 1
    log = {each["subject"]: (each["state"], each["attemptCount"]) for each in await desk.deliveries(endpoint)}
    assert log == {"urn:x:1": ("FAILED", 1), "urn:x:2": ("FAILED", 0), alerts[0]["subject"]: ("FAILED", 0)}
    receiver.answer = lambda _: 200
    assert (await desk.act("enableWebhookEndpoint", id=endpoint))["userErrors"] == []
    replayed = await desk.act("replayFailedWebhooks", "ReplayFailedWebhooksInput", "replayed", id=endpoint, since="2026-01-01T00:00:00Z")
    await desk.work()
    assert {body(receiver, place)["data"]["subject"] for place in range(1, 4)} == log.keys()
    assert (replayed["replayed"], len(receiver.received)) == (3, 4)
    assert {each["state"] for each in await desk.deliveries(endpoint)} == {"DELIVERED"}


async def test_three_days_without_any_success_switch_it_off(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url())
    receiver.answer = lambda _: 503
    await desk.publish()
    await desk.work()
    for _ in range(8):
        await desk.later(timedelta(hours=27))
        assert (await desk.endpoint(endpoint))["enabled"]
    await desk.later(timedelta(hours=27))
    assert len(receiver.received) == 10
    state = await desk.endpoint(endpoint)
    assert not state["enabled"]
    assert state["disabledReason"].endswith("The last attempt: The receiver answered 503.")
    assert [each["state"] for each in await desk.deliveries(endpoint)][-1] == "FAILED"
    assert await desk.count("select count(*) from audit_entry where tenant_id = $1 and action = 'webhook.disabled'") == 1


async def test_one_message_that_never_passes_does_not_switch_off_an_endpoint_that_takes_others(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url())
    receiver.answer = lambda request: 500 if b"urn:x:poison" in request.body else 200
    await desk.publish(subject="urn:x:poison")
    await desk.work()
    for number in range(10):
        await desk.publish(subject=f"urn:x:{number}")
        await desk.later(timedelta(hours=27))
    state = await desk.endpoint(endpoint)
    assert state["enabled"]
    assert [each["subject"] for each in await desk.deliveries(endpoint, "FAILED")] == ["urn:x:poison"]


async def test_a_redirect_leads_nowhere(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url())
    inside = f"HTTP/1.1 302 Found\r\nLocation: {receiver.url('/inside')}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    receiver.answer = lambda _: inside
    await desk.publish()
    await desk.work()
    assert [request.path for request in receiver.received] == ["/hook"]
    [waiting] = await desk.deliveries(endpoint, "WAITING")
    assert waiting["lastFailure"] == "The receiver answered 302. Redirects aren't followed: give the address that they lead to."


async def test_what_nobody_thought_of_counts_as_an_attempt(desk: Desk, services: Services) -> None:
    async def resolve(_name: str, _port: int) -> list[str]:
        raise RuntimeError("a secret of ours")

    deliveries = WebhookDeliveries(services.database, services.settings, outward=Outward(plain_http=True, resolve_name=resolve))
    endpoint, _ = await desk.create("https://hooks.example.com/")
    await desk.publish()
    async with services.database.tenant(desk.firm.tenant_id) as tx:
        row = await tx.fetchrow("select endpoint_id from webhook_endpoint where tenant_id = $1")
        assert row is not None
        await deliveries.ring(tx, {"endpoint_id": str(row["endpoint_id"])})
    await deliveries.settle()
    [delivery] = await desk.deliveries(endpoint, "WAITING")
    assert (delivery["attemptCount"], delivery["lastFailure"]) == (1, "The message couldn't be sent (RuntimeError).")


async def test_a_name_whose_answer_changes_to_an_address_inside_is_called_no_more(desk: Desk, receiver: Receiver, services: Services) -> None:
    answers = {"hooks.example.com": ["93.184.216.34"]}
    asked: list[str] = []

    async def resolve(name: str, _port: int) -> list[str]:
        asked.append(name)
        return answers[name]

    deliveries = WebhookDeliveries(services.database, services.settings, outward=Outward(plain_http=True, resolve_name=resolve))
    url = f"http://hooks.example.com:{receiver.port}/hook"
    deliveries.outward.check(url)
    endpoint, _ = await desk.create(url)
    for place, inside in enumerate(("127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "fd00::1")):
        answers["hooks.example.com"] = ["93.184.216.34", inside]
        await desk.publish(subject=f"urn:x:{place}")
        async with services.database.tenant(desk.firm.tenant_id) as tx:
            row = await tx.fetchrow("select endpoint_id from webhook_endpoint where tenant_id = $1")
            assert row is not None
            await deliveries.ring(tx, {"endpoint_id": str(row["endpoint_id"])})
        await deliveries.settle()
        [delivery] = [each for each in await desk.deliveries(endpoint) if each["subject"] == f"urn:x:{place}"]
        assert delivery["lastFailure"] == "This address can't be called: hooks.example.com isn't on the public internet."
    assert receiver.received == []
    assert set(asked) == {"hooks.example.com"}


@pytest.mark.parametrize("url", ["http://10.0.0.1:9000/", "https://192.168.1.1/", "https://metadata.google.internal/", "ftp://x.example.com/", "x"])
async def test_an_address_inside_is_refused_when_it_is_given(desk: Desk, url: str) -> None:
    payload = await desk.caller.command(
        "mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { secret userErrors { code field } } }",
        {"url": url, "kinds": ALL},
    )
    assert payload == {"secret": None, "userErrors": [{"code": "ADDRESS_REFUSED", "field": "url"}]}
    assert await desk.count("select count(*) from webhook_endpoint where tenant_id = $1") == 0


async def test_a_receiver_that_hangs_keeps_no_other_waiting(desk: Desk, receiver: Receiver) -> None:
    hanging, _ = await desk.create(receiver.url("/hangs"))
    await desk.create(receiver.url("/works"))

    def answer(request: Received) -> int | None:
        return None if request.path == "/hangs" else 200

    receiver.answer = answer
    for number in range(3):
        await desk.publish(subject=f"urn:x:{number}")
    work = asyncio.create_task(desk.work())
    await receiver.until(6)
    assert sorted(request.path for request in receiver.received) == ["/hangs"] * 3 + ["/works"] * 3
    work.cancel()
    await desk.services.webhooks.close()
    # Who died held leases: when they are over, the outbox has the rest sent.
    receiver.answer = lambda _: 200
    await desk.later(timedelta(seconds=120))
    assert {each["state"] for each in await desk.deliveries(hanging)} == {"DELIVERED"}


async def test_a_burst_arrives_whole_and_once(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url())
    for number in range(40):
        await desk.publish(subject=f"urn:x:{number}")
    began = time.monotonic()
    await desk.work()
    assert time.monotonic() - began < 60
    assert len(receiver.received) == len({request.headers["webhook-id"] for request in receiver.received}) == 40
    assert {each["state"] for each in await desk.deliveries(endpoint)} == {"DELIVERED"}


async def test_a_shipment_by_command_is_told_once(desk: Desk, receiver: Receiver, services: Services) -> None:
    await desk.create(receiver.url(), ["shipment.created"])
    await capture(services, desk.firm.tenant_id, made(amounts=[quantity(lot(FLOUR, "F-1"), 100)]))
    order = ShipOrder([ShipLine(lot(FLOUR, "F-1"), Decimal(5), "KGM")], PLANT, CUSTOMER, command_id=uuid4(), shipped_at=clock.now())
    for _ in range(2):
        async with services.database.tenant(desk.firm.tenant_id, gate=Gate.SHARED) as tx:
            await ship(tx, desk.firm.principal, services.capture, order, source=Source.GRAPHQL)
    await desk.work()
    assert len(receiver.received) == 1
    said = body(receiver)["data"]
    assert (said["objects"], said["toParty"]) == (1, CUSTOMER)
    assert str(order.command_id) in said["subject"]


async def test_other_firms_are_told_nothing(desk: Desk, receiver: Receiver, other_firm: Firm) -> None:
    await desk.create(receiver.url())
    stranger = Desk(desk.services, other_firm, desk.caller)
    await stranger.publish()
    await desk.work()
    assert receiver.received == []
