"""A firm that tells its people, and somebody who keeps it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from backend.alerts import service as alerts
from backend.services import Services
from tenants.permissions import Role
from tenants.registration import create_person_with_membership
from tenants.service import Caller
from tests.conftest import PASSWORD, Cluster
from tests.firms import Firm
from tests.outbox import do_outbox
from tests.subscriptions.receiver import Received, Receiver, receiving

PUT_CHANNEL = """mutation($i: PutNotificationChannelInput!) { putNotificationChannel(input: $i) { id userErrors { field code message } } }"""
PUT_ROUTE = """mutation($i: PutNotificationRouteInput!) { putNotificationRoute(input: $i) { id userErrors { field code message } } }"""
PREFER = """mutation($i: SetMyNotificationPreferencesInput!) { setMyNotificationPreferences(input: $i) { id userErrors { field code message } } }"""
TEST = """mutation($i: NotificationChannelInput!) { testNotificationChannel(input: $i) { id userErrors { field code message } } }"""
DELIVERIES = """query($s: NotificationDeliveryState, $a: ID) { notificationDeliveries(first: 100, state: $s, alertId: $a) { nodes {
  id title topic urgency receiver kind state reason attempts nextAttemptAt providerId attemptLog { number taken status reason } } } }"""
FEED = "{ myNotifications(first: 50) { nodes { id title text topic urgency subject alertId readAt } } }"


@dataclass
class Person:
    """Somebody of the firm, signed in."""

    desk: "Desk"
    membership_id: UUID
    headers: dict[str, str] = field(repr=False)

    async def ask(self, query: str, given: Any = None, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors; `given` is the input."""
        answer = await self.post(query, {"i": given, **variables} if given is not None else variables)
        assert "errors" not in answer, answer
        return dict(answer["data"])

    async def post(self, query: str, variables: dict[str, Any], **headers: str) -> dict[str, Any]:
        sent = {"Idempotency-Key": str(uuid4()), **self.headers, **headers}
        answer = await self.desk.client.post("/graphql", json={"query": query, "variables": variables}, headers=sent)
        return dict(answer.json())

    async def put(self, query: str, given: Any) -> str:
        """A mutation that succeeds; gives the id."""
        [(_, done)] = (await self.ask(query, given)).items()
        assert done["userErrors"] == [], done
        return str(done["id"])

    async def refused(self, query: str, given: Any) -> dict[str, Any]:
        """A mutation that is refused; gives the first error."""
        [(_, done)] = (await self.ask(query, given)).items()
        assert done["userErrors"], done
        return dict(done["userErrors"][0])

    async def feed(self) -> list[dict[str, Any]]:
        return list((await self.ask(FEED))["myNotifications"]["nodes"])


@dataclass
class Desk:
    """A firm with its keeper of notifications."""

    services: Services
    client: httpx.AsyncClient
    firm: Firm
    admin_dsn: str
    keeper: Person = field(init=False)

    async def person(self, role: Role = Role.QUALITY_MANAGER, **preferences: Any) -> Person:
        """Somebody new, with what he prefers."""
        login = f"{uuid4().hex[:12]}@example.com"
        identity = self.services.identity
        await create_person_with_membership(identity, self.firm.tenant, login=login, password=PASSWORD, display_name=f"A {role}", role=role)
        tokens = await identity.sign_in(login, PASSWORD, tenant_slug=self.firm.slug, caller=Caller(address="192.0.2.1"))
        principal = await identity.authenticate(tokens.access_token, caller=Caller(address="192.0.2.1"))
        assert principal.membership_id is not None
        found = Person(self, principal.membership_id, {"Authorization": f"Bearer {tokens.access_token}"})
        if preferences:
            await found.put(PREFER, preferences)
        return found

    async def channel(self, kind: str, settings: dict[str, Any], secrets: dict[str, str] | None = None, name: str = "A channel") -> str:
        return await self.keeper.put(PUT_CHANNEL, {"kind": kind, "name": name, "settings": settings, "secrets": secrets or {}})

    async def route(self, **route: Any) -> str:
        return await self.keeper.put(PUT_ROUTE, {"name": f"Route {uuid4().hex[:6]}", **route})

    async def alert(self, *, severity: alerts.Severity = alerts.Severity.CRITICAL, key: str = "", subject: str = "urn:x:thing", **given: Any) -> UUID:
        """Raise one; nobody is told yet."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            raised = await alerts.raise_alert(
                tx, kind=given.pop("kind", "rule_limit"), severity=severity, dedupe_key=key or uuid4().hex, subject=subject,
                detail=given.pop("detail", {"value": 9}), **given,
            )  # fmt: skip
        assert raised is not None
        return raised

    async def work(self) -> None:
        """Do what is due, as a worker would, until nothing more is under way."""
        while await do_outbox(self.services):
            await self.services.notifications.settle()

    async def later(self, by: timedelta, *, work: bool = True) -> None:
        """As if so much time had gone by for the firm's deliveries."""
        database = make_url(self.services.settings.database_url.get_secret_value()).database
        superuser = await asyncpg.connect(self.admin_dsn, database=database)
        # How attempts ended is for nobody but housekeeping to change.
        await superuser.execute("update suyuan.notification_attempt set at = at - $2::interval where tenant_id = $1", self.firm.tenant_id, by)
        await superuser.close()
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            await tx.execute(
                """update notification_delivery set due_at = due_at - $2::interval, next_attempt_at = next_attempt_at - $2::interval,
                   lease_until = lease_until - $2::interval where tenant_id = $1""",
                by,
            )
            await tx.execute("update notification_channel set not_before = not_before - $2::interval where tenant_id = $1", by)
            rows = await tx.fetch("select delivery_id, due_at from notification_delivery where tenant_id = $1 and due_at is not null")
            for row in rows:
                payload = json.dumps({"delivery_id": str(row["delivery_id"]), "due_at": row["due_at"].isoformat()})
                await tx.execute("insert into outbox (tenant_id, topic, payload) values ($1, 'notification.due', $2)", payload)
            await tx.execute("update outbox set due_at = due_at - $2::interval where tenant_id = $1 and topic = 'notification.release'", by)
        if work:
            await self.work()

    async def deliveries(self, state: str | None = None, *, outside: bool = True) -> list[dict[str, Any]]:
        """As the keeper sees them, oldest first; without those of the feed."""
        found = (await self.keeper.ask(DELIVERIES, s=state))["notificationDeliveries"]["nodes"]
        return [each for each in reversed(found) if not outside or each["kind"] != "IN_APP"]

    async def rows(self, table: str) -> Sequence[Any]:
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            return await tx.fetch(f"select * from {table} where tenant_id = $1")


@pytest.fixture
async def desk(services: Services, client: httpx.AsyncClient, firm: Firm, cluster: Cluster) -> Desk:
    """With an owner, who keeps it and is a member like any other."""
    made = Desk(services, client, firm, cluster.admin_dsn)
    made.keeper = await made.person(Role.OWNER)
    return made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Where messages go."""
    async with receiving() as made_receiver:
        yield made_receiver


Provider = Callable[[Received], Awaitable[bytes] | bytes]


def answer(status: int, body: Any = b"", **headers: str) -> bytes:
    """A raw HTTP answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Told\r\nContent-Length: {len(content)}\r\n{told}Connection: close\r\n\r\n".encode() + content
