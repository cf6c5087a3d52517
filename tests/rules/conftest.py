"""Rules that are short to write, and sensors that tell something."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.rules import repository, service
from backend.services import Services
from tests.factories import PLANT, START, _event, at, capture
from tests.firms import Firm

LOGGER = "https://id.gs1.org/8004/9506000134352LOG1"
Tell = Callable[..., Awaitable[None]]


def document(condition: dict[str, Any], *actions: dict[str, Any], **fields: Any) -> str:
    """A rule's document."""
    given: dict[str, Any] = {"name": "Cold room", "condition": condition, "actions": list(actions) or [{"do": "alert"}], **fields}
    return msgspec.json.encode(given).decode()


def too_warm(upper: float = 8.0, **fields: Any) -> dict[str, Any]:
    """A limit on degrees Celsius."""
    return {"kind": "limit", "characteristic": {"name": "Temperature", "uom": "CEL"}, "upper": upper, **fields}


def told(
    values: Sequence[float], *, of: Sequence[str] = (), minutes: float = 0, every: float = 10, device: str = LOGGER, **fields: Any
) -> dict[str, Any]:
    """An observation with temperatures, one each so many minutes from then on."""
    reports = [{"type": "Temperature", "time": at(minutes + place * every), "value": value, "uom": "CEL"} for place, value in enumerate(values)]
    elements = [{"sensorMetadata": {"deviceID": device}, "sensorReport": reports}]
    amounts = [{"epcClass": name, "quantity": 1, "uom": "KGM"} for name in of if "/10/" in name] or None
    units = [name for name in of if "/10/" not in name] or None
    given: dict[str, Any] = {"action": "OBSERVE", "bizStep": "storing", "readPoint": {"id": PLANT}, "bizLocation": {"id": PLANT}}
    return _event(
        "ObjectEvent", minutes + (len(values) - 1) * every, epcList=units or ([] if not amounts else None), quantityList=amounts,
        sensorElementList=elements, **(given | fields),
    )  # fmt: skip


async def rule_on(services: Services, firm: Firm, text: str) -> UUID:
    """Write a rule and switch it on, untried."""

    async def use_case(tx: Any) -> UUID:
        rule_id = await service.create_rule(tx, firm.principal, document=text)
        await service.switch_rule(tx, firm.principal, rule_id=rule_id, on=True)
        return rule_id

    return await services.in_tenant(firm.tenant_id, use_case)


async def firings(services: Services, firm: Firm, rule_id: UUID | None = None) -> list[service.Firing]:
    """What was found, oldest first."""
    async with services.database.tenant(firm.tenant_id) as tx:
        return list(reversed(await service.page_of_firings(tx, rule_id, cursor=None, backward=False, limit=100)))


async def alerts(services: Services, firm: Firm) -> list[tuple[str, bool]]:
    """(kind, whether it is open) of all alerts, oldest first."""
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select kind, closed_at from alert where tenant_id = $1 order by alert_id")
    return [(row["kind"], row["closed_at"] is None) for row in rows]


async def ring_now(services: Services, firm: Firm, rule_id: UUID, do_outbox: Callable[[], Awaitable[int]], *, silent_for: timedelta) -> None:
    """As if so much time had passed: what was heard last lies further back, and the rule's bell is due."""
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update rule_series set last_at = now() - $3::interval where tenant_id = $1 and rule_id = $2", rule_id, silent_for)
        row = await repository.rule_by_id(tx, rule_id)
        assert row is not None
        look_at = row["look_at"]
        assert look_at is not None
        moment = START
        await repository.set_look(tx, rule_id, moment)
        await tx.execute(
            """insert into outbox (tenant_id, topic, payload) values ($1, 'rules.look', $2) returning outbox_id""",
            msgspec.json.encode({"rule_id": str(rule_id), "due_at": moment.isoformat()}).decode(),
        )
    await do_outbox()


@pytest.fixture
def tell(services: Services, firm: Firm, do_outbox: Callable[[], Awaitable[int]]) -> Tell:
    """Capture events and let the worker do its part."""

    async def told_now(*bodies: dict[str, Any]) -> None:
        await capture(services, firm.tenant_id, *bodies)
        await do_outbox()

    return told_now
