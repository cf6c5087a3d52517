"""Alerts that are quick to raise, and the clients of the GraphQL tests."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.alerts.service import Severity, raise_alert
from backend.graphql.ids import global_id
from backend.services import Services
from infra.database import TenantTransaction
from tests.firms import Firm
from tests.graphql.conftest import Caller, caller_of, new_person, owner

__all__ = ["caller_of", "new_person", "owner"]

Ids = list[str]
DoOutbox = Callable[[], Awaitable[int]]


async def hot(tx: TenantTransaction, key: str = "hot:1", severity: Severity = Severity.WARNING, **more: Any) -> UUID | None:
    """A condition."""
    given = {"kind": "too_hot", "subject": "urn:sensor:1", "detail": {"celsius": 9}, "resets": True, **more}
    return await raise_alert(tx, dedupe_key=key, severity=severity, **given)


async def raised(services: Services, firm: Firm, key: str = "hot:1", severity: Severity = Severity.WARNING, **more: Any) -> str:
    """The global id of a condition that was raised and committed."""
    async with services.database.tenant(firm.tenant_id) as tx:
        alert_id = await hot(tx, key, severity, **more)
    assert alert_id is not None
    return str(global_id("Alert", alert_id))


async def hasten(services: Services, firm: Firm, by: timedelta) -> None:
    """As if so much time had gone by: the bells that wait, and what is put off, are due so much sooner."""
    async with services.database.tenant(firm.tenant_id) as tx:
        for row in await tx.fetch("select outbox_id, payload from outbox where tenant_id = $1 and done_at is null"):
            payload = msgspec.json.decode(row["payload"])
            payload |= {name: (datetime.fromisoformat(payload[name]) - by).isoformat() for name in ("due_at", "begun_at") if name in payload}
            statement = "update outbox set due_at = due_at - $3::interval, payload = $4 where tenant_id = $1 and outbox_id = $2"
            await tx.execute(statement, row["outbox_id"], by, msgspec.json.encode(payload).decode())
        await tx.execute("update alert set snoozed_until = snoozed_until - $2::interval where tenant_id = $1", by)


async def state(owner: Caller, alert_id: str, wanted: str) -> dict[str, Any]:
    """What an alert tells."""
    found = await owner.ask(f"query($id: ID!) {{ alert(id: $id) {{ {wanted} }} }}", {"id": alert_id})
    return dict(found["alert"])


async def acts(owner: Caller, alert_id: str) -> list[str]:
    """An alert's history, oldest first."""
    found = await state(owner, alert_id, "history(last: 100) { nodes { act } }")
    return [entry["act"] for entry in found["history"]["nodes"]][::-1]


@pytest.fixture
def payloads(services: Services) -> Callable[[Firm, str], Awaitable[list[dict[str, Any]]]]:
    """What was queued under a topic, in order."""

    async def read(firm: Firm, topic: str) -> list[dict[str, Any]]:
        async with services.database.tenant(firm.tenant_id) as tx:
            rows = await tx.fetch("select payload from outbox where tenant_id = $1 and topic = $2 order by outbox_id", topic)
        return [msgspec.json.decode(row["payload"]) for row in rows]

    return read
