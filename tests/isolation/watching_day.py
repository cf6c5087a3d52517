"""A firm that watches: a rule that found something, a certificate, people who were told of it by channels that are down, a browser for push."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import httpx

from backend.alerts import service as alerts
from backend.events import service as events
from backend.notifications import bells
from backend.rules import evaluation, findings
from backend.services import Services
from backend.worker import handlers
from infra.queue import perform
from tests.factories import CUSTOMER, FLOUR, lot
from tests.graphql.conftest import Caller
from tests.graphql.test_rules import CREATE, RECORD, SWITCH
from tests.notifications.conftest import PREFER, PUT_CHANNEL, PUT_ROUTE
from tests.notifications.test_channels import BROWSER, Browser
from tests.notifications.test_telling import SECRET
from tests.rules.conftest import document, told, too_warm

OPEN: Final = "select outbox_id from outbox where tenant_id = $1 and topic = any($2) and done_at is null order by outbox_id limit 1"
# What was tried in vain is tried again later.
OPEN_NOW: Final = OPEN.replace("done_at is null", "done_at is null and due_at <= now()")
TOPICS: Final = [events.CAPTURED, evaluation.TOPIC, findings.ACT, alerts.RAISED]
# Nobody listens there.
NOWHERE: Final = "http://127.0.0.1:1024/hook"


async def watch(services: Services, client: httpx.AsyncClient, headers: Mapping[str, str], tenant_id: int, word: str) -> dict[str, list[Any]]:
    """All of it; gives the arguments under which there is something to ask for."""
    caller = Caller(client, dict(headers))
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
    hook = (await _put(caller, PUT_CHANNEL, {"kind": "WEBHOOK", "name": word, "settings": {"url": NOWHERE}, "secrets": {"secret": SECRET}}))["id"]
    await _put(caller, PUT_ROUTE, {"name": word, "roles": ["owner"], "channels": [hook]})
    await _put(caller, PREFER, {"language": "en"})
    await _put(caller, BROWSER, Browser(NOWHERE).given)
    certificate = {"party": CUSTOMER, "kind": word, "number": word, "validTo": "2030-01-31"}
    assert (await caller.command(RECORD, certificate))["userErrors"] == []
    text = document(too_warm(), name=word)
    rule = (await caller.command(CREATE, {"document": text}))["rule"]["id"]
    assert (await caller.command(SWITCH, {"ruleId": rule, "on": True, "anyway": True}))["userErrors"] == []
    warm = told([5, 6, 5, 6, 5, 6, 5, 6, 12], of=[lot(FLOUR, "V-W")], minutes=70, every=1)
    answer = await client.post("/epcis/events", json=_alone(warm), headers=dict(headers))
    assert answer.status_code in (200, 201, 202), answer.text
    await _do(services, tenant_id)
    span = {"since": since.isoformat(), "until": (until + timedelta(days=1)).isoformat()}
    chart = {"characteristic": "Temperature", "uom": "CEL", "chart": "INDIVIDUALS", "baselinePoints": 5, "products": [FLOUR], **span}
    return {"document": [text], "since": [span["since"]], "until": [span["until"]], "input": [chart]}


def _alone(event: dict[str, Any]) -> dict[str, Any]:
    return {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], **event}


async def _put(caller: Caller, query: str, given: dict[str, Any]) -> dict[str, Any]:
    answer = (await caller.post(query, {"i": given}, Idempotency_Key=str(uuid4()))).json()
    [payload] = answer["data"].values()
    assert payload["userErrors"] == [], payload
    found: dict[str, Any] = payload
    return found


async def _do(services: Services, tenant_id: int) -> None:
    """What follows from it, as the worker does it, until the messages were tried."""
    while await _one(services, tenant_id, TOPICS):
        pass
    while await _one(services, tenant_id, [bells.DUE], OPEN_NOW):
        await services.notifications.settle()


async def _one(services: Services, tenant_id: int, topics: list[str], rows: str = OPEN) -> bool:
    async with services.database.tenant(tenant_id) as tx:
        row = await tx.fetchrow(rows, topics)
    if row is not None:
        await perform(services.database, handlers(services), tenant_id, row["outbox_id"])
    return row is not None
