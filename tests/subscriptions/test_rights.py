"""A subscription may tell what its subscriber may know at that moment: people who leave, keys that end, sites, roles that change."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend.services import Services
from infra.clock import now
from tenants.clients import service as clients
from tenants.clients.rules import terms_of
from tenants.permissions import Permission, Role
from tenants.principal import Principal
from tests.factories import PLANT, SHOP
from tests.firms import Firm
from tests.subscriptions.conftest import Desk, Sit, received
from tests.subscriptions.receiver import Receiver

SCOPES = (Permission.QUERIES_SUBSCRIBE, Permission.EVENTS_READ, Permission.EVENTS_CAPTURE)
Bearer = Callable[..., Awaitable[dict[str, str]]]


def there(number: int, place: str) -> dict[str, Any]:
    """An event at a place."""
    return received(number, bizLocation={"id": place})


async def machine(services: Services, firm: Firm, *, sites: tuple[str, ...] = ()) -> tuple[dict[str, str], Principal, UUID, UUID]:
    """The headers of a new API client; the owner who made it; the client, and its key."""
    owner = replace(firm.principal)
    terms = terms_of(name="ERP", scopes=[str(scope) for scope in SCOPES], sites=sites, moment=now())
    key = await services.in_tenant(firm.tenant_id, lambda tx: clients.create_client(tx, owner, terms))
    return {"Authorization": f"Bearer {key.text}"}, owner, key.client_id, key.secret_id


async def test_a_machine_at_a_site_is_told_what_happens_there(services: Services, desk: Desk, firm: Firm, receiver: Receiver) -> None:
    headers, *_ = await machine(services, firm, sites=(PLANT,))
    erp = replace(desk, headers=headers)
    await desk.name()
    address = await erp.subscribe(receiver.url())
    inside, _, also = await desk.capture(there(1, PLANT), there(2, SHOP), there(3, PLANT))
    await desk.work()
    assert receiver.events == [inside, also]
    # It sees its own subscriptions alone, and ends no other's.
    other = await desk.subscribe(receiver.url("/other"))
    assert [each["subscriptionID"] for each in (await erp.ask("GET", "/queries/shipped/subscriptions")).json()] == [address.rpartition("/")[2]]
    assert (await erp.ask("GET", other)).status_code == 404
    assert (await erp.ask("DELETE", other)).status_code == 404
    assert (await erp.ask("DELETE", "/queries/shipped")).status_code == 403
    assert len((await desk.ask("GET", "/queries/shipped/subscriptions")).json()) == 2


async def test_a_revoked_key_ends_what_goes_on_in_its_name(services: Services, desk: Desk, firm: Firm, receiver: Receiver) -> None:
    headers, owner, _, secret_id = await machine(services, firm)
    await desk.name()
    address = await replace(desk, headers=headers).subscribe(receiver.url())
    first = await desk.capture(received(1))
    await desk.work()
    await services.in_tenant(firm.tenant_id, lambda tx: clients.revoke_secret(tx, owner, services.identity.clients, secret_id, "lost"))
    second = await desk.capture(received(2))
    await desk.work()
    assert receiver.events == first
    state = await desk.state(address)
    assert state["state"] == "paused"
    assert state["pausedReason"].startswith("Whoever subscribed may not be told any more")
    assert await desk.trail("subscription.paused") == [("subscription.paused", "service")]
    # Somebody who may resumes it in his own name, and nothing was lost.
    assert (await desk.ask("POST", f"{address}/resume")).json()["subscriber"] == "A administrator"
    await desk.work()
    assert receiver.events == [*first, *second]


async def test_narrowed_scopes_and_an_expired_client_end_it_too(services: Services, desk: Desk, firm: Firm, receiver: Receiver) -> None:
    await desk.name()
    addresses = []
    for number, change in enumerate(
        ("scopes = '[\"events.read\"]'", "scopes = '[\"queries.subscribe\"]'", "expires_at = now()", "revoked_at = now()")
    ):
        headers, _, client_id, _ = await machine(services, firm)
        addresses.append(await replace(desk, headers=headers).subscribe(receiver.url()))
        async with services.database.tenant(firm.tenant_id) as tx:
            await tx.execute(f"update client set {change} where tenant_id = $1 and client_id = $2", client_id)
        await desk.capture(received(number))
    await desk.work()
    assert receiver.received == []
    assert [(await desk.state(address))["state"] for address in addresses] == ["paused"] * 4


async def test_a_person_who_left_or_changed_roles_is_told_nothing_more(sit: Sit, firm: Firm, desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    leaving, demoted = await sit(firm), await sit(firm)
    addresses = [await each.subscribe(receiver.url()) for each in (leaving, demoted)]
    async with desk.services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select subscription_id, membership_id from query_subscription where tenant_id = $1 order by subscription_id")
        await tx.execute("update membership set active = false where tenant_id = $1 and membership_id = $2", rows[0]["membership_id"])
        changed = "update membership_grant set role = $3 where tenant_id = $1 and membership_id = $2"
        await tx.execute(changed, rows[1]["membership_id"], str(Role.AUDITOR))
    await desk.capture(received(1))
    await desk.work()
    assert receiver.received == []
    reasons = [(await desk.state(address))["pausedReason"] for address in addresses]
    assert reasons[0].startswith("Whoever subscribed may not be told any more")
    assert reasons[1].startswith("Whoever subscribed lacks the permission that it needs by now")
    assert "queries.subscribe" in reasons[1]


async def test_signing_out_does_not_end_a_subscription(desk: Desk, sit: Sit, firm: Firm, client: Any, receiver: Receiver) -> None:
    await desk.name()
    other = await sit(firm)
    await other.subscribe(receiver.url())
    assert (await client.post("/auth/sign-out", headers=other.headers)).status_code == 204
    events = await desk.capture(received(1))
    await desk.work()
    assert receiver.events == events


async def test_sites_that_were_taken_are_not_told_when_a_report_comes_again(services: Services, desk: Desk, firm: Firm, receiver: Receiver) -> None:
    headers, _, client_id, _ = await machine(services, firm, sites=(PLANT, SHOP))
    await desk.name()
    await replace(desk, headers=headers).subscribe(receiver.url())
    receiver.answer = lambda _: 500
    plant, shop = await desk.capture(there(1, PLANT), there(2, SHOP))
    await desk.work()
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update client set sites = $3 where tenant_id = $1 and client_id = $2", client_id, f'["{SHOP}"]')
    receiver.answer = lambda _: 200
    await desk.later(timedelta(hours=1))
    assert [each.events for each in receiver.received] == [[plant, shop], [shop]]
    assert receiver.received[0].report_id == receiver.received[1].report_id
