"""Send again, send a test, and look at what was sent."""

from datetime import datetime
from typing import Final
from uuid import UUID

from backend.webhooks import delivery_repository
from backend.webhooks.delivery_repository import Attempt, Delivery, State
from backend.webhooks.errors import DeliveryNotFoundError, DeliveryWaitingError, EndpointDisabledError
from backend.webhooks.kinds import TEST
from backend.webhooks.publishing import publish_to, ring
from backend.webhooks.service import get_endpoint, require_enabled, subject_of
from infra import clock
from infra.database import TenantTransaction
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

# At a time: repeat the mutation for what is behind them.
MOST_REPLAYED: Final = 1_000


async def send_test(tx: TenantTransaction, principal: Principal, endpoint_id: UUID) -> UUID:
    """Send a message of kind `webhook.test`; gives its delivery. Raises `EndpointNotFoundError`, `EndpointDisabledError`."""
    await require_enabled(tx, principal, endpoint_id)
    delivery_id = await publish_to(tx, endpoint_id, kind=TEST, subject=subject_of(endpoint_id), data={"requestedBy": principal.display_name})
    if delivery_id is None:
        raise EndpointDisabledError
    await audit.record(tx, principal, "webhook.tested", subject_of(endpoint_id), after={"delivery": str(delivery_id)})
    return delivery_id


async def replay(tx: TenantTransaction, principal: Principal, delivery_id: UUID) -> None:
    """Send a message again, delivered or not, under the same id. Raises `DeliveryNotFoundError`, `DeliveryWaitingError`."""
    found = await get_delivery(tx, principal, delivery_id)
    await require_enabled(tx, principal, found.endpoint_id)
    if not await delivery_repository.again(tx, delivery_id, clock.now()):
        raise DeliveryWaitingError
    await ring(tx, [found.endpoint_id])
    await audit.record(tx, principal, "webhook.replayed", subject_of(found.endpoint_id), after={"delivery": str(delivery_id)})


async def replay_failed(tx: TenantTransaction, principal: Principal, endpoint_id: UUID, since: datetime) -> int:
    """Send all again that has failed since, oldest first, at most `MOST_REPLAYED`; gives how many. Raises `EndpointDisabledError`."""
    await require_enabled(tx, principal, endpoint_id)
    count = await delivery_repository.failed_again(tx, endpoint_id, since=since, at=clock.now(), limit=MOST_REPLAYED)
    if count:
        await ring(tx, [endpoint_id])
    after = {"since": clock.isoformat(since), "deliveries": count}
    await audit.record(tx, principal, "webhook.replayed", subject_of(endpoint_id), after=after)
    return count


async def get_delivery(tx: TenantTransaction, principal: Principal, delivery_id: UUID) -> Delivery:
    """One delivery. Raises `DeliveryNotFoundError`."""
    principal.require_everywhere(Permission.WEBHOOKS_MANAGE)
    found = await delivery_repository.by_id(tx, delivery_id)
    if found is None:
        raise DeliveryNotFoundError
    return found


async def page_of_deliveries(
    tx: TenantTransaction, principal: Principal, endpoint_id: UUID, *, state: State | None, cursor: UUID | None, backward: bool, limit: int
) -> list[Delivery]:
    """An endpoint's deliveries, newest first. Raises `EndpointNotFoundError`."""
    await get_endpoint(tx, principal, endpoint_id)
    return await delivery_repository.page(tx, endpoint_id, state=state, cursor=cursor, backward=backward, limit=limit)


async def page_of_attempts(
    tx: TenantTransaction, principal: Principal, delivery_id: UUID, *, cursor: UUID | None, backward: bool, limit: int
) -> list[Attempt]:
    """The attempts at a delivery, newest first. Raises `DeliveryNotFoundError`."""
    await get_delivery(tx, principal, delivery_id)
    return await delivery_repository.attempts_at(tx, delivery_id, cursor=cursor, backward=backward, limit=limit)
