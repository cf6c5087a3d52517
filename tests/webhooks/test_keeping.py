"""Endpoints are kept by who may, their secrets shown once and sealed, what failed is sent again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from backend.webhooks import service
from backend.webhooks.delivery import WebhookDeliveries
from infra.settings import Settings
from tenants.permissions import Role
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.subscriptions.receiver import Receiver
from tests.webhooks.conftest import CREATE, Desk


async def test_a_secret_is_shown_once_and_stored_sealed(desk: Desk, receiver: Receiver) -> None:
    given = {"url": receiver.url(), "kinds": ["hold.placed"]}
    first = await desk.caller.command(CREATE, given, key="one-and-the-same")
    again = await desk.caller.command(CREATE, given, key="one-and-the-same")
    assert first["secret"].startswith("whsec_")
    assert (again["secret"], again["endpoint"]["id"]) == (None, first["endpoint"]["id"])
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        row = await tx.fetchrow("select secret from webhook_endpoint where tenant_id = $1")
        trail = await tx.fetch("select * from audit_entry where tenant_id = $1")
        replies = await tx.fetch("select * from idempotent_reply where tenant_id = $1")
    assert row is not None
    assert first["secret"].encode() not in row["secret"]
    assert first["secret"] not in str([dict(each) for each in (*trail, *replies)])


async def test_while_a_secret_is_changed_both_sign_and_after_a_day_the_new_one_alone(desk: Desk, receiver: Receiver) -> None:
    endpoint, former = await desk.create(receiver.url())
    rotated = await desk.act("rotateWebhookSecret", select="secret endpoint { formerSecretUntil }", id=endpoint)
    current = rotated["secret"]
    assert rotated["endpoint"]["formerSecretUntil"] is not None
    await desk.publish()
    await desk.work()
    request = receiver.received[0]
    assert len(request.headers["webhook-signature"].split()) == 2
    for secret in (former, current):
        Webhook(secret).verify(request.body, request.headers)
    await desk.later(timedelta(hours=25))
    await desk.publish()
    await desk.work()
    request = receiver.received[1]
    Webhook(current).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(former).verify(request.body, request.headers)
    assert (await desk.endpoint(endpoint))["formerSecretUntil"] is None


async def test_secrets_are_sealed_anew_with_another_key(desk: Desk, receiver: Receiver, settings: Settings) -> None:
    endpoint, former = await desk.create(receiver.url())
    await desk.act("rotateWebhookSecret", id=endpoint)
    other = settings.model_copy(update={"encryption_key": SecretStr("demo-another-key"), "encryption_retired_keys": (settings.encryption_key,)})
    deliveries = WebhookDeliveries(desk.services.database, other)
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        assert await service.reseal(tx, deliveries.sealer) == (1, [])
        assert await service.reseal(tx, deliveries.sealer) == (0, [])
    await desk.publish()
    await desk.work()
    [waiting] = await desk.deliveries(endpoint)
    assert waiting["lastFailure"].startswith("The endpoint's secret can't be read")
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        back = settings.model_copy(update={"encryption_retired_keys": (SecretStr("demo-another-key"),)})
        assert await service.reseal(tx, WebhookDeliveries(desk.services.database, back).sealer) == (1, [])
    await desk.later(timedelta(minutes=1))
    Webhook(former).verify(receiver.received[0].body, receiver.received[0].headers)


async def test_a_test_message_goes_to_its_endpoint_alone(desk: Desk, receiver: Receiver) -> None:
    endpoint, secret = await desk.create(receiver.url("/a"))
    await desk.create(receiver.url("/b"))
    tested = await desk.act("testWebhookEndpoint", select="delivery { id kind state }", id=endpoint)
    assert (tested["delivery"]["kind"], tested["delivery"]["state"]) == ("webhook.test", "WAITING")
    await desk.work()
    [request] = receiver.received
    assert request.path == "/a"
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "webhook.test"


async def test_one_message_is_replayed_under_its_id(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url())
    await desk.publish()
    waiting = (await desk.deliveries(endpoint))[0]["id"]
    refused = await desk.act("replayWebhookDelivery", "ReplayWebhookInput", id=waiting)
    assert refused["userErrors"] == [{"code": "WEBHOOK_WAITING", "field": "id"}]
    await desk.work()
    assert (await desk.act("replayWebhookDelivery", "ReplayWebhookInput", id=waiting))["userErrors"] == []
    await desk.work()
    assert [request.headers["webhook-id"] for request in receiver.received] == [receiver.received[0].headers["webhook-id"]] * 2
    assert receiver.received[0].body == receiver.received[1].body
    assert (await desk.deliveries(endpoint))[0]["attemptCount"] == 2


async def test_what_waits_when_it_is_switched_off_fails_and_can_be_replayed(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url())
    await desk.publish()
    assert (await desk.act("disableWebhookEndpoint", id=endpoint))["userErrors"] == []
    await desk.work()
    assert receiver.received == []
    for name, kind, given in (
        ("testWebhookEndpoint", "WebhookEndpointInput", {"id": endpoint}),
        ("replayFailedWebhooks", "ReplayFailedWebhooksInput", {"id": endpoint, "since": "2026-01-01T00:00:00Z"}),
    ):
        assert (await desk.act(name, kind, **given))["userErrors"] == [{"code": "WEBHOOK_DISABLED", "field": "id"}]
    await desk.act("enableWebhookEndpoint", id=endpoint)
    await desk.act("replayFailedWebhooks", "ReplayFailedWebhooksInput", id=endpoint, since="2026-01-01T00:00:00Z")
    await desk.work()
    assert len(receiver.received) == 1


async def test_changed_terms_count_at_once_and_deleted_it_is_gone(desk: Desk, receiver: Receiver) -> None:
    endpoint, _ = await desk.create(receiver.url("/old"))
    await desk.publish()
    changed = await desk.act("changeWebhookEndpoint", "ChangeWebhookEndpointInput", id=endpoint, url=receiver.url("/new"), kinds=["alert.raised"])
    assert changed["userErrors"] == []
    await desk.publish(subject="urn:x:2")
    await desk.work()
    assert [request.path for request in receiver.received] == ["/new"]
    log = await desk.deliveries(endpoint)
    assert (await desk.act("deleteWebhookEndpoint", select="deleted", id=endpoint))["deleted"]
    assert (await desk.caller.ask("query($id: ID!) { node(id: $id) { id } }", {"id": log[0]["id"]}))["node"] is None
    assert (await desk.act("enableWebhookEndpoint", id=endpoint))["userErrors"] == [{"code": "WEBHOOK_NOT_FOUND", "field": "id"}]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"kinds": []}, "kinds"), ({"kinds": ["hold.placed", "hold.eaten"]}, "kinds"), ({"description": "x" * 201}, "description")],
)
async def test_impossible_terms_are_refused(desk: Desk, given: dict[str, object], field: str) -> None:
    payload = await desk.caller.command(CREATE, {"url": "https://hooks.example.com/", "kinds": ["hold.placed"], **given})
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID_INPUT", field)]
    assert await desk.count("select count(*) from webhook_endpoint where tenant_id = $1") == 0


async def test_a_firm_has_fifty_at_most(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_ENDPOINTS", 1)
    await desk.create("https://hooks.example.com/")
    payload = await desk.caller.command(CREATE, {"url": "https://hooks.example.com/", "kinds": ["hold.placed"]})
    assert [error["code"] for error in payload["userErrors"]] == ["TOO_MANY_WEBHOOKS"]


async def test_no_inspector_and_no_other_firm_sees_or_keeps_them(
    desk: Desk, other_firm: Firm, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]
) -> None:
    endpoint, _ = await desk.create("https://hooks.example.com/")
    worker = Caller(client, await bearer(desk.firm, Role.WORKER))
    assert (await worker.refusal("{ webhookEndpoints(first: 1) { nodes { id } } }"))["code"] == "PERMISSION_DENIED"
    stranger = Desk(desk.services, other_firm, Caller(client, await bearer(other_firm, Role.ADMINISTRATOR)))
    assert (await stranger.caller.ask("query($id: ID!) { webhookEndpoint(id: $id) { id } }", {"id": endpoint}))["webhookEndpoint"] is None
    assert (await stranger.act("rotateWebhookSecret", id=endpoint))["userErrors"] == [{"code": "WEBHOOK_NOT_FOUND", "field": "id"}]


async def test_kinds_are_told_in_the_readers_language(desk: Desk) -> None:
    for language, word in (("zh", "货物被扣留"), ("en", "A hold was placed")):
        kinds = (await desk.caller.ask("{ webhookKinds { name description fields } }", Accept_Language=language))["webhookKinds"]
        assert {"name": "hold.placed", "description": word, "fields": ["subject", "hold", "reason"]} in kinds
